/** A seed becomes a case: a lab, its traffic, and when each frame goes in. */
import type { CaseEntry } from "hookline/case";
import type { LabCase, TimedFrame } from "../recorder/lab-case.ts";
import { Draw } from "./draw.ts";
import type { DrawnEvent } from "./event.ts";
import { drawAnswers, drawEvents } from "./events.ts";
import type { DrawnLab } from "./lab.ts";
import { ALL_KINDS, drawLab } from "./labs.ts";
import { drawLasting, LASTING } from "./lasting.ts";
import { schedule } from "./schedule.ts";
import { drawTraffic } from "./traffic.ts";

export interface DrawnCase extends LabCase {
	readonly kind: string;
	/** Frames go back to back. */
	readonly burst: boolean;
}

export function drawCase(seed: number, kinds: readonly string[] = ALL_KINDS): DrawnCase {
	const lasting = kinds.filter((k) => k === LASTING).length;
	if (new Draw(~seed).below(kinds.length) < lasting) return lastingCase(seed);
	const draw = new Draw(seed);
	const lab = drawLab(
		draw,
		kinds.filter((k) => k !== LASTING),
	);
	const burst = draw.chance(lab.bursts ?? 35);
	const shots = drawTraffic(draw, lab, burst ? draw.int(30, 90) : draw.int(8, 40));
	// choices of their own, so that a seed's lab and traffic stay what they were
	const eventful = new Draw(~seed);
	const events = drawAll(eventful, lab);
	const { inputs, inject } = schedule(eventful, shots, events, burst, lab.gap);
	return {
		name: `fuzz-${seed}`,
		kind: lab.kind,
		burst,
		labText: `# seed ${seed}: ${lab.kind}\n${lab.lines.join("\n")}\n`,
		caseJson: {
			about: `drawn from seed ${seed}: ${lab.kind}${burst ? ", a burst" : ""}${events.length > 0 ? ", with events" : ""}`,
			...(lab.ipv6 ? { ipv6: true } : {}),
			settle_ms: lab.settle,
			gap_us: 2000,
			observe: lab.ends.map(({ netns, dev }) => ({ netns, dev })),
			inject,
		},
		inputs,
	};
}

function drawAll(draw: Draw, lab: DrawnLab): DrawnEvent[][] {
	if (lab.ipv6 || lab.changes === false || !draw.chance(50)) return [];
	return lab.changes === "answers"
		? drawAnswers(draw, lab, draw.int(1, 6))
		: drawEvents(draw, lab, draw.int(1, 8));
}

/** Each end's frames at the times that were drawn. */
function lastingCase(seed: number): DrawnCase {
	const { lab, shots, over } = drawLasting(new Draw(seed));
	const inputs: Record<string, TimedFrame[]> = {};
	for (const { at, shot } of shots) {
		const path = `in/${shot.end.netns}.pcap`;
		inputs[path] ??= [];
		inputs[path].push({ time: at * 1e6, bytes: shot.bytes });
	}
	const inject: CaseEntry[] = lab.ends
		.filter((e) => inputs[`in/${e.netns}.pcap`] !== undefined)
		.map(({ netns, dev }) => ({ netns, dev, pcap: `in/${netns}.pcap` }));
	inject.push({ at_ns: over * 1e6, netns: "r", sh: "true" });
	return {
		name: `fuzz-${seed}`,
		kind: lab.kind,
		burst: false,
		labText: `# seed ${seed}: ${lab.kind}\n${lab.lines.join("\n")}\n`,
		caseJson: {
			about: `drawn from seed ${seed}: ${lab.kind}`,
			settle_ms: lab.settle,
			gap_us: 2000,
			observe: lab.ends.map(({ netns, dev }) => ({ netns, dev })),
			inject,
		},
		inputs,
	};
}
