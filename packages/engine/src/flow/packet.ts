/** What is looked at in each packet of a known flow. */
import { l4sumOk } from "../frame/l4sum.ts";
import { type FramePool, L4SUM_UNKNOWN, L4SUM_VALID } from "../frame/pool.ts";
import { ENCAPSULATES, F_LIMITS, K_MISC, SUMMED } from "./words.ts";

/** Headroom that a frame needs to enter a tunnel. */
const TUNNEL_ROOM = 64;

/** Is the packet at `o`, whose flow is in row `r`, all that its frame holds, and its header's checksum right? */
export function isSound(pool: FramePool, words: Int32Array, r: number, f: number, o: number): boolean {
	const { view } = pool;
	const w16 = view.getInt32(o + 16);
	const total = w16 >>> 16;
	// most words of the header are the same in all packets of the flow
	const s = (words[r + F_LIMITS] >>> 16) + total + (w16 & 0xffff) + view.getUint16(o + 24);
	if (total + 14 !== pool.len[f] || ((s + (s >>> 16)) & 0xffff) !== 0xffff) return false;
	if ((words[r + K_MISC] & 0xff) === 6) return total >= 40;
	return total >= 28 && view.getUint16(o + 38) === total - 20;
}
/** The checksum that somebody looks at is right, and there is room for outer headers. `flags`: of the way. */
export function fits(pool: FramePool, f: number, o: number, flags: number): boolean {
	if ((flags & SUMMED) !== 0 && pool.l4sum[f] !== L4SUM_VALID) {
		if (pool.l4sum[f] !== L4SUM_UNKNOWN) return false;
		pool.nh[f] = o + 14;
		pool.th[f] = o + 34;
		if (!l4sumOk(pool, f)) return false;
	}
	if ((flags & ENCAPSULATES) === 0) return true;
	// an inner sum of 0 says nothing about the payload
	return (
		o - pool.base(f) >= TUNNEL_ROOM && (pool.view.getUint8(o + 23) === 6 || pool.view.getUint16(o + 40) !== 0)
	);
}
