/** The other matches. */

import type {
	AddrTypeMatch,
	CommentMatch,
	IpAddr,
	IprangeMatch,
	LimitMatch,
	MacMatch,
	MarkMatch,
	Match,
	MultiportMatch,
} from "@hookline/engine/netfilter/rule";
import { formatMac } from "../mac-text.ts";
import { type Extension, parseMark, parseUint } from "./extension.ts";
import { join, not, printRange } from "./matches.ts";
import { hex2, PACKET_TYPES, PROBABILITY_ONE } from "./matches-header.ts";
import { protocolName } from "./names.ts";
import { compareAddresses, hex, parseIp, parsePort, printAddress, quote, ToolError } from "./values.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

const TYPES = [
	"UNSPEC",
	"UNICAST",
	"LOCAL",
	"BROADCAST",
	"ANYCAST",
	"MULTICAST",
	"BLACKHOLE",
	"UNREACHABLE",
	"PROHIBIT",
	"THROW",
	"NAT",
	"XRESOLVE",
];
function parseTypes(text: string): number {
	let mask = 0;
	for (const word of text.split(",")) {
		const bit = TYPES.indexOf(word.toUpperCase());
		if (bit < 0) throw new ToolError(`addrtype: bad type "${word}"`);
		mask |= 1 << bit;
	}
	return mask;
}
export const addrtypeMatch: Extension<AddrTypeMatch> = {
	name: "addrtype",
	options: [
		{ name: "src-type", args: 1, not: true },
		{ name: "dst-type", args: 1, not: true },
		{ name: "limit-iface-in", args: 0, excl: ["limit-iface-out"] },
		{ name: "limit-iface-out", args: 0, excl: ["limit-iface-in"] },
	],
	start() {
		const m: Mutable<AddrTypeMatch> = { type: "addrtype", limitIn: false, limitOut: false };
		return {
			option(name, value, not) {
				if (name === "src-type") m.src = { mask: parseTypes(value), not };
				else if (name === "dst-type") m.dst = { mask: parseTypes(value), not };
				else if (name === "limit-iface-in") m.limitIn = true;
				else m.limitOut = true;
			},
			finish() {
				if (m.src === undefined && m.dst === undefined)
					throw new ToolError("addrtype: you must specify --src-type or --dst-type");
				return m;
			},
		};
	},
};

function markMatchOf(type: MarkMatch["type"]): Extension<MarkMatch> {
	return {
		name: type,
		options: [{ name: "mark", args: 1, not: true, required: true }],
		start() {
			let m: MarkMatch = { type, mark: 0, mask: 0, not: false };
			return {
				option(_name, text, not) {
					const { value, mask } = parseMark(type, "mark", text);
					m = { type, mark: value, mask, not };
				},
				finish: () => m,
			};
		},
	};
}
export const markMatch: Extension<MarkMatch> = markMatchOf("mark");
export const connmarkMatch: Extension<MarkMatch> = markMatchOf("connmark");

/** Longest comment in bytes. */
const COMMENT_MAX = 255;
export const commentMatch: Extension<CommentMatch> = {
	name: "comment",
	options: [{ name: "comment", args: 1, required: true }],
	start() {
		let text = "";
		return {
			option(_name, value) {
				text = value.slice(0, COMMENT_MAX);
			},
			finish: () => ({ type: "comment", text }),
		};
	},
};

