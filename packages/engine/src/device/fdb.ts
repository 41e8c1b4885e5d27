/**
 * The bridge's forwarding database: MAC -> port, in typed arrays (net/bridge/br_fdb.c).
 *
 * Open addressing with linear probing and backward-shift deletion, so a look-up touches one or two neighbouring rows.
 *   key    [hi16, lo32]  Int32 x2
 *   port   port number, 0 = the bridge itself
 *   flags  FDB_*
 *   used/updated  virtual ns
 * Learning never evicts; an entry that was not refreshed for the ageing time is gone when it is next looked at, which is when
 * the kernel's collector would have taken it, or when the table must grow. Limit: MAX_ENTRIES, beyond which new stations are not
 * learned (they flood).
 */
import type { FreshOwner } from "../flow/recorder.ts";

export const FDB_LOCAL = 1;
export const FDB_STATIC = 2;
export const FDB_ADDED_BY_USER = 4;
export const FDB_STICKY = 8;
export const FDB_EXT_LEARNED = 16;

/** What a packet is to a station, in the low two bits of what a flow remembers of it. */
export const MET_SOURCE = 0;
export const MET_DESTINATION = 1;
export const MET_ASKED = 2;

export const MAX_ENTRIES = 1 << 18;

/** Flags of entries that do not age. */
const NO_AGEING = FDB_LOCAL | FDB_STATIC | FDB_EXT_LEARNED;
/** Least time between two sweeps of a full table, ns: as long as the kernel's collector rests at least (br_fdb_cleanup). */
const SWEEP_PAUSE = 10e6;

/** Who wants to know that rows are not what they were. */
export interface FdbWatcher {
	stale(): void;
}

export class Fdb implements FreshOwner {
	/** Entries, expired ones included until they are looked at. */
	count = 0;
	hi: Int32Array = new Int32Array(64).fill(-1);
	lo: Int32Array = new Int32Array(64);
	port: Int32Array = new Int32Array(64);
	flags: Int32Array = new Int32Array(64);
	updated: Float64Array = new Float64Array(64);
	used: Float64Array = new Float64Array(64);
	/** Order of adding, for printing. */
	born: Float64Array = new Float64Array(64);
	private births = 0;
	private mask = 63;
	private readonly clock: Float64Array;
	/** [time of the last sweep, ns] */
	private readonly sweptAt: Float64Array = new Float64Array([Number.NEGATIVE_INFINITY]);
	/** [ageing time, ns] */
	readonly ageing: Float64Array = new Float64Array([300e9]);

	private readonly watcher: FdbWatcher | null;

