/**
 * The flow cache: what happened to a UDP or TCP packet between one backlog and the next happens to the next packet of its flow too, as
 * long as nothing has changed. It sits where a device takes frames from the backlog, so the order in which frames enter backlogs is the
 * same with it and without it, and so are all bytes and counters.
 *
 *   find    is there a flow whose key the frame has (MACs, TOS, TTL, DF, addresses, ports, device)?
 *   check   is the packet whole and right, no longer than one that went this way, and is everything still fresh?
 *   apply   rewrite the header, and into the next backlog
 *
 * What a flow does is learned by watching one of its packets go the long way (recorder.ts, learn.ts). The packet counts of a way are
 * handed to the devices and rules that they belong to when somebody reads them (`fold`). Any change of what ways depend on makes all of them
 * `stale`: configuration, a station that is learned or forgotten, a neighbour. A connection that changes or ends takes its own flows with it.
 */
import { type FramePool, KNOWN_CLEAN } from "../frame/pool.ts";
import { FlowLesson, NO_ROOM, NOT_CACHEABLE } from "./learn.ts";
import { fits, isSound } from "./packet.ts";
import { FlowRecorder } from "./recorder.ts";
import { rewrite } from "./rewrite.ts";
import { FlowRows, hashKey } from "./rows.ts";
import { Sightings } from "./sightings.ts";
import { enterTunnel, leaveTunnel, matchesInner } from "./tunnel.ts";
import { Ways } from "./way.ts";
import {
	COMES_FROM,
	DECAPSULATES,
	ENCAPSULATES,
	F_CT,
	F_EPOCH,
	F_LIMITS,
	F_WAY,
	FLOW,
	FLOW_SHIFT,
	FOLLOWS,
	FORGOTTEN,
	HINT_SHIFT,
	K_DADDR,
	K_DEV,
	K_MAC,
	K_MISC,
	K_PORTS,
	K_SADDR,
	REWRITES,
	SUMMED,
	UNSEEN,
	UNSHARES,
	VERSION_SHIFT,
	W_EPOCH,
	W_EXIT,
	W_FLAGS,
	W_TYPE,
	WAY,
} from "./words.ts";

/** The version has 13 bits in a key. */
const HIGHEST_VERSION = 0x0fff;
const ROW_MASK = (1 << (VERSION_SHIFT - HINT_SHIFT)) - 1;

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
/** What `serve` needs of the ring. */
export interface Backlog {
	readonly hasRoom: boolean;
	push(dev: number, frame: number): boolean;
}

/** "eager": a flow is learned from its first packet instead of its second. */
export type FlowMode = "on" | "off" | "eager";

export class FlowCache {
	readonly enabled: boolean;
	private readonly eager: boolean;
	readonly recorder: FlowRecorder = new FlowRecorder();
	/** Frames of a vector that go the long way, as many as a vector has. */
	readonly rest: Int32Array = new Int32Array(256);
	conntrack: FlowConntrack | null = null;
	/** By id. */
	private readonly devices: readonly (FlowSender | null)[];
	private version = 1;
	private readonly rows: FlowRows = new FlowRows();
	private readonly ways: Ways = new Ways();
	private readonly lesson: FlowLesson;
	private readonly pool: FramePool;
	private readonly clock: Float64Array;
	/** [the time that `epoch` stands for] */
	private readonly epochTime: Float64Array = new Float64Array([-1]);
	private epoch = 0;
	private generation = -1;
	private dirty = false;
	/** Packets that took a short way. */
	served = 0;
	/** Of the frame at which `serve` ended: its flow's row, -1 none. */
	row = -1;
	private hash = 0;
	/** It is of a kind that may be cached. */
	private candidate = false;
	private readonly sightings: Sightings = new Sightings();

