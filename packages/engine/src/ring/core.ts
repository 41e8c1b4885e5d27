/**
 * What everything of one lab shares: the frames, the clock, the event queue, the backlog ring, the trace, chance. Two labs share
 * no core, so they share nothing.
 *
 * The loop: work is taken from the ring until it is empty; then the clock moves to the next event, and all events of one
 * instant fire before the ring is served again. Nothing else drives a lab.
 */

import { FlowCache, type FlowMode } from "../flow/cache.ts";
import { DROP } from "../frame/drop.ts";
import { FramePool, type PoolOptions } from "../frame/pool.ts";
import { LEARNING, Trace } from "../trace/trace.ts";
import { EventQueue } from "./events.ts";
import { In6Table } from "./in6.ts";
import { Random } from "./random.ts";
import { Ring } from "./ring.ts";

/** Most devices of a lab. */
export const MAX_DEVICES = 65_536;
/** Most nested transmissions inside one visit (XMIT_RECURSION_LIMIT): a tunnel that leads into itself ends there. */
export const XMIT_RECURSION_LIMIT = 8;
/** Frames served at one instant before `settle` gives up: nothing but a loop of bridges makes so many. */
export const MAX_AT_ONE_INSTANT = 2_000_000;
/** Longest vector. */
export const MAX_VECTOR = 256;

/** Where the ring's entries go: a device's receive side. */
export interface RingTarget {
	/** Receive the frames `vec[0..n)`; they are the target's from now on. */
	process(vec: Int32Array, n: number): void;
	/** Send a frame out of it (dev_queue_xmit). */
	transmit(frame: number): boolean;
	/** Its wire has room for a frame. */
	readonly takes: boolean;
	/** It is no Ethernet device (ARPHRD_LOOPBACK). */
	readonly loopback: boolean;
}

/** Where one frame at a time is received. */
export interface FrameReceiver {
	receive(f: number): void;
}

/** What Linux puts off to a work queue: it goes on each time the backlog is empty, at the same instant. */
export interface Work {
	/** One step, at most one frame into the backlog; false when nothing is left to do. */
	run(): boolean;
}

export interface CoreOptions extends PoolOptions {
	readonly seed?: number;
	/** Frames handled in one visit, 1..256. Results do not depend on it. */
	readonly vector?: number;
	/** Whether packets of known flows take short ways (flow/cache.ts); default "on". Results do not depend on it. */
	readonly flowCache?: FlowMode;
}

export class Core {
	readonly pool: FramePool;
	readonly ring: Ring = new Ring();
	readonly events: EventQueue = new EventQueue();
	/** [now], virtual ns since the lab's start. A cell, because a double in a field would be allocated on each change. */
	readonly clock: Float64Array = new Float64Array(1);
	readonly trace: Trace;
	readonly flows: FlowCache;
	/** Chance of the lab's commands: what they draw, such as MACs. */
	readonly random: Random;
	/** The lab's IPv6 addresses. */
	readonly in6: In6Table = new In6Table();
	/** Receive sides by device id; null once a device is gone. */
	readonly targets: (RingTarget | null)[] = [];
	/** Namespace id by device id. */
	readonly netnsOf: Int32Array = new Int32Array(MAX_DEVICES);
	/** Interned interface name by device id, see `nameId`. */
	readonly nameIdOf: Int32Array = new Int32Array(MAX_DEVICES);
	/** Interned interface names. */
	readonly names: string[] = [];
	/** Bumped by every change of configuration. */
	generation = 0;
	readonly vector: number;
	/**
	 * An ICMP message (index 0: IPv4, 1: IPv6) is on its way out of a socket: what it sets off meanwhile sends no other one, for the
	 * kernel's one ICMP socket of the CPU is locked (icmp_xmit_lock).
	 */
	readonly icmpLocked: [boolean, boolean] = [false, false];
	/**
	 * The tag of the IPv4 packet that a bridge of any namespace cut last (TPID, TCI): IPv6's fragments get it too, 0 leaves them theirs.
	 * brnf_frag_data_storage is a CPU's, and br_nf_dev_queue_xmit sets its vlan_proto for IPv4 alone.
	 */
	bridgeFragmentTag = 0;
	/** Transmissions on the stack now. */
	xmitDepth = 0;
	/** Most entries that the ring has had when it was served. */
	ringPeak = 0;
	private readonly seed: number;
	/** By namespace, see `chance`. */
	private readonly streams: Random[] = [];
	private readonly vec: Int32Array = new Int32Array(MAX_VECTOR);
	private running = false;
	/** Work that waits for the backlog to be empty, in order. */
	private readonly works: Work[] = [];

