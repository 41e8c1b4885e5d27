/** A case in memory, and what a run of it gave: the same for the kernel and for Hookline. Files of a case are read and written here. */
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { PcapWriter, readCapture, timestampNs } from "@hookline/pcap";
import type { CaseDefinition } from "hookline";
import type { RandomFields } from "../normalise.ts";

export interface TimedFrame {
	/** ns since the start of the case */
	readonly time: number;
	readonly bytes: Uint8Array;
}
export interface LabCase {
	/** For messages; default "lab". */
	readonly name?: string;
	/** Text of lab.sh. */
	readonly labText: string;
	/** The parsed case.json. */
	readonly caseJson: CaseDefinition;
	/** Frames by the path that `inject` names, e.g. "in/c1.eth0.pcap". */
	readonly inputs: Readonly<Record<string, readonly TimedFrame[]>>;
}
export interface Recording {
	/** Frames by `NETNS.DEV.rx` and `NETNS.DEV.tx`; the root namespace is written "root". */
	readonly captures: ReadonlyMap<string, readonly TimedFrame[]>;
	/** Text of state.txt; its lines end with \n. */
	readonly stateText: string;
	/** Fields that only the kernel's random draws decide, by port and frame; empty when nobody looked. */
	readonly random: RandomFields;
}

/** Frames of a capture file, with the times that stand in it. Throws Error with the path for a file that is none or is damaged. */
export function readFrames(path: string): TimedFrame[] {
	const { records, error } = readCapture(new Uint8Array(readFileSync(path)));
	if (error !== undefined) throw new Error(`${path}: ${error.message}`);
	return records.map((r) => ({ time: Number(timestampNs(r)), bytes: r.data }));
}

/** Throws Error naming the file when DIR holds no case or what its case.json says is no case. */
export function readCase(dir: string): LabCase {
	const file = (name: string): string => {
		const path = join(dir, name);
		if (statSync(path, { throwIfNoEntry: false })?.isFile() !== true)
			throw new Error(`${dir}: no case, it has no ${name}`);
		return readFileSync(path, "utf8");
	};
	let definition: Partial<CaseDefinition>;
	try {
		definition = JSON.parse(file("case.json")) as Partial<CaseDefinition>;
	} catch (e) {
		throw e instanceof SyntaxError ? new Error(`${join(dir, "case.json")}: ${e.message}`) : e;
	}
	if (!Array.isArray(definition.observe) || !Array.isArray(definition.inject))
		throw new Error(`${join(dir, "case.json")}: expected an object with the lists "observe" and "inject"`);
	const caseJson = definition as CaseDefinition;
	const inputs: Record<string, TimedFrame[]> = {};
	for (const { pcap } of caseJson.inject)
		if (pcap !== undefined) inputs[pcap] ??= readFrames(join(dir, pcap));
	return { name: basename(resolve(dir)), labText: file("lab.sh"), caseJson, inputs };
}

/** Write lab.sh, case.json and the inputs, so that a case made in memory can be kept. */
export function writeCase(dir: string, lab: LabCase): void {
	mkdirSync(dir, { recursive: true });
	writeFileSync(join(dir, "lab.sh"), lab.labText);
	writeFileSync(join(dir, "case.json"), `${JSON.stringify(lab.caseJson, null, 1)}\n`);
	for (const [path, frames] of Object.entries(lab.inputs)) {
		mkdirSync(join(dir, path, ".."), { recursive: true });
		writeFrames(join(dir, path), frames);
	}
}

export function writeFrames(path: string, frames: readonly TimedFrame[]): void {
	const parts: Uint8Array[] = [];
	const writer = new PcapWriter((b) => parts.push(b));
	for (const { time, bytes } of frames) writer.writePacket({ timestampNs: time, data: bytes });
	writeFileSync(path, Buffer.concat(parts));
}

/** A folder like golden/: NETNS.DEV.{rx,tx}.pcap, state.txt, random.json. What stood in it before goes. */
export function writeRecording(dir: string, recording: Recording): void {
	rmSync(dir, { recursive: true, force: true });
	mkdirSync(dir, { recursive: true });
	for (const [port, frames] of recording.captures) writeFrames(join(dir, `${port}.pcap`), frames);
	writeFileSync(join(dir, "state.txt"), recording.stateText);
	writeFileSync(join(dir, "random.json"), `${JSON.stringify(recording.random, null, 1)}\n`);
}

/** A recording from its folder; undefined when there is none. */
export function readRecording(dir: string): Recording | undefined {
	if (!existsSync(join(dir, "state.txt"))) return undefined;
	const captures = new Map<string, TimedFrame[]>();
	for (const f of readdirSync(dir).sort())
		if (f.endsWith(".pcap")) captures.set(f.slice(0, -5), readFrames(join(dir, f)));
	const random = join(dir, "random.json");
	return {
		captures,
		stateText: readFileSync(join(dir, "state.txt"), "utf8"),
		random: existsSync(random) ? (JSON.parse(readFileSync(random, "utf8")) as RandomFields) : {},
	};
}
