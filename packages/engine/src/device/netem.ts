/**
 * A wire with delay and rate: `tc qdisc add dev DEV root netem delay … rate …` (net/sched/sch_netem.c). Frames that leave wait
 * here; a frame's departure is when the one before it has been clocked out at `rate`, plus `delay`. The queue holds at most
 * `limit` frames and drops the newest beyond that.
 */
import { DROP } from "../frame/drop.ts";
import type { TimerHandler } from "../ring/events.ts";
import { T_WIRE } from "../trace/kinds.ts";
import type { NetDevice } from "./netdev.ts";
import { TX_DROPPED } from "./netdev.ts";

export interface NetemOptions {
	/** ns */
	readonly delay: number;
	/** bits per second, 0 = unlimited */
	readonly rate: number;
	/** frames */
	readonly limit?: number;
}

export class Netem implements TimerHandler {
	readonly delay: number;
	readonly rate: number;
	readonly limit: number;
	/** Told of each frame that the wire takes; `pool.time` says when it will leave. For who carries the far end elsewhere. */
	taken: ((f: number) => void) | null = null;
	private readonly dev: NetDevice;
	/** Number of its events' handler. */
	readonly handler: number;
	private head = -1;
	private tail = -1;
	private count = 0;
	/** [time at which the last frame taken will have left the sender, virtual ns] */
	private readonly busyUntil: Float64Array = new Float64Array(1);

	constructor(dev: NetDevice, options: NetemOptions) {
		this.dev = dev;
		this.delay = options.delay;
		this.rate = options.rate;
		this.limit = options.limit ?? 1000;
		this.handler = dev.core.events.register(this);
	}
	/** Frames waiting on the wire. */
	get length(): number {
		return this.count;
	}
	/** The frames that wait on the wire, the next one to leave first. */
	frames(): number[] {
		const all: number[] = [];
		for (let f = this.head; f >= 0; f = this.dev.core.pool.next[f]) all.push(f);
		return all;
	}
	get hasRoom(): boolean {
		return this.count < this.limit;
	}
	/** False: there is no room. */
	enqueue(f: number): boolean {
		const { pool, clock, trace } = this.dev.core;
		if (this.count >= this.limit) {
			this.dev.stats[TX_DROPPED]++;
			pool.drop(f, DROP.QDISC_DROP);
			return false;
		}
		const start = Math.max(clock[0], this.busyUntil[0]);
		const leaves = this.rate > 0 ? start + Math.floor((pool.len[f] * 8e9) / this.rate) : start;
		this.busyUntil[0] = leaves;
		this.add(f, leaves + this.delay);
		if (trace.on !== 0)
			trace.add(T_WIRE, f, this.dev.id, Math.min(pool.time[f] - clock[0], 0x7fffffff), 0, 0, 0);
		if (this.taken !== null) this.taken(f);
		return true;
	}
	/** The frame is the last one on the wire and leaves at `time`, virtual ns; no frame on it leaves later. */
	add(f: number, time: number): void {
		const { pool, events } = this.dev.core;
		pool.time[f] = time;
		pool.next[f] = -1;
		if (this.tail < 0) this.head = f;
		else pool.next[this.tail] = f;
		this.tail = f;
		this.count++;
		if (this.count === 1) events.scheduleWire(time, this.dev.id, this.handler, 0);
	}
	/** Everything that is due leaves; one event is outstanding per wire, not one per frame. */
	onTimer(_arg: number): void {
		const { pool, clock, events } = this.dev.core;
		while (this.head >= 0 && pool.time[this.head] <= clock[0]) {
			const f = this.head;
			this.head = pool.next[f];
			if (this.head < 0) this.tail = -1;
			pool.next[f] = -1;
			this.count--;
			if (this.dev.up) this.dev.startXmit(f);
			else pool.drop(f, DROP.DEV_READY);
		}
		if (this.head >= 0) events.scheduleWire(pool.time[this.head], this.dev.id, this.handler, 0);
	}
	/** The queue is taken away: what waits is lost. */
	destroy(): void {
		const pool = this.dev.core.pool;
		while (this.head >= 0) {
			const f = this.head;
			this.head = pool.next[f];
			pool.drop(f, DROP.QDISC_DROP);
		}
		this.tail = -1;
		this.count = 0;
	}
}
