/** The matches that only ip6tables has. */
import type { Match } from "@hookline/engine/netfilter/rule";
import {
	type Eui64Match,
	type FragMatch,
	type HlMatch,
	type Icmp6Match,
	IP6H_AH,
	IP6H_DSTOPTS,
	IP6H_ESP,
	IP6H_FRAGMENT,
	IP6H_HOPOPTS,
	IP6H_NONE,
	IP6H_PROTO,
	IP6H_ROUTING,
	type Ip6Option,
	type Ipv6HeaderMatch,
	type MhMatch,
	type OptsMatch,
	type RtMatch,
} from "@hookline/engine/netfilter/rule6";
import type { In6 } from "@hookline/engine/ring/in6";
import { formatAddress6, parseAddress6 } from "../address6-text.ts";
import { type Extension, hopsMatch, parseUint, parseUintRange } from "./extension.ts";
import { join, not, parseIcmpType, printIcmpType, printRange } from "./matches.ts";
import { ICMP6_TYPES, MH_TYPES, protocolNumber } from "./names.ts";
import { ToolError, toInteger } from "./values.ts";

type Mutable<T> = { -readonly [K in keyof T]: T[K] };
const U32 = 0xffff_ffff;

export const icmp6Match: Extension<Icmp6Match> = {
	name: "icmp6",
	options: [{ name: "icmpv6-type", args: 1, not: true, required: true }],
	start() {
		let m: Icmp6Match = { type: "icmp6", icmpType: 0, minCode: 0, maxCode: 255, not: false };
		return {
			option(_name, value, not) {
				m = { type: "icmp6", ...parseIcmpType(value, "ICMPv6", ICMP6_TYPES), not };
			},
			finish: () => m,
		};
	},
};
export const hlMatch: Extension<HlMatch> = hopsMatch(
	"hl",
	"HL match: You must specify one of `--hl-eq', `--hl-lt', `--hl-gt'",
	(op, hopLimit) => ({ type: "hl", op, hopLimit }),
);
export const eui64Match: Extension<Eui64Match> = {
	name: "eui64",
	options: [],
	start: () => ({ option() {}, finish: () => ({ type: "eui64" }) }),
};

export const fragMatch: Extension<FragMatch> = {
	name: "frag",
	options: [
		{ name: "fragid", args: 1, not: true },
		{ name: "fraglen", args: 1, not: true },
		{ name: "fragres", args: 0 },
		{ name: "fragfirst", args: 0 },
		{ name: "fragmore", args: 0, excl: ["fraglast"] },
		{ name: "fraglast", args: 0, excl: ["fragmore"] },
	],
	start() {
		const m: Mutable<FragMatch> = { type: "frag", reserved: false, first: false, more: false, last: false };
		return {
			option(name, value, not) {
				if (name === "fragid") m.id = { ...parseUintRange("frag", name, value, U32), not };
				else if (name === "fraglen") m.length = { value: parseUint("frag", name, value, 0, U32), not };
				else if (name === "fragres") m.reserved = true;
				else m[name === "fragfirst" ? "first" : name === "fragmore" ? "more" : "last"] = true;
			},
			finish: () => m,
		};
	},
};

