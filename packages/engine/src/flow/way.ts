/** The ways that flows go: their words (words.ts), what they count, and what they keep fresh. */
import type { Chance, CounterNote, FlowRecorder, FreshNote } from "./recorder.ts";
import { W_EPOCH, WAY } from "./words.ts";

export interface Way {
	readonly number: number;
	readonly counters: readonly CounterNote[];
	readonly fresh: readonly FreshNote[];
	/** Who draws the outer header's id, of a way into a tunnel. */
	readonly outerId: Chance | null;
}

export class Ways {
	/** W_* by way. */
	words: Int32Array = new Int32Array(64 * WAY);
	/** Pairs packets, bytes by way, not handed on yet. */
	counts: Float64Array = new Float64Array(64 * 2);
	list: Way[] = [];
	/** Words of a way that is not one yet. */
	readonly scratch: Int32Array = new Int32Array(WAY);
	private readonly known: Map<string, Way> = new Map();
	private readonly ids: Map<object, number> = new Map();

	clear(): void {
		this.list = [];
		this.known.clear();
		this.ids.clear();
	}
	/** The number of the way that has these words and notes. */
	number(words: Int32Array, notes: FlowRecorder): number {
		const parts: number[] = [];
		for (let i = 0; i < WAY; i++) if (i !== W_EPOCH) parts.push(words[i]);
		for (const { cells, at, delta } of notes.counters) parts.push(this.id(cells), at, delta);
		for (const { owner, key } of notes.fresh) parts.push(this.id(owner), key);
		if (notes.outerId !== null) parts.push(this.id(notes.outerId));
		const signature = parts.join();
		const known = this.known.get(signature);
		if (known !== undefined) {
			this.words[known.number * WAY + W_EPOCH] = words[W_EPOCH];
			return known.number;
		}
		const way: Way = {
			number: this.list.length,
			counters: notes.counters,
			fresh: notes.fresh,
			outerId: notes.outerId,
		};
		this.known.set(signature, way);
		this.list.push(way);
		if (this.list.length * WAY > this.words.length) this.grow();
		this.words.set(words, way.number * WAY);
		this.counts[2 * way.number] = this.counts[2 * way.number + 1] = 0;
		return way.number;
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
