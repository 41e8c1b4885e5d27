/**
 * Addresses that a device takes beside its own MAC, or groups that it has joined (struct netdev_hw_addr_list in
 * net/core/dev_addr_lists.c). An address stays while somebody refers to it: the protocols, the user, or devices on top.
 * A MAC is (high 16 bits, low 32 bits signed).
 */
export interface ListedAddress {
	readonly hi: number;
	readonly lo: number;
	/** How many want it. */
	refs: number;
	/** How many of them are devices on top (ha->synced). */
	synced: number;
}

export class AddressList {
	/** In the order of adding. */
	readonly entries: ListedAddress[] = [];

	find(hi: number, lo: number): ListedAddress | undefined {
		for (const e of this.entries) if (e.lo === lo && e.hi === hi) return e;
		return undefined;
	}
	has(hi: number, lo: number): boolean {
		return this.find(hi, lo) !== undefined;
	}
	/** Does one end in the four bytes `lo`, and do more than `above` devices on top want it? */
	hasLow(lo: number, above: number): boolean {
		for (const e of this.entries) if (e.lo === lo && e.synced > above) return true;
		return false;
	}
	/** `synced`: it is a device on top that wants it. */
	add(hi: number, lo: number, synced = false): void {
		let entry = this.find(hi, lo);
		if (entry === undefined) {
			entry = { hi, lo, refs: 0, synced: 0 };
			this.entries.push(entry);
		}
		entry.refs++;
		if (synced) entry.synced++;
	}
	/** One reference fewer; false when there was none. */
	remove(hi: number, lo: number, synced = false): boolean {
		const at = this.entries.findIndex((e) => e.lo === lo && e.hi === hi);
		if (at < 0) return false;
		const entry = this.entries[at];
		entry.refs--;
		if (synced) entry.synced--;
		if (entry.refs === 0) this.entries.splice(at, 1);
		return true;
	}
}