	constructor(options: CoreOptions = {}) {
		this.vector = options.vector ?? MAX_VECTOR;
		if (!(Number.isInteger(this.vector) && this.vector >= 1 && this.vector <= MAX_VECTOR))
			throw new RangeError(`vector size must be an integer of 1..${MAX_VECTOR}, not ${options.vector}`);
		this.pool = new FramePool(options);
		this.seed = options.seed ?? 1;
		this.random = new Random(this.seed);
		this.trace = new Trace(this.pool, this.clock, this.netnsOf);
		this.flows = new FlowCache(this.pool, this.clock, this.targets, options.flowCache ?? "on");
	}
	/** The number of an interface name; equal names have equal numbers, from 0 on. */
	nameId(name: string): number {
		const i = this.names.indexOf(name);
		return i >= 0 ? i : this.names.push(name) - 1;
	}
	/** The chance of a namespace, which packets meet: what one namespace draws does not depend on what others have drawn. */
	chance(netns: number): Random {
		while (this.streams.length <= netns)
			this.streams.push(new Random(this.seed ^ Math.imul(this.streams.length + 1, 0x85ebca6b)));
		return this.streams[netns];
	}
	/** netif_rx: the frame waits for its device in the backlog, or is dropped when that is full. */
	netifRx(dev: number, f: number): boolean {
		this.pool.assertLive(f);
		if (this.ring.push(dev, f)) return true;
		this.pool.drop(f, DROP.CPU_BACKLOG);
		return false;
	}
	/**
	 * Let `target`, device `dev`, receive the frame that the flow cache has just looked up, and learn from what happens to it. Where somebody listens to the pool nothing is learned.
	 */
	receiveAndLearn(target: FrameReceiver, dev: number, f: number): void {
		const { flows, pool, trace, ring, events, works, generation } = this;
		if (pool.watcher !== null) {
			target.receive(f);
			return;
		}
		const waiting = ring.count;
		const scheduled = events.scheduled;
		const working = works.length;
		const made = pool.born[1];
		flows.watch(f, dev);
		let undisturbed = false;
		trace.on = LEARNING;
		pool.watcher = flows.recorder;
		try {
			target.receive(f);
		} finally {
			// unless somebody who was called on the way wants to see what comes
			undisturbed = trace.on === LEARNING && pool.watcher === flows.recorder;
			if (trace.on === LEARNING) trace.on = 0;
			if (pool.watcher === flows.recorder) pool.watcher = null;
		}
		const { exit } = flows.recorder;
		const plain =
			undisturbed &&
			ring.count === waiting + (exit >= 0 ? 1 : 0) &&
			events.scheduled === scheduled &&
			works.length === working &&
			// nor was there a copy that found no slot
			pool.born[1] === made &&
			this.generation === generation;
		flows.learn(plain);
	}
	/** queue_work: `work` runs once the ring is empty. The caller sees to it that it does not stand here twice. */
	queueWork(work: Work): void {
		this.works.push(work);
	}
	/** Serve the ring, and then the work queue, until both are empty. The clock does not move. Calls from within a visit return at once. */
	settle(): void {
		if (this.running) return;
		this.running = true;
		try {
			const ring = this.ring;
			const vec = this.vec;
			let served = 0;
			for (;;) {
				if (ring.count === 0) {
					if (this.works.length === 0) break;
					if (!this.works[0].run()) this.works.shift();
					continue;
				}
				if (ring.count > this.ringPeak) this.ringPeak = ring.count;
				const dev = ring.headDev;
				const n = ring.shiftRun(vec, this.vector);
				served += n;
				if (served > MAX_AT_ONE_INSTANT)
					throw new Error(
						`${served} frames at one instant and no end: is there a loop of bridges in the lab?`,
					);
				const target = this.targets[dev];
				if (target !== null) target.process(vec, n);
				else this.dropAll(dev, vec, n);
			}
		} finally {
			this.running = false;
			this.xmitDepth = 0;
			this.icmpLocked.fill(false);
		}
	}
	/** The frames `vec[0..n)` waited for device `dev`, which is gone. */
	private dropAll(dev: number, vec: Int32Array, n: number): void {
		const { pool } = this;
		for (let i = 0; i < n; i++) {
			pool.dev[vec[i]] = dev;
			pool.drop(vec[i], DROP.DEV_READY);
		}
	}
	/**
	 * Settle, then let everything happen that is due up to and including `time` (virtual ns); the clock ends there. A time in the
	 * past only settles. Beyond 2^53 ns (104 days) single nanoseconds are not told apart. Throws RangeError unless `time` is finite.
	 */
	runUntil(time: number): void {
		if (!Number.isFinite(time)) throw new RangeError(`${time} is no time to run until`);
		this.settle();
		while (this.events.nextTime <= time) this.step();
		if (this.clock[0] < time) this.clock[0] = time;
	}
	/** Run until no event is left. `limit` bounds the number of instants; false when it was reached. */
	runUntilIdle(limit = 1_000_000): boolean {
		this.settle();
		for (let i = 0; this.events.length > 0; i++) {
			if (i === limit) return false;
			this.step();
		}
		return true;
	}
	/** Move to the next instant with events, fire them all, settle. */
	private step(): void {
		const now = this.events.nextTime;
		if (now > this.clock[0]) this.clock[0] = now;
		while (this.events.nextTime <= now) this.events.fire();
		this.settle();
	}
}
