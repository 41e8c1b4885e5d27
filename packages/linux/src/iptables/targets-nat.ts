/** The targets of the nat table. */
import type { NatPortsTarget, NatRangeTarget, Target } from "@hookline/engine/netfilter/rule";
import {
	NF_NAT_RANGE_MAP_IPS,
	NF_NAT_RANGE_PERSISTENT,
	NF_NAT_RANGE_PROTO_OFFSET,
	NF_NAT_RANGE_PROTO_RANDOM,
	NF_NAT_RANGE_PROTO_RANDOM_FULLY,
	NF_NAT_RANGE_PROTO_SPECIFIED,
} from "@hookline/engine/netfilter/types";
import type { Extension, OptionSpec, RuleSoFar } from "./extension.ts";
import { parseLooseMask } from "./matches.ts";
import { servicePort } from "./names.ts";
import { parseAddress, printAddress, sameAddress, ToolError, toInteger, Unsupported } from "./values.ts";

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
			let minAddr = 0;
			let maxAddr = 0;
			let ports: Ports = { minPort: 0, maxPort: 0, basePort: undefined };
			return {
				option(name, value, _not, cx) {
					if (name === "random") flags |= NF_NAT_RANGE_PROTO_RANDOM;
					else if (name === "random-fully") flags |= NF_NAT_RANGE_PROTO_RANDOM_FULLY;
					else if (name === "persistent") flags |= NF_NAT_RANGE_PERSISTENT;
					else {
						const colons = value.split(":").length - 1;
						const colon = colons === 1 ? value.indexOf(":") : -1;
						if (colon >= 0) {
							needPorts(cx);
							ports = parseNatPorts(value.slice(colon + 1));
							flags |= NF_NAT_RANGE_PROTO_SPECIFIED;
							if (ports.basePort !== undefined && type === "SNAT") refuseShift(type);
							if (ports.basePort !== undefined) flags |= NF_NAT_RANGE_PROTO_OFFSET;
							if (colon === 0) return;
						}
						const addrs = colon < 0 ? value : value.slice(0, colon);
						const [low, high] = addrs.split("-");
						minAddr = address(low);
						maxAddr = high === undefined ? minAddr : address(high);
						flags |= NF_NAT_RANGE_MAP_IPS;
					}
				},
				finish: () => ({
					type,
					flags,
					minAddr,
					maxAddr,
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
function address(text: string): number {
	const addr = parseAddress(text);
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
		let addr = 0;
		let mask = -1;
		return {
			option(_name, value) {
				const [host, m] = value.split("/");
				const a = parseAddress(host);
				if (a === undefined) throw new ToolError("getaddrinfo: Temporary failure in name resolution\n");
				if (m !== undefined) {
					mask = parseLooseMask("NETMAP", "to", m);
				}
				addr = a & mask;
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
	if ((t.flags & NF_NAT_RANGE_MAP_IPS) !== 0)
		to = printAddress(t.minAddr) + (sameAddress(t.minAddr, t.maxAddr) ? "" : `-${printAddress(t.maxAddr)}`);
	if ((t.flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0) to += `:${printPorts(t.minPort, t.maxPort)}`;
	if ((t.flags & NF_NAT_RANGE_PROTO_OFFSET) !== 0) to += `/${t.basePort}`;
	return to;
}
