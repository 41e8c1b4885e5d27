/**
 * IPv6 addresses as numbers: every address that a lab has to remember (its own ones, neighbours, next hops, connections) is
 * entered here once and is from then on a handle, an integer > 0 below 2^31. Equal addresses have equal handles, so what works
 * on IPv4 addresses (the neighbour table, tuples of connections) works on handles unchanged. Handle 0 is `::`.
 *
 * An address is four signed 32-bit words in network order. Handles are never taken back: 16 bytes and two index words each.
 */
const FIRST = 64;

export class In6Table {
	/** Words 4h..4h+3 are the address of handle h. */
	words: Int32Array = new Int32Array(FIRST * 4);
	private count = 1;
	/** Open addressing, at most half full: handles, 0 empty. */
	private index: Int32Array = new Int32Array(FIRST * 2);
	private mask = FIRST * 2 - 1;

	/** The handle of an address; a new one is entered. */
	intern(a: number, b: number, c: number, d: number): number {
		if ((a | b | c | d) === 0) return 0;
		const h = this.slot(a, b, c, d);
		const found = this.index[h];
		return found !== 0 ? found : this.enter(h, a, b, c, d);
	}
	/** The handle of the 16 bytes at `o`. */
	internAt(view: DataView, o: number): number {
		return this.intern(view.getInt32(o), view.getInt32(o + 4), view.getInt32(o + 8), view.getInt32(o + 12));
	}
	/** The handle, or -1 when the address was never entered. */
	find(a: number, b: number, c: number, d: number): number {
		if ((a | b | c | d) === 0) return 0;
		return this.index[this.slot(a, b, c, d)] || -1;
	}
	findAt(view: DataView, o: number): number {
		return this.find(view.getInt32(o), view.getInt32(o + 4), view.getInt32(o + 8), view.getInt32(o + 12));
	}
	/** Write the address of a handle at `o`. */
	write(handle: number, view: DataView, o: number): void {
		const w = this.words;
		for (let i = 0; i < 4; i++) view.setInt32(o + 4 * i, w[4 * handle + i]);
	}
	/** Is the address at `o` the one of the handle? */
	equals(handle: number, view: DataView, o: number): boolean {
		const w = this.words;
		const b = 4 * handle;
		return (
			view.getInt32(o) === w[b] &&
			view.getInt32(o + 4) === w[b + 1] &&
			view.getInt32(o + 8) === w[b + 2] &&
			view.getInt32(o + 12) === w[b + 3]
		);
	}
	/** Four words of a handle, for everything that is not per packet. */
	get(handle: number): In6 {
		const w = this.words;
		const b = 4 * handle;
		return [w[b], w[b + 1], w[b + 2], w[b + 3]];
	}
	/** The slot that holds the address, or the empty one where it belongs. */
	private slot(a: number, b: number, c: number, d: number): number {
		const { index, words, mask } = this;
		let i = spread(a, b, c, d) & mask;
		for (;;) {
			const h = index[i];
			if (h === 0) return i;
			const w = 4 * h;
			if (words[w + 3] === d && words[w + 2] === c && words[w + 1] === b && words[w] === a) return i;
			i = (i + 1) & mask;
		}
	}
	private enter(slot: number, a: number, b: number, c: number, d: number): number {
		const handle = this.count++;
		if (4 * handle === this.words.length) {
			const words = new Int32Array(this.words.length * 2);
			words.set(this.words);
			this.words = words;
		}
		const w = 4 * handle;
		this.words[w] = a;
		this.words[w + 1] = b;
		this.words[w + 2] = c;
		this.words[w + 3] = d;
		this.index[slot] = handle;
		if (2 * this.count > this.mask) this.grow();
		return handle;
	}
	private grow(): void {
		const size = (this.mask + 1) * 2;
		this.index = new Int32Array(size);
		this.mask = size - 1;
		const w = this.words;
		for (let h = 1; h < this.count; h++)
			this.index[this.slot(w[4 * h], w[4 * h + 1], w[4 * h + 2], w[4 * h + 3])] = h;
	}
}

/** Four signed 32-bit words, network order. */
export type In6 = readonly [number, number, number, number];

function spread(a: number, b: number, c: number, d: number): number {
	let h = Math.imul(a ^ 0x2c1b3c6d, 0x9e3779b1);
	h = Math.imul((h ^ (h >>> 15)) + b, 0x85ebca6b);
	h = Math.imul((h ^ (h >>> 13)) + c, 0xc2b2ae35);
	h = Math.imul((h ^ (h >>> 16)) + d, 0x27d4eb2f);
	return h ^ (h >>> 15);
}
