/** A seed becomes a case: a lab, its traffic, and when each frame goes in. */
import type { CaseEntry } from "hookline/case";
import type { LabCase, TimedFrame } from "../recorder/lab-case.ts";
import { Draw } from "./draw.ts";
import { ALL_KINDS, drawLab } from "./labs.ts";
import { drawTraffic } from "./traffic.ts";

/** Between spaced frames, ns. */
const GAP = 2e6;

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
	const inputs: Record<string, TimedFrame[]> = {};
	const inject: CaseEntry[] = [];
	shots.forEach(({ end, bytes }, i) => {
		const path = `in/${end.netns}.pcap`;
		if (inputs[path] === undefined) {
			inputs[path] = [];
			inject.push({ netns: end.netns, dev: end.dev, pcap: path, ...(burst ? { burst } : {}) });
		}
		inputs[path].push({ time: burst ? i * 1000 : i * GAP, bytes });
	});
	return {
		name: `fuzz-${seed}`,
		kind: lab.kind,
		burst,
		labText: `# seed ${seed}: ${lab.kind}\n${lab.lines.join("\n")}\n`,
		caseJson: {
			about: `drawn from seed ${seed}: ${lab.kind}${burst ? ", a burst" : ""}`,
			...(lab.ipv6 ? { ipv6: true } : {}),
			settle_ms: lab.settle,
			gap_us: 2000,
			observe: lab.ends.map(({ netns, dev }) => ({ netns, dev })),
			inject,
		},
		inputs,
	};
}
