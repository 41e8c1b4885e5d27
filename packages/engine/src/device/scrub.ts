/** What a frame loses when it crosses from one device's world into another's (net/core/skbuff.c, skb_scrub_packet). */
import { FRAME_CSUM_PARTIAL, FRAME_IGNORE_DF } from "../frame/flags.ts";
import { type FramePool, PACKET_HOST } from "../frame/pool.ts";

/** `otherNetns`: the mark belongs to the namespace and goes too. */
export function scrub(pool: FramePool, f: number, otherNetns: boolean): void {
	if (pool.ct[f] !== 0) pool.resetCt(f);
	pool.ctinfo[f] = 0;
	pool.flags[f] = 0;
	pool.pktType[f] = PACKET_HOST;
	pool.dstType[f] = 0;
	pool.physIn[f] = -1;
	pool.physOut[f] = -1;
	if (pool.fragMax[f] !== 0) pool.clearFragments(f);
	if (otherNetns) pool.mark[f] = 0;
}

/** The same between devices of one host that leave checksums to others: what is unfinished stays so. */
export function scrubUnsent(pool: FramePool, f: number, otherNetns: boolean): void {
	const partial = pool.flags[f] & FRAME_CSUM_PARTIAL;
	scrub(pool, f, otherNetns);
	pool.flags[f] |= partial;
}

/** What a frame loses that comes in again as it left, mark and connection kept: control blocks (skb->cb) and the bridge's notes. */
export function unbridge(pool: FramePool, f: number): void {
	pool.flags[f] &= FRAME_IGNORE_DF;
	pool.pktType[f] = PACKET_HOST;
	pool.dstType[f] = 0;
	pool.physIn[f] = -1;
	pool.physOut[f] = -1;
	if (pool.fragMax[f] !== 0) pool.clearFragments(f);
}
