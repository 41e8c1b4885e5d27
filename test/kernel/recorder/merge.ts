/** Several runs of one case become one recording, and what differed between them becomes what is excused. */
import { equal, fields } from "../normalise.ts";
import type { Recording } from "./lab-case.ts";

export interface Merged {
	/** The first run; words of its state that differed are "*"; `random` names the fields of frames that differed. */
	readonly recording: Recording;
	/** Differences that no random draw of a kernel explains, in words. */
	readonly unstable: readonly string[];
}

type Runs = readonly Pick<Recording, "captures" | "stateText">[];

/** `runs` has at least one. */
export function merge(runs: Runs): Merged {
	const [first, ...others] = runs;
	const unstable: string[] = [];
	const random: Record<string, Record<string, string[]>> = {};
	for (const port of [...first.captures.keys()].sort())
		for (const other of others) mergePort(port, first, other, random, unstable);
	const state = first.stateText.split("\n");
	for (const other of others) mergeState(state, other.stateText.split("\n"), unstable);
	const ordered = Object.fromEntries(
		Object.keys(random)
			.sort()
			.map((k) => [k, random[k]]),
	);
	return { recording: { captures: first.captures, stateText: state.join("\n"), random: ordered }, unstable };
}

function mergePort(
	port: string,
	first: Runs[number],
	other: Runs[number],
	random: Record<string, Record<string, string[]>>,
	unstable: string[],
): void {
	const a = first.captures.get(port) ?? [];
	const b = other.captures.get(port) ?? [];
	if (a.length !== b.length) {
		unstable.push(`${port}: ${a.length} frames in one run, ${b.length} in another`);
		return;
	}
	a.forEach(({ bytes: x }, i) => {
		const y = b[i].bytes;
		if (equal(x, y)) return;
		if (x.length !== y.length) {
			unstable.push(`${port} frame ${i}: lengths ${x.length} and ${y.length}`);
			return;
		}
		const differing = new Set([...x.keys()].filter((k) => x[k] !== y[k]));
		const names: string[] = [];
		for (const [name, from, to] of fields(x)) {
			let hit = false;
			for (let k = from; k < to; k++) hit = differing.delete(k) || hit;
			if (hit) names.push(name);
		}
		if (differing.size > 0)
			unstable.push(
				`${port} frame ${i}: bytes ${[...differing].slice(0, 12).join(", ")} differ between runs`,
			);
		const list = ((random[port] ??= {})[String(i)] ??= []);
		for (const n of names) if (!list.includes(n)) list.push(n);
	});
}

function mergeState(state: string[], other: readonly string[], unstable: string[]): void {
	if (other.length !== state.length) {
		const odd = [...other.filter((l) => !state.includes(l)), ...state.filter((l) => !other.includes(l))];
		unstable.push(`state.txt: the number of lines differs between runs: ${odd.slice(0, 4).join(" / ")}`);
		return;
	}
	other.forEach((line, i) => {
		if (line === state[i]) return;
		const a = stateWords(state[i]);
		const b = stateWords(line);
		if (a.length !== b.length) unstable.push(`state.txt line ${i + 1}: ${state[i]} / ${line}`);
		else state[i] = a.map((w, k) => (w === b[k] ? w : "*")).join("");
	});
}

/** A line of state.txt as words and the blanks and = between them. */
export function stateWords(line: string): string[] {
	return line.split(/([ =])/);
}
