/**
 * The flow cache: what happened to a UDP or TCP packet between one backlog and the next happens to the next packet of its flow too, as
 * long as nothing has changed. It sits where a device takes frames from the backlog, so the order in which frames enter backlogs is the
 * same with it and without it, and so are all bytes and counters.
 *
 * What a flow does is learned by watching one of its packets go the long way (recorder.ts, learn.ts). What the watched packet was never
 * asked for need not be the same in others, so a flow is as wide as may be (wide.ts), or one of a connection (narrow.ts). Any change of what
 * ways depend on makes all of them `stale`: configuration, a station that is learned or forgotten, a neighbour. A connection that changes or
 * ends takes its own flows with it.
 */
import type { FramePool } from "../frame/pool.ts";
import { FlowLesson } from "./learn.ts";
import { NarrowFlows } from "./narrow.ts";
import { FlowRecorder } from "./recorder.ts";
import { type Backlog, type FlowConntrack, type FlowSender, FlowState } from "./state.ts";
import { WideFlows } from "./wide.ts";
import { F_LIMITS, F_WAY, FLOW, K_DEV, WIDE, WIDE_TUNNEL } from "./words.ts";

/** "eager": a flow is learned from its first packet instead of its second. */
export type FlowMode = "on" | "off" | "eager";

export class FlowCache {
	readonly enabled: boolean;
	private readonly eager: boolean;
	readonly recorder: FlowRecorder = new FlowRecorder();
	private readonly state: FlowState;
	private readonly narrow: NarrowFlows;
	private readonly wide: WideFlows;
	private readonly lesson: FlowLesson;
	/** Of the frame that is watched: hash of its narrow key, its row in it (-1 none), hash of its stations; the version of that. */
	private hash = 0;
	private row = -1;
	private stations = 0;
	private version = 0;

	constructor(pool: FramePool, clock: Float64Array, devices: readonly (FlowSender | null)[], mode: FlowMode) {
		this.state = new FlowState(pool, clock, devices);
		this.narrow = new NarrowFlows(this.state);
		this.wide = new WideFlows(this.state);
		this.enabled = mode !== "off";
		this.eager = mode === "eager";
		this.lesson = new FlowLesson(pool, this.recorder);
	}
	set conntrack(conntrack: FlowConntrack) {
		this.state.conntrack = conntrack;
	}
	/** Packets that took a short way. */
	get served(): number {
		return this.state.served;
	}
	/** Called before each vector: time may have moved on, the configuration may be another one. */
	begin(generation: number): void {
		this.state.begin(generation);
	}
	/** Something that ways depend on has changed. */
	stale(): void {
		this.state.stale();
	}
	/** Hand the packet counts of all ways to the counters that they belong to. */
	fold(): void {
		this.state.fold();
	}
	/** The connection is gone, or its packets are something else from now on. */
	forget(ct: number): void {
		this.state.rows.forget(ct);
	}
	/**
	 * Take the frames `vec[from..n)` that arrived at device `dev` the short way as far as it is known, and return where that ends: frame
	 * `vec[that]` has to go the long way, and was looked for (`wants`).
	 */
	serve(vec: Int32Array, from: number, n: number, dev: number, ring: Backlog): number {
		let i = from;
		while (i < n) {
			const was = i;
			i = this.wide.serve(vec, i, n, dev, ring);
			if (i < n) i = this.narrow.serve(vec, i, n, dev, ring);
			if (i === was) break;
		}
		return i;
	}
	/** Is it worth watching frame `f`, at which `serve` ended, on its way? To be asked once. */
	wants(f: number, dev: number): boolean {
		const { narrow, state } = this;
		if (!narrow.candidate) return false;
		if (this.eager) return true;
		// its stations may be seen often where each flow is seen once
		const known = state.sightings.sees(narrow.hash);
		return state.sightings.sees(this.wide.stations(f, dev)) || known;
	}
	/** Frame `f`, at which `serve` ended, is about to be received by device `dev`. */
	watch(f: number, dev: number): void {
		this.hash = this.narrow.hash;
		this.row = this.narrow.row;
		this.stations = this.wide.stations(f, dev);
		this.version = this.state.version;
		this.lesson.begin(f, dev);
	}
	/** The frame has gone its way. `plain`: nothing happened beside it that the recorder does not see. */
	learn(plain: boolean): void {
		const { lesson, state, version } = this;
		lesson.end();
		if (version !== state.version) return;
		if (plain && lesson.conclude(state.ways, version, state.epoch)) this.enter();
		else {
			state.sightings.refuse(this.hash);
			state.sightings.refuse(this.stations);
		}
	}
	/** Write down what the lesson was. */
	private enter(): void {
		const { state, wide } = this;
		const { rows, ways } = state;
		const { flow } = this.lesson;
		const kind = flow[K_DEV] & (WIDE | WIDE_TUNNEL);
		// of stations that one flow shows to be of no use, another may show the same
		if (kind === 0) state.sightings.refuse(this.stations);
		let r = kind === 0 ? this.row : wide.rowOf(flow);
		const fresh = r < 0;
		if (fresh) {
			r = rows.place(kind === 0 ? this.hash : wide.hashOf(flow));
			if (r < 0) {
				// most flows of a full table are over
				state.freeRows();
				return;
			}
		}
		const { words } = rows;
		const longest = fresh ? 0 : words[r + F_LIMITS] & 0xffff;
		for (let i = 0; i < FLOW; i++) words[r + i] = flow[i];
		if (longest > (flow[F_LIMITS] & 0xffff)) words[r + F_LIMITS] = (flow[F_LIMITS] & ~0xffff) | longest;
		words[r + F_WAY] = ways.number(ways.scratch, this.recorder);
		if (kind !== 0) wide.note((flow[K_DEV] & 0x1ffff) - 1, kind);
		else if (fresh) rows.chain(r);
	}
}