/** Addresses of one rt match, options of one hbh or dst match. */
const LIST_MAX = 16;
export const rtMatch: Extension<RtMatch> = {
	name: "rt",
	options: [
		{ name: "rt-type", args: 1, not: true },
		{ name: "rt-segsleft", args: 1, not: true },
		{ name: "rt-len", args: 1, not: true },
		{ name: "rt-0-res", args: 0 },
		{ name: "rt-0-addrs", args: 1 },
		{ name: "rt-0-not-strict", args: 0 },
	],
	start() {
		const m: Mutable<RtMatch> = { type: "rt", reserved: false, addrs: [], notStrict: false };
		return {
			option(name, value, not) {
				if (name === "rt-type") m.rtType = { value: parseUint("rt", name, value, 0, U32), not };
				else if (name === "rt-segsleft") m.segsLeft = { ...parseUintRange("rt", name, value, U32), not };
				else if (name === "rt-len") m.length = { value: parseUint("rt", name, value, 0, U32), not };
				else if (name === "rt-0-not-strict") {
					if (m.addrs.length === 0)
						throw new ToolError("`--rt-0-addr ...' required before `--rt-0-not-strict'");
					m.notStrict = true;
				} else {
					if (m.rtType?.value !== 0 || m.rtType.not)
						throw new ToolError(`\`--rt-type 0' required before \`--${name}'`);
					if (name === "rt-0-res") m.reserved = true;
					else m.addrs = parseAddresses(value);
				}
			},
			finish: () => m,
		};
	},
};
function parseAddresses(text: string): In6[] {
	const words = text.split(",");
	if (words.length > LIST_MAX) throw new ToolError("too many addresses specified");
	return words.map((word) => {
		const addr = parseAddress6(word);
		if (addr === undefined) throw new ToolError(`bad address: ${word}`);
		return addr;
	});
}

/** Long and short name, protocol number, bit; in the order in which they are printed. */
const HEADERS: readonly (readonly [string, string, number, number])[] = [
	["hop-by-hop", "hop", 0, IP6H_HOPOPTS],
	["ipv6-opts", "dst", 60, IP6H_DSTOPTS],
	["ipv6-route", "route", 43, IP6H_ROUTING],
	["ipv6-frag", "frag", 44, IP6H_FRAGMENT],
	["ah", "auth", 51, IP6H_AH],
	["esp", "esp", 50, IP6H_ESP],
	["ipv6-nonxt", "none", 59, IP6H_NONE],
	["protocol", "prot", 255, IP6H_PROTO],
];
function parseHeader(word: string): number {
	const named = HEADERS.find(([long, short]) => word === long || word === short);
	if (named !== undefined) return named[3];
	const number = toInteger(word, 0, 255) ?? protocolNumber(word);
	const numbered = HEADERS.find(([, , n]) => n === number);
	if (numbered === undefined) throw new ToolError(`unknown header \`${number ?? word}' specified`);
	return numbered[3];
}
export const ipv6headerMatch: Extension<Ipv6HeaderMatch> = {
	name: "ipv6header",
	options: [
		{ name: "header", args: 1, not: true, required: true },
		{ name: "soft", args: 0 },
	],
	start() {
		const m: Mutable<Ipv6HeaderMatch> = { type: "ipv6header", headers: 0, not: false, soft: false };
		return {
			option(name, value, not) {
				if (name === "soft") m.soft = true;
				else {
					for (const word of value.split(",")) m.headers |= parseHeader(word);
					m.not = not;
				}
			},
			finish: () => m,
		};
	},
};
export function printHeaders(headers: number): string {
	return HEADERS.filter(([, , , bit]) => (headers & bit) !== 0)
		.map(([long]) => long)
		.join(",");
}

function optsMatch(type: OptsMatch["type"]): Extension<OptsMatch> {
	const parseNumber = (what: string, text: string): number => {
		const digits = /^\s*\+?(0[xX][0-9a-fA-F]+|\d+)/.exec(text);
		if (digits === null) throw new ToolError(`${type}: no valid digits in ${what} \`${text}'`);
		const n = toInteger(text, 0, Number.MAX_SAFE_INTEGER);
		if (n === undefined) throw new ToolError(`${type}: error parsing ${what} \`${text}'`);
		return n % 256;
	};
	return {
		name: type,
		options: [
			{ name: `${type}-len`, args: 1, not: true },
			{ name: `${type}-opts`, args: 1 },
		],
		start() {
			const m: Mutable<OptsMatch> = { type, options: [] };
			return {
				option(name, value, not) {
					if (name === `${type}-len`) {
						m.length = { value: parseUint(type, name, value, 0, U32), not };
						return;
					}
					const words = value.split(",");
					if (words.length > LIST_MAX) throw new ToolError("too many addresses specified");
					m.options = words.map((word): Ip6Option => {
						const colon = word.indexOf(":");
						const kind = parseNumber("opt", colon < 0 ? word : word.slice(0, colon));
						if (colon < 0) return { kind, length: undefined };
						if (kind === 0) throw new ToolError("PAD0 has not got length");
						const length = parseNumber("length", word.slice(colon + 1));
						return { kind, length: length === 255 ? undefined : length };
					});
				},
				finish: () => m,
			};
		},
	};
}
export const hbhMatch: Extension<OptsMatch> = optsMatch("hbh");
export const dstMatch: Extension<OptsMatch> = optsMatch("dst");
export function printOptions(options: readonly Ip6Option[]): string {
	return options.map((o) => `${o.kind}${o.length === undefined ? "" : `:${o.length}`}`).join(",");
}

