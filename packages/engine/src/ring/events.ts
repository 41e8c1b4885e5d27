/**
 * The event queue: a binary heap of (time, order) over typed arrays. An event names a handler and gives it one integer. Events
 * are never removed; whoever scheduled one keeps its own deadline and ignores a call that comes for an old one.
 *
 * Of the events of one instant those of wires come first, in order of the sending devices' numbers; then timers, in order of
 * scheduling. So what a host does does not depend on what other hosts had scheduled before, or on whether they are there at all.
 */
export interface TimerHandler {
	/** `arg` is what was scheduled; the clock stands at the event's time. */
	onTimer(arg: number): void;
}

/** Where the order of wires begins: below it nothing stands, devices' numbers fit in, and timers count from 0 on. */
const FIRST_WIRE = -0x1_0000;
const SILENT: TimerHandler = { onTimer() {} };

export class EventQueue {
	/** Events waiting. */
	length = 0;
	private time: Float64Array = new Float64Array(64);
	private order: Float64Array = new Float64Array(64);
	private handler: Int32Array = new Int32Array(64);
	private arg: Int32Array = new Int32Array(64);
	private readonly handlers: TimerHandler[] = [];
	private seq = 0;

	/** Give a handler its number, once per handler. */
	register(handler: TimerHandler): number {
		this.handlers.push(handler);
		return this.handlers.length - 1;
	}
	/** How many handlers there are: the next one gets this number. */
	get registered(): number {
		return this.handlers.length;
	}
	/** What is or will be scheduled for a handler happens no more. */
	silence(handler: number): void {
		this.handlers[handler] = SILENT;
	}
	/** Call `handlers[handler].onTimer(arg)` at `time` (virtual ns). Timers of one instant fire in order of scheduling. */
	schedule(time: number, handler: number, arg: number): void {
		this.add(time, this.seq++, handler, arg);
	}
	/** The same for what leaves the wire of the device with this number (below 65,536). */
	scheduleWire(time: number, device: number, handler: number, arg: number): void {
		this.add(time, FIRST_WIRE + device, handler, arg);
	}
	private add(time: number, order: number, handler: number, arg: number): void {
		if (this.length === this.time.length) this.grow();
		let i = this.length++;
		while (i > 0) {
			const p = (i - 1) >> 1;
			if (this.time[p] < time || (this.time[p] === time && this.order[p] <= order)) break;
			this.move(p, i);
			i = p;
		}
		this.set(i, time, order, handler, arg);
	}
	/** How many were ever scheduled, wires not counted. */
	get scheduled(): number {
		return this.seq;
	}
	/** Time of the earliest event in virtual ns, Infinity when there is none. */
	get nextTime(): number {
		return this.length > 0 ? this.time[0] : Number.POSITIVE_INFINITY;
	}
	/** Remove the earliest event and call its handler. The queue is not empty. */
	fire(): void {
		const handler = this.handlers[this.handler[0]];
		const arg = this.arg[0];
		this.removeTop();
		handler.onTimer(arg);
	}
	private removeTop(): void {
		const last = --this.length;
		if (last === 0) return;
		const time = this.time[last];
		const seq = this.order[last];
		const handler = this.handler[last];
		const arg = this.arg[last];
		let i = 0;
		for (;;) {
			let c = 2 * i + 1;
			if (c >= last) break;
			if (c + 1 < last && this.before(c + 1, c)) c++;
			if (this.time[c] > time || (this.time[c] === time && this.order[c] > seq)) break;
			this.move(c, i);
			i = c;
		}
		this.set(i, time, seq, handler, arg);
	}
	private before(a: number, b: number): boolean {
		return this.time[a] < this.time[b] || (this.time[a] === this.time[b] && this.order[a] < this.order[b]);
	}
	private move(from: number, to: number): void {
		this.time[to] = this.time[from];
		this.order[to] = this.order[from];
		this.handler[to] = this.handler[from];
		this.arg[to] = this.arg[from];
	}
	private set(i: number, time: number, seq: number, handler: number, arg: number): void {
		this.time[i] = time;
		this.order[i] = seq;
		this.handler[i] = handler;
		this.arg[i] = arg;
	}
	private grow(): void {
		const size = this.time.length * 2;
		const wider = (from: Float64Array) => {
			const to = new Float64Array(size);
			to.set(from);
			return to;
		};
		this.time = wider(this.time);
		this.order = wider(this.order);
		const handler = new Int32Array(size);
		handler.set(this.handler);
		this.handler = handler;
		const arg = new Int32Array(size);
		arg.set(this.arg);
		this.arg = arg;
	}
}
