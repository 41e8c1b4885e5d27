/**
 * The record sink. While `on` is 0 a trace point costs that one test; while it is 1 each adds a row of integers, so recording
 * never makes an object per frame either. Rows keep the order in which things happened.
 *
 *   row = [kind, frame serial, netns, dev, a, b, c, d]   Int32, meaning of a..d by kind (kinds.ts)
 *   time of the row: Float64, virtual ns
 */
import type { FramePool, FrameWatcher } from "../frame/pool.ts";
import { T_ALLOC, T_DELIVERED, T_DROPPED } from "./kinds.ts";

export const ROW = 8;
/** `on` while what a frame meets is noted by the flow cache (flow/recorder.ts), not here. */
export const LEARNING = 2;

export class Trace implements FrameWatcher {
	/** 1 while recording, LEARNING while the flow cache watches a frame; test it before you call `add`. */
	on = 0;
	rows: Int32Array = new Int32Array(ROW * 64);
	times: Float64Array = new Float64Array(64);
	/** Rows in use. */
	length = 0;
	/** Most rows held; what comes beyond is only counted, in `lost`. */
	limit = 8_000_000;
	/** Rows that found no room. */
	lost = 0;
	/** Where a record is made, as a device belongs to a namespace: netns id by device id. */
	readonly netnsOf: Int32Array;
	private readonly pool: FramePool;
	private readonly clock: Float64Array;
	private nextSerial = 1;

	constructor(pool: FramePool, clock: Float64Array, netnsOf: Int32Array) {
		this.pool = pool;
		this.clock = clock;
		this.netnsOf = netnsOf;
	}
	start(): void {
		this.on = 1;
		this.pool.watcher = this;
	}
	stop(): void {
		this.on = 0;
		this.pool.watcher = null;
	}
	/** Forget the rows; serial numbers go on. */
	clear(): void {
		this.length = 0;
	}
	add(kind: number, f: number, dev: number, a: number, b: number, c: number, d: number): void {
		if (this.on === LEARNING) return;
		if (this.length === this.limit) {
			this.lost++;
			return;
		}
		if (this.length === this.times.length) this.grow();
		const at = this.length * ROW;
		const rows = this.rows;
		rows[at] = kind;
		rows[at + 1] = f < 0 ? 0 : this.pool.serial[f];
		rows[at + 2] = dev < 0 ? -1 : this.netnsOf[dev];
		rows[at + 3] = dev;
		rows[at + 4] = a;
		rows[at + 5] = b;
		rows[at + 6] = c;
		rows[at + 7] = d;
		this.times[this.length] = this.clock[0];
		this.length++;
	}
	allocated(f: number, from: number): void {
		this.pool.serial[f] = this.nextSerial++;
		this.add(T_ALLOC, f, -1, from < 0 ? -1 : this.pool.serial[from], this.pool.len[f], 0, 0);
	}
	delivered(f: number, to: number): void {
		this.add(T_DELIVERED, f, this.pool.dev[f], to, 0, 0, 0);
	}
	dropped(f: number, reason: number): void {
		this.add(T_DROPPED, f, this.pool.dev[f], reason, 0, 0, 0);
	}
	private grow(): void {
		const rows = new Int32Array(this.rows.length * 2);
		rows.set(this.rows);
		this.rows = rows;
		const times = new Float64Array(this.times.length * 2);
		times.set(this.times);
		this.times = times;
	}
}
