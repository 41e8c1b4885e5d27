/**
 * A packet socket reads a frame after everything that the frame set off at that instant. Its clone shares the frame's bytes, so
 * headers that the kernel writes in place meanwhile (the fast path of ip_do_fragment) show in what it reads. Of frames that are sent
 * back to back it reads none before all have gone in.
 */
import type { Core } from "@hookline/engine/ring/core";

const ETH_HLEN = 14;
const VLAN_HLEN = 4;
const IP6_HLEN = 40;
const IP6_FRAG_HLEN = 8;
const NEXTHDR_FRAGMENT = 44;

interface Seen {
	readonly bytes: Uint8Array;
	/** Bytes of a tag, which the kernel keeps beside the frame. */
	readonly tag: number;
	/** Where the fragment's data began without the tag: a new header ends there, longer or shorter than the old one. */
	readonly payload: number;
}

export class LateReader {
	private burst = false;
	private readonly core: Core;
	private instant = Number.NaN;
	private readonly seen: Map<number, Seen[]> = new Map();

	/** Becomes the listener of the pool's shared writes. */
	constructor(core: Core) {
		this.core = core;
		core.pool.sharedWrite = (f, link) => this.written(f, link);
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
		const tag = bytes[12] === 0x81 && bytes[13] === 0 ? VLAN_HLEN : 0;
		const seen = { bytes, tag, payload: payloadOf(bytes, ETH_HLEN + tag) - tag };
		const list = this.seen.get(data);
		if (list === undefined) this.seen.set(data, [seen]);
		else list.push(seen);
	}
	private written(f: number, link: number): void {
		const { pool, clock } = this.core;
		if (clock[0] !== this.instant && !this.burst) return;
		const nh = pool.nh[f];
		// of IPv6 all up to the end of the fragment header
		const to = pool.bytes[nh] >> 4 === 6 ? pool.th[f] + IP6_FRAG_HLEN : nh + ((pool.bytes[nh] & 15) << 2);
		const from = nh - link;
		for (const seen of this.seen.get(pool.data[f]) ?? [])
			overwrite(seen, seen.payload - (to - from), pool.bytes.subarray(from, to));
	}
}

function payloadOf(bytes: Uint8Array, nh: number): number {
	if (bytes[nh] >> 4 !== 6) return nh + ((bytes[nh] & 15) << 2);
	let at = nh + IP6_HLEN;
	let next = bytes[nh + 6];
	while (next !== NEXTHDR_FRAGMENT && at + 1 < bytes.length) {
		next = bytes[at];
		at += 8 + 8 * bytes[at + 1];
	}
	return at + IP6_FRAG_HLEN;
}
/** What falls in front of the frame nobody sees. */
function overwrite({ bytes, tag }: Seen, at: number, by: Uint8Array): void {
	for (let i = Math.max(0, -at); i < by.length; i++) {
		const p = at + i < 12 ? at + i : at + i + tag;
		if (p < bytes.length) bytes[p] = by[i];
	}
}
