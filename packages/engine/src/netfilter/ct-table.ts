/**
 * The connections of a whole lab and the hash table over their tuples.
 *
 *   index   open addressing, linear probing, at most half full:   [ reference, hash ] per slot
 *              reference = connection * 2 + direction, 0 = empty; both directions of a connection are in it
 *   record  one cache line (16 words) per connection:
 *              0 source  1 destination  2 ports  3 key | 4 source  5 destination  6 ports (reply) | 7 status
 *              8 mark    9 frames      10-11 time-out (float64) | 12 MASQUERADE's device + 1 | 13 in the index | 14-15 float64
 *   tcp     24 words per connection, see ct-tcp.ts
 *
 * Unconfirmed connections have a record but stand in no index; they live as long as a frame refers to them. Removed ones too.
 * Expiry is judged when a connection is met; every insertion also looks at two further records, so what nobody asks for any
 * more is swept away without a timer.
 */
import type { FramePool } from "../frame/pool.ts";
import type { CtNet } from "./ct-sysctl.ts";
import { hashTuple, keyNetns } from "./ct-tuple.ts";
import { BySource } from "./nat-bysource.ts";
import { IPS_ASSURED, IPS_CONFIRMED, IPS_DYING, IPS_FIXED_TIMEOUT, IPS_TEMPLATE } from "./types.ts";

/** Words of a record. */
export const REC = 16;
export const C_SRC = 0;
export const C_DST = 1;
export const C_PORTS = 2;
export const C_KEY = 3;
/** The reply tuple stands this many words behind the original one; they share the key. */
export const C_REPLY = 4;
export const C_STATUS = 7;
export const C_MARK = 8;
export const C_REFS = 9;
/** Device id + 1 whose address MASQUERADE took, 0 none (nat->masq_index). */
export const C_MASQ = 12;
const C_HASHED = 13;
/** Float64 words of a record: 8 per record. */
export const RECF = 8;
/** Time-out: virtual ns, absolute once confirmed, before that relative to the confirmation. */
export const F_TIMEOUT = 5;
/** Protocol's own time: when a UDP flow counts as a stream. */
export const F_STREAM = 7;
/** Words of a connection's TCP state. */
export const TCP_REC = 24;

/** Most connections of a lab, all namespaces together. */
export const MAX_CONNECTIONS: number = (1 << 20) - 1;
/** Index slots that early_drop looks at: the kernel's eight buckets, each two entries deep when the table is full, half empty slots. */
const EVICTION_RANGE = 32;
const FIRST_CAPACITY = 1024;

export interface CtWatcher {
	forget(ct: number): void;
}

export class CtTable {
	rec: Int32Array = new Int32Array(FIRST_CAPACITY * REC);
	recf: Float64Array = new Float64Array(this.rec.buffer);
	tcp: Int32Array = new Int32Array(FIRST_CAPACITY * TCP_REC);
	readonly bySource: BySource = new BySource(FIRST_CAPACITY);
	/** Namespaces by id; null where there is none. */
	readonly nets: (CtNet | null)[] = [];
	/** Records ever used: connection numbers are below it. */
	top = 1;
	/** Connections in the index. */
	hashed = 0;
	/** Records in use. */
	used = 0;
	readonly clock: Float64Array;
	/** Who wants to know that nobody finds a connection any more. */
	watcher: CtWatcher | null = null;
	private capacity = FIRST_CAPACITY;
	private index: Int32Array = new Int32Array(FIRST_CAPACITY * 8);
	private mask = FIRST_CAPACITY * 4 - 1;
	/** Head of the free records, linked through C_SRC; 0 none. */
	private free = 0;
	private cursor = 1;

