/** Proxied neighbours: addresses that are answered for though they are elsewhere (net/core/neighbour.c, pneigh_*). Both families. */

export interface PneighEntry {
	/** IPv4: signed, host order; IPv6: an In6 handle. */
	readonly addr: number;
	/** Device id; -1: any. */
	readonly dev: number;
	/** The address is a router's (NTF_ROUTER). */
	readonly router: boolean;
	/** Stays when the device only loses its carrier, as what `ip` makes does unless it names another state. */
	readonly permanent: boolean;
}

export class PneighTable {
	/** In the order of the kernel's buckets: the newest of a bucket first. */
	entries: PneighEntry[] = [];
	private readonly word: (addr: number) => number;

	/** `word`: the last 32 bits of an address, in either byte order. */
	constructor(word: (addr: number) => number) {
		this.word = word;
	}
	/** `ip neigh add proxy`; what was there of this address and device is kept, with the new flag. False: it was there. */
	add(addr: number, dev: number, router: boolean, permanent: boolean): boolean {
		const i = this.entries.findIndex((e) => e.addr === addr && e.dev === dev);
		const entry = { addr, dev, router, permanent };
		if (i >= 0) {
			this.entries[i] = entry;
			return false;
		}
		const bucket = this.bucket(addr);
		const at = this.entries.findIndex((e) => this.bucket(e.addr) >= bucket);
		this.entries.splice(at < 0 ? this.entries.length : at, 0, entry);
		return true;
	}
	/** False: there is none such. */
	remove(addr: number, dev: number): boolean {
		const i = this.entries.findIndex((e) => e.addr === addr && e.dev === dev);
		if (i >= 0) this.entries.splice(i, 1);
		return i >= 0;
	}
	/** What a device takes with it when it goes, or only loses its carrier (pneigh_ifdown). */
	ofDevice(dev: number, all: boolean): PneighEntry[] {
		return this.entries.filter((e) => e.dev === dev && (all || !e.permanent));
	}
	removeDevice(dev: number, all: boolean): void {
		for (const e of this.ofDevice(dev, all)) this.remove(e.addr, dev);
	}
	/** Who answers for the address on the device (pneigh_lookup). */
	find(addr: number, dev: number): PneighEntry | undefined {
		return this.entries.find((e) => e.addr === addr && (e.dev === dev || e.dev < 0));
	}
	/** pneigh_hash: sixteen buckets, by all nibbles of the word. */
	private bucket(addr: number): number {
		let w = this.word(addr);
		w ^= w >>> 16;
		w ^= w >>> 8;
		w ^= w >>> 4;
		return w & 15;
	}
}
