/** The targets of the nat table. */
import type { IpAddr, NatPortsTarget, NatRangeTarget, Target } from "@hookline/engine/netfilter/rule";
import {
	NF_NAT_RANGE_MAP_IPS,
	NF_NAT_RANGE_PERSISTENT,
	NF_NAT_RANGE_PROTO_OFFSET,
	NF_NAT_RANGE_PROTO_RANDOM,
	NF_NAT_RANGE_PROTO_RANDOM_FULLY,
	NF_NAT_RANGE_PROTO_SPECIFIED,
	type NfFamily,
} from "@hookline/engine/netfilter/types";
import type { Extension, OptionSpec, RuleSoFar } from "./extension.ts";
import { parseHostMask } from "./matches-conntrack.ts";
import { servicePort } from "./names.ts";
import {
	compareAddresses,
	familyMask,
	maskedAddress,
	parseIp,
	printAddress,
	ToolError,
	toInteger,
	Unsupported,
} from "./values.ts";

type Of<K extends Target["type"]> = Extract<Target, { type: K }>;

/** Protocols whose ports NAT can choose. */
const PORT_PROTOS = [1, 6, 17, 33, 132];
function needPorts(cx: RuleSoFar): void {
	if (!PORT_PROTOS.includes(cx.proto))
		throw new ToolError("Need TCP, UDP, SCTP or DCCP with port specification");
}
interface Ports {
	readonly minPort: number;
	readonly maxPort: number;
	readonly basePort: number | undefined;
}
/** `a[-b[/base]]`; only the first and the base may be names of services. */
function parseNatPorts(text: string): Ports {
	const bad = (word: string): never => {
		throw new ToolError(`Port \`${word}' not valid`);
	};
	if (!/^\d/.test(text)) {
		const port = servicePort(text) ?? bad(text);
		return { minPort: port, maxPort: port, basePort: undefined };
	}
	const m = /^(\d+)(-(\d*)(\/(.*))?)?(.*)$/s.exec(text) ?? bad(text);
	const number = (digits: string): number => toInteger(digits, 0, 0xffff) ?? bad(digits);
	const minPort = number(m[1]);
	const maxPort = m[2] === undefined ? minPort : number(m[3] === "" ? m[6] : m[3]);
	if (m[6] !== "")
		throw new ToolError(`Garbage after port ${m[2] === undefined ? "value" : "range"}: \`${m[6]}'`);
	if (maxPort < minPort) throw new ToolError(`Port range \`${m[3]}' funky`);
	const base = m[5];
	if (base === undefined) return { minPort, maxPort, basePort: undefined };
	return { minPort, maxPort, basePort: toInteger(base, 1, 0xffff) ?? servicePort(base) ?? bad(base) };
}