	constructor(clock: Float64Array) {
		this.clock = clock;
	}
	/** A fresh zeroed record that one frame refers to; 0 when the lab's limit is reached. */
	alloc(net: CtNet): number {
		const ct = this.take();
		if (ct !== 0) net.count++;
		return ct;
	}
	/**
	 * nf_ct_tmpl_alloc: what a CT rule gives to packets that are not tracked yet. It belongs to no namespace and stays for good; 0
	 * when the lab's limit is reached.
	 */
	allocTemplate(): number {
		const ct = this.take();
		if (ct !== 0) this.rec[ct * REC + C_STATUS] = IPS_TEMPLATE | IPS_CONFIRMED;
		return ct;
	}
	private take(): number {
		let ct = this.free;
		if (ct !== 0) this.free = this.rec[ct * REC + C_SRC];
		else {
			if (this.top === this.capacity && !this.growRecords()) return 0;
			ct = this.top++;
		}
		const b = ct * REC;
		this.rec.fill(0, b, b + REC);
		this.rec[b + C_REFS] = 1;
		this.used++;
		return ct;
	}
	/** Take a rule's template off a frame; false when it has none. */
	dropTemplate(pool: FramePool, f: number): boolean {
		const ct = pool.ct[f];
		if (ct === 0 || (this.rec[ct * REC + C_STATUS] & IPS_TEMPLATE) === 0) return false;
		pool.resetCt(f);
		return true;
	}
	get(ct: number): void {
		this.rec[ct * REC + C_REFS]++;
	}
	put(ct: number): void {
		const b = ct * REC;
		if (--this.rec[b + C_REFS] === 0 && this.rec[b + C_HASHED] === 0) this.release(ct);
	}
	/** Is the connection findable? */
	isHashed(ct: number): boolean {
		return this.rec[ct * REC + C_HASHED] !== 0;
	}
	/** Does the record hold a connection at all? */
	isLive(ct: number): boolean {
		return this.rec[ct * REC + C_REFS] > 0 || this.rec[ct * REC + C_HASHED] !== 0;
	}
	/** The reference (connection * 2 + direction) of a tuple, 0 none. One found expired is removed and not found. */
	find(src: number, dst: number, ports: number, key: number): number {
		const index = this.index;
		const rec = this.rec;
		const mask = this.mask;
		const hash = hashTuple(src, dst, ports, key);
		let i = hash & mask;
		for (;;) {
			const ref = index[2 * i];
			if (ref === 0) return 0;
			if (index[2 * i + 1] === hash) {
				const b = (ref >> 1) * REC;
				const t = b + ((ref & 1) << 2);
				if (rec[t] === src && rec[t + 1] === dst && rec[t + 2] === ports && rec[b + C_KEY] === key) {
					if (this.recf[(ref >> 1) * RECF + F_TIMEOUT] > this.clock[0]) return ref;
					this.remove(ref >> 1);
					return 0;
				}
			}
			i = (i + 1) & mask;
		}
	}
	/**
	 * Enter both tuples; the caller made sure that neither is there. The reply first: where the two are one it is found, as in the
	 * kernel, which puts it in front (__nf_conntrack_hash_insert).
	 */
	insert(ct: number): void {
		if (4 * (this.hashed + 1) > this.mask) this.growIndex();
		const b = ct * REC;
		const rec = this.rec;
		this.enter(ct * 2 + 1, hashTuple(rec[b + 4], rec[b + 5], rec[b + 6], rec[b + C_KEY]));
		this.enter(ct * 2, hashTuple(rec[b], rec[b + 1], rec[b + 2], rec[b + C_KEY]));
		rec[b + C_HASHED] = 1;
		this.hashed++;
		this.sweep(2);
	}
	/** nf_ct_delete: nobody finds it any more; frames that refer to it keep it until they end. */
	remove(ct: number): void {
		const b = ct * REC;
		const rec = this.rec;
		if (rec[b + C_HASHED] === 0) return;
		this.leave(ct * 2, hashTuple(rec[b], rec[b + 1], rec[b + 2], rec[b + C_KEY]));
		this.leave(ct * 2 + 1, hashTuple(rec[b + 4], rec[b + 5], rec[b + 6], rec[b + C_KEY]));
		rec[b + C_HASHED] = 0;
		rec[b + C_STATUS] |= IPS_DYING;
		this.watcher?.forget(ct);
		this.hashed--;
		this.bySource.remove(ct);
		if (rec[b + C_REFS] === 0) this.release(ct);
	}
	/** nf_ct_is_expired */
	isExpired(ct: number): boolean {
		return this.recf[ct * RECF + F_TIMEOUT] <= this.clock[0];
	}
	/** nf_ct_refresh: live for the time-out `which` (TO_*) from now on. */
	refresh(ct: number, net: CtNet, which: number): void {
		const status = this.rec[ct * REC + C_STATUS];
		if ((status & IPS_FIXED_TIMEOUT) !== 0) return;
		this.recf[ct * RECF + F_TIMEOUT] =
			(status & IPS_CONFIRMED) !== 0 ? net.timeouts[which] + this.clock[0] : net.timeouts[which];
	}
	/** Remove the expired among the next `n` records. */
	sweep(n: number): void {
		let ct = this.cursor;
		for (let i = 0; i < n; i++) {
			if (ct >= this.top) ct = 1;
			if (this.rec[ct * REC + C_HASHED] !== 0 && this.isExpired(ct)) this.remove(ct);
			ct++;
		}
		this.cursor = ct;
	}
	/**
	 * early_drop: make room by removing a connection of the namespace that is not ASSURED, near where the tuple would stand.
	 * Whether there is one is as much chance as in the kernel, which looks at eight buckets of its own hash.
	 */
	earlyDrop(src: number, dst: number, ports: number, key: number): boolean {
		const zone = keyNetns(key);
		const start = hashTuple(src, dst, ports, key);
		for (let i = 0; i < EVICTION_RANGE; i++) {
			const ref = this.index[2 * ((start + i) & this.mask)];
			if (ref === 0) continue;
			const b = (ref >> 1) * REC;
			if (keyNetns(this.rec[b + C_KEY]) !== zone || (this.rec[b + C_STATUS] & IPS_ASSURED) !== 0) continue;
			this.remove(ref >> 1);
			return true;
		}
		return false;
	}
	private release(ct: number): void {
		const b = ct * REC;
		this.bySource.remove(ct);
		const net = this.nets[keyNetns(this.rec[b + C_KEY])];
		if (net !== null && net !== undefined) net.count--;
		this.used--;
		this.rec[b + C_SRC] = this.free;
		this.free = ct;
	}
	private enter(ref: number, hash: number): void {
		const index = this.index;
		let i = hash & this.mask;
		while (index[2 * i] !== 0) i = (i + 1) & this.mask;
		index[2 * i] = ref;
		index[2 * i + 1] = hash;
	}
	/** Empty the reference's slot and close the gap (Knuth vol. 3, §6.4, algorithm R), so that no tombstones are needed. */
	private leave(ref: number, hash: number): void {
		const index = this.index;
		const mask = this.mask;
		let gap = hash & mask;
		while (index[2 * gap] !== ref) gap = (gap + 1) & mask;
		let i = gap;
		for (;;) {
			i = (i + 1) & mask;
			if (index[2 * i] === 0) break;
			const home = index[2 * i + 1] & mask;
			// it may move down unless its home lies cyclically behind the gap
			if (((i - home) & mask) < ((i - gap) & mask)) continue;
			index[2 * gap] = index[2 * i];
			index[2 * gap + 1] = index[2 * i + 1];
			gap = i;
		}
		index[2 * gap] = 0;
	}
	private growIndex(): void {
		const old = this.index;
		this.index = new Int32Array(old.length * 2);
		this.mask = this.mask * 2 + 1;
		// from a gap on, so that no run is entered from its middle: what is found first stays so
		let i = 0;
		while (old[i] !== 0) i += 2;
		for (let n = 0; n < old.length; n += 2) {
			if (old[i] !== 0) this.enter(old[i], old[i + 1]);
			i = (i + 2) & (old.length - 1);
		}
	}
	private growRecords(): boolean {
		const capacity = this.capacity * 2;
		if (capacity > MAX_CONNECTIONS + 1) return false;
		const rec = new Int32Array(capacity * REC);
		rec.set(this.rec);
		this.rec = rec;
		this.recf = new Float64Array(rec.buffer);
		const tcp = new Int32Array(capacity * TCP_REC);
		tcp.set(this.tcp);
		this.tcp = tcp;
		this.bySource.grow(capacity);
		this.capacity = capacity;
		return true;
	}
}
