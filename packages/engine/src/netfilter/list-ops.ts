/** The matches of `rule-lists.ts` and the SET target as words; what they share with other rules stands beside the words. */
import { ConnCount } from "./conncount.ts";
import type { HashlimitTable } from "./hashlimit.ts";
import type { RecentList } from "./recent.ts";
import type { CounterTest, ListMatch, RecentMatch, SetMatch, SetTarget, SetTargetOf } from "./rule-lists.ts";
import { COUNTER_EQ, COUNTER_GT, COUNTER_LT, COUNTER_NE, COUNTER_NONE } from "./set-hash.ts";
import type { XtLists } from "./xt-lists.ts";

export const OP_RECENT = 64;
export const OP_HASHLIMIT = 65;
export const OP_CONNLIMIT = 66;
export const OP_OWNER = 67;
export const OP_RPFILTER = 68;
export const OP_SET = 69;

/** Bits of the connlimit op. */
export const CONNLIMIT_INVERT = 1;
export const CONNLIMIT_DADDR = 2;
/** Bits of the owner op, present and inverted (XT_OWNER_*). */
export const OWNER_UID = 1;
export const OWNER_GID = 2;
export const OWNER_SOCKET = 4;
/** Bits of the rpfilter op (XT_RPFILTER_*). */
export const RPFILTER_LOOSE = 1;
export const RPFILTER_VALID_MARK = 2;
export const RPFILTER_ACCEPT_LOCAL = 4;
export const RPFILTER_INVERT = 8;
/** Bits of the set op. */
export const SETOP_INVERT = 1;
export const SETOP_RETURN_NOMATCH = 2;
export const SETOP_NO_COUNTERS = 4;

/** What the words refer to by index. */
export class ProgramLists {
	readonly recent: { readonly rule: RecentMatch; readonly list: RecentList }[] = [];
	readonly hashlimit: HashlimitTable[] = [];
	readonly connlimit: ConnCount[] = [];
}
/** What the encoder asks of the compiler. */
export interface ListOpContext {
	readonly lists: XtLists;
	/** 4 or 6. */
	readonly family: number;
	readonly clock: Float64Array;
	readonly own: ProgramLists;
	/** Reserve state that starts with these numbers; returns its index. */
	state(...values: number[]): number;
}

const bit = (on: boolean | undefined, b: number): number => (on ? b : 0);
const COUNTER_OPS = { eq: COUNTER_EQ, ne: COUNTER_NE, lt: COUNTER_LT, gt: COUNTER_GT };
const counterWords = (t: CounterTest | undefined): number[] =>
	t === undefined ? [COUNTER_NONE, 0] : [COUNTER_OPS[t.op], t.value];
/** Bit i: the source, in dimension i. */
const dirBits = (dirs: readonly boolean[]): number =>
	dirs.reduce((bits, src, i) => bits | bit(src, 1 << i), 0);

function encodeSet(m: SetMatch, cx: ListOpContext): number[] {
	const tests = m.packets !== undefined || m.bytes !== undefined;
	return [
		OP_SET,
		0,
		cx.lists.sets.indexOf(m.set),
		m.dirs.length,
		dirBits(m.dirs),
		bit(m.not, SETOP_INVERT) |
			bit(m.returnNomatch, SETOP_RETURN_NOMATCH) |
			bit(m.noCounters, SETOP_NO_COUNTERS),
		tests ? cx.state(...counterWords(m.packets), ...counterWords(m.bytes)) : -1,
	];
}

export function encodeListMatch(m: ListMatch, cx: ListOpContext): number[] {
	switch (m.type) {
		case "recent":
			return [OP_RECENT, 0, cx.own.recent.push({ rule: m, list: cx.lists.recentOf(m) }) - 1];
		case "hashlimit":
			return [OP_HASHLIMIT, 0, cx.own.hashlimit.push(cx.lists.hashlimitOf(m, cx.family)) - 1, m.mode];
		case "connlimit":
			return [
				OP_CONNLIMIT,
				0,
				cx.own.connlimit.push(new ConnCount(cx.clock)) - 1,
				m.limit | 0,
				bit(m.upto, CONNLIMIT_INVERT) | bit(m.side === "daddr", CONNLIMIT_DADDR),
				m.mask,
			];
		case "owner":
			return [
				OP_OWNER,
				0,
				bit(m.uid !== undefined, OWNER_UID) |
					bit(m.gid !== undefined, OWNER_GID) |
					bit(m.socket !== undefined, OWNER_SOCKET),
				bit(m.uid?.not, OWNER_UID) | bit(m.gid?.not, OWNER_GID) | bit(m.socket?.not, OWNER_SOCKET),
				(m.uid?.min ?? 0) | 0,
				(m.uid?.max ?? 0) | 0,
				(m.gid?.min ?? 0) | 0,
				(m.gid?.max ?? 0) | 0,
			];
		case "rpfilter":
			return [
				OP_RPFILTER,
				0,
				bit(m.loose, RPFILTER_LOOSE) |
					bit(m.validMark, RPFILTER_VALID_MARK) |
					bit(m.acceptLocal, RPFILTER_ACCEPT_LOCAL),
				bit(m.invert, 1),
			];
		case "set":
			return encodeSet(m, cx);
	}
}

/** SET's words: twice set, dimensions, directions (set -1: none), then whether to set anew, and the time-out (-1: the set's). */
export function encodeSetTarget(t: SetTarget, lists: XtLists): number[] {
	const of = (side: SetTargetOf | undefined): number[] =>
		side === undefined ? [-1, 0, 0] : [lists.sets.indexOf(side.set), side.dirs.length, dirBits(side.dirs)];
	return [...of(t.add), ...of(t.del), bit(t.exist, 1), t.timeout ?? -1];
}
