/**
 * The table of flows: rows of words (words.ts), one cache line each, in the order in which they were learned, and an index over the hashes of
 * their keys, so a look-up touches the index and one row, and flows that come one after the other stand one behind the other. The flows of a
 * connection are chained, the newest first.
 *
 *   index   open addressing, linear probing, at most half full:   [ row + 1, hash ] per slot, 0 = empty
 *
 * A row is not used again before all rows are free: frames under way point to rows (words.ts, FOLLOWS).
 */
import { F_CT, FLOW, FLOW_SHIFT, FORGOTTEN, K_DEV } from "./words.ts";

const FIRST = 1 << 10;
const MOST = 1 << 19;

/** What a key is looked for by. */
export function hashKey(dev: number, mac: number, saddr: number, daddr: number, ports: number): number {
	let h = Math.imul(saddr ^ 0x3c6ef372, 0x9e3779b1);
	h = Math.imul(h ^ (h >>> 16) ^ daddr, 0x85ebca6b);
	h = Math.imul(h ^ (h >>> 15) ^ ports, 0xc2b2ae35);
	h = Math.imul(h ^ (h >>> 16) ^ dev ^ mac, 0x27d4eb2f);
	return h ^ (h >>> 15);
}

export class FlowRows {
	words: Int32Array = new Int32Array(FIRST * FLOW);
	/** By row: the row, plus 1, that frames of its flow come to next; 0: not known yet. */
	links: Int32Array = new Int32Array(FIRST);
	index: Int32Array = new Int32Array(FIRST * 4);
	/** Slots of the index - 1. */
	mask: number = FIRST * 2 - 1;
	/** Rows in use are below it. */
	private top = 0;
	/** By connection: its newest row, plus 1. */
	private heads: Int32Array = new Int32Array(64);
	/** By row: the next one of its connection, plus 1. */
	private next: Int32Array = new Int32Array(FIRST);

	/** All rows are free. */
	clear(): void {
		this.top = 0;
		this.heads.fill(0);
		if (this.mask < 64 * FIRST) this.index.fill(0);
		else this.index = new Int32Array(FIRST * 4);
		this.mask = this.index.length / 2 - 1;
	}
	/** A row for a flow whose key, which has no row, has this hash; -1: there are as many as may be. */
	place(hash: number): number {
		const row = this.top;
		if (row === MOST) return -1;
		if (row === this.links.length) this.growRows();
		if (row * 2 > this.mask) this.growIndex();
		this.top++;
		this.links[row] = 0;
		this.enter(row, hash);
		return row << FLOW_SHIFT;
	}
	/** Chain the row at `r`, which is written now, to its connection. */
	chain(r: number): void {
		const ct = this.words[r + F_CT];
		if (ct === 0) return;
		if (ct >= this.heads.length) {
			const heads = new Int32Array(ct * 2);
			heads.set(this.heads);
			this.heads = heads;
		}
		const row = r >> FLOW_SHIFT;
		this.next[row] = this.heads[ct];
		this.heads[ct] = row + 1;
	}
	/** Nobody finds the rows of a connection any more. */
	forget(ct: number): void {
		if (ct >= this.heads.length) return;
		for (let row = this.heads[ct]; row !== 0; row = this.next[row - 1])
			this.words[((row - 1) << FLOW_SHIFT) + K_DEV] = FORGOTTEN;
		this.heads[ct] = 0;
	}
	private enter(row: number, hash: number): void {
		const { index, mask } = this;
		let i = hash & mask;
		while (index[2 * i] !== 0) i = (i + 1) & mask;
		index[2 * i] = row + 1;
		index[2 * i + 1] = hash;
	}
	private growRows(): void {
		const wider = (from: Int32Array): Int32Array => {
			const to = new Int32Array(from.length * 2);
			to.set(from);
			return to;
		};
		this.words = wider(this.words);
		this.links = wider(this.links);
		this.next = wider(this.next);
	}
	private growIndex(): void {
		const old = this.index;
		this.index = new Int32Array(old.length * 2);
		this.mask = this.mask * 2 + 1;
		for (let i = 0; i < old.length; i += 2) if (old[i] !== 0) this.enter(old[i] - 1, old[i + 1]);
	}
}
