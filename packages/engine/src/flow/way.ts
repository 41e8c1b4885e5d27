/** The ways that flows go: their words (words.ts), what they count, and what they keep fresh. */
import type { Chance, CounterNote, FlowRecorder, FreshNote } from "./recorder.ts";
import { W_EPOCH, WAY } from "./words.ts";

export interface Way {
	readonly number: number;
	readonly counters: readonly CounterNote[];
	readonly fresh: readonly FreshNote[];
	/** Who draws the outer header's id, of a way into a tunnel. */
	readonly outerId: Chance | null;
	/** All that it is known by, in words. */
	readonly parts: Int32Array;
	/** The next way with the same hash. */
	readonly other: Way | undefined;
}

export class Ways {
	/** W_* by way. */
	words: Int32Array = new Int32Array(64 * WAY);
	/** Pairs packets, bytes by way, not handed on yet. */
	counts: Float64Array = new Float64Array(64 * 2);
	list: Way[] = [];
	/** Words of a way that is not one yet. */
	readonly scratch: Int32Array = new Int32Array(WAY);
	/** By hash of their parts. */
	private readonly known: Map<number, Way> = new Map();
	private parts: Int32Array = new Int32Array(4 * WAY);
	private readonly ids: Map<object, number> = new Map();

	clear(): void {
		this.list = [];
		this.known.clear();
		this.ids.clear();
	}
	/** The number of the way that has these words and notes. */
	number(words: Int32Array, notes: FlowRecorder): number {
		const length = this.describe(words, notes);
		let hash = length;
		for (let i = 0; i < length; i++) hash = Math.imul(hash ^ this.parts[i], 0x9e3779b1) + i;
		for (let way = this.known.get(hash); way !== undefined; way = way.other) {
			if (!this.isDescribed(way, length)) continue;
			this.words[way.number * WAY + W_EPOCH] = words[W_EPOCH];
			return way.number;
		}
		const way: Way = {
			number: this.list.length,
			counters: notes.counters,
			fresh: notes.fresh,
			outerId: notes.outerId,
			parts: this.parts.slice(0, length),
			other: this.known.get(hash),
		};
		this.known.set(hash, way);
		this.list.push(way);
		if (this.list.length * WAY > this.words.length) this.grow();
		this.words.set(words, way.number * WAY);
		this.counts[2 * way.number] = this.counts[2 * way.number + 1] = 0;
		return way.number;
	}
	/** Put everything that a way is known by into `parts`; returns how many words that is. */
	private describe(words: Int32Array, notes: FlowRecorder): number {
		const most = WAY + 3 * notes.counters.length + 2 * notes.fresh.length + 1;
		if (most > this.parts.length) this.parts = new Int32Array(2 * most);
		const { parts } = this;
		let n = 0;
		for (let i = 0; i < WAY; i++) if (i !== W_EPOCH) parts[n++] = words[i];
		for (const { cells, at, delta } of notes.counters) {
			parts[n++] = this.id(cells);
			parts[n++] = at;
			parts[n++] = delta;
		}
		for (const { owner, key } of notes.fresh) {
			parts[n++] = this.id(owner);
			parts[n++] = key;
		}
		if (notes.outerId !== null) parts[n++] = this.id(notes.outerId);
		return n;
	}
	private isDescribed(way: Way, length: number): boolean {
		if (way.parts.length !== length) return false;
		for (let i = 0; i < length; i++) if (way.parts[i] !== this.parts[i]) return false;
		return true;
	}
	private id(of: object): number {
		const known = this.ids.get(of);
		if (known !== undefined) return known;
		this.ids.set(of, this.ids.size);
		return this.ids.size - 1;
	}
	private grow(): void {
		const words = new Int32Array(this.words.length * 2);
		words.set(this.words);
		this.words = words;
		const counts = new Float64Array(this.counts.length * 2);
		counts.set(this.counts);
		this.counts = counts;
	}
}
