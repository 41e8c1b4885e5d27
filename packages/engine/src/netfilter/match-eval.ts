/**
 * The matches' verdicts, from their words. Each follows the kernel's match function, in which order decides: a packet that is
 * too short for a header is not only no match but dropped at once (`hotdrop`).
 */
import { type FramePool, PACKET_BROADCAST, PACKET_LOOPBACK, PACKET_MULTICAST } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import type { Program } from "./compile.ts";
import { ifaceFits } from "./compile.ts";
import { jiffies } from "./jiffies.ts";
import { conntrackMatches, stateBits } from "./match-conntrack.ts";
import { matchListOp } from "./match-lists.ts";
import {
	CREDITS_PER_JIFFY,
	L4_INV_DPORT,
	L4_INV_SPORT,
	LIMIT_CAP,
	LIMIT_COST,
	LIMIT_CREDIT,
	LIMIT_PREV,
	MULTI_DST,
	MULTI_SRC,
	OP_ADDRTYPE,
	OP_CONNMARK,
	OP_CONNTRACK,
	OP_CTSTATE,
	OP_ICMP,
	OP_IPRANGE,
	OP_LENGTH,
	OP_LIMIT,
	OP_MAC,
	OP_MARK,
	OP_MULTIPORT,
	OP_PHYSDEV,
	OP_PKTTYPE,
	OP_STATISTIC,
	OP_TCP,
	OP_TOS,
	OP_TTL,
	OP_UDP,
	PHYS_BRIDGED,
	PHYS_IN,
	PHYS_ISIN,
	PHYS_ISOUT,
	PHYS_OUT,
	TCP_HAS_FLAGS,
	TCP_HAS_OPTION,
	TCP_INV_FLAGS,
	TCP_INV_OPTION,
	TTL_EQ,
	TTL_LT,
	TTL_NE,
} from "./match-ops.ts";
import { HOTDROP, MATCH, NO_MATCH } from "./match-verdict.ts";
import type { CtView, NfHost } from "./types.ts";
import type { XtLists } from "./xt-lists.ts";

/** What matches look at besides the frame. */
export interface MatchContext {
	readonly core: Core;
	readonly pool: FramePool;
	readonly host: NfHost;
	readonly ct: CtView;
	readonly lists: XtLists;
}

/** All ops of a rule, `ops[o..end)`, in order. `inDev` and `outDev` are device ids or -1. */
export function matchOps(
	cx: MatchContext,
	p: Program,
	o: number,
	end: number,
	f: number,
	inDev: number,
	outDev: number,
): number {
	const ops = p.ops;
	const pool = cx.pool;
	for (let at = o; at < end; at = ops[at + 1]) {
		let r: number;
		switch (ops[at]) {
			case OP_TCP:
				r = tcp(pool, ops, at + 2, f);
				break;
			case OP_UDP:
				r = udp(pool, ops, at + 2, f);
				break;
			case OP_ICMP:
				r = icmp(pool, ops, at + 2, f);
				break;
			case OP_CTSTATE:
				r = (ops[at + 2] & stateBits(cx.ct, pool, f)) !== 0 ? 1 ^ ops[at + 3] : ops[at + 3];
				break;
			case OP_CONNTRACK:
				r = conntrackMatches(cx.ct, pool, ops, at + 2, f) ? MATCH : NO_MATCH;
				break;
			case OP_ADDRTYPE:
				r = addrType(cx, ops, at + 2, f, inDev, outDev);
				break;
			case OP_MARK:
				r = ((pool.mark[f] & ops[at + 3]) === ops[at + 2] ? 1 : 0) ^ ops[at + 4];
				break;
			case OP_CONNMARK: {
				const ct = pool.ct[f];
				r = ct === 0 ? NO_MATCH : ((cx.ct.getMark(ct) & ops[at + 3]) === ops[at + 2] ? 1 : 0) ^ ops[at + 4];
				break;
			}
			case OP_MULTIPORT:
				r = multiport(pool, ops, at + 2, ops[at + 1], f);
				break;
			case OP_LIMIT:
				r = limit(cx, p.state, ops[at + 2]);
				break;
			case OP_MAC:
				r = mac(cx, ops, at + 2, f, inDev);
				break;
			case OP_IPRANGE:
				r = iprange(pool, ops, at + 2, f);
				break;
			case OP_LENGTH: {
				const length = pool.view.getUint16(pool.nh[f] + 2);
				r = (length >= ops[at + 2] && length <= ops[at + 3] ? 1 : 0) ^ ops[at + 4];
				break;
			}
			case OP_TTL:
				r = ttlMatches(pool.view.getUint8(pool.nh[f] + 8), ops[at + 2], ops[at + 3]);
				break;
			case OP_PHYSDEV:
				r = physdev(cx, p, at + 2, f);
				break;
			case OP_TOS:
				r = ((pool.view.getUint8(pool.nh[f] + 1) & ops[at + 3]) === ops[at + 2] ? 1 : 0) ^ ops[at + 4];
				break;
			case OP_PKTTYPE:
				r = (packetType(pool, f) === ops[at + 2] ? 1 : 0) ^ ops[at + 3];
				break;
			case OP_STATISTIC:
				r = statistic(cx, p.state, ops, at + 2);
				break;
			default:
				r = matchListOp(cx, p, at, f, inDev, outDev);
		}
		if (r !== MATCH) return r;
	}
	return MATCH;
}

