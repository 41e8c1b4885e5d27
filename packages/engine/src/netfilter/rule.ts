/**
 * Rules as iptables and ip6tables know them: plain objects. They are what the command front makes from words, what is printed
 * again, and what `compile.ts` turns into rows. Marks are signed 32-bit integers; ports are 0..65535. Negation is a field of its
 * own, with the meaning that the kernel's match gives it. A rule does not say which family it is of: its table does, and all
 * addresses of a table's rules are of that family.
 */
import type { In6 } from "../ring/in6.ts";

import type { IdleTarget, ListMatch, SetTarget } from "./rule-lists.ts";
import type { Ip6Match } from "./rule6.ts";

export type { In6 } from "../ring/in6.ts";
/** An address or mask: IPv4 as one signed 32-bit integer in host order, or IPv6. */
export type IpAddr = number | In6;

/** Tables in the order of their trace ids. */
export const TABLE_NAMES = ["raw", "mangle", "nat", "filter", "security"] as const;
export type TableName = (typeof TABLE_NAMES)[number];

/** An inclusive range, with its negation. */
export interface Range {
	readonly min: number;
	readonly max: number;
	readonly not: boolean;
}
/** An address under a mask, with its negation. */
export interface AddrMask {
	readonly addr: IpAddr;
	readonly mask: IpAddr;
	readonly not: boolean;
}
/** An inclusive range of addresses, with its negation. IPv4 addresses are unsigned here. */
export interface AddrRange {
	readonly min: IpAddr;
	readonly max: IpAddr;
	readonly not: boolean;
}
/** An interface name; a trailing `+` stands for any rest. */
export interface IfaceSpec {
	readonly name: string;
	readonly not: boolean;
}
export interface Flag {
	readonly on: boolean;
	readonly not: boolean;
}

export interface TcpMatch {
	readonly type: "tcp";
	readonly sport?: Range;
	readonly dport?: Range;
	/** Of the flags in `mask` exactly those in `comp` are set. */
	readonly flags?: { readonly mask: number; readonly comp: number; readonly not: boolean };
	/** The option kind is present. */
	readonly option?: { readonly kind: number; readonly not: boolean };
}
export interface UdpMatch {
	readonly type: "udp";
	readonly sport?: Range;
	readonly dport?: Range;
}
export interface IcmpMatch {
	readonly type: "icmp";
	/** 255: any. */
	readonly icmpType: number;
	readonly minCode: number;
	readonly maxCode: number;
	readonly not: boolean;
}
/** Bits of `ConntrackMatch.state` (XT_CONNTRACK_STATE_*). */
export const CT_STATE_INVALID = 1 << 0;
export const CT_STATE_ESTABLISHED = 1 << 1;
export const CT_STATE_RELATED = 1 << 2;
export const CT_STATE_NEW = 1 << 3;
export const CT_STATE_SNAT = 1 << 6;
export const CT_STATE_DNAT = 1 << 7;
export const CT_STATE_UNTRACKED = 1 << 8;

