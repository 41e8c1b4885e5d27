/** `bridge link show|set`. */
import { Bridge } from "@hookline/engine/device/bridge";
import {
	type BridgePort,
	PORT_BCAST_FLOOD,
	PORT_FLOOD,
	PORT_HAIRPIN,
	PORT_ISOLATED,
	PORT_LEARNING,
	PORT_MCAST_FLOOD,
} from "@hookline/engine/device/bridge-port";
import type { NetDevice } from "@hookline/engine/device/netdev";
import type { Netns } from "@hookline/engine/ip/netns";
import type { CommandContext } from "../context.ts";
import { NotSupported } from "../not-supported.ts";
import type { BridgeOptions } from "./command.ts";
import { jsonText } from "./json.ts";
import { BR_STATES, portSettings, portState } from "./port-settings.ts";
import { abbreviates, answers, BridgeError, BridgeWords, noDevice } from "./words.ts";

const FLAGS: Readonly<Record<string, number>> = {
	hairpin: PORT_HAIRPIN,
	learning: PORT_LEARNING,
	flood: PORT_FLOOD,
	mcast_flood: PORT_MCAST_FLOOD,
	bcast_flood: PORT_BCAST_FLOOD,
	isolated: PORT_ISOLATED,
};
/** Known to the tool, absent here: they must stay as they are. */
const OFF_FLAGS: readonly string[] = [
	"guard",
	"root_block",
	"fastleave",
	"mcast_to_unicast",
	"neigh_suppress",
	"vlan_tunnel",
	"locked",
	"learning_sync",
];
/** In the order of `bridge -d link`. */
const DETAILS = [
	"hairpin",
	"guard",
	"root_block",
	"fastleave",
	"learning",
	"flood",
	"mcast_flood",
	"bcast_flood",
	"mcast_router",
	"mcast_to_unicast",
	"neigh_suppress",
	"vlan_tunnel",
	"isolated",
	"locked",
];
const USAGE = `Usage: bridge link set dev DEV [ cost COST ] [ priority PRIO ] [ state STATE ]
                               [ guard {on | off} ]
                               [ hairpin {on | off} ]
                               [ fastleave {on | off} ]
                               [ root_block {on | off} ]
                               [ learning {on | off} ]
                               [ learning_sync {on | off} ]
                               [ flood {on | off} ]
                               [ mcast_router MULTICAST_ROUTER ]
                               [ mcast_flood {on | off} ]
                               [ bcast_flood {on | off} ]
                               [ mcast_to_unicast {on | off} ]
                               [ neigh_suppress {on | off} ]
                               [ vlan_tunnel {on | off} ]
                               [ isolated {on | off} ]
                               [ locked {on | off} ]
                               [ hwmode {vepa | veb} ]
                               [ backup_port DEVICE ] [ nobackup_port ]
                               [ self ] [ master ]
       bridge link show [dev DEV]`;

/** Runs `bridge link WORDS…`. Throws `BridgeError` and `NotSupported`. */
export function runLink(words: readonly string[], ctx: CommandContext, options: BridgeOptions): void {
	const [verb = "show", ...rest] = words;
	if (abbreviates(verb, "set") || abbreviates(verb, "change")) setLink(rest, ctx);
	else if (["show", "lst", "list"].some((name) => abbreviates(verb, name))) show(rest, ctx, options);
	else if (verb === "help") throw new NotSupported("the help text of bridge is not supported");
	else throw new BridgeError(`Command "${verb}" is unknown, try "bridge link help".`);
}

/** Words of `bridge link set` that the real tool knows and that there is nothing behind here. */
const UNSUPPORTED = ["mcast_router", "hwmode", "backup_port", "nobackup_port", "vlan_tunnel", "self"];

/** What `bridge link set WORDS…` asks for and cannot get. */
export function linkSetProblems(rest: readonly (string | undefined)[]): string[] {
	const problems: string[] = [];
	for (let i = 0; i < rest.length; i++) {
		const word = rest[i];
		if (word === "dev") i++;
		else if (word === undefined) continue;
		else if (UNSUPPORTED.includes(word)) problems.push(`bridge link set … ${word} is not supported`);
		else if (OFF_FLAGS.includes(word) && rest[i + 1] === "on")
			problems.push(`bridge link set … ${word} on is not supported`);
	}
	return problems;
}

