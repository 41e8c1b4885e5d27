/**
 * The VXLAN device's own forwarding database: inner MAC -> remote tunnel end points (drivers/net/vxlan/vxlan_core.c).
 * An entry may have several remotes (only the all-zeros default usually has), so entries are objects, made by the control plane or by
 * learning; looking one up per frame is the bridge's typed table.
 */
import { FDB_STATIC, Fdb } from "./fdb.ts";

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
	/** MAC -> place in `entries`, as a bridge finds its ports. */
	private readonly index: Fdb;
	private readonly entries: (VxlanEntry | undefined)[] = [];
	private readonly free: number[] = [];
	private readonly clock: Float64Array;

	constructor(clock: Float64Array) {
		this.clock = clock;
		this.index = new Fdb(clock);
	}
	find(hi: number, lo: number): VxlanEntry | undefined {
		const row = this.index.find(hi, lo);
		if (row < 0) return undefined;
		const e = this.entries[this.index.port[row]] as VxlanEntry;
		if (this.expired(e)) {
			this.remove(hi, lo);
			return undefined;
		}
		return e;
	}
	get size(): number {
		return this.index.count;
	}
	/** A new entry; undefined when the table is full. */
	create(hi: number, lo: number, state: number, flags: number): VxlanEntry | undefined {
		if (this.size >= MAX_VXLAN_ENTRIES) this.sweep();
		if (this.size >= MAX_VXLAN_ENTRIES) return undefined;
		const e: VxlanEntry = { hi, lo, state, flags, remotes: [], updated: this.clock[0], used: this.clock[0] };
		const place = this.free.pop() ?? this.entries.length;
		this.entries[place] = e;
		this.index.set(hi, lo, place, FDB_STATIC);
		return e;
	}
	remove(hi: number, lo: number): boolean {
		const row = this.index.find(hi, lo);
		if (row < 0) return false;
		const place = this.index.port[row];
		this.entries[place] = undefined;
		this.free.push(place);
		return this.index.remove(hi, lo);
	}
	/** All entries that are alive, in the order of adding. */
	list(): VxlanEntry[] {
		return this.index
			.rows()
			.sort((a, b) => this.index.born[a] - this.index.born[b])
			.map((row) => this.entries[this.index.port[row]] as VxlanEntry)
			.filter((e) => !this.expired(e));
	}
	/** Aged entries make room. */
	private sweep(): void {
		for (const e of this.entries) if (e !== undefined && this.expired(e)) this.remove(e.hi, e.lo);
	}
	private expired(e: VxlanEntry): boolean {
		if ((e.state & (NUD_PERMANENT | NUD_NOARP)) !== 0 || this.ageing[0] === 0) return false;
		return e.updated + this.ageing[0] <= this.clock[0];
	}
}
