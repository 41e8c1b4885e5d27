/**
 * What one packet sets off on its way from a device's backlog to the next one, noted while it goes the long way, so that later packets
 * of its flow can take the short one. Anything that is not noted here, or happens differently the next time, is a `veto`.
 */
import type { FrameWatcher } from "../frame/pool.ts";

/** A pair of counters, packets and bytes, and by how much its bytes differ from those of the arriving frame. */
export interface CounterNote {
	readonly cells: Float64Array;
	readonly at: number;
	readonly delta: number;
}
/** Something that a packet refreshes when time has moved on, as long as it is what it was. */
export interface FreshNote {
	/** Which of its owner's things it is: equal notes of one owner have equal numbers. */
	readonly key: number;
	readonly owner: FreshOwner;
}
export interface FreshOwner {
	/** Is it still what it was? Nothing is touched. */
	stillThere(key: number): boolean;
	/** A packet meets it now. */
	flowMeets(key: number): void;
}

/** A source of chance: 32 random bits. */
export interface Chance {
	i32(): number;
}

export class FlowRecorder implements FrameWatcher {
	/** The frame that is watched, -1 none. */
	frame = -1;
	/** Nobody may take a short way for it. */
	refused = false;
	counters: CounterNote[] = [];
	fresh: FreshNote[] = [];
	/** Connection and what the packet is to it; 0 none. */
	ct = 0;
	/** A rule was looked at. */
	ruled = false;
	/** W_EXIT, and whether the frame has left. */
	exit = 0;
	left = false;
	/** A host looked at its addresses. */
	addressed = false;
	/** A rule looked at its source port. */
	portSeen = false;
	/** First << 16 | last of the ports that the outer source port is drawn from, by what flow is inside; 0: it is not. */
	portRange = 0;
	/** Who draws the outer header's id; null: there is none. */
	outerId: Chance | null = null;
	/** Length of the frame when it came. */
	private length = 0;

	begin(f: number, length: number): void {
		this.frame = f;
		this.length = length;
		this.refused = false;
		this.counters = [];
		this.fresh = [];
		this.ct = 0;
		this.ruled = false;
		this.left = false;
		this.addressed = false;
		this.portSeen = false;
		this.portRange = 0;
		this.outerId = null;
	}
	veto(): void {
		this.refused = true;
	}
	/** The frame counts in `cells[at]`, and with `bytes` in the cell behind it. */
	count(f: number, cells: Float64Array, at: number, bytes: number): void {
		if (f !== this.frame) this.refused = true;
		this.counters.push({ cells, at, delta: bytes - this.length });
	}
	meets(owner: FreshOwner, key: number): void {
		this.fresh.push({ owner, key });
	}
	/** The frame is a packet of a known connection. */
	tracked(ct: number): void {
		if (this.ct !== 0) this.refused = true;
		this.ct = ct;
	}
	/** The frame enters the backlog of device `dev`. */
	leaves(f: number, dev: number): void {
		if (f !== this.frame || this.left) this.refused = true;
		this.exit = dev;
		this.left = true;
	}
	/** It is about to go on the wire of device `dev`. */
	leavesByWire(f: number, dev: number): void {
		this.leaves(f, ~dev);
	}
	drawsPort(first: number, last: number): void {
		this.portRange = (first << 16) | last;
	}
	drawsOuterId(random: Chance): void {
		if (this.outerId !== null) this.refused = true;
		this.outerId = random;
	}
	allocated(): void {
		this.refused = true;
	}
	delivered(): void {
		this.refused = true;
	}
	dropped(): void {
		this.refused = true;
	}
}