interface MaskNot {
	readonly mask: number;
	readonly not: boolean;
}
export interface ConntrackMatch {
	/** `state` is the older spelling and knows only `state`. */
	readonly type: "conntrack" | "state";
	/** CT_STATE_* bits. */
	readonly state?: MaskNot;
	readonly proto?: { readonly proto: number; readonly not: boolean };
	readonly origSrc?: AddrMask;
	readonly origDst?: AddrMask;
	readonly replSrc?: AddrMask;
	readonly replDst?: AddrMask;
	readonly origSrcPort?: Range;
	readonly origDstPort?: Range;
	readonly replSrcPort?: Range;
	readonly replDstPort?: Range;
	/** IPS_* bits. */
	readonly status?: MaskNot;
	/** Seconds. */
	readonly expire?: Range;
	/** IP_CT_DIR_*. */
	readonly dir?: number;
}
export interface AddrTypeMatch {
	readonly type: "addrtype";
	/** Bits 1 << RTN_*. */
	readonly src?: MaskNot;
	readonly dst?: MaskNot;
	readonly limitIn: boolean;
	readonly limitOut: boolean;
}
export interface MarkMatch {
	readonly type: "mark" | "connmark";
	readonly mark: number;
	readonly mask: number;
	readonly not: boolean;
}
export interface CommentMatch {
	readonly type: "comment";
	readonly text: string;
}
export interface MultiportMatch {
	readonly type: "multiport";
	readonly which: "src" | "dst" | "either";
	/** Pairs min, max; a single port has min = max and `single`. */
	readonly ports: readonly { readonly min: number; readonly max: number; readonly range: boolean }[];
	readonly not: boolean;
}
export interface LimitMatch {
	readonly type: "limit";
	/** Average time between two packets in 1/10000 s (XT_LIMIT_SCALE). */
	readonly avg: number;
	readonly burst: number;
}
export interface MacMatch {
	readonly type: "mac";
	readonly hi: number;
	readonly lo: number;
	readonly not: boolean;
}
export interface IprangeMatch {
	readonly type: "iprange";
	readonly src?: AddrRange;
	readonly dst?: AddrRange;
}
export interface LengthMatch extends Range {
	readonly type: "length";
}
export interface TtlMatch {
	readonly type: "ttl";
	readonly op: "eq" | "ne" | "lt" | "gt";
	readonly ttl: number;
}
export interface PhysdevMatch {
	readonly type: "physdev";
	readonly in?: IfaceSpec;
	readonly out?: IfaceSpec;
	readonly isIn?: Flag;
	readonly isOut?: Flag;
	readonly isBridged?: Flag;
}
export interface TosMatch {
	readonly type: "tos";
	readonly value: number;
	readonly mask: number;
	readonly not: boolean;
}
export interface DscpMatch {
	readonly type: "dscp";
	readonly dscp: number;
	readonly not: boolean;
}
export interface PktTypeMatch {
	readonly type: "pkttype";
	/** PACKET_HOST, PACKET_BROADCAST or PACKET_MULTICAST. */
	readonly pktType: number;
	readonly not: boolean;
}
export interface StatisticMatch {
	readonly type: "statistic";
	readonly mode: "random" | "nth";
	/** random: probability in 1/2^31. */
	readonly probability: number;
	/** nth: one in `every` packets, beginning with number `packet` (from 0). */
	readonly every: number;
	readonly packet: number;
	readonly not: boolean;
}
export type Match =
	| TcpMatch
	| UdpMatch
	| IcmpMatch
	| ConntrackMatch
	| AddrTypeMatch
	| MarkMatch
	| CommentMatch
	| MultiportMatch
	| LimitMatch
	| MacMatch
	| IprangeMatch
	| LengthMatch
	| TtlMatch
	| PhysdevMatch
	| TosMatch
	| DscpMatch
	| PktTypeMatch
	| StatisticMatch
	| ListMatch
	| Ip6Match;

