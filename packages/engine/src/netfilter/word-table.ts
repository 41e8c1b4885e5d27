/**
 * A hash table of rows with fixed-width integer keys: open addressing, linear probing, at most half full. A row is a number that
 * stays the key's until it is removed; what else belongs to it stands in the owner's arrays, indexed by the row.
 */
export class WordTable {
	/** Words of a key. */
	readonly width: number;
	/** Rows in use. */
	count = 0;
	/** Rows ever used: all rows are below it. */
	top = 0;
	/** Keys by row. */
	keys: Int32Array;
	/** 1 where a row is in use. */
	used: Uint8Array;
	private index: Int32Array;
	private mask: number;
	private readonly free: number[] = [];

	constructor(width: number, capacity = 16) {
		this.width = width;
		this.keys = new Int32Array(capacity * width);
		this.used = new Uint8Array(capacity);
		this.index = new Int32Array(capacity * 2).fill(-1);
		this.mask = capacity * 2 - 1;
	}
	/** Rows that there is room for. */
	get capacity(): number {
		return this.used.length;
	}
	/** The row of a key, -1 none. */
	find(key: Int32Array): number {
		let i = this.hash(key, 0) & this.mask;
		for (;;) {
			const row = this.index[i];
			if (row < 0 || this.same(row, key)) return row;
			i = (i + 1) & this.mask;
		}
	}
	/** A row for a key that is not there; `capacity` may have grown. */
	insert(key: Int32Array): number {
		const row = this.free.pop() ?? this.top++;
		if (row === this.used.length) this.grow();
		this.keys.set(key, row * this.width);
		this.used[row] = 1;
		this.count++;
		this.enter(row);
		return row;
	}
	remove(row: number): void {
		const { index, mask } = this;
		let gap = this.hash(this.keys, row * this.width) & mask;
		while (index[gap] !== row) gap = (gap + 1) & mask;
		// close the gap (Knuth vol. 3, §6.4, algorithm R)
		for (let i = (gap + 1) & mask; index[i] >= 0; i = (i + 1) & mask) {
			const home = this.hash(this.keys, index[i] * this.width) & mask;
			if (((i - home) & mask) < ((i - gap) & mask)) continue;
			index[gap] = index[i];
			gap = i;
		}
		index[gap] = -1;
		this.used[row] = 0;
		this.count--;
		this.free.push(row);
	}
	clear(): void {
		this.index.fill(-1);
		this.used.fill(0);
		this.count = this.top = this.free.length = 0;
	}
	private same(row: number, key: Int32Array): boolean {
		const at = row * this.width;
		for (let i = 0; i < this.width; i++) if (this.keys[at + i] !== key[i]) return false;
		return true;
	}
	private hash(words: Int32Array, at: number): number {
		let h = 0x2c1b3c6d;
		for (let i = 0; i < this.width; i++) {
			h = Math.imul(h ^ words[at + i], 0x9e3779b1);
			h ^= h >>> 15;
		}
		return h;
	}
	private enter(row: number): void {
		let i = this.hash(this.keys, row * this.width) & this.mask;
		while (this.index[i] >= 0) i = (i + 1) & this.mask;
		this.index[i] = row;
	}
	private grow(): void {
		const capacity = this.used.length * 2;
		const keys = new Int32Array(capacity * this.width);
		keys.set(this.keys);
		this.keys = keys;
		const used = new Uint8Array(capacity);
		used.set(this.used);
		this.used = used;
		this.index = new Int32Array(capacity * 2).fill(-1);
		this.mask = capacity * 2 - 1;
		for (let row = 0; row < this.top; row++) if (used[row] === 1) this.enter(row);
	}
}