/** First byte behind the IP packet. */
/** What a looped-back copy was sent as (xt_pkttype). */
function packetType(pool: FramePool, f: number): number {
	if (pool.pktType[f] !== PACKET_LOOPBACK) return pool.pktType[f];
	const multicast = pool.view.getUint8(pool.nh[f] + 16) >> 4 === 0xe;
	return multicast ? PACKET_MULTICAST : PACKET_BROADCAST;
}
function packetEnd(pool: FramePool, f: number): number {
	return pool.nh[f] + pool.view.getUint16(pool.nh[f] + 2);
}
function transport(pool: FramePool, f: number): number {
	return pool.nh[f] + ((pool.view.getUint8(pool.nh[f]) & 15) << 2);
}
function fragmentOffset(pool: FramePool, f: number): number {
	return pool.view.getUint16(pool.nh[f] + 6) & 0x1fff;
}

/** `a`: min, max of sport and dport, bits. */
export function portsMatch(view: DataView, th: number, ops: Int32Array, a: number): boolean {
	const sport = view.getUint16(th);
	const bits = ops[a + 4];
	if ((sport >= ops[a] && sport <= ops[a + 1]) === ((bits & L4_INV_SPORT) !== 0)) return false;
	const dport = view.getUint16(th + 2);
	return (dport >= ops[a + 2] && dport <= ops[a + 3]) !== ((bits & L4_INV_DPORT) !== 0);
}

