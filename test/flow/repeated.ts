/** Drawn labs whose traffic comes again and again, so that flows are known: what the short ways of the flow cache are tried with. */
import { type CaseFiles, type CaseOptions, type CaseResult, runCase } from "hookline/case";
import { drawCase } from "../kernel/fuzz/draw-case.ts";
import type { TimedFrame } from "../kernel/recorder/lab-case.ts";

/** The drawn case of a seed, each frame twice in a row, and all of them once more afterwards. */
export function repeatedCase(seed: number, kinds: readonly string[], wire = ""): CaseFiles {
	const drawn = drawCase(seed, kinds);
	const inputs: Record<string, TimedFrame[]> = {};
	for (const [path, frames] of Object.entries(drawn.inputs)) {
		const twice = frames.flatMap((f) => [f, f]);
		const end = frames.at(-1)?.time ?? 0;
		inputs[path] = [...twice, ...twice.map((f) => ({ time: f.time + end + 3e9, bytes: f.bytes }))];
	}
	return {
		lab: `${drawn.labText}\n${wires(drawn.labText, wire)}`,
		file: "lab.sh",
		definition: drawn.caseJson,
		capture: (path) => inputs[path] ?? [],
	};
}
/** Lines that give a wire with the settings `wire` of `tc … netem` to every device that is the peer of another; none for "". */
function wires(lab: string, wire: string): string {
	if (wire === "") return "";
	const made = [...lab.matchAll(/^ip link add (\S+) netns (\S+) .*type veth peer name (\S+) netns (\S+)/gm)];
	return made
		.flatMap(([, a, x, b, y]) => [`${x} tc qdisc add dev ${a}`, `${y} tc qdisc add dev ${b}`])
		.map((line) => `ip netns exec ${line} root netem ${wire}\n`)
		.join("");
}
/** Everything that can be seen of a run, as text. */
export function seen(files: CaseFiles, options: CaseOptions): string {
	return textOf(runCase(files, options));
}
export function textOf({ captures, state, lab }: CaseResult): string {
	const frames = [...captures].map(
		([port, list]) =>
			`${port}\n${list.map((f) => `${f.time} ${Buffer.from(f.bytes).toString("hex")}`).join("\n")}`,
	);
	return [...frames, ...state, JSON.stringify(lab.counters())].join("\n");
}