function setLink(rest: readonly string[], ctx: CommandContext): void {
	const words = new BridgeWords(rest);
	let devName: string | undefined;
	const flags: [number, boolean][] = [];
	let cost: number | undefined;
	let priority: number | undefined;
	let state: number | undefined;
	const onOff = (name: string): boolean => {
		const text = words.value();
		if (text !== "on" && text !== "off")
			throw new BridgeError(`Error: argument of "${name}" must be one of "off", "on", not "${text}"`, 234);
		return text === "on";
	};
	for (let word = words.next(); word !== undefined; word = words.next()) {
		if (word === "dev") devName = words.value();
		else if (FLAGS[word] !== undefined) flags.push([FLAGS[word]!, onOff(word)]);
		else if (OFF_FLAGS.includes(word)) {
			if (onOff(word)) throw new NotSupported(`bridge link set … ${word} on is not supported`);
		} else if (word === "cost") cost = atoi(words.value());
		else if (word === "priority") priority = atoi(words.value());
		else if (word === "state") {
			const text = words.value();
			const named = (BR_STATES as readonly string[]).indexOf(text.toLowerCase());
			state = named >= 0 ? named : /^\d+$/.test(text) ? Number(text) : undefined;
			if (state === undefined) throw new BridgeError("Error: invalid STP port state");
		} else if (word === "master") continue;
		else if (UNSUPPORTED.includes(word)) throw new NotSupported(`bridge link set … ${word} is not supported`);
		else throw new BridgeError(USAGE);
	}
	if (devName === undefined) throw new BridgeError("Device is a required argument.");
	const dev = ctx.ns.device(devName);
	if (dev === undefined) throw new BridgeError(`Cannot find bridge device "${devName}"`);
	dev.linkWatch.sync();
	const port = dev.master instanceof Bridge ? dev.master.portOf(dev) : undefined;
	if (port === undefined) throw answers("Operation not supported");
	// br_setport looks at the flags first, then at cost, priority and state
	for (const [flag, on] of flags) port.setFlag(flag, on);
	const settings = portSettings(port);
	if (cost !== undefined && cost !== 0) {
		if (cost > 65535) throw answers("Numerical result out of range");
		settings.cost = cost;
	}
	if (priority !== undefined) {
		if (priority < 0 || priority > 63) throw answers("Numerical result out of range");
		settings.priority = priority;
	}
	if (state !== undefined) setState(port, state);
	ctx.ns.core.generation++;
}

/** br_set_port_state; without spanning tree every state but `disabled` becomes forwarding at once (br_port_state_selection). */
function setState(port: BridgePort, state: number): void {
	const name = BR_STATES[state];
	if (name === undefined) throw answers("Invalid argument");
	if (port.bridge.stp) throw answers("Device or resource busy");
	if (name !== "disabled" && !port.dev.running) throw answers("Network is down");
	port.forwarding = name !== "disabled" && port.bridge.up;
}

function atoi(text: string): number {
	return Number(/^\s*[-+]?\d+/.exec(text)?.[0] ?? 0);
}

function show(rest: readonly string[], ctx: CommandContext, options: BridgeOptions): void {
	const words = new BridgeWords(rest);
	let name: string | undefined;
	for (let word = words.next(); word !== undefined; word = words.next())
		if (word === "dev") name = words.value();
	if (name !== undefined && ctx.ns.device(name) === undefined) throw noDevice(name);
	const ports = ctx.ns.devices.flatMap((dev) => {
		const port = dev.master instanceof Bridge ? dev.master.portOf(dev) : undefined;
		return port === undefined || (name !== undefined && dev.name !== name) ? [] : [port];
	});
	if (options.json)
		ctx.io.out(
			jsonText(
				ports.map((p) => portObject(ctx.ns, p, options)),
				options.pretty,
			),
		);
	else for (const port of ports) ctx.io.out(portText(ctx.ns, port, options));
}

function linkFlags(dev: NetDevice): string[] {
	const flags = ["BROADCAST", "MULTICAST"];
	if (dev.up && !dev.carrier) flags.unshift("NO-CARRIER");
	if (dev.allmulti) flags.push("ALLMULTI");
	if (dev.promisc) flags.push("PROMISC");
	if (dev.up) flags.push("UP");
	if (dev.running) flags.push("LOWER_UP");
	return flags;
}

/** The name that the link's index has in this namespace, wherever the other end is; undefined when it is the device's own. */
function linkName(ns: Netns, dev: NetDevice): string | undefined {
	const index = dev.ifLink;
	if (index === dev.ifindex) return undefined;
	return index === 0 ? "NONE" : (ns.deviceByIndex(index)?.name ?? `if${index}`);
}
function portText(ns: Netns, port: BridgePort, options: BridgeOptions): string {
	const { dev, bridge } = port;
	const { priority, cost } = portSettings(port);
	const link = linkName(ns, dev);
	let text =
		`${dev.ifindex}: ${dev.name}${link === undefined ? "" : `@${link}`}: <${linkFlags(dev).join(",")}> mtu ${dev.mtu} ` +
		`master ${bridge.name} state ${BR_STATES[portState(port)]} priority ${priority} cost ${cost} \n`;
	if (options.details) {
		const detail = DETAILS.map((name) => `${name} ${detailValue(port, name)} `).join("");
		text += `    ${detail}\n`;
	}
	return text;
}
function detailValue(port: BridgePort, name: string): string {
	if (name === "mcast_router") return "1";
	return (port.flags & (FLAGS[name] ?? 0)) !== 0 ? "on" : "off";
}
function portObject(ns: Netns, port: BridgePort, options: BridgeOptions): Record<string, unknown> {
	const { dev, bridge } = port;
	const { priority, cost } = portSettings(port);
	const link = linkName(ns, dev);
	const details = options.details
		? Object.fromEntries(
				DETAILS.map((name) => [name, name === "mcast_router" ? 1 : (port.flags & (FLAGS[name] ?? 0)) !== 0]),
			)
		: {};
	return {
		ifindex: dev.ifindex,
		...(link === undefined ? {} : { link }),
		ifname: dev.name,
		flags: linkFlags(dev),
		mtu: dev.mtu,
		master: bridge.name,
		state: BR_STATES[portState(port)],
		priority,
		cost,
		...details,
	};
}