	constructor(clock: Float64Array, watcher: FdbWatcher | null = null) {
		this.clock = clock;
		this.watcher = watcher;
	}
	stillThere(key: number): boolean {
		return !this.expired(key >> 2);
	}
	/** A packet of a known flow comes from the station in row `key >> 2` (MET_SOURCE), goes to it (MET_DESTINATION), or only depends on it. */
	flowMeets(key: number): void {
		const met = key & 3;
		if (met === MET_SOURCE) this.updated[key >> 2] = this.clock[0];
		else if (met === MET_DESTINATION) this.used[key >> 2] = this.clock[0];
	}
	/** Row of a station, -1 when it is unknown or has aged out. */
	find(hi: number, lo: number): number {
		const mask = this.mask;
		const keyHi = this.hi;
		const keyLo = this.lo;
		let i = hash(hi, lo) & mask;
		while (keyHi[i] >= 0) {
			if (keyLo[i] === lo && keyHi[i] === hi) {
				if (this.expired(i)) {
					this.removeRow(i);
					return -1;
				}
				return i;
			}
			i = (i + 1) & mask;
		}
		return -1;
	}
	/** Add or overwrite; returns the row, -1 when the table is full. */
	set(hi: number, lo: number, port: number, flags: number): number {
		let i = this.find(hi, lo);
		if (i < 0) {
			if (this.count * 2 > this.mask) this.makeRoom();
			if (this.count >= MAX_ENTRIES) return -1;
			i = hash(hi, lo) & this.mask;
			while (this.hi[i] >= 0) i = (i + 1) & this.mask;
			this.hi[i] = hi;
			this.lo[i] = lo;
			this.born[i] = ++this.births;
			this.count++;
		}
		this.watcher?.stale();
		this.port[i] = port;
		this.flags[i] = flags;
		this.updated[i] = this.clock[0];
		this.used[i] = this.clock[0];
		return i;
	}
	/** Remove a station; false when it was not there. */
	remove(hi: number, lo: number): boolean {
		const i = this.find(hi, lo);
		if (i < 0) return false;
		this.removeRow(i);
		return true;
	}
	/** Remove every entry for which `test(row)` holds. */
	removeIf(test: (row: number) => boolean): void {
		const doomed: number[] = [];
		for (let i = 0; i <= this.mask; i++) if (this.hi[i] >= 0 && test(i)) doomed.push(this.hi[i], this.lo[i]);
		for (let k = 0; k < doomed.length; k += 2) {
			let i = hash(doomed[k], doomed[k + 1]) & this.mask;
			while (this.hi[i] !== doomed[k] || this.lo[i] !== doomed[k + 1]) i = (i + 1) & this.mask;
			this.removeRow(i);
		}
	}
	/** Rows of all entries that are alive. */
	rows(): number[] {
		const out: number[] = [];
		for (let i = 0; i <= this.mask; i++) {
			if (this.hi[i] < 0) continue;
			if (this.expired(i)) continue;
			out.push(i);
		}
		return out;
	}
	/** ns. What is due by the old time or the new one is gone: the collector never waits long, and is called at a change (br_set_ageing_time). */
	setAgeing(ns: number): void {
		this.removeIf((row) => this.expired(row));
		this.ageing[0] = ns;
		this.removeIf((row) => this.expired(row));
	}
	private expired(i: number): boolean {
		return (this.flags[i] & NO_AGEING) === 0 && this.updated[i] + this.ageing[0] <= this.clock[0];
	}
	/** Take out what has aged; grow if that does not free half of what may be used. */
	private makeRoom(): void {
		const full = this.count >= MAX_ENTRIES;
		if (!full || this.clock[0] >= this.sweptAt[0] + SWEEP_PAUSE) {
			this.sweptAt[0] = this.clock[0];
			this.removeIf((row) => this.expired(row));
		}
		if (this.count * 4 > this.mask && !full) this.rehash((this.mask + 1) * 2);
	}
	private removeRow(row: number): void {
		this.watcher?.stale();
		const mask = this.mask;
		let hole = row;
		let i = (row + 1) & mask;
		while (this.hi[i] >= 0) {
			const home = hash(this.hi[i], this.lo[i]) & mask;
			if (((i - home) & mask) >= ((i - hole) & mask)) {
				this.copyRow(i, hole);
				hole = i;
			}
			i = (i + 1) & mask;
		}
		this.hi[hole] = -1;
		this.count--;
	}
	private copyRow(from: number, to: number): void {
		this.hi[to] = this.hi[from];
		this.lo[to] = this.lo[from];
		this.port[to] = this.port[from];
		this.flags[to] = this.flags[from];
		this.updated[to] = this.updated[from];
		this.used[to] = this.used[from];
		this.born[to] = this.born[from];
	}
	private rehash(size: number): void {
		this.watcher?.stale();
		const { hi, lo, port, flags, updated, used, born } = this;
		this.hi = new Int32Array(size).fill(-1);
		this.lo = new Int32Array(size);
		this.port = new Int32Array(size);
		this.flags = new Int32Array(size);
		this.updated = new Float64Array(size);
		this.used = new Float64Array(size);
		this.born = new Float64Array(size);
		this.mask = size - 1;
		for (let k = 0; k < hi.length; k++) {
			if (hi[k] < 0) continue;
			let i = hash(hi[k], lo[k]) & this.mask;
			while (this.hi[i] >= 0) i = (i + 1) & this.mask;
			this.hi[i] = hi[k];
			this.lo[i] = lo[k];
			this.port[i] = port[k];
			this.flags[i] = flags[k];
			this.updated[i] = updated[k];
			this.used[i] = used[k];
			this.born[i] = born[k];
		}
	}
}

/** Multiplicative hash of a MAC; the high bits are folded down because the mask takes the low ones. */
export function hash(hi: number, lo: number): number {
	let h = Math.imul(lo, 0x9e3779b1) ^ Math.imul(hi, 0x85ebca6b);
	h ^= h >>> 15;
	return h;
}
