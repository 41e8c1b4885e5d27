/**
 * The VXLAN device's own forwarding database: inner MAC -> remote tunnel end points (drivers/net/vxlan/vxlan_core.c).
 * An entry may have several remotes (only the all-zeros default usually has), so entries are objects, made by the control plane or by
 * learning; looking one up per frame is the bridge's typed table.
 */
import type { FreshOwner } from "../flow/recorder.ts";
import { FDB_STATIC, Fdb, type FdbWatcher } from "./fdb.ts";

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

/** How often the collector comes at least, ns. */
const FDB_AGE_INTERVAL = 10e9;
const NTF_EXT_LEARNED = 0x10;

export const MAX_VXLAN_ENTRIES = 1 << 17;

export class VxlanFdb implements FreshOwner {
	/** [ageing time, ns] */
	readonly ageing: Float64Array = new Float64Array([300e9]);
	/** MAC -> place in `entries`, as a bridge finds its ports. */
	private readonly index: Fdb;
	private readonly entries: (VxlanEntry | undefined)[] = [];
	private readonly free: number[] = [];
	private readonly clock: Float64Array;
	/** [when the collector comes next, virtual ns]; a cell as the clock is one */
	private readonly nextSweep: Float64Array = new Float64Array([Number.POSITIVE_INFINITY]);

	constructor(clock: Float64Array, watcher: FdbWatcher | null = null) {
		this.clock = clock;
		this.index = new Fdb(clock, watcher);
	}
	/** What `flowMeets` is to be told of packets that are sent by the entry. */
	sends(e: VxlanEntry): number {
		return 2 * this.entries.indexOf(e);
	}
	/** What `flowMeets` is to be told of packets that come from the entry's station. */
	hears(e: VxlanEntry): number {
		return 2 * this.entries.indexOf(e) + 1;
	}
	stillThere(key: number): boolean {
		if (this.nextSweep[0] <= this.clock[0]) this.collect();
		return this.entries[key >> 1] !== undefined;
	}
	flowMeets(key: number): void {
		const e = this.entries[key >> 1];
		if (e !== undefined && (key & 1) !== 0) e.updated = this.clock[0];
	}
	find(hi: number, lo: number): VxlanEntry | undefined {
		if (this.nextSweep[0] <= this.clock[0]) this.collect();
		const row = this.index.find(hi, lo);
		if (row < 0) return undefined;
		return this.entries[this.index.port[row]];
	}
	/** The device comes up: entries age from now on (vxlan_open). */
	start(): void {
		if (this.ageing[0] !== 0) this.nextSweep[0] = this.clock[0] + FDB_AGE_INTERVAL;
	}
	/** The device goes down and forgets what was learned (vxlan_stop). */
	stop(): void {
		this.collect();
		this.nextSweep[0] = Number.POSITIVE_INFINITY;
		for (const e of this.entries) if (e !== undefined && !isStatic(e)) this.remove(e.hi, e.lo);
	}
	/** `ip link set … type vxlan ageing`: the collector looks at once. */
	setAgeing(ns: number): void {
		this.collect();
		if (this.ageing[0] !== ns && this.nextSweep[0] !== Number.POSITIVE_INFINITY)
			this.nextSweep[0] = this.clock[0];
		this.ageing[0] = ns;
	}
	/** All that the collector has done by now (vxlan_cleanup): it comes every 10 s, or when the next entry is due if that is sooner. */
	private collect(): void {
		const now = this.clock[0];
		while (this.nextSweep[0] <= now) {
			const at = this.nextSweep[0];
			let next = at + FDB_AGE_INTERVAL;
			let ageing = false;
			for (const e of this.entries) {
				if (e === undefined || isStatic(e) || (e.flags & NTF_EXT_LEARNED) !== 0) continue;
				const due = e.updated + this.ageing[0];
				if (due <= at) this.remove(e.hi, e.lo);
				else {
					ageing = true;
					next = Math.min(next, due);
				}
			}
			if (!ageing) next = at + FDB_AGE_INTERVAL * Math.max(1, Math.ceil((now - at) / FDB_AGE_INTERVAL));
			this.nextSweep[0] = next;
		}
	}
	get size(): number {
		return this.index.count;
	}
	/** A new entry; undefined when the table is full. */
	create(hi: number, lo: number, state: number, flags: number): VxlanEntry | undefined {
		if (this.nextSweep[0] <= this.clock[0]) this.collect();
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
		this.collect();
		return this.index
			.rows()
			.sort((a, b) => this.index.born[a] - this.index.born[b])
			.map((row) => this.entries[this.index.port[row]] as VxlanEntry);
	}
}

function isStatic(e: VxlanEntry): boolean {
	return (e.state & (NUD_PERMANENT | NUD_NOARP)) !== 0;
}
