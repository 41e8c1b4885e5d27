/**
 * A packet socket reads a frame after everything that the frame set off at that instant. Its clone shares the frame's bytes, so
 * headers that the kernel writes in place meanwhile (the fast path of ip_do_fragment) show in what it reads. Of frames that are sent
 * back to back it reads none before all have gone in.
 */
import type { Core } from "@hookline/engine/ring/core";

const ETH_HLEN = 14;
const VLAN_ETH_HLEN = 18;
const IP6_FRAG_HLEN = 8;

export class LateReader {
	private burst = false;
	private readonly core: Core;
	private instant = Number.NaN;
	private readonly seen: Map<number, Uint8Array[]> = new Map();

	/** Becomes the listener of the pool's shared writes. */
	constructor(core: Core) {
		this.core = core;
		core.pool.sharedWrite = (f, mac) => this.written(f, mac);
	}
	/** Frames go in back to back from now on. What went before has been read. */
	beginBurst(): void {
		if (!this.burst) this.seen.clear();
		this.burst = true;
	}
	/** The reader gets its turn after this instant. */
	endBurst(): void {
		this.burst = false;
	}
	/** A capture took `bytes` of a frame whose `data` is given; they change in place until the instant or the burst is over. */
	saw(data: number, bytes: Uint8Array): void {
		const now = this.core.clock[0];
		if (now !== this.instant) {
			if (!this.burst) this.seen.clear();
			this.instant = now;
		}
		const list = this.seen.get(data);
		if (list === undefined) this.seen.set(data, [bytes]);
		else list.push(bytes);
	}
	private written(f: number, mac: boolean): void {
		const { pool, clock } = this.core;
		if (clock[0] !== this.instant && !this.burst) return;
		const nh = pool.nh[f];
		// of IPv6 all up to the end of the fragment header
		const to = pool.bytes[nh] >> 4 === 6 ? pool.th[f] + IP6_FRAG_HLEN : nh + ((pool.bytes[nh] & 15) << 2);
		for (const bytes of this.seen.get(pool.data[f]) ?? []) {
			const at = bytes[12] === 0x81 && bytes[13] === 0 ? VLAN_ETH_HLEN : ETH_HLEN;
			if (bytes.length < at + to - nh) continue;
			bytes.set(pool.bytes.subarray(nh, to), at);
			if (mac) bytes.set(pool.bytes.subarray(nh - ETH_HLEN, nh - 2), 0);
		}
	}
}
