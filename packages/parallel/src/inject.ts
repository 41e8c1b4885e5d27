/** Frames to be put in at given times: what a caller asks for, as plain data, and the queue that does it on a lab. */
import type { DeviceHandle, Lab } from "hookline";

export interface Injection {
	/** NETNS:DEV */
	readonly at: string;
	/** A frame from the destination MAC on, or several of one instant (a burst: all are in the backlog before the first is looked at). */
	readonly bytes: Uint8Array | readonly Uint8Array[];
	/** When, virtual ns; default: now. After everything that is due then. */
	readonly time?: number;
	/** Again every so many ns, `count` times in all. */
	readonly every?: number;
	readonly count?: number;
	/** "tx" (default): sent out of the device; "rx": as if it had come from its wire. */
	readonly direction?: "tx" | "rx";
}

interface Entry {
	time: number;
	left: number;
	/** Order at one instant: that of asking. */
	readonly number: number;
	readonly device: DeviceHandle;
	readonly frames: readonly Uint8Array[];
	readonly every: number;
	readonly rx: boolean;
	readonly at: string;
}

/** The same with frames that stand alone: cloning a view for another thread takes all of the memory that it looks into along. */
export function compact(injection: Injection): Injection {
	const own = (b: Uint8Array): Uint8Array =>
		b.byteLength === b.buffer.byteLength ? b : Uint8Array.prototype.slice.call(b);
	const { bytes } = injection;
	return { ...injection, bytes: bytes instanceof Uint8Array ? own(bytes) : bytes.map(own) };
}
/** Throws RangeError for times and counts that are none. */
export function checkInjection(i: Injection, now: number): void {
	const { time = now, every, count } = i;
	if (!(Number.isFinite(time) && time >= now))
		throw new RangeError(`${i.at}: a frame cannot be put in at ${time} ns; it is ${now} ns now`);
	if (count !== undefined && !(Number.isInteger(count) && count >= 1))
		throw new RangeError(`${i.at}: count is a whole number from 1 on, not ${count}`);
	if (every !== undefined && !(Number.isFinite(every) && every > 0))
		throw new RangeError(`${i.at}: every is a time above 0 ns, not ${every}`);
	if ((count ?? 1) > 1 && every === undefined)
		throw new RangeError(`${i.at}: ${count} times, but how far apart? "every" is missing`);
}

export class Injector {
	/** What was refused, and why, in words; the first thousand. */
	readonly refused: string[] = [];
	private readonly lab: Lab;
	/** Heap by (time, number). */
	private readonly heap: Entry[] = [];

	constructor(lab: Lab) {
		this.lab = lab;
	}
	/** Throws when there is no such device, and as `checkInjection` does. */
	add(injection: Injection, number: number): void {
		checkInjection(injection, this.lab.now);
		const { at, bytes, time = this.lab.now, every = 0, count = 1 } = injection;
		this.push({
			time,
			left: count,
			number,
			device: this.lab.device(at),
			frames: bytes instanceof Uint8Array ? [bytes] : bytes,
			every,
			rx: injection.direction === "rx",
			at,
		});
	}
	/** When the next frames are to be put in, virtual ns; Infinity when there are none. */
	get nextTime(): number {
		return this.heap.length > 0 ? this.heap[0].time : Number.POSITIVE_INFINITY;
	}
	/** Put the next ones in, at the lab's present time, and run what follows at this instant. */
	fire(): void {
		const e = this.pop();
		const { device } = e;
		e.frames.forEach((bytes, i) => {
			const refused = e.rx ? device.enqueueReceive(bytes) : device.enqueueTransmit(bytes);
			if (refused !== undefined && this.refused.length < 1000)
				this.refused.push(`${e.at} at ${e.time} ns, frame ${i}: ${refused}`);
		});
		this.lab.machine.core.settle();
		if (--e.left === 0) return;
		e.time += e.every;
		this.push(e);
	}
	private push(e: Entry): void {
		const { heap } = this;
		let i = heap.push(e) - 1;
		while (i > 0) {
			const p = (i - 1) >> 1;
			if (!before(e, heap[p])) break;
			heap[i] = heap[p];
			i = p;
		}
		heap[i] = e;
	}
	private pop(): Entry {
		const { heap } = this;
		const top = heap[0];
		const last = heap.pop() as Entry;
		const n = heap.length;
		if (n === 0) return top;
		let i = 0;
		for (;;) {
			let c = 2 * i + 1;
			if (c >= n) break;
			if (c + 1 < n && before(heap[c + 1], heap[c])) c++;
			if (!before(heap[c], last)) break;
			heap[i] = heap[c];
			i = c;
		}
		heap[i] = last;
		return top;
	}
}

function before(a: Entry, b: Entry): boolean {
	return a.time < b.time || (a.time === b.time && a.number < b.number);
}
