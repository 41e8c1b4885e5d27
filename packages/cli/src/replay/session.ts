/** The heart of `replay`: frames from captures into a lab, one after the other, until all is done. */
import { CaptureError, toEthernet } from "@hookline/pcap";
import type { Lab } from "hookline";
import { type CaptureFile, DamagedCapture } from "../io/capture-in.ts";
import type { Progress } from "../io/progress.ts";
import { grouped } from "../io/table.ts";
import type { Injector } from "./injector.ts";
import { Merge } from "./merge.ts";

export interface Source {
	readonly file: CaptureFile;
	readonly injector: Injector;
	/** Frames read from the file. */
	frames: number;
	/** Of these, cut short by the capture's snap length. */
	cut: number;
}
export interface PlayOptions {
	/** Keep the captures' distances in time; else all happens at one instant of virtual time. */
	readonly recorded: boolean;
	readonly progress: Progress;
	/** Called when everything is open and nothing has gone in yet: ns since 1970 of the lab's present. */
	readonly begin: (epoch: bigint) => void;
	/** Called after each frame. */
	readonly after: () => void;
}
export interface Played {
	/** Damage that ended a file early. */
	readonly damage: readonly DamagedCapture[];
	/** Wall clock, from the first frame to the last. */
	readonly seconds: number;
}

/** Frames between two looks at the clock. */
const PROGRESS_EVERY = 1024;
/** How long frames that queues hold may take to come out at the end: more than a fragment waits (30 s). */
const SETTLE_NS = 60e9;
const SETTLE_STEPS = 1_000_000;

export function play(lab: Lab, sources: readonly Source[], options: PlayOptions): Played {
	const merge = new Merge(sources.map((s) => s.file));
	options.begin(merge.epoch);
	const start = lab.now;
	const total = sources.reduce((sum, s) => sum + s.file.size, 0);
	const began = performance.now();
	let frames = 0;
	for (let next = merge.next(); next !== undefined; next = merge.next()) {
		const { source, record, time } = next;
		const s = sources[source];
		let frame: Uint8Array;
		try {
			frame = toEthernet(record);
		} catch (error) {
			if (!(error instanceof CaptureError)) throw error;
			merge.stop(source, new DamagedCapture(s.file.path, error));
			continue;
		}
		s.frames++;
		if (record.data.length < record.origLen) s.cut++;
		if (options.recorded) lab.runUntil(start + time);
		s.injector.inject(frame);
		options.after();
		if (++frames % PROGRESS_EVERY === 0) {
			const read = sources.reduce((sum, x) => sum + x.file.position, 0);
			options.progress.update(read, total, `${grouped(frames)} frames`);
		}
	}
	const seconds = (performance.now() - began) / 1000;
	settle(lab);
	options.after();
	return { damage: merge.damage, seconds };
}

/** Let time pass until no queue holds a frame any more: wires, neighbours, fragments. */
function settle(lab: Lab): void {
	const end = lab.now + SETTLE_NS;
	for (let i = 0; i < SETTLE_STEPS && lab.machine.core.pool.inUse > 0; i++) {
		const next = lab.nextEventTime;
		if (next > end) return;
		lab.runUntil(next);
	}
}
