/**
 * What the short ways have in common: the flows, the ways that they go, and whether those are still right. Any change of what ways depend on
 * makes all of them `stale`. The packet counts of a way are handed to the devices and rules that they belong to when somebody reads them.
 */
import { type FramePool, KNOWN_CLEAN } from "../frame/pool.ts";
import { FlowRows } from "./rows.ts";
import { Sightings } from "./sightings.ts";
import { Ways } from "./way.ts";
import { W_EPOCH } from "./words.ts";

/** The version has 13 bits in a key. */
const HIGHEST_VERSION = 0x0fff;

/** Where connections are kept. */
export interface FlowConntrack {
	/** Has connection `ct` not run out? */
	stillThere(ct: number): boolean;
	/** A packet of it came: it lives on. */
	flowMeets(ct: number): void;
}

/** A device that frames can be sent out of. */
export interface FlowSender {
	transmit(frame: number): boolean;
	/** Its wire has room for a frame. */
	readonly takes: boolean;
}
/** What a short way needs of the ring. */
export interface Backlog {
	/** How many frames would be taken. */
	readonly room: number;
	push(dev: number, frame: number): boolean;
	/** Push the frames `vec[from..to)`; there is room. */
	pushRun(dev: number, vec: Int32Array, from: number, to: number): void;
}

export class FlowState {
	readonly pool: FramePool;
	/** By id. */
	readonly devices: readonly (FlowSender | null)[];
	readonly rows: FlowRows = new FlowRows();
	readonly ways: Ways = new Ways();
	readonly sightings: Sightings = new Sightings();
	conntrack: FlowConntrack | null = null;
	/** Changes whenever ways become stale, and comes round again. */
	version = 1;
	/** The same, and never comes round. */
	era = 1;
	/** Changes whenever time has moved on. */
	epoch = 0;
	/** Packets that took a short way. */
	served = 0;
	private readonly clock: Float64Array;
	/** [the time that `epoch` stands for] */
	private readonly epochTime: Float64Array = new Float64Array([-1]);
	private generation = -1;
	private dirty = false;

	constructor(pool: FramePool, clock: Float64Array, devices: readonly (FlowSender | null)[]) {
		this.pool = pool;
		this.clock = clock;
		this.devices = devices;
	}
	/** Called before each vector: time may have moved on, the configuration may be another one. */
	begin(generation: number): void {
		if (generation !== this.generation) {
			this.generation = generation;
			this.stale();
		}
		if (this.clock[0] !== this.epochTime[0]) {
			this.epochTime[0] = this.clock[0];
			this.epoch++;
		}
	}
	/** Something that ways depend on has changed. */
	stale(): void {
		this.sightings.clear();
		if (this.ways.list.length === 0) {
			// a flow that is being learned just now notices
			this.nextVersion();
			return;
		}
		this.fold();
		this.ways.clear();
		this.freeRows();
	}
	/** Flows are to be learned anew. */
	freeRows(): void {
		this.nextVersion();
		this.rows.clear();
	}
	private nextVersion(): void {
		this.era++;
		this.version = (this.version & HIGHEST_VERSION) + 1;
		// the few bits of it that frames under way bear come round
		const { known } = this.pool;
		if ((this.version & 0xff) === 0) for (let f = 0; f < known.length; f++) known[f] &= KNOWN_CLEAN;
	}
	/** So many packets of so many bytes went a way. */
	tally(way: number, packets: number, bytes: number): void {
		const { counts } = this.ways;
		this.served += packets;
		counts[2 * way] += packets;
		counts[2 * way + 1] += bytes;
		this.dirty = true;
	}
	/** Hand the packet counts of all ways to the counters that they belong to. */
	fold(): void {
		if (!this.dirty) return;
		this.dirty = false;
		const { counts, list } = this.ways;
		for (const { number, counters } of list) {
			const packets = counts[2 * number];
			if (packets === 0) continue;
			const bytes = counts[2 * number + 1];
			for (const { cells, at, delta } of counters) {
				cells[at] += packets;
				cells[at + 1] += bytes + packets * delta;
			}
			counts[2 * number] = counts[2 * number + 1] = 0;
		}
	}
	/** Time has moved on since the way's last packet: is everything that it met still there? It is used again. `w`: where its words begin. */
	refresh(way: number, w: number): boolean {
		const { version } = this;
		const { fresh } = this.ways.list[way];
		for (const { owner, key } of fresh)
			if (!owner.stillThere(key)) {
				this.stale();
				return false;
			}
		if (this.version !== version) return false;
		for (const { owner, key } of fresh) owner.flowMeets(key);
		this.ways.words[w + W_EPOCH] = this.epoch;
		return true;
	}
}