function mhType(text: string): number {
	const want = text.toLowerCase();
	const fits = MH_TYPES.filter(([name]) => name.startsWith(want));
	const found = fits.find(([name]) => name === want) ?? fits[0];
	const type = found?.[1] ?? toInteger(text, 0, 255);
	if (type === undefined) throw new ToolError(`Invalid MH type \`${text}'`);
	return type;
}
export const mhMatch: Extension<MhMatch> = {
	name: "mh",
	options: [{ name: "mh-type", args: 1, not: true }],
	start() {
		let m: MhMatch = { type: "mh", min: 0, max: 255, not: false };
		return {
			option(_name, value, not) {
				const colon = value.indexOf(":");
				const low = colon < 0 ? value : value.slice(0, colon);
				const high = colon < 0 ? value : value.slice(colon + 1);
				const min = low === "" && colon >= 0 ? 0 : mhType(low);
				const max = high === "" && colon >= 0 ? 255 : mhType(high);
				if (min > max) throw new ToolError("Invalid MH type range (min > max)");
				m = { type: "mh", min, max, not };
			},
			finish: () => m,
		};
	},
};

interface Value {
	readonly value: number;
	readonly not: boolean;
}
const printValue = (name: string, v: Value | undefined): string | undefined =>
	v && `${not(v.not)}--${name} ${v.value}`;
/** A range of everything is not printed, not even inverted. */
function printIds(name: string, r: FragMatch["id"]): string | undefined {
	return r?.min === 0 && r.max === U32 ? undefined : printRange(name, r);
}

export function printMatch6(m: Match): string | undefined {
	switch (m.type) {
		case "icmp6":
			return `${not(m.not)}--icmpv6-type ${printIcmpType(m)}`;
		case "hl":
			return `${{ eq: "--hl-eq", ne: "! --hl-eq", lt: "--hl-lt", gt: "--hl-gt" }[m.op]} ${m.hopLimit}`;
		case "frag":
			return join(
				printIds("fragid", m.id),
				printValue("fraglen", m.length),
				m.reserved && "--fragres",
				m.first && "--fragfirst",
				m.more && "--fragmore",
				m.last && "--fraglast",
			);
		case "rt":
			return join(
				printValue("rt-type", m.rtType),
				printIds("rt-segsleft", m.segsLeft),
				printValue("rt-len", m.length),
				m.reserved && "--rt-0-res",
				m.addrs.length > 0 && `--rt-0-addrs ${m.addrs.map(formatAddress6).join(",")}`,
				m.notStrict && "--rt-0-not-strict",
			);
		case "ipv6header":
			return join(`${not(m.not)}--header ${printHeaders(m.headers)}`, m.soft && "--soft");
		case "hbh":
		case "dst":
			return join(
				printValue(`${m.type}-len`, m.length),
				m.options.length > 0 && `--${m.type}-opts ${printOptions(m.options)}`,
			);
		case "mh":
			return m.min === 0 && m.max === 255 ? "" : (printRange("mh-type", m) ?? "");
		default:
			return undefined;
	}
}
