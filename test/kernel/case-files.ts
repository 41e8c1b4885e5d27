/** Reading recorded cases from their folders. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { readCapture, timestampNs } from "@hookline/pcap";
import type { CaseDefinition, CaseFiles } from "hookline";
import type { RandomFields } from "./normalise.ts";

export const CASES: string = new URL("./cases/", import.meta.url).pathname;

export function caseNames(): string[] {
	return readdirSync(CASES).sort();
}
export function readFrames(path: string): { time: number; bytes: Uint8Array }[] {
	const { records, error } = readCapture(readFileSync(path));
	if (error !== undefined) throw error;
	return records.map((r) => ({ time: Number(timestampNs(r)), bytes: r.data }));
}
export function loadCase(name: string): CaseFiles {
	const dir = join(CASES, name);
	return {
		lab: readFileSync(join(dir, "lab.sh"), "utf8"),
		file: `${name}/lab.sh`,
		definition: JSON.parse(readFileSync(join(dir, "case.json"), "utf8")) as CaseDefinition,
		capture: (path) => readFrames(join(dir, path)),
	};
}
export interface Golden {
	readonly random: RandomFields;
	/** Frames by `NETNS.DEV.rx|tx`. */
	readonly frames: ReadonlyMap<string, readonly Uint8Array[]>;
	/** Lines of state.txt. */
	readonly state: readonly string[];
}
export function loadGolden(name: string): Golden {
	const dir = join(CASES, name, "golden");
	const frames = new Map<string, Uint8Array[]>();
	for (const f of readdirSync(dir))
		if (f.endsWith(".pcap"))
			frames.set(
				f.slice(0, -5),
				readFrames(join(dir, f)).map((x) => x.bytes),
			);
	return {
		random: JSON.parse(readFileSync(join(dir, "random.json"), "utf8")) as RandomFields,
		frames,
		state: readFileSync(join(dir, "state.txt"), "utf8").trimEnd().split("\n"),
	};
}