/** Ports of one multiport match; a range takes two places. */
const MULTIPORT_MAX = 15;
const MULTIPORT_PROTOS = [6, 17, 33, 132, 136];
const MULTI = ["source-ports", "destination-ports", "ports"];
export const multiportMatch: Extension<MultiportMatch> = {
	name: "multiport",
	options: [
		...MULTI.map((name) => ({ name, args: 1 as const, not: true, excl: MULTI.filter((n) => n !== name) })),
		{ name: "sports", args: 1, not: true, aliasOf: "source-ports" },
		{ name: "dports", args: 1, not: true, aliasOf: "destination-ports" },
	],
	start() {
		let m: MultiportMatch | undefined;
		return {
			option(name, value, not, cx) {
				if (cx.protoNot || (cx.proto !== 0 && !MULTIPORT_PROTOS.includes(cx.proto)))
					throw new ToolError("multiport only works with TCP, UDP, UDPLITE, SCTP and DCCP");
				if (cx.proto === 0)
					throw new ToolError("multiport needs `-p tcp', `-p udp', `-p udplite', `-p sctp' or `-p dccp'");
				const which = name === "source-ports" ? "src" : name === "destination-ports" ? "dst" : "either";
				const proto = protocolName(cx.proto);
				let places = 0;
				const ports = value.split(",").map((word) => {
					const [low, high] = word.split(":");
					places += high === undefined ? 1 : 2;
					if (places > MULTIPORT_MAX) throw new ToolError("too many ports specified");
					const min = parsePort(low, proto);
					if (high === undefined) return { min, max: min, range: false };
					const max = parsePort(high, proto);
					if (min >= max) throw new ToolError("invalid portrange specified");
					return { min, max, range: true };
				});
				m ??= { type: "multiport", which, ports, not };
			},
			finish() {
				if (m === undefined) throw new ToolError("multiport expection an option");
				return m;
			},
		};
	},
};

const LIMIT_SCALE = 10_000;
const RATES: readonly (readonly [string, number])[] = [
	["day", 86_400 * LIMIT_SCALE],
	["hour", 3600 * LIMIT_SCALE],
	["min", 60 * LIMIT_SCALE],
	["sec", LIMIT_SCALE],
];
function parseRate(text: string): number {
	const slash = text.indexOf("/");
	let unit = LIMIT_SCALE;
	const bad = (): never => {
		throw new ToolError(`bad rate "${text}"'`);
	};
	if (slash >= 0) {
		const word = text.slice(slash + 1).toLowerCase();
		const names: readonly (readonly [string, number])[] = [
			["second", RATES[3][1]],
			["minute", RATES[2][1]],
			["hour", RATES[1][1]],
			["day", RATES[0][1]],
		];
		unit = (word !== "" && names.find(([n]) => n.startsWith(word))?.[1]) || bad();
	}
	const r = Number.parseInt(text, 10) || bad();
	const avg = Math.floor(unit / r);
	if (avg === 0) throw new ToolError(`Rate too fast "${text}"`);
	return avg;
}
function printRate(avg: number): string {
	let i = 1;
	for (; i < RATES.length; i++) {
		const unit = RATES[i][1];
		if (avg > unit || Math.floor(unit / avg) < unit % avg) break;
	}
	const [name, unit] = RATES[i - 1];
	return `${Math.floor(unit / avg)}/${name}`;
}
const LIMIT_BURST = 5;
export const limitMatch: Extension<LimitMatch> = {
	name: "limit",
	options: [
		{ name: "limit", args: 1 },
		{ name: "limit-burst", args: 1 },
	],
	start() {
		let avg = RATES[1][1] / 3;
		let burst = LIMIT_BURST;
		return {
			option(name, value) {
				if (name === "limit") avg = parseRate(value);
				else burst = parseUint("limit", name, value, 0, 10_000);
			},
			finish: () => ({ type: "limit", avg, burst }),
		};
	},
};

export const macMatch: Extension<MacMatch> = {
	name: "mac",
	options: [{ name: "mac-source", args: 1, not: true, required: true }],
	start() {
		let m: MacMatch = { type: "mac", hi: 0, lo: 0, not: false };
		return {
			option(_name, value, not) {
				if (!/^[0-9a-fA-F]{1,2}(:[0-9a-fA-F]{1,2}){5}$/.test(value))
					throw new ToolError("Invalid MAC address specified.");
				const b = value.split(":").map((x) => Number.parseInt(x, 16));
				m = {
					type: "mac",
					hi: (b[0] << 8) | b[1],
					lo: (b[2] << 24) | (b[3] << 16) | (b[4] << 8) | b[5],
					not,
				};
			},
			finish: () => m,
		};
	},
};