export interface NatRangeTarget {
	readonly type: "DNAT" | "SNAT";
	/** NF_NAT_RANGE_*. */
	readonly flags: number;
	readonly minAddr: IpAddr;
	readonly maxAddr: IpAddr;
	readonly minPort: number;
	readonly maxPort: number;
	readonly basePort: number;
}
export interface NatPortsTarget {
	readonly type: "MASQUERADE" | "REDIRECT";
	/** NF_NAT_RANGE_*. */
	readonly flags: number;
	readonly minPort: number;
	readonly maxPort: number;
}
export interface ConnmarkTarget {
	readonly type: "CONNMARK";
	readonly mode: "set" | "save" | "restore";
	readonly mark: number;
	readonly ctMask: number;
	readonly nfMask: number;
}
export interface CtTarget {
	readonly type: "CT";
	readonly notrack: boolean;
	readonly alias: boolean;
	/** Bits 1 << IPCT_* and 1 << IPEXP_* that listeners are told of: there are none. */
	readonly ctEvents?: number;
	readonly expEvents?: number;
}
export type Target =
	/** `none` only counts. */
	| { readonly type: "none" | "ACCEPT" | "DROP" | "RETURN" }
	| { readonly type: "jump"; readonly chain: string; readonly goto: boolean }
	/** `how` is REJECT_* in an IPv4 table, REJECT6_* in an IPv6 one. */
	| { readonly type: "REJECT"; readonly how: number }
	| NatRangeTarget
	| NatPortsTarget
	| { readonly type: "NETMAP"; readonly addr: IpAddr; readonly mask: IpAddr }
	/** mark = (mark & ~mask) ^ value. */
	| { readonly type: "MARK"; readonly value: number; readonly mask: number }
	| ConnmarkTarget
	/** `alias`: spelled `-j NOTRACK` instead of `-j CT --notrack`. */
	| CtTarget
	/** `flags`: XT_LOG_*: 1 TCP sequence, 2 TCP options, 4 IP options, 8 uid, 32 MAC decode. */
	| { readonly type: "LOG"; readonly level: number; readonly prefix: string; readonly flags: number }
	/** HL is IPv6's TTL. */
	| { readonly type: "TTL" | "HL"; readonly mode: "set" | "dec" | "inc"; readonly value: number }
	| { readonly type: "TOS"; readonly value: number; readonly mask: number }
	| { readonly type: "DSCP"; readonly dscp: number }
	/** `mss` 0: clamp to the path MTU. */
	| { readonly type: "TCPMSS"; readonly mss: number }
	| SetTarget
	| IdleTarget;

export interface Rule {
	readonly src: AddrMask;
	readonly dst: AddrMask;
	readonly in: IfaceSpec;
	readonly out: IfaceSpec;
	/** Protocol number, 0 any. */
	readonly proto: number;
	readonly protoNot: boolean;
	/** `-f`: second and further fragments only; `not`: everything else only. Never on in an IPv6 rule. */
	readonly frag: Flag;
	readonly matches: readonly Match[];
	readonly target: Target;
}

const ANY: AddrMask = { addr: 0, mask: 0, not: false };
/** The unspecified address, which is also the mask that every address fits. */
export const IN6_ANY: In6 = [0, 0, 0, 0];
const ANY6: AddrMask = { addr: IN6_ANY, mask: IN6_ANY, not: false };
const ANY_IFACE: IfaceSpec = { name: "", not: false };

/** The address of an IPv4 rule; throws where it is none. */
export function ipv4(addr: IpAddr): number {
	if (typeof addr !== "number") throw new Error("an IPv6 address in an IPv4 rule");
	return addr;
}
/** The address of an IPv6 rule; throws where it is none. */
export function ipv6(addr: IpAddr): In6 {
	if (typeof addr === "number") throw new Error("an IPv4 address in an IPv6 rule");
	return addr;
}
/** Does every address fit the mask? */
export function isAnyMask(mask: IpAddr): boolean {
	return typeof mask === "number" ? mask === 0 : mask.every((w) => w === 0);
}

/** A rule of an IPv4 table that matches everything and only counts, with some fields replaced. */
export function rule(fields: Partial<Rule> = {}): Rule {
	return {
		src: ANY,
		dst: ANY,
		in: ANY_IFACE,
		out: ANY_IFACE,
		proto: 0,
		protoNot: false,
		frag: { on: false, not: false },
		matches: [],
		target: { type: "none" },
		...fields,
	};
}

/** The same of an IPv6 table. */
export function rule6(fields: Partial<Rule> = {}): Rule {
	return rule({ src: ANY6, dst: ANY6, ...fields });
}

/** Equal strings exactly for rules which `-D` and `-C` take for the same. */
export function ruleKey(r: Rule): string {
	return JSON.stringify(r, (_key, value: unknown) =>
		value !== null && typeof value === "object" && !Array.isArray(value)
			? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
			: value,
	);
}
/** No condition at all (the kernel's `unconditional`). */
export function isUnconditional(r: Rule): boolean {
	return (
		r.matches.length === 0 &&
		isAnyMask(r.src.mask) &&
		!r.src.not &&
		isAnyMask(r.dst.mask) &&
		!r.dst.not &&
		r.in.name === "" &&
		r.out.name === "" &&
		r.proto === 0 &&
		!r.frag.on
	);
}
