/** The outer source port of a tunnel packet tells the flows inside apart (udp_flow_src_port). */
import type { FramePool } from "../frame/pool.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";
import { headerLength } from "../wire/ipv4.ts";

/** A port of the range that depends on the inner flow only. */
export function sourcePort(pool: FramePool, f: number, min: number, max: number): number {
	const view = pool.view;
	const o = pool.off[f];
	let h: number;
	if (view.getUint16(o + 12) === ETH_P_IP && pool.len[f] >= 38) {
		h = Math.imul(view.getInt32(o + 26), 0x9e3779b1) ^ Math.imul(view.getInt32(o + 30), 0x85ebca6b);
		h ^= view.getUint8(o + 23);
		if ((view.getUint16(o + 20) & 0x3fff) === 0)
			h = Math.imul(h, 0xc2b2ae35) ^ view.getInt32(o + 14 + headerLength(view, o + 14));
	} else {
		h =
			Math.imul(view.getInt32(o), 0x9e3779b1) ^
			Math.imul(view.getInt32(o + 8), 0x85ebca6b) ^
			view.getInt32(o + 4);
	}
	h ^= h >>> 15;
	h = Math.imul(h, 0x2c1b3c6d);
	h ^= h >>> 12;
	// of 16 bits each, both sides: their product is exact (reciprocal_scale)
	return min + (Math.imul(h >>> 16, max - min + 1) >>> 16);
}
