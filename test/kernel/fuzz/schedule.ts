/** When each frame goes in, and the events between them. */
import type { CaseEntry } from "hookline/case";
import type { TimedFrame } from "../recorder/lab-case.ts";
import type { Draw } from "./draw.ts";
import type { DrawnEvent } from "./event.ts";
import type { Shot } from "./flows.ts";

/** Between spaced frames, ns. */
const GAP = 2e6;

export interface Schedule {
	readonly inputs: Record<string, TimedFrame[]>;
	readonly inject: CaseEntry[];
}

/** The frames in their order, spaced or back to back, and each list of events begun at a place of its own. */
export function schedule(
	draw: Draw,
	shots: readonly Shot[],
	events: readonly (readonly DrawnEvent[])[],
	burst: boolean,
	gap: number = GAP,
): Schedule {
	const inputs: Record<string, TimedFrame[]> = {};
	const inject: CaseEntry[] = [];
	const before = placed(draw, shots.length, events);
	let now = 0;
	for (let i = 0; i <= shots.length; i++) {
		for (const { entry, takes } of before.get(i) ?? []) {
			// the first frames of a burst still run when it is cut
			now += gap;
			inject.push({ at_ns: now, ...entry });
			now += takes;
		}
		const shot = shots[i];
		if (shot === undefined) break;
		const { end, bytes } = shot;
		const path = `in/${end.netns}.pcap`;
		if (inputs[path] === undefined) {
			inputs[path] = [];
			inject.push({ netns: end.netns, dev: end.dev, pcap: path, ...(burst ? { burst } : {}) });
		}
		inputs[path].push({ time: now, bytes });
		now += burst ? 1000 : gap;
	}
	return { inputs, inject };
}

/** Events by the number of the frame that they come before. */
function placed(
	draw: Draw,
	frames: number,
	events: readonly (readonly DrawnEvent[])[],
): Map<number, DrawnEvent[]> {
	const before = new Map<number, DrawnEvent[]>();
	for (const list of events) {
		let at = draw.int(1, Math.max(1, frames - 1));
		for (const event of list) {
			at = Math.min(frames, at + (event.later ?? 0));
			before.set(at, [...(before.get(at) ?? []), event]);
		}
	}
	return before;
}
