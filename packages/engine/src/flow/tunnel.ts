/** Into a VXLAN tunnel and out of it, for packets whose flow is known: the outer headers are words that were written before. */
import { type FramePool, L4SUM_UNKNOWN, L4SUM_VALID } from "../frame/pool.ts";
import type { Chance } from "./recorder.ts";
import { F_DADDR, F_DELTAS, F_PORTS, F_SADDR, OUTER, W_OUTER } from "./words.ts";

/** Offsets in the outer headers, from the destination MAC on. */
const TOTAL = 16;
const ID = 18;
const IP_CHECK = 24;
const UDP_CHECK = 40;
/** Bytes of IP in the shortest packet that carries an Ethernet and an IPv4 header and ports. */
const LEAST = OUTER - 14 + 38;

/** Does the tunnel packet at `o` carry a packet of the flow in row `r`, in the VXLAN and Ethernet headers of its way? */
export function matchesInner(
	view: DataView,
	o: number,
	words: Int32Array,
	r: number,
	wayWords: Int32Array,
	w: number,
): boolean {
	return (
		hasInnerHeaders(view, o, wayWords, w) &&
		view.getInt32(o + 84) === words[r + F_PORTS] &&
		view.getInt32(o + 80) === words[r + F_DADDR] &&
		view.getInt32(o + 76) === words[r + F_SADDR] &&
		view.getInt32(o + 70) === words[r + F_DELTAS]
	);
}
/** Does the tunnel packet at `o` have the VXLAN and Ethernet headers of its way, and an IPv4 packet of the same TOS behind them? */
export function hasInnerHeaders(view: DataView, o: number, wayWords: Int32Array, w: number): boolean {
	const at = w + W_OUTER;
	return (
		view.getUint16(o + TOTAL) >= LEAST &&
		view.getInt32(o + 50) === wayWords[at + 2] &&
		view.getInt32(o + 54) === wayWords[at + 3] &&
		view.getInt32(o + 58) === wayWords[at + 4] &&
		view.getInt32(o + 62) === wayWords[at + 5] &&
		view.getInt32(o + 42) === wayWords[at] &&
		view.getInt32(o + 46) === wayWords[at + 1]
	);
}
/** Remember what `matchesInner` compares. False: what is inside is no packet of a kind that the cache knows. */
export function keepInner(
	view: DataView,
	o: number,
	flow: Int32Array,
	wayWords: Int32Array,
	w: number,
): boolean {
	for (let i = 0; i < 6; i++) wayWords[w + W_OUTER + i] = view.getInt32(o + 42 + 4 * i);
	flow[F_DELTAS] = view.getInt32(o + 70);
	flow[F_SADDR] = view.getInt32(o + 76);
	flow[F_DADDR] = view.getInt32(o + 80);
	flow[F_PORTS] = view.getInt32(o + 84);
	const protocol = flow[F_DELTAS] & 0xff;
	return (
		view.getUint16(o + TOTAL) >= LEAST &&
		(view.getInt32(o + 62) & ~0xff) === 0x08004500 &&
		(flow[F_DELTAS] & 0xbfff0000) === 0 &&
		(protocol === 17 || protocol === 6)
	);
}
/** The outer headers come off. */
export function leaveTunnel(pool: FramePool, f: number): void {
	pool.off[f] += OUTER;
	pool.len[f] -= OUTER;
	pool.l4sum[f] = L4SUM_UNKNOWN;
}
/** Remember the outer headers that begin at `o`, without what is each packet's own. */
export function keepOuter(view: DataView, o: number, wayWords: Int32Array, w: number): void {
	const at = w + W_OUTER;
	for (let i = 0; i < 12; i++) wayWords[at + i] = view.getInt32(o + 4 * i);
	wayWords[at + 12] = view.getUint16(o + 48);
	// what each packet has of its own
	wayWords[at + 4] = 0;
	wayWords[at + 6] &= 0xffff;
	wayWords[at + 8] &= ~0xffff;
	wayWords[at + 9] &= ~0xffff;
	wayWords[at + 10] &= 0xffff;
	// what the header sums to without length, id and checksum
	let s = 0;
	for (let i = 14; i < 34; i += 2) if (i !== TOTAL && i !== ID && i !== IP_CHECK) s += view.getUint16(o + i);
	wayWords[at + 13] = s;
	wayWords[at + 14] = view.getUint16(o + UDP_CHECK) === 0 ? 0 : 1;
}
/**
 * The outer headers go in front, with source port `port` and what the UDP checksum is made of in `constant` (`outerCheck`). The inner packet
 * has a right transport checksum, which is not 0.
 */
export function enterTunnel(
	pool: FramePool,
	f: number,
	port: number,
	constant: number,
	wayWords: Int32Array,
	w: number,
	ids: Chance,
): void {
	const { view } = pool;
	const o = pool.off[f] - OUTER;
	const t = w + W_OUTER;
	const length = pool.len[f] + 16;
	const total = length + 20;
	const id = ids.i32() & 0xffff;
	const check = wayWords[t + 14] === 0 ? 0 : outerCheck(constant, length);
	view.setInt32(o, wayWords[t]);
	view.setInt32(o + 4, wayWords[t + 1]);
	view.setInt32(o + 8, wayWords[t + 2]);
	view.setInt32(o + 12, wayWords[t + 3]);
	// each packet's own: length and id; checksum; source port; UDP length; UDP checksum
	view.setInt32(o + 16, (total << 16) | id);
	view.setInt32(o + 20, wayWords[t + 5]);
	view.setInt32(o + 24, (complement(wayWords[t + 13] + total + id) << 16) | wayWords[t + 6]);
	view.setInt32(o + 28, wayWords[t + 7]);
	view.setInt32(o + 32, wayWords[t + 8] | port);
	view.setInt32(o + 36, wayWords[t + 9] | length);
	view.setInt32(o + 40, (check << 16) | wayWords[t + 10]);
	view.setInt32(o + 44, wayWords[t + 11]);
	view.setUint16(o + 48, wayWords[t + 12]);
	pool.off[f] = o;
	pool.len[f] += OUTER;
	pool.l4sum[f] = L4SUM_VALID;
}
/**
 * The outer UDP checksum of a datagram of `length` bytes, `constant` being what all of its flow's packets add to it. The inner header
 * sums to 0xffff, and so do the inner segment and its pseudo header; so of the inner packet only its length is left, which the
 * outer length and the outer pseudo header's have too.
 */
export function outerCheck(constant: number, length: number): number {
	return complement(constant + length) || 0xffff;
}
function complement(s: number): number {
	const once = (s & 0xffff) + (s >>> 16);
	return ~((once & 0xffff) + (once >>> 16)) & 0xffff;
}
