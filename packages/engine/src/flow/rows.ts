/**
 * The table of flows: rows of words (words.ts), found by hash with a few probes, so one look-up touches one or two neighbouring
 * cache lines. Rows of an older version of the cache are free. The flows of a connection are chained, the newest first.
 */
import { matchesInner } from "./tunnel.ts";
import {
	DECAPSULATES,
	F_CT,
	F_WAY,
	FLOW,
	K_DADDR,
	K_DEV,
	K_MAC,
	K_MISC,
	K_PORTS,
	K_SADDR,
	W_FLAGS,
	WAY,
} from "./words.ts";

/** Rows looked at for one key. */
export const PROBES = 8;
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
	/** By connection: its newest row, plus 1. */
	private heads: Int32Array = new Int32Array(64);
	/** By row: the next one of its connection, plus 1. */
	private next: Int32Array = new Int32Array(FIRST);

	clear(): void {
		this.words.fill(0);
		this.heads.fill(0);
	}
	/** The row of the flow of the frame at `o` whose key begins with these words, -1 none. */
	find(view: DataView, o: number, key0: number, key1: number, hash: number, wayWords: Int32Array): number {
		const { words, mask } = this;
		for (let i = 0; i < PROBES; i++) {
			const r = ((hash + i) & mask) * FLOW;
			if (words[r + K_DEV] === 0) return -1;
			if (words[r + K_DEV] !== key0 || words[r + K_MISC] !== key1) continue;
			if (words[r + K_PORTS] !== view.getInt32(o + 34)) continue;
			if (words[r + K_SADDR] !== view.getInt32(o + 26) || words[r + K_DADDR] !== view.getInt32(o + 30))
				continue;
			if (words[r + K_MAC] !== view.getInt32(o) || words[r + K_MAC + 1] !== view.getInt32(o + 4)) continue;
			if (words[r + K_MAC + 2] !== view.getInt32(o + 8)) continue;
			const w = words[r + F_WAY] * WAY;
			if ((wayWords[w + W_FLAGS] & DECAPSULATES) === 0 || matchesInner(view, o, wayWords, w)) return r;
		}
		return -1;
	}
	/** Where a flow whose key has this hash is to be written. Grows when rows get scarce; -1: there is no room for it. */
	place(hash: number, version: number): number {
		for (;;) {
			for (let i = 0; i < PROBES; i++) {
				const r = ((hash + i) & this.mask) * FLOW;
				if (!this.taken(r, version)) return r;
			}
			if (this.mask + 1 >= MOST) return -1;
			this.grow(version);
		}
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
		const row = r / FLOW;
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
			words[(row - 1) * FLOW + K_MISC] = 0;
			words[(row - 1) * FLOW + F_CT] = 0;
			row = this.next[row - 1];
		}
	}
	private taken(r: number, version: number): boolean {
		return this.words[r + K_DEV] !== 0 && ((this.words[r + K_MISC] >>> 16) & 0x1fff) === version;
	}
	private grow(version: number): void {
		const old = this.words;
		const size = (this.mask + 1) * 2;
		this.words = new Int32Array(size * FLOW);
		this.mask = size - 1;
		this.next = new Int32Array(size);
		this.heads.fill(0);
		for (let from = 0; from < old.length; from += FLOW) {
			if (old[from + K_DEV] === 0 || ((old[from + K_MISC] >>> 16) & 0x1fff) !== version) continue;
			const hash = hashKey(
				old[from + K_DEV],
				old[from + K_MAC + 2],
				old[from + K_SADDR],
				old[from + K_DADDR],
				old[from + K_PORTS],
			);
			for (let i = 0; i < PROBES; i++) {
				const r = ((hash + i) & this.mask) * FLOW;
				if (this.words[r + K_DEV] !== 0) continue;
				this.words.set(old.subarray(from, from + FLOW), r);
				this.chain(r);
				break;
			}
		}
	}
}
