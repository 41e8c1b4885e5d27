/** A seed becomes a case: a lab, its traffic, and when each frame goes in. */
import type { LabCase } from "../recorder/lab-case.ts";
import { Draw } from "./draw.ts";
import { drawEvents } from "./events.ts";
import { ALL_KINDS, drawLab } from "./labs.ts";
import { schedule } from "./schedule.ts";
import { drawTraffic } from "./traffic.ts";

export interface DrawnCase extends LabCase {
	readonly kind: string;
	/** Frames go back to back. */
	readonly burst: boolean;
}

export function drawCase(seed: number, kinds: readonly string[] = ALL_KINDS): DrawnCase {
	const draw = new Draw(seed);
	const lab = drawLab(draw, kinds);
	const burst = draw.chance(35);
	const shots = drawTraffic(draw, lab, burst ? draw.int(30, 90) : draw.int(8, 40));
	// choices of their own, so that a seed's lab and traffic stay what they were
	const eventful = new Draw(~seed);
	const events = lab.ipv6 || !eventful.chance(40) ? [] : drawEvents(eventful, lab, eventful.int(1, 6));
	const { inputs, inject } = schedule(eventful, shots, events, burst);
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
