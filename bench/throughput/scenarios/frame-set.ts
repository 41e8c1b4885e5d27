/**
 * Frames of one length that differ in their first bytes only. Each is sent as a sender would: copied whole into the engine's memory,
 * then its own header over it.
 *
 *   0   2                        2 + 4 * words             length
 *   |---| header words of each    | the template's          |
 */
import type { NetDevice } from "@hookline/engine/device/netdev";
import type { FramePool } from "@hookline/engine/frame/pool";

/** Words up to the end of the UDP header, the TCP header (no options), and the UDP header behind IPv6. */
export const UDP4_WORDS = 10;
export const TCP4_WORDS = 13;
export const UDP6_WORDS = 15;
/** Words of a row: identification and fragment word; TTL, protocol and header sum; ports; UDP length and sum; TCP. */
export const W_ID = 4;
export const W_TTL_CHECK = 5;
export const W_PORTS = 8;
export const W_UDP_CHECK = 9;
export const W_SEQ = 9;
export const W_ACK = 10;
export const W_TCP_CHECK = 12;

export class FrameSet {
	readonly length: number;
	/** Header words, `words` a row. */
	readonly heads: Int32Array;
	readonly words: number;
	/** Told of each frame just before it goes. */
	watch: ((i: number) => void) | null = null;
	private readonly pool: FramePool;
	private readonly template: number;
	private filled = false;

	/** `count` frames of `length` bytes. The template takes a slot of the pool until `close`. */
	constructor(pool: FramePool, length: number, words: number, count: number) {
		this.pool = pool;
		this.length = length;
		this.words = words;
		this.heads = new Int32Array(words * count);
		this.template = pool.inject(length);
		if (this.template < 0) throw new Error(`no room for a template of ${length} bytes`);
	}
	/** What frame `i` is. Throws when it differs from the others behind the header. */
	set(i: number, frame: Uint8Array): void {
		const { pool, words } = this;
		if (frame.length !== this.length) throw new Error(`${frame.length} bytes in a set of ${this.length}`);
		const view = new DataView(frame.buffer);
		for (let w = 0; w < words; w++) this.heads[i * words + w] = view.getInt32(2 + 4 * w);
		const o = pool.off[this.template];
		if (!this.filled) pool.bytes.set(frame, o);
		this.filled = true;
		for (let k = 0; k < frame.length; k++) {
			if (k === 2) k += 4 * words;
			if (k < frame.length && pool.bytes[o + k] !== frame[k])
				throw new Error(`frame ${i}: byte ${k} is its own`);
		}
	}
	/** Put frame `i` into the backlog. Throws when the pool has no slot: the scenario's bursts are too long then. */
	send(dev: NetDevice, i: number): void {
		const { pool, length, words, heads } = this;
		if (this.watch !== null) this.watch(i);
		const f = pool.inject(length);
		if (f < 0) throw new Error("the pool is empty: the bursts are too long");
		const o = pool.off[f];
		const from = pool.off[this.template];
		pool.bytes.copyWithin(o, from, from + length);
		const { view } = pool;
		const row = i * words;
		for (let w = 0; w < words; w++) view.setInt32(o + 2 + 4 * w, heads[row + w]);
		dev.transmit(f);
	}
	/** Give the template's slot back. */
	close(): void {
		this.pool.drop(this.template, 0);
	}
}
