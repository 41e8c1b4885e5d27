/**
 * nf_nat_bysource: connections by the source of their original tuple, newest first, so that NAT finds what a source is mapped
 * to already. Chains are links in typed arrays, indexed by connection.
 */
export class BySource {
	/** Next connection of a chain, 0 the last. */
	next: Int32Array;
	/** The one before; -1 - bucket for the first of a chain; 0: in no chain. */
	private prev: Int32Array;
	private heads: Int32Array;
	private bucketOf: Int32Array;

	constructor(capacity: number) {
		this.next = new Int32Array(capacity);
		this.prev = new Int32Array(capacity);
		this.heads = new Int32Array(capacity);
		this.bucketOf = new Int32Array(capacity);
	}
	/** The newest connection that may have this source (compare it), 0 none. */
	first(src: number, sport: number, key: number): number {
		return this.heads[hashSource(src, sport, key) & (this.heads.length - 1)];
	}
	add(ct: number, src: number, sport: number, key: number): void {
		this.remove(ct);
		const hash = hashSource(src, sport, key);
		this.bucketOf[ct] = hash;
		this.link(ct, hash & (this.heads.length - 1));
	}
	remove(ct: number): void {
		const prev = this.prev[ct];
		if (prev === 0) return;
		const next = this.next[ct];
		if (prev > 0) this.next[prev] = next;
		else this.heads[-1 - prev] = next;
		if (next !== 0) this.prev[next] = prev;
		this.prev[ct] = 0;
		this.next[ct] = 0;
	}
	/** Room for connections below `capacity`, a power of two. */
	grow(capacity: number): void {
		const wider = (from: Int32Array) => {
			const to = new Int32Array(capacity);
			to.set(from);
			return to;
		};
		const heads = this.heads;
		const oldNext = this.next;
		this.heads = new Int32Array(capacity);
		this.bucketOf = wider(this.bucketOf);
		this.next = new Int32Array(capacity);
		this.prev = new Int32Array(capacity);
		const chain: number[] = [];
		for (const head of heads) {
			chain.length = 0;
			for (let ct = head; ct !== 0; ct = oldNext[ct]) chain.push(ct);
			// oldest first, so that each chain keeps its order
			for (let i = chain.length - 1; i >= 0; i--)
				this.link(chain[i], this.bucketOf[chain[i]] & (this.heads.length - 1));
		}
	}
	private link(ct: number, bucket: number): void {
		const head = this.heads[bucket];
		this.next[ct] = head;
		this.prev[ct] = -1 - bucket;
		if (head !== 0) this.prev[head] = ct;
		this.heads[bucket] = ct;
	}
}

function hashSource(src: number, sport: number, key: number): number {
	let h = Math.imul(src ^ 0x68bc21eb, 0x9e3779b1);
	h = Math.imul((h ^ (h >>> 15)) + (sport << 8), 0x85ebca6b);
	h = Math.imul((h ^ (h >>> 13)) + key, 0xc2b2ae35);
	return h ^ (h >>> 16);
}
