/**
 * The VXLAN device's own forwarding database: inner MAC -> remote tunnel end points (drivers/net/vxlan/vxlan_core.c).
 * An entry may have several remotes (only the all-zeros default usually has). Control-plane sized: a Map by MAC, its remotes in
 * typed rows; the hot look-up for the common single remote is `findRemote`.
 */
export const NUD_PERMANENT = 0x80;
export const NUD_NOARP = 0x40;
export const NUD_REACHABLE = 0x02;

export interface VxlanRemote {
	/** IPv4 of the remote end point. */
	addr: number;
	/** UDP port, 0 = the device's. */
	port: number;
	/** VNI, -1 = the device's. */
	vni: number;
	/** Device id through which to send, -1 = by route. */
	dev: number;
}
export interface VxlanEntry {
	readonly hi: number;
	readonly lo: number;
	state: number;
	/** NTF_* as added: self, use, ext_learn, router. */
	flags: number;
	remotes: VxlanRemote[];
	updated: number;
	used: number;
}

export const MAX_VXLAN_ENTRIES = 1 << 17;

export class VxlanFdb {
	/** [ageing time, ns] */
	readonly ageing: Float64Array = new Float64Array([300e9]);
	private readonly entries: Map<number, VxlanEntry> = new Map();
	private readonly clock: Float64Array;

	constructor(clock: Float64Array) {
		this.clock = clock;
	}
	find(hi: number, lo: number): VxlanEntry | undefined {
		const key = hi * 0x1_0000_0000 + (lo >>> 0);
		const e = this.entries.get(key);
		if (e !== undefined && this.expired(e)) {
			this.entries.delete(key);
			return undefined;
		}
		return e;
	}
	get size(): number {
		return this.entries.size;
	}
	/** A new entry; undefined when the table is full. */
	create(hi: number, lo: number, state: number, flags: number): VxlanEntry | undefined {
		if (this.entries.size >= MAX_VXLAN_ENTRIES) this.sweep();
		if (this.entries.size >= MAX_VXLAN_ENTRIES) return undefined;
		const e: VxlanEntry = { hi, lo, state, flags, remotes: [], updated: this.clock[0], used: this.clock[0] };
		this.entries.set(hi * 0x1_0000_0000 + (lo >>> 0), e);
		return e;
	}
	remove(hi: number, lo: number): boolean {
		return this.entries.delete(hi * 0x1_0000_0000 + (lo >>> 0));
	}
	list(): VxlanEntry[] {
		return [...this.entries.values()].filter((e) => !this.expired(e));
	}
	/** Aged entries make room. */
	private sweep(): void {
		for (const [key, e] of this.entries) if (this.expired(e)) this.entries.delete(key);
	}
	private expired(e: VxlanEntry): boolean {
		if ((e.state & (NUD_PERMANENT | NUD_NOARP)) !== 0 || this.ageing[0] === 0) return false;
		return e.updated + this.ageing[0] <= this.clock[0];
	}
}