function tcp(pool: FramePool, ops: Int32Array, a: number, f: number): number {
	const offset = fragmentOffset(pool, f);
	// a fragment that would overwrite the flags is an attack
	if (offset !== 0) return offset === 1 ? HOTDROP : NO_MATCH;
	return tcpMatches(pool.view, transport(pool, f), packetEnd(pool, f), ops, a);
}
/** tcp_mt for the segment at `th` that ends at `end`. */
export function tcpMatches(view: DataView, th: number, end: number, ops: Int32Array, a: number): number {
	if (th + 20 > end) return HOTDROP;
	if (!portsMatch(view, th, ops, a)) return NO_MATCH;
	const bits = ops[a + 4];
	if ((bits & TCP_HAS_FLAGS) !== 0) {
		const same = (view.getUint8(th + 13) & ops[a + 5]) === ops[a + 6];
		if (same === ((bits & TCP_INV_FLAGS) !== 0)) return NO_MATCH;
	}
	if ((bits & TCP_HAS_OPTION) === 0) return MATCH;
	const hlen = (view.getUint8(th + 12) >> 4) << 2;
	if (hlen < 20 || th + hlen > end) return HOTDROP;
	const inv = (bits & TCP_INV_OPTION) !== 0 ? 1 : 0;
	return hasTcpOption(view, th + 20, th + hlen, ops[a + 7]) ? 1 ^ inv : inv;
}
function hasTcpOption(view: DataView, from: number, to: number, kind: number): boolean {
	for (let i = from; i < to; ) {
		const k = view.getUint8(i);
		if (k === kind) return true;
		if (k < 2) i++;
		else i += (i + 1 < to ? view.getUint8(i + 1) : 0) || 1;
	}
	return false;
}
function udp(pool: FramePool, ops: Int32Array, a: number, f: number): number {
	if (fragmentOffset(pool, f) !== 0) return NO_MATCH;
	const th = transport(pool, f);
	if (th + 8 > packetEnd(pool, f)) return HOTDROP;
	return portsMatch(pool.view, th, ops, a) ? MATCH : NO_MATCH;
}
function icmp(pool: FramePool, ops: Int32Array, a: number, f: number): number {
	if (fragmentOffset(pool, f) !== 0) return NO_MATCH;
	const th = transport(pool, f);
	if (th + 8 > packetEnd(pool, f)) return HOTDROP;
	const type = ops[a];
	const code = pool.view.getUint8(th + 1);
	const same = type === 255 || (pool.view.getUint8(th) === type && code >= ops[a + 1] && code <= ops[a + 2]);
	return (same ? 1 : 0) ^ ops[a + 3];
}
function addrType(
	cx: MatchContext,
	ops: Int32Array,
	a: number,
	f: number,
	inDev: number,
	outDev: number,
): number {
	const bits = ops[a];
	const dev = (bits & 4) !== 0 ? inDev : (bits & 8) !== 0 ? outDev : -1;
	const nh = cx.pool.nh[f];
	if ((bits & 1) !== 0) {
		const type = cx.host.addrType(cx.pool.view.getInt32(nh + 12), dev);
		if (((ops[a + 1] >> type) & 1) === ops[a + 2]) return NO_MATCH;
	}
	if ((bits & 2) !== 0) {
		const type = cx.host.addrType(cx.pool.view.getInt32(nh + 16), dev);
		if (((ops[a + 3] >> type) & 1) === ops[a + 4]) return NO_MATCH;
	}
	return MATCH;
}
/** `a`: which, inverted, then pairs of ports up to `end`. */
function multiport(pool: FramePool, ops: Int32Array, a: number, end: number, f: number): number {
	if (fragmentOffset(pool, f) !== 0) return NO_MATCH;
	const th = transport(pool, f);
	if (th + 4 > packetEnd(pool, f)) return HOTDROP;
	const src = pool.view.getUint16(th);
	const dst = pool.view.getUint16(th + 2);
	const which = ops[a];
	const inv = ops[a + 1];
	for (let i = a + 2; i < end; i += 2) {
		const min = ops[i];
		const max = ops[i + 1];
		if (which !== MULTI_DST && src >= min && src <= max) return 1 ^ inv;
		if (which !== MULTI_SRC && dst >= min && dst <= max) return 1 ^ inv;
	}
	return inv;
}
/** A bucket of credits that fills with the ticks (limit_mt). */
function limit(cx: MatchContext, state: Float64Array, s: number): number {
	const now = jiffies(cx.core.clock);
	let credit = (state[s + LIMIT_CREDIT] + (now - state[s + LIMIT_PREV]) * CREDITS_PER_JIFFY) % 0x1_0000_0000;
	state[s + LIMIT_PREV] = now;
	if (credit > state[s + LIMIT_CAP]) credit = state[s + LIMIT_CAP];
	const cost = state[s + LIMIT_COST];
	const pass = credit >= cost;
	state[s + LIMIT_CREDIT] = pass ? credit - cost : credit;
	return pass ? MATCH : NO_MATCH;
}
function mac(cx: MatchContext, ops: Int32Array, a: number, f: number, inDev: number): number {
	const { pool, core } = cx;
	const off = pool.off[f];
	// no Ethernet device, or no link layer header in front: the kernel does not match, inverted or not
	if (inDev >= 0 && core.targets[inDev]?.loopback) return NO_MATCH;
	if (off + 14 > pool.nh[f]) return NO_MATCH;
	const same = pool.view.getUint16(off + 6) === ops[a] && pool.view.getInt32(off + 8) === ops[a + 1];
	return (same ? 1 : 0) ^ ops[a + 2];
}
function iprange(pool: FramePool, ops: Int32Array, a: number, f: number): number {
	const bits = ops[a];
	const nh = pool.nh[f];
	if ((bits & 1) !== 0) {
		const v = pool.view.getUint32(nh + 12);
		if ((v >= ops[a + 1] >>> 0 && v <= ops[a + 2] >>> 0) === ((bits & 4) !== 0)) return NO_MATCH;
	}
	if ((bits & 2) !== 0) {
		const v = pool.view.getUint32(nh + 16);
		if ((v >= ops[a + 3] >>> 0 && v <= ops[a + 4] >>> 0) === ((bits & 8) !== 0)) return NO_MATCH;
	}
	return MATCH;
}
/** Does a TTL or hop limit compare as wanted? */
export function ttlMatches(has: number, op: number, want: number): number {
	if (op === TTL_EQ) return has === want ? MATCH : NO_MATCH;
	if (op === TTL_NE) return has !== want ? MATCH : NO_MATCH;
	if (op === TTL_LT) return has < want ? MATCH : NO_MATCH;
	return has > want ? MATCH : NO_MATCH;
}
/** physdev_mt: `a`: present, inverted, in, out. */
function physdev(cx: MatchContext, p: Program, a: number, f: number): number {
	const has = p.ops[a];
	const inv = p.ops[a + 1];
	const inDev = cx.pool.physIn[f];
	const outDev = cx.pool.physOut[f];
	// not bridged: only what is asked for in the negative holds
	if (inDev < 0 && outDev < 0) return (has & ~inv) === 0 ? MATCH : NO_MATCH;
	if ((has & PHYS_BRIDGED) !== 0 && outDev >= 0 === ((inv & PHYS_BRIDGED) !== 0)) return NO_MATCH;
	if ((has & PHYS_ISIN) !== 0 && inDev >= 0 === ((inv & PHYS_ISIN) !== 0)) return NO_MATCH;
	if ((has & PHYS_ISOUT) !== 0 && outDev >= 0 === ((inv & PHYS_ISOUT) !== 0)) return NO_MATCH;
	const nameIdOf = cx.core.nameIdOf;
	if ((has & PHYS_IN) !== 0 && inDev >= 0) {
		if (ifaceFits(p, p.ops[a + 2], nameIdOf[inDev]) === ((inv & PHYS_IN) !== 0)) return NO_MATCH;
	}
	if ((has & PHYS_OUT) === 0) return MATCH;
	if (outDev < 0) return NO_MATCH;
	return ifaceFits(p, p.ops[a + 3], nameIdOf[outDev]) === ((inv & PHYS_OUT) !== 0) ? NO_MATCH : MATCH;
}
/** `a`: every (0: at random), inverted, state index. */
function statistic(cx: MatchContext, state: Float64Array, ops: Int32Array, a: number): number {
	const every = ops[a];
	const inv = ops[a + 1];
	const s = ops[a + 2];
	if (every === 0) return ((cx.core.chance(cx.host.id).i32() & 0x7fff_ffff) < state[s] ? 1 : 0) ^ inv;
	const next = state[s] === every - 1 ? 0 : state[s] + 1;
	state[s] = next;
	return (next === 0 ? 1 : 0) ^ inv;
}
