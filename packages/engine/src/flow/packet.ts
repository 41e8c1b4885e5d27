/** What is looked at in each packet of a known flow. */
import { type FramePool, L4SUM_BAD, L4SUM_UNKNOWN, L4SUM_VALID } from "../frame/pool.ts";
import { pseudoSum4, sum } from "../wire/checksum.ts";
import { ENCAPSULATES, F_LIMITS, K_MISC, SUMMED } from "./words.ts";

/** Headroom that a frame needs to enter a tunnel. */
const TUNNEL_ROOM = 64;
const TCP = 6;

/** Is the packet at `o`, whose flow is in row `r`, all that its frame holds, and its header's checksum right? */
export function isSound(pool: FramePool, words: Int32Array, r: number, f: number, o: number): boolean {
	const { view } = pool;
	const w16 = view.getInt32(o + 16);
	const total = w16 >>> 16;
	// most words of the header are the same in all packets of the flow
	const s = (words[r + F_LIMITS] >>> 16) + total + (w16 & 0xffff) + view.getUint16(o + 24);
	if (total + 14 !== pool.len[f] || ((s + (s >>> 16)) & 0xffff) !== 0xffff) return false;
	if ((words[r + K_MISC] & 0xff) === TCP) return total >= 40;
	return total >= 28 && view.getUint16(o + 38) === total - 20;
}
/** The checksum that somebody looks at is right, and there is room for outer headers. `flags`: of the way. */
export function fits(pool: FramePool, f: number, o: number, flags: number): boolean {
	if ((flags & SUMMED) !== 0 && pool.l4sum[f] !== L4SUM_VALID && !segmentOk(pool, f, o)) return false;
	return (flags & ENCAPSULATES) === 0 || (hasTunnelRoom(pool, f) && hasSum(pool, o));
}
export function hasTunnelRoom(pool: FramePool, f: number): boolean {
	return pool.off[f] - pool.base(f) >= TUNNEL_ROOM;
}
/** An inner sum of 0 says nothing about the payload. */
export function hasSum(pool: FramePool, o: number): boolean {
	return pool.view.getUint8(o + 23) === TCP || pool.view.getUint16(o + 40) !== 0;
}
/** Look at the transport checksum of the whole UDP or TCP packet at `o`, and remember whether it is right (`l4sumOk`). */
export function segmentOk(pool: FramePool, f: number, o: number): boolean {
	if (pool.l4sum[f] !== L4SUM_UNKNOWN) return pool.l4sum[f] === L4SUM_VALID;
	const { view } = pool;
	const protocol = view.getUint8(o + 23);
	const length = view.getUint16(o + 16) - 20;
	const ok =
		(protocol !== TCP && view.getUint16(o + 40) === 0) ||
		sum(view, o + 34, o + 34 + length, pseudoSum4(view, o + 26, protocol, length)) === 0xffff;
	pool.l4sum[f] = ok ? L4SUM_VALID : L4SUM_BAD;
	return ok;
}
