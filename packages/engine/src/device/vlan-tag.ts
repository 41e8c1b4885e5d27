/** The tag that the kernel keeps beside a frame's data, and this pool in its bytes (FramePool.vlan). */
import { DROP } from "../frame/drop.ts";
import type { FramePool } from "../frame/pool.ts";
import { VLAN_HLEN } from "../wire/ethernet.ts";

/** Bytes of the two MACs, behind which the tag stands. */
const MACS = 12;

/** TPID (upper 16 bits) and TCI (lower 16) of a frame's tag; 0: it has none. */
export function tagOf(pool: FramePool, f: number): number {
	return pool.vlan[f] === 0 ? 0 : pool.view.getInt32(pool.off[f] + MACS);
}
/** __vlan_hwaccel_put_tag: the frame has this tag and no other. The frame to go on with, or -1: no slot had room, it was dropped. */
export function putTag(pool: FramePool, f: number, tag: number): number {
	let g = f;
	if (pool.vlan[f] === 0) {
		g = pool.reserve(f, VLAN_HLEN, 0);
		if (g < 0) {
			pool.drop(f, DROP.NOMEM);
			return -1;
		}
		const o = pool.off[g] - VLAN_HLEN;
		pool.bytes.copyWithin(o, o + VLAN_HLEN, o + VLAN_HLEN + MACS);
		pool.off[g] = o;
		pool.len[g] += VLAN_HLEN;
	}
	pool.unshare(g);
	pool.view.setInt32(pool.off[g] + MACS, tag);
	pool.vlan[g] = 0x10000 | (tag & 0xffff);
	return g;
}
