/**
 * The rows of a neighbour table: typed arrays, chained by hash of (address, device). What the states mean is in neigh.ts.
 */

/** What a table without entries has, and most namespaces' tables stay so. Nobody writes to these. */
const NO_INTS = new Int32Array(0);
const NO_DOUBLES = new Float64Array(0);
const NO_BYTES = new Uint8Array(0);
const FIRST_ROWS = 16;
/** Chains at first; from as many rows on there are as many chains as rows. */
const FIRST_BUCKETS = 256;
const NO_BUCKETS = new Int32Array(FIRST_BUCKETS).fill(-1);

export class NeighRows {
	addr: Int32Array = NO_INTS;
	dev: Int32Array = NO_INTS;
	state: Int32Array = NO_INTS;
	macHi: Int32Array = NO_INTS;
	macLo: Int32Array = NO_INTS;
	/** 1 once a frame has gone out by this entry (its cached header is filled, hh_len > 0). */
	hh: Uint8Array = NO_BYTES;
	/** The frame that leaves now gets that header, 16 bytes with two zeros in front (neigh_hh_output). */
	cached = false;
	/** Frames that waited leave, each with a header of its own. */
	protected releasing = false;
	/** 1: it says that it is a router (NTF_ROUTER). IPv6 only. */
	router: Uint8Array = NO_BYTES;
	protected probes: Int32Array = NO_INTS;
	protected queueHead: Int32Array = NO_INTS;
	protected queueTail: Int32Array = NO_INTS;
	protected queueBytes: Int32Array = NO_INTS;
	protected queueLength: Int32Array = NO_INTS;
	protected updated: Float64Array = NO_DOUBLES;
	protected confirmed: Float64Array = NO_DOUBLES;
	protected used: Float64Array = NO_DOUBLES;
	protected deadline: Float64Array = NO_DOUBLES;
	private chain: Int32Array = NO_INTS;
	/** First entry of each chain, -1 none; a power of two of them. */
	private buckets: Int32Array = NO_BUCKETS;
	private freeHead = -1;

	/** Number of the entry, -1 when there is none. */
	find(addr: number, dev: number): number {
		let e = this.buckets[hash(addr, dev) & (this.buckets.length - 1)];
		while (e >= 0 && (this.addr[e] !== addr || this.dev[e] !== dev)) e = this.chain[e];
		return e;
	}
	/** Numbers of all entries. */
	entries(): number[] {
		const out: number[] = [];
		for (const head of this.buckets) for (let e = head; e >= 0; e = this.chain[e]) out.push(e);
		return out;
	}
	/** A fresh row of state 0, in its chain. */
	protected take(addr: number, dev: number, now: number): number {
		if (this.freeHead < 0) this.grow();
		const e = this.freeHead;
		this.freeHead = this.chain[e];
		const b = hash(addr, dev) & (this.buckets.length - 1);
		this.chain[e] = this.buckets[b];
		this.buckets[b] = e;
		this.addr[e] = addr;
		this.dev[e] = dev;
		this.state[e] = 0;
		this.macHi[e] = 0;
		this.macLo[e] = 0;
		this.hh[e] = 0;
		this.router[e] = 0;
		this.probes[e] = 0;
		this.updated[e] = now;
		this.used[e] = now;
		this.confirmed[e] = now - 60e9;
		this.deadline[e] = -1;
		return e;
	}
	protected release(e: number): void {
		const b = hash(this.addr[e], this.dev[e]) & (this.buckets.length - 1);
		if (this.buckets[b] === e) this.buckets[b] = this.chain[e];
		else {
			let p = this.buckets[b];
			while (this.chain[p] !== e) p = this.chain[p];
			this.chain[p] = this.chain[e];
		}
		this.state[e] = 0;
		this.deadline[e] = -1;
		this.dev[e] = -1;
		this.chain[e] = this.freeHead;
		this.freeHead = e;
	}
	private grow(): void {
		const n = this.addr.length;
		const size = n === 0 ? FIRST_ROWS : n * 2;
		const ints = (a: Int32Array, fill = 0) => {
			const b = new Int32Array(size).fill(fill);
			b.set(a);
			return b;
		};
		const doubles = (a: Float64Array) => {
			const b = new Float64Array(size);
			b.set(a);
			return b;
		};
		this.addr = ints(this.addr);
		this.dev = ints(this.dev);
		this.state = ints(this.state);
		this.macHi = ints(this.macHi);
		this.macLo = ints(this.macLo);
		this.probes = ints(this.probes);
		this.chain = ints(this.chain);
		this.queueHead = ints(this.queueHead, -1);
		this.queueTail = ints(this.queueTail, -1);
		this.queueBytes = ints(this.queueBytes);
		this.queueLength = ints(this.queueLength);
		this.updated = doubles(this.updated);
		this.confirmed = doubles(this.confirmed);
		this.used = doubles(this.used);
		this.deadline = doubles(this.deadline);
		const hh = new Uint8Array(size);
		hh.set(this.hh);
		this.hh = hh;
		const router = new Uint8Array(size);
		router.set(this.router);
		this.router = router;
		for (let i = n; i < size; i++) this.chain[i] = i === size - 1 ? -1 : i + 1;
		this.freeHead = n;
		if (n === 0) this.buckets = NO_BUCKETS.slice();
		else if (size > this.buckets.length) this.rechain(size);
	}
	/** As many chains as there are rows; each keeps the order of its entries. */
	private rechain(size: number): void {
		const old = this.entries();
		this.buckets = new Int32Array(size).fill(-1);
		for (let i = old.length - 1; i >= 0; i--) {
			const e = old[i];
			const b = hash(this.addr[e], this.dev[e]) & (size - 1);
			this.chain[e] = this.buckets[b];
			this.buckets[b] = e;
		}
	}
}

function hash(addr: number, dev: number): number {
	const h = Math.imul(addr ^ (dev << 20), 0x9e3779b1);
	return h ^ (h >>> 15);
}
