/**
 * The rows of the IPv4 neighbour table: typed arrays, chained by hash of (address, device). What the states mean is in neigh.ts.
 */

export class NeighRows {
	addr: Int32Array = new Int32Array(16);
	dev: Int32Array = new Int32Array(16);
	state: Int32Array = new Int32Array(16);
	macHi: Int32Array = new Int32Array(16);
	macLo: Int32Array = new Int32Array(16);
	/** 1 once a frame has gone out by this entry (its cached header is filled, hh_len > 0). */
	hh: Uint8Array = new Uint8Array(16);
	/** The frame that leaves now gets that header, 16 bytes with two zeros in front (neigh_hh_output). */
	cached = false;
	/** Frames that waited leave, each with a header of its own. */
	protected releasing = false;
	/** 1: it says that it is a router (NTF_ROUTER). IPv6 only. */
	router: Uint8Array = new Uint8Array(16);
	protected probes: Int32Array = new Int32Array(16);
	protected queueHead: Int32Array = new Int32Array(16).fill(-1);
	protected queueTail: Int32Array = new Int32Array(16).fill(-1);
	protected queueBytes: Int32Array = new Int32Array(16);
	protected queueLength: Int32Array = new Int32Array(16);
	protected updated: Float64Array = new Float64Array(16);
	protected confirmed: Float64Array = new Float64Array(16);
	protected used: Float64Array = new Float64Array(16);
	protected deadline: Float64Array = new Float64Array(16).fill(-1);
	private chain: Int32Array = new Int32Array(16);
	private buckets: Int32Array = new Int32Array(256).fill(-1);
	private freeHead = 0;

	constructor() {
		for (let i = 0; i < 16; i++) this.chain[i] = i === 15 ? -1 : i + 1;
	}
	/** Number of the entry, -1 when there is none. */
	find(addr: number, dev: number): number {
		let e = this.buckets[bucket(addr, dev)];
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
		const b = bucket(addr, dev);
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
		const b = bucket(this.addr[e], this.dev[e]);
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
		const ints = (a: Int32Array, fill = 0) => {
			const b = new Int32Array(n * 2).fill(fill);
			b.set(a);
			return b;
		};
		const doubles = (a: Float64Array) => {
			const b = new Float64Array(n * 2);
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
		const hh = new Uint8Array(n * 2);
		hh.set(this.hh);
		this.hh = hh;
		const router = new Uint8Array(n * 2);
		router.set(this.router);
		this.router = router;
		for (let i = n; i < n * 2; i++) this.chain[i] = i === n * 2 - 1 ? -1 : i + 1;
		this.freeHead = n;
	}
}

function bucket(addr: number, dev: number): number {
	const h = Math.imul(addr ^ (dev << 20), 0x9e3779b1);
	return (h ^ (h >>> 15)) & 255;
}
