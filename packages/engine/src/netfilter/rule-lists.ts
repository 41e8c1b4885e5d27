/**
 * Matches and targets that keep lists of their own or look at what stands behind a packet: its sender's socket, the routes, named
 * sets (linux/netfilter/xt_recent.h, xt_hashlimit.h, xt_connlimit.h, xt_owner.h, xt_rpfilter.h, xt_set.h); see `rule.ts` for the
 * conventions.
 */
import type { IpAddr } from "./rule.ts";

export interface RecentMatch {
	readonly type: "recent";
	readonly op: "set" | "rcheck" | "update" | "remove";
	readonly not: boolean;
	/** 0: whenever. */
	readonly seconds: number;
	/** Remove the oldest entry when it is older than `seconds`. */
	readonly reap: boolean;
	/** 0: one hit is enough. */
	readonly hitCount: number;
	/** The TTL must be the recorded one. */
	readonly ttl: boolean;
	/** 1..199 letters. */
	readonly name: string;
	readonly mask: IpAddr;
	readonly side: "source" | "dest";
}

/** Bits of `HashlimitMatch.mode` (XT_HASHLIMIT_*). */
export const HASHLIMIT_DIP = 1 << 0;
export const HASHLIMIT_DPT = 1 << 1;
export const HASHLIMIT_SIP = 1 << 2;
export const HASHLIMIT_SPT = 1 << 3;
export const HASHLIMIT_INVERT = 1 << 4;
export const HASHLIMIT_BYTES = 1 << 5;
export const HASHLIMIT_RATE_MATCH = 1 << 6;
export interface HashlimitMatch {
	readonly type: "hashlimit";
	/** HASHLIMIT_* bits: what tells flows apart, `--hashlimit-above`, bytes instead of packets. */
	readonly mode: number;
	/** Time between two packets in 1/1,000,000 s; of bytes, 2^32-1 over the units of 16 bytes a second. */
	readonly avg: number;
	/** Packets; of bytes, how often a full second's worth may be drawn beyond the rate. */
	readonly burst: number;
	readonly srcMask: number;
	readonly dstMask: number;
	/** 1..254 letters. */
	readonly name: string;
	/** Buckets, 0 the kernel's choice. */
	readonly size: number;
	/** Entries, 0 the kernel's choice. */
	readonly max: number;
	/** ms. */
	readonly gcInterval: number;
	/** ms. */
	readonly expire: number;
	/** Seconds, with HASHLIMIT_RATE_MATCH. */
	readonly interval: number;
}

export interface ConnlimitMatch {
	readonly type: "connlimit";
	readonly limit: number;
	/** `--connlimit-upto`; else `--connlimit-above`. */
	readonly upto: boolean;
	readonly side: "saddr" | "daddr";
	/** Prefix length. */
	readonly mask: number;
}

interface IdRange {
	readonly min: number;
	readonly max: number;
	readonly not: boolean;
}
export interface OwnerMatch {
	readonly type: "owner";
	readonly uid?: IdRange;
	readonly gid?: IdRange;
	readonly socket?: { readonly not: boolean };
	readonly supplGroups: boolean;
}

export interface RpfilterMatch {
	readonly type: "rpfilter";
	readonly loose: boolean;
	readonly validMark: boolean;
	readonly acceptLocal: boolean;
	readonly invert: boolean;
}

/** What a counter is compared with. */
export interface CounterTest {
	readonly op: "eq" | "ne" | "lt" | "gt";
	readonly value: number;
}
export interface SetMatch {
	readonly type: "set";
	readonly set: string;
	readonly not: boolean;
	/** True for `src`, by dimension. */
	readonly dirs: readonly boolean[];
	/** An element with `nomatch` counts as found. */
	readonly returnNomatch: boolean;
	/** Do not count the packet in the element. */
	readonly noCounters: boolean;
	readonly noSubcounters: boolean;
	readonly packets?: CounterTest;
	readonly bytes?: CounterTest;
}
/** A set and the sides of the packet, of a SET target. */
export interface SetTargetOf {
	readonly set: string;
	readonly dirs: readonly boolean[];
}
export interface SetTarget {
	readonly type: "SET";
	readonly add?: SetTargetOf;
	readonly del?: SetTargetOf;
	/** Set the element's time-out and counters anew when it is there. */
	readonly exist: boolean;
	/** Seconds; undefined the set's own. */
	readonly timeout?: number;
}

export type ListMatch = RecentMatch | HashlimitMatch | ConnlimitMatch | OwnerMatch | RpfilterMatch | SetMatch;

/** Targets that do nothing to a packet here: what they ask for has no bearing on bytes. */
export type IdleTarget =
	/** `classId`: major << 16 | minor, for queue disciplines. */
	| { readonly type: "CLASSIFY"; readonly classId: number }
	/** Fill in the checksum that an offload would have: it is always there. */
	| { readonly type: "CHECKSUM" }
	| {
			readonly type: "NFLOG";
			readonly group: number;
			readonly prefix: string;
			/** Bytes to copy: `--nflog-size`, which counts, or the older `--nflog-range`. */
			readonly size?: number;
			readonly range?: number;
			readonly threshold: number;
	  };