export const iprangeMatch: Extension<IprangeMatch> = {
	name: "iprange",
	options: [
		{ name: "src-range", args: 1, not: true },
		{ name: "dst-range", args: 1, not: true },
	],
	start() {
		const m: Mutable<IprangeMatch> = { type: "iprange" };
		return {
			option(name, value, not, cx) {
				const dash = value.indexOf("-");
				const one = (word: string): IpAddr => {
					const addr = parseIp(word, cx.family);
					if (addr === undefined) throw new ToolError(`iprange: Bad value for "--${name}" option: "${word}"`);
					return typeof addr === "number" ? addr >>> 0 : addr;
				};
				const min = one(dash < 0 ? value : value.slice(0, dash));
				const max = dash < 0 ? min : one(value.slice(dash + 1));
				if (compareAddresses(min, max) > 0)
					cx.warn(`xt_iprange: range ${value} is reversed and will never match\n`);
				m[name === "src-range" ? "src" : "dst"] = { min, max, not };
			},
			finish() {
				if (m.src === undefined && m.dst === undefined)
					throw new ToolError("iprange match: You must specify `--src-range' or `--dst-range'");
				return m;
			},
		};
	},
};

export function printMatchMore(m: Match): string | undefined {
	switch (m.type) {
		case "addrtype": {
			const types = (mask: number) => TYPES.filter((_t, i) => (mask & (1 << i)) !== 0).join(",");
			return join(
				m.src && `${not(m.src.not)}--src-type ${types(m.src.mask)}`,
				m.dst && `${not(m.dst.not)}--dst-type ${types(m.dst.mask)}`,
				m.limitIn && "--limit-iface-in",
				m.limitOut && "--limit-iface-out",
			);
		}
		case "mark":
		case "connmark":
			return `${not(m.not)}--mark ${hex(m.mark)}${m.mask === -1 ? "" : `/${hex(m.mask)}`}`;
		case "comment":
			return `--comment ${quote(m.text)}`;
		case "multiport": {
			const option = { src: "sports", dst: "dports", either: "ports" }[m.which];
			const ports = m.ports.map((p) => (p.range ? `${p.min}:${p.max}` : String(p.min)));
			return `${not(m.not)}--${option} ${ports.join(",")}`;
		}
		case "limit":
			return `--limit ${printRate(m.avg)}${m.burst === LIMIT_BURST ? "" : ` --limit-burst ${m.burst}`}`;
		case "mac":
			return `${not(m.not)}--mac-source ${formatMac(m.hi, m.lo)}`;
		case "iprange": {
			const range = (name: string, r: IprangeMatch["src"]) =>
				r && `${not(r.not)}--${name} ${printAddress(r.min)}-${printAddress(r.max)}`;
			return join(range("src-range", m.src), range("dst-range", m.dst));
		}
		case "length":
			return printRange("length", m);
		case "ttl": {
			const option = { eq: "--ttl-eq", ne: "! --ttl-eq", lt: "--ttl-lt", gt: "--ttl-gt" }[m.op];
			return `${option} ${m.ttl}`;
		}
		case "physdev":
			return join(
				m.isIn && `${not(m.isIn.not)}--physdev-is-in`,
				m.in && `${not(m.in.not)}--physdev-in ${m.in.name}`,
				m.isOut && `${not(m.isOut.not)}--physdev-is-out`,
				m.out && `${not(m.out.not)}--physdev-out ${m.out.name}`,
				m.isBridged && `${not(m.isBridged.not)}--physdev-is-bridged`,
			);
		case "tos":
			return `${not(m.not)}--tos ${hex2(m.value)}/${hex2(m.mask)}`;
		case "dscp":
			return `${not(m.not)}--dscp ${hex2(m.dscp)}`;
		case "pkttype":
			return `${not(m.not)}--pkt-type ${PACKET_TYPES[m.pktType][0]}`;
		case "statistic":
			if (m.mode === "nth") return `--mode nth ${not(m.not)}--every ${m.every} --packet ${m.packet}`;
			return `--mode random ${not(m.not)}--probability ${(m.probability / PROBABILITY_ONE).toFixed(11)}`;
		default:
			return undefined;
	}
}
