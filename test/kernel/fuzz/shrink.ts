/** Makes a case that differs smaller while it goes on differing: fewer events and frames, then fewer lines of the lab, then frames again. */
import type { CaseEntry } from "hookline/case";
import type { LabCase, TimedFrame } from "../recorder/lab-case.ts";

/** Does the case still differ? A lab that fails does not count. */
export type StillDiffers = (lab: LabCase) => Promise<boolean>;

interface Sent {
	readonly path: string;
	readonly frame: TimedFrame;
}

/** At most `budget` questions are asked. Returns the smallest case that was seen to differ. */
export async function shrink(lab: LabCase, differs: StillDiffers, budget: number): Promise<LabCase> {
	let best = lab;
	let left = budget;
	const ask = async (candidate: LabCase): Promise<boolean> => {
		if (left <= 0) return false;
		left--;
		if (!(await differs(candidate))) return false;
		best = candidate;
		return true;
	};
	const reduce = async <T>(
		items: readonly T[],
		build: (kept: readonly T[]) => LabCase,
	): Promise<readonly T[]> => {
		let kept = items;
		for (let size = Math.ceil(kept.length / 2); size >= 1; size = size === 1 ? 0 : Math.ceil(size / 2)) {
			for (let at = kept.length; at > 0 && left > 0; ) {
				at = Math.max(0, at - size);
				const without = [...kept.slice(0, at), ...kept.slice(at + size)];
				if (without.length < kept.length && (await ask(build(without)))) kept = without;
			}
		}
		return kept;
	};
	await reduce(events(best), (kept) => withEvents(best, kept));
	await reduce(sentFrames(best), (kept) => withFrames(best, kept));
	await reduce(events(best), (kept) => withEvents(best, kept));
	await reduce(best.labText.trimEnd().split("\n"), (kept) => ({ ...best, labText: `${kept.join("\n")}\n` }));
	await reduce(sentFrames(best), (kept) => withFrames(best, kept));
	return best;
}

/** Entries that are no frames of a capture: commands, sockets, answers. */
function events(lab: LabCase): CaseEntry[] {
	return lab.caseJson.inject.filter((e) => e.pcap === undefined);
}
function withEvents(lab: LabCase, kept: readonly CaseEntry[]): LabCase {
	const inject = lab.caseJson.inject.filter((e) => e.pcap !== undefined || kept.includes(e));
	return { ...lab, caseJson: { ...lab.caseJson, inject } };
}
function sentFrames(lab: LabCase): Sent[] {
	return Object.entries(lab.inputs)
		.flatMap(([path, frames]) => frames.map((frame) => ({ path, frame })))
		.sort((a, b) => a.frame.time - b.frame.time);
}
/** The same case with only these frames; entries that send nothing any more go. */
function withFrames(lab: LabCase, kept: readonly Sent[]): LabCase {
	const inputs: Record<string, TimedFrame[]> = {};
	for (const { path, frame } of kept) {
		inputs[path] ??= [];
		inputs[path].push(frame);
	}
	const inject = lab.caseJson.inject.filter((e) => e.pcap === undefined || inputs[e.pcap] !== undefined);
	return { ...lab, inputs, caseJson: { ...lab.caseJson, inject } };
}