	constructor(pool: FramePool, clock: Float64Array, devices: readonly (FlowSender | null)[], mode: FlowMode) {
		this.devices = devices;
		this.pool = pool;
		this.clock = clock;
		this.enabled = mode !== "off";
		this.eager = mode === "eager";
		this.lesson = new FlowLesson(pool, this.recorder);
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
	private freeRows(): void {
		this.nextVersion();
		this.rows.clear();
	}
	private nextVersion(): void {
		this.version = (this.version & HIGHEST_VERSION) + 1;
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
	/** The connection is gone, or its packets are something else from now on. */
	forget(ct: number): void {
		this.rows.forget(ct);
	}
	/**
	 * Take the frames `vec[from..n)` that arrived at device `dev` the short way as far as it is known, and return where that ends: frame
	 * `vec[that]` has to go the long way, and was looked up (`row`, `wanted`).
	 */
	serve(vec: Int32Array, from: number, n: number, dev: number, ring: Backlog): number {
		const { pool, rows, ways, epoch } = this;
		const { view, known, off, len, pktType } = pool;
		const { words, links } = rows;
		const wayWords = ways.words;
		const version = this.version;
		// neighbours often go the same way: they are counted together
		let lastWay = -1;
		let packets = 0;
		let bytes = 0;
		let i = from;
		for (; i < n; i++) {
			const f = vec[i];
			const o = off[f];
			const hint = known[f];
			// a frame whose last short way led to a flow that is still there: it is what that way made of it
			const recent = hint >>> VERSION_SHIFT === (version & 0xff);
			let r = recent && (hint & FOLLOWS) !== 0 ? ((hint >> HINT_SHIFT) & ROW_MASK) << FLOW_SHIFT : -1;
			if (r < 0 || words[r + K_DEV] === FORGOTTEN || words[r + K_PORTS] !== view.getInt32(o + 34)) {
				r = this.locate(f, o, dev);
				if (r < 0 || !isSound(pool, words, r, f, o)) break;
				if (recent && (hint & COMES_FROM) !== 0) this.link((hint >> HINT_SHIFT) & ROW_MASK, r);
			} else if ((hint & UNSEEN) !== 0 && !isSound(pool, words, r, f, o)) {
				this.locate(f, o, dev);
				break;
			}
			const way = words[r + F_WAY];
			const w = way * WAY;
			const flags = wayWords[w + W_FLAGS];
			if (wayWords[w + W_EPOCH] !== epoch && packets > 0) {
				// a way that is no longer fresh makes all ways stale, and their counts must be known by then
				this.tally(lastWay, packets, bytes);
				packets = 0;
				bytes = 0;
			}
			if (
				len[f] - 14 > (words[r + F_LIMITS] & 0xffff) ||
				!ring.hasRoom ||
				((flags & (SUMMED | ENCAPSULATES)) !== 0 && !fits(pool, f, o, flags)) ||
				(wayWords[w + W_EXIT] < 0 && !this.devices[~wayWords[w + W_EXIT]]!.takes) ||
				(words[r + F_CT] !== 0 &&
					words[r + F_EPOCH] !== epoch &&
					!this.conntrack!.stillThere(words[r + F_CT])) ||
				(wayWords[w + W_EPOCH] !== epoch && !this.refresh(way, w))
			) {
				this.locate(f, o, dev);
				break;
			}
			if (words[r + F_CT] !== 0 && words[r + F_EPOCH] !== epoch) {
				words[r + F_EPOCH] = epoch;
				this.conntrack!.flowMeets(words[r + F_CT]);
			}
			if (way !== lastWay) {
				if (packets > 0) this.tally(lastWay, packets, bytes);
				lastWay = way;
				packets = 0;
				bytes = 0;
			}
			packets++;
			bytes += len[f];
			if ((flags & REWRITES) !== 0) rewrite(view, words, r, wayWords, w, o);
			else if ((flags & ENCAPSULATES) !== 0)
				enterTunnel(pool, f, words, r, wayWords, w, ways.list[way].outerId!);
			else if ((flags & DECAPSULATES) !== 0) leaveTunnel(pool, f);
			if ((flags & UNSHARES) !== 0) pool.data[f] = 0;
			pktType[f] = wayWords[w + W_TYPE];
			const exit = wayWords[w + W_EXIT];
			if (exit >= 0) {
				const link = links[r >> FLOW_SHIFT];
				const next =
					link !== 0 && words[(link - 1) * FLOW + K_DEV] !== FORGOTTEN
						? ((link - 1) << HINT_SHIFT) | FOLLOWS
						: ((r >> FLOW_SHIFT) << HINT_SHIFT) | COMES_FROM;
				known[f] =
					((version & 0xff) << VERSION_SHIFT) |
					next |
					KNOWN_CLEAN |
					((flags & DECAPSULATES) !== 0 ? UNSEEN : 0);
				ring.push(exit, f);
			} else {
				// what a wire's end, or a tunnel behind it, puts on the frame is to be taken off again
				known[f] = 0;
				this.devices[~exit]!.transmit(f);
			}
		}
		if (packets > 0) this.tally(lastWay, packets, bytes);
		return i;
	}
	/**
	 * Frames of the flow in row number `from` come to the flow in row `r` next. Not to the end of a tunnel, but from its beginning: in
	 * between, the flows in a tunnel may look the same.
	 */
	private link(from: number, r: number): void {
		const { rows, ways } = this;
		const flags = ways.words[rows.words[r + F_WAY] * WAY + W_FLAGS];
		const fromFlags = ways.words[rows.words[from * FLOW + F_WAY] * WAY + W_FLAGS];
		if ((flags & DECAPSULATES) !== 0 && (fromFlags & ENCAPSULATES) === 0) return;
		rows.links[from] = (r >> FLOW_SHIFT) + 1;
	}
	/** Has frame `f` at device `dev` a flow? The answer is found as `serve` finds it, and nothing is done. */
	knows(f: number, dev: number): boolean {
		return this.locate(f, this.pool.off[f], dev) >= 0;
	}
	/** The row of the flow of frame `f`, whose bytes begin at `o`; -1: it has none. Notes what `row` and `wanted` want. */
	private locate(f: number, o: number, dev: number): number {
		const { pool, rows } = this;
		const { view } = pool;
		const { words, index, mask } = rows;
		const wayWords = this.ways.words;
		this.row = -1;
		const w12 = view.getInt32(o + 12);
		const w20 = view.getInt32(o + 20);
		const protocol = w20 & 0xff;
		// IPv4 without options, no fragment, UDP or TCP, with nothing on it that some earlier way has left
		this.candidate =
			(w12 & ~0xff) === 0x08004500 &&
			(w20 & 0xbfff0000) === 0 &&
			(protocol === 17 || protocol === 6) &&
			pool.known[f] !== 0;
		if (!this.candidate) return -1;
		const key0 = (dev + 1) | ((w12 & 0xff) << 17) | (pool.pktType[f] << 25);
		const key1 = w20 | (this.version << 16);
		const m0 = view.getInt32(o);
		const m1 = view.getInt32(o + 4);
		const m2 = view.getInt32(o + 8);
		const saddr = view.getInt32(o + 26);
		const daddr = view.getInt32(o + 30);
		const ports = view.getInt32(o + 34);
		const hash = hashKey(key0, m2, saddr, daddr, ports);
		this.hash = hash;
		for (let i = hash & mask; index[2 * i] !== 0; i = (i + 1) & mask) {
			if (index[2 * i + 1] !== hash) continue;
			const r = (index[2 * i] - 1) << FLOW_SHIFT;
			if (
				words[r + K_PORTS] === ports &&
				words[r + K_MISC] === key1 &&
				words[r + K_DEV] === key0 &&
				words[r + K_SADDR] === saddr &&
				words[r + K_DADDR] === daddr &&
				words[r + K_MAC] === m0 &&
				words[r + K_MAC + 1] === m1 &&
				words[r + K_MAC + 2] === m2 &&
				((wayWords[words[r + F_WAY] * WAY + W_FLAGS] & DECAPSULATES) === 0 ||
					matchesInner(view, o, words, r, wayWords, words[r + F_WAY] * WAY))
			) {
				this.row = r;
				return r;
			}
		}
		return -1;
	}
	private tally(way: number, packets: number, bytes: number): void {
		const { counts } = this.ways;
		this.served += packets;
		counts[2 * way] += packets;
		counts[2 * way + 1] += bytes;
		this.dirty = true;
	}
	/** Is it worth watching the frame at which `serve` ended on its way? To be asked once. */
	get wanted(): boolean {
		if (!this.candidate) return false;
		if (this.eager) return true;
		return this.sightings.sees(this.hash);
	}
	/** The frame at which `serve` ended is about to be received by device `dev`. */
	watch(f: number, dev: number): void {
		this.lesson.begin(f, dev);
	}
	/** The frame has gone its way. `plain`: nothing happened beside it that the recorder does not see. */
	learn(hash: number, row: number, version: number, plain: boolean): void {
		this.hash = hash;
		const { lesson, rows, ways } = this;
		lesson.end();
		if (version !== this.version) return;
		const conclusion = plain ? lesson.conclude(rows, ways, version, this.epoch, hash, row) : NOT_CACHEABLE;
		if (conclusion === NOT_CACHEABLE) this.sightings.refuse(hash);
		else if (conclusion === NO_ROOM) {
			// most flows of a full table are over
			this.freeRows();
		}
	}
	/** Changes whenever ways become stale. */
	get lastVersion(): number {
		return this.version;
	}
	/** Hash of the key of the frame at which `serve` ended. */
	get lastHash(): number {
		return this.hash;
	}
	/** Time has moved on since the way's last packet: is everything that it met still there? It is used again. */
	private refresh(way: number, w: number): boolean {
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
