/** `brctl show`, `showmacs`, `showstp`. */
import { Bridge } from "@hookline/engine/device/bridge";
import type { BridgePort } from "@hookline/engine/device/bridge-port";
import { PORT_HAIRPIN } from "@hookline/engine/device/bridge-port";
import { FDB_LOCAL, FDB_STATIC } from "@hookline/engine/device/fdb";
import type { Netns } from "@hookline/engine/ip/netns";
import { BR_STATES, portSettings, portState } from "../bridge/port-settings.ts";
import { formatMac } from "../mac-text.ts";
import { BrctlError } from "./words.ts";

/** `8000.020000000010`: priority and MAC in hexadecimal; a bridge whose MAC nobody gave and no port determines has zeros. */
export function bridgeId(bridge: Bridge): string {
	const own = bridge.macSet || bridge.ports.length > 0;
	const mac = own ? formatMac(bridge.macHi, bridge.macLo) : formatMac(0, 0);
	return `${hex4(bridge.priority)}.${mac.replaceAll(":", "")}`;
}
export function hex4(value: number): string {
	return (value & 0xffff).toString(16).padStart(4, "0");
}
/** Priority in the upper six bits, number in the lower ten. */
export function portId(port: BridgePort): number {
	return (portSettings(port).priority << 10) | port.number;
}

/** `brctl show [BRIDGE…]` */
export function show(ns: Netns, names: readonly string[], out: (text: string) => void): number {
	const all = ns.devices.filter((dev) => dev instanceof Bridge);
	let status = 0;
	const bridges: Bridge[] = [];
	const errors: string[] = [];
	if (names.length === 0) bridges.push(...all.sort((a, b) => (a.name < b.name ? -1 : 1)));
	for (const name of names) {
		const dev = ns.device(name);
		if (dev instanceof Bridge) bridges.push(dev);
		else {
			status = 1;
			errors.push(dev === undefined ? `bridge ${name} does not exist!` : `device ${name} is not a bridge!`);
		}
	}
	if (errors.length > 0) throw new BrctlError(errors[0]!);
	if (bridges.length > 0) out("bridge name\tbridge id\t\tSTP enabled\tinterfaces\n");
	for (const bridge of bridges) {
		out(`${bridge.name}\t\t${bridgeId(bridge)}\t${bridge.stp ? "yes" : "no"}\t\t`);
		const ports = bridge.ports.map((port) => port.dev.name).sort();
		out(`${ports.join("\n\t\t\t\t\t\t\t")}\n`);
	}
	return status;
}

/** `brctl showmacs BRIDGE` */
export function showMacs(ns: Netns, name: string, out: (text: string) => void): void {
	const bridge = ns.device(name);
	if (bridge === undefined) throw new BrctlError("read of forward table failed: No such device");
	if (!(bridge instanceof Bridge))
		throw new BrctlError("read of forward table failed: Operation not supported");
	const { fdb } = bridge;
	const now = bridge.core.clock[0]!;
	const rows = fdb
		.rows()
		.filter((row) => fdb.port[row] !== 0)
		.map((row) => ({ row, mac: formatMac(fdb.hi[row]!, fdb.lo[row]!) }))
		.sort((a, b) => (a.mac < b.mac ? -1 : 1));
	out("port no\tmac addr\t\tis local?\tageing timer\n");
	for (const { row, mac } of rows) {
		const flags = fdb.flags[row]!;
		const local = (flags & FDB_LOCAL) !== 0;
		const age = (flags & (FDB_LOCAL | FDB_STATIC)) !== 0 ? 0 : now - fdb.updated[row]!;
		out(`${String(fdb.port[row]).padStart(3)}\t${mac}\t${local ? "yes" : "no"}\t\t${timer(age)}\n`);
	}
}

/** `%4i.%.2i` of nanoseconds. */
function timer(ns: number): string {
	const hundredths = Math.floor(ns / 1e7);
	return `${String(Math.floor(hundredths / 100)).padStart(4)}.${String(hundredths % 100).padStart(2, "0")}`;
}

/** `brctl showstp BRIDGE`, of a bridge that does not run spanning tree. */
export function showStp(ns: Netns, name: string, out: (text: string) => void): void {
	const bridge = ns.device(name);
	if (bridge === undefined) throw new BrctlError(`bridge ${name} does not exist!`);
	if (!(bridge instanceof Bridge)) throw new BrctlError(`device ${name} is not a bridge!`);
	const id = bridgeId(bridge);
	const s = (seconds: number): string => timer(seconds * 1e9);
	out(
		`${bridge.name}\n bridge id\t\t${id}\n designated root\t${id}\n` +
			` root port\t\t${"0".padStart(4)}\t\t\tpath cost\t\t${"0".padStart(4)}\n` +
			` max age\t\t${s(bridge.maxAge)}\t\t\tbridge max age\t\t${s(bridge.maxAge)}\n` +
			` hello time\t\t${s(bridge.helloTime)}\t\t\tbridge hello time\t${s(bridge.helloTime)}\n` +
			` forward delay\t\t${s(bridge.forwardDelay)}\t\t\tbridge forward delay\t${s(bridge.forwardDelay)}\n` +
			` ageing time\t\t${timer(bridge.fdb.ageing[0]!)}\n` +
			` hello timer\t\t${s(0)}\t\t\ttcn timer\t\t${s(0)}\n` +
			` topology change timer\t${s(0)}\t\t\tgc timer\t\t${s(0)}\n` +
			" flags\t\t\t\n\n\n",
	);
	const ports = [...bridge.ports].sort((a, b) => a.number - b.number);
	for (const port of ports) {
		const { cost } = portSettings(port);
		const state = BR_STATES[portState(port)]!;
		// a port that never was up still has what it began with
		const started = port.forwarding;
		const root = started ? id : `8000.${id.slice(5)}`;
		const designatedPort = started ? portId(port) : 0x8000 | port.number;
		out(
			`${port.dev.name} (${port.number})\n` +
				` port id\t\t${hex4(portId(port))}\t\t\tstate\t\t${state.padStart(15)}\n` +
				` designated root\t${root}\tpath cost\t\t${String(cost).padStart(4)}\n` +
				` designated bridge\t${root}\tmessage age timer\t${s(0)}\n` +
				` designated port\t${hex4(designatedPort)}\t\t\tforward delay timer\t${s(0)}\n` +
				` designated cost\t${"0".padStart(4)}\t\t\thold timer\t\t${s(0)}\n` +
				" flags\t\t\t\n" +
				((port.flags & PORT_HAIRPIN) !== 0 ? ` hairpin mode\t\t${"1".padStart(4)}\n` : "") +
				"\n",
		);
	}
}
