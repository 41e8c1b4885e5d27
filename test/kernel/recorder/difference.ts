/** Where two recordings of one case differ: the first differing frame of each port, and lines of the state. */
import { Comparer, type RandomFields } from "../normalise.ts";
import { PARTIAL } from "./kernel-run.ts";
import type { Recording, TimedFrame } from "./lab-case.ts";
import { stateWords } from "./merge.ts";

export interface FrameDifference {
	readonly kind: "frame";
	/** `NETNS.DEV.rx|tx` */
	readonly port: string;
	/** Number of the frame at that port, from 0. */
	readonly index: number;
	/** Missing on one side: undefined there. */
	readonly kernel: TimedFrame | undefined;
	readonly hookline: TimedFrame | undefined;
	/** Frames of the port on both sides. */
	readonly frames: readonly [kernel: number, hookline: number];
}
export interface StateDifference {
	readonly kind: "state";
	/** e.g. "root: conntrack" */
	readonly section: string;
	/** Lines that only one side has. */
	readonly kernel: readonly string[];
	readonly hookline: readonly string[];
}
export type Difference = FrameDifference | StateDifference;

/** All differences, those of frames first, by the kernel's time. `random` excuses by port and frame, as random.json does. */
export function differences(
	kernel: Recording,
	hookline: Pick<Recording, "captures" | "stateText">,
	random: RandomFields = kernel.random,
): Difference[] {
	const comparer = new Comparer(random);
	const found: FrameDifference[] = [];
	for (const port of [...new Set([...kernel.captures.keys(), ...hookline.captures.keys()])].sort()) {
		const a = kernel.captures.get(port) ?? [];
		const b = hookline.captures.get(port) ?? [];
		for (let index = 0; index < Math.max(a.length, b.length); index++) {
			const k = a[index];
			const h = b[index];
			if (k !== undefined && h !== undefined && comparer.same(port, index, k.bytes, h.bytes)) continue;
			found.push({ kind: "frame", port, index, kernel: k, hookline: h, frames: [a.length, b.length] });
			break;
		}
	}
	const time = (d: FrameDifference): number => (d.kernel ?? d.hookline)!.time;
	return [
		...found.sort((a, b) => time(a) - time(b)),
		...stateDifferences(kernel.stateText, hookline.stateText),
	];
}

function stateDifferences(kernel: string, hookline: string): StateDifference[] {
	const a = sections(kernel);
	const b = sections(hookline);
	const found: StateDifference[] = [];
	for (const section of new Set([...a.keys(), ...b.keys()])) {
		const ours = b.get(section);
		const theirs = a.get(section);
		if (theirs === undefined || ours === undefined) {
			const whole = [`== ${section}`];
			if (theirs === undefined)
				found.push({ kind: "state", section, kernel: [], hookline: [...whole, ...ours!] });
			else found.push({ kind: "state", section, kernel: [...whole, ...theirs], hookline: [] });
			continue;
		}
		// in order where they agree in order; rules are a list, and all other sections are sorted
		if (theirs.length === ours.length && theirs.every((l, i) => sameLine(l, ours[i]))) continue;
		const rest = [...ours];
		const only = theirs.filter((l) => {
			const at = rest.findIndex((o) => sameLine(l, o));
			if (at >= 0) rest.splice(at, 1);
			return at < 0;
		});
		const reordered = only.length === 0 && rest.length === 0;
		if (reordered && !section.includes("tables")) continue;
		found.push({
			kind: "state",
			section,
			kernel: reordered ? theirs : only,
			hookline: reordered ? ours : rest,
		});
	}
	return found;
}

/** Lines by the words after "== ". What the recorder notes about itself is no state. */
function sections(text: string): Map<string, string[]> {
	const found = new Map<string, string[]>();
	let lines: string[] = [];
	for (const line of text.trimEnd().split("\n")) {
		if (line.startsWith("== ")) found.set(line.slice(3), (lines = []));
		else if (!line.endsWith(PARTIAL)) lines.push(line);
	}
	if (found.get("recorder")?.length === 0) found.delete("recorder");
	return found;
}

/** "*" stands for a word that differed between runs. */
function sameLine(a: string, b: string): boolean {
	if (a === b) return true;
	const x = stateWords(a);
	const y = stateWords(b);
	return x.length === y.length && x.every((w, i) => w === y[i] || w === "*" || y[i] === "*");
}