export function natRange(type: NatRangeTarget["type"]): Extension<NatRangeTarget> {
	const to = type === "DNAT" ? "to-destination" : "to-source";
	return {
		name: type,
		options: [
			{ name: to, args: 1, required: true },
			{ name: "random", args: 0 },
			...(type === "SNAT" ? [{ name: "random-fully", args: 0 } satisfies OptionSpec] : []),
			{ name: "persistent", args: 0 },
		],
		start() {
			let flags = 0;
			let minAddr: IpAddr | undefined;
			let maxAddr: IpAddr = 0;
			let ports: Ports = { minPort: 0, maxPort: 0, basePort: undefined };
			return {
				option(name, value, _not, cx) {
					if (name === "random") flags |= NF_NAT_RANGE_PROTO_RANDOM;
					else if (name === "random-fully") flags |= NF_NAT_RANGE_PROTO_RANDOM_FULLY;
					else if (name === "persistent") flags |= NF_NAT_RANGE_PERSISTENT;
					else {
						const { addrs, port } = splitTo(value, cx.family);
						if (port !== undefined) {
							needPorts(cx);
							ports = parseNatPorts(port);
							flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
							if (ports.basePort !== undefined && type === "SNAT") refuseShift(type);
							if (ports.basePort !== undefined) flags |= NF_NAT_RANGE_PROTO_OFFSET;
							if (addrs === "") return;
						}
						const dash = addrs.indexOf("-");
						minAddr = address(dash < 0 ? addrs : addrs.slice(0, dash), cx.family);
						maxAddr = dash < 0 ? minAddr : address(addrs.slice(dash + 1), cx.family);
						flags |= NF_NAT_RANGE_MAP_IPS;
					}
				},
				finish: (cx) => ({
					type,
					flags,
					minAddr: minAddr ?? familyMask(cx.family, 0),
					maxAddr: minAddr === undefined ? familyMask(cx.family, 0) : maxAddr,
					minPort: ports.minPort,
					maxPort: ports.maxPort,
					basePort: ports.basePort ?? 0,
				}),
			};
		},
	};
}
function refuseShift(type: string): never {
	if (type === "REDIRECT") throw new ToolError("Shifted portmap ranges not supported with this kernel");
	throw new Unsupported(`a shifted port range in target ${type}`);
}
/** The addresses and the ports of `--to-…`: IPv6 addresses stand in brackets where there are ports. */
function splitTo(text: string, family: NfFamily): { addrs: string; port: string | undefined } {
	const open = text.indexOf("[");
	if (open >= 0) {
		const close = text.indexOf("]", open);
		if (close < 0 || family === 4) throw new ToolError("Invalid address format");
		const colon = text.indexOf(":", close);
		return {
			addrs: text.slice(open + 1, close),
			port: colon < 0 ? undefined : text.slice(colon + 1),
		};
	}
	// one colon parts the port, more make an IPv6 address
	const colon = text.indexOf(":");
	if (colon < 0 || text.includes(":", colon + 1)) return { addrs: text, port: undefined };
	return { addrs: text.slice(0, colon), port: text.slice(colon + 1) };
}
function address(text: string, family: NfFamily): IpAddr {
	const addr = parseIp(text, family);
	if (addr === undefined) throw new ToolError(`Bad IP address "${text}"`);
	return addr;
}
export function natPorts(type: NatPortsTarget["type"]): Extension<NatPortsTarget> {
	return {
		name: type,
		options: [
			{ name: "to-ports", args: 1 },
			{ name: "random", args: 0 },
			...(type === "MASQUERADE" ? [{ name: "random-fully", args: 0 } satisfies OptionSpec] : []),
		],
		start() {
			let flags = 0;
			let ports: Ports = { minPort: 0, maxPort: 0, basePort: undefined };
			return {
				option(name, value, _not, cx) {
					if (name === "random") flags |= NF_NAT_RANGE_PROTO_RANDOM;
					else if (name === "random-fully") flags |= NF_NAT_RANGE_PROTO_RANDOM_FULLY;
					else {
						needPorts(cx);
						ports = parseNatPorts(value);
						if (ports.basePort !== undefined) refuseShift(type);
						flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
					}
				},
				finish: () => ({ type, flags, minPort: ports.minPort, maxPort: ports.maxPort }),
			};
		},
	};
}
export const netmapTarget: Extension<Of<"NETMAP">> = {
	name: "NETMAP",
	options: [{ name: "to", args: 1, required: true }],
	start() {
		let addr: IpAddr = 0;
		let mask: IpAddr = 0;
		return {
			option(name, value, _not, cx) {
				({ addr, mask } = parseHostMask("NETMAP", name, value, cx.family));
				addr = maskedAddress(addr, mask);
			},
			finish: () => ({ type: "NETMAP", addr, mask }),
		};
	},
};

export function printPorts(min: number, max: number): string {
	return min === max ? String(min) : `${min}-${max}`;
}
/** `a[-b][:port[-port[/base]]]` */
export function natTo(t: NatRangeTarget): string {
	let to = "";
	const specified = (t.flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0;
	if ((t.flags & NF_NAT_RANGE_MAP_IPS) !== 0) {
		to =
			printAddress(t.minAddr) +
			(compareAddresses(t.minAddr, t.maxAddr) === 0 ? "" : `-${printAddress(t.maxAddr)}`);
		if (specified && typeof t.minAddr !== "number") to = `[${to}]`;
	}
	if (specified) to += `:${printPorts(t.minPort, t.maxPort)}`;
	if ((t.flags & NF_NAT_RANGE_PROTO_OFFSET) !== 0) to += `/${t.basePort}`;
	return to;
}
