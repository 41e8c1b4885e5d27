/** The matches that only IPv6 tables have (linux/netfilter_ipv6/ip6t_*.h); see `rule.ts` for the conventions. */
import type { In6 } from "../ring/in6.ts";
import type { Range } from "./rule.ts";

export interface Icmp6Match {
	readonly type: "icmp6";
	readonly icmpType: number;
	readonly minCode: number;
	readonly maxCode: number;
	readonly not: boolean;
}
/** The hop limit. */
export interface HlMatch {
	readonly type: "hl";
	readonly op: "eq" | "ne" | "lt" | "gt";
	readonly hopLimit: number;
}
/** The source address holds the EUI-64 of the source MAC. */
export interface Eui64Match {
	readonly type: "eui64";
}
interface Value {
	readonly value: number;
	readonly not: boolean;
}
/** The routing header. */
export interface RtMatch {
	readonly type: "rt";
	readonly rtType?: Value;
	readonly segsLeft?: Range;
	/** Bytes. */
	readonly length?: Value;
	/** `--rt-0-res`: look at the reserved field. */
	readonly reserved: boolean;
	/** `--rt-0-addrs`: addresses of a type 0 header, in this order. */
	readonly addrs: readonly In6[];
	/** `--rt-0-not-strict`: others may stand between them. */
	readonly notStrict: boolean;
}
/** The fragment header. */
export interface FragMatch {
	readonly type: "frag";
	/** Identification, unsigned. */
	readonly id?: Range;
	/** Bytes. */
	readonly length?: Value;
	readonly reserved: boolean;
	readonly first: boolean;
	readonly more: boolean;
	readonly last: boolean;
}
/** Bits of `Ipv6HeaderMatch.headers` (MASK_*). */
export const IP6H_PROTO = 1;
export const IP6H_NONE = 2;
export const IP6H_ESP = 4;
export const IP6H_AH = 8;
export const IP6H_FRAGMENT = 16;
export const IP6H_ROUTING = 32;
export const IP6H_DSTOPTS = 64;
export const IP6H_HOPOPTS = 128;
/** Which extension headers there are. */
export interface Ipv6HeaderMatch {
	readonly type: "ipv6header";
	/** IP6H_* bits. */
	readonly headers: number;
	readonly not: boolean;
	/** `--soft`: those and maybe others. */
	readonly soft: boolean;
}
/** The kind and length of an option that is wanted. */
export interface Ip6Option {
	readonly kind: number;
	/** Bytes of its data; undefined for any. */
	readonly length: number | undefined;
}
/** Hop-by-hop or destination options. */
export interface OptsMatch {
	readonly type: "hbh" | "dst";
	/** Bytes. */
	readonly length?: Value;
	/** In this order, one behind the other. */
	readonly options: readonly Ip6Option[];
}
/** The mobility header's type. */
export interface MhMatch extends Range {
	readonly type: "mh";
}
export type Ip6Match =
	| Icmp6Match
	| HlMatch
	| Eui64Match
	| RtMatch
	| FragMatch
	| Ipv6HeaderMatch
	| OptsMatch
	| MhMatch;
