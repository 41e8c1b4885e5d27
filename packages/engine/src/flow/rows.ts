/**
 * The table of flows: rows of words (words.ts), found by hash with a few probes, so one look-up touches one or two neighbouring
 * cache lines. Rows of an older version of the cache are free. The flows of a connection are chained, the newest first.
 */
import { F_CT, FLOW, FLOW_SHIFT, FORGOTTEN, K_DEV, K_MISC } from "./words.ts";

/** Rows looked at for one key. */
export const PROBES = 16;
/** The version of the cache has 13 bits in a key; no row is ever written under 0. */
export const HIGHEST_VERSION = 0x1fff;
const FIRST = 1 << 12;
const MOST = 1 << 20;

/** What a key is looked for by; the low bits count. */
export function hashKey(dev: number, mac: number, saddr: number, daddr: number, ports: number): number {
	let h = Math.imul(saddr, 0x9e3779b1) ^ Math.imul(daddr, 0x85ebca6b) ^ Math.imul(ports, 0x27d4eb2f);
	h ^= Math.imul(dev ^ mac, 0x165667b1);
	h ^= h >>> 15;
	h = Math.imul(h, 0x2c1b3c6d);
	return h ^ (h >>> 13);
}

export class FlowRows {
	words: Int32Array = new Int32Array(FIRST * FLOW);
	mask: number = FIRST - 1;
	/** By row: the row, plus 1, that frames of its flow come to next; 0: not known yet. */
	links: Int32Array = new Int32Array(FIRST);
	/** By connection: its newest row, plus 1. */
	private heads: Int32Array = new Int32Array(64);
	/** By row: the next one of its connection, plus 1. */
	private next: Int32Array = new Int32Array(FIRST);

	/** All rows are free. */
	clear(): void {
		this.words.fill(0);
		this.heads.fill(0);
	}
	/** Where a flow whose key has this hash is to be written; -1: rows are scarce there. */
	place(hash: number, version: number): number {
		for (let i = 0; i < PROBES; i++) {
			const r = ((hash + i) & this.mask) * FLOW;
			if (this.words[r + K_DEV] === 0 || ((this.words[r + K_MISC] >>> 16) & 0x1fff) !== version) {
				this.links[r >> FLOW_SHIFT] = 0;
				return r;
			}
		}
		return -1;
	}
	/** Twice as many rows, all free, unless there are as many as may be. */
	grow(): void {
		if (this.mask + 1 >= MOST) return;
		const size = (this.mask + 1) * 2;
		this.mask = size - 1;
		this.words = new Int32Array(size * FLOW);
		this.links = new Int32Array(size);
		this.next = new Int32Array(size);
		this.heads.fill(0);
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
	/** Free the rows of a connection. Behind a row that another flow has now there are only rows of older versions. */
	forget(ct: number): void {
		if (ct >= this.heads.length) return;
		const { words } = this;
		let row = this.heads[ct];
		this.heads[ct] = 0;
		while (row !== 0 && words[(row - 1) * FLOW + F_CT] === ct) {
			words[(row - 1) * FLOW + K_DEV] = FORGOTTEN;
			words[(row - 1) * FLOW + F_CT] = 0;
			row = this.next[row - 1];
		}
	}
}
