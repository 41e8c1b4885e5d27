/** One recorded case, from its folder to its results: by itself or as a job of a pool. */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type CaptureRecord, timestampNs, toEthernet } from "@hookline/pcap";
import { type CaseDefinition, type CaseResult, LabError, runCase } from "hookline";
import { Failure, messageOf } from "../errors.ts";
import { CaptureFile } from "../io/capture-in.ts";
import { openCapture } from "../io/capture-out.ts";
import { withFile } from "../io/files.ts";
import type { LabSettings } from "../io/lab-file.ts";
import { grouped, plural } from "../io/table.ts";

export interface CaseJob {
	readonly dir: string;
	/** Below which folder the results go. */
	readonly root: string;
	readonly settings: LabSettings;
}
/** What the command prints about the case, and its part of the exit status. */
export interface CaseReport {
	readonly out: string;
	readonly err: string;
	readonly status: number;
}

/** The name under which its results stand. */
export function caseName(dir: string): string {
	return basename(resolve(dir));
}
/** Runs the case and writes its results. Never throws. */
export function runCaseJob({ dir, root, settings }: CaseJob): CaseReport {
	const name = caseName(dir);
	try {
		const started = Date.now();
		const { frames, ports } = runOne(dir, join(root, name), settings);
		const took = grouped(Date.now() - started);
		return {
			out: `${name}: ${plural(frames, "frame")} at ${plural(ports, "port")}, ${took} ms\n`,
			err: "",
			status: 0,
		};
	} catch (error) {
		const lab = error instanceof LabError;
		return {
			out: `${name}: ${lab ? "not run" : "failed"}\n`,
			err: `${lab ? String(error) : `${name}: ${messageOf(error)}`}\n`,
			status: lab ? 2 : 1,
		};
	}
}

function runOne(dir: string, out: string, settings: LabSettings): { frames: number; ports: number } {
	const file = join(dir, "lab.sh");
	const definition = readDefinition(join(dir, "case.json"));
	clear(out, definition);
	const result = runCase(
		{
			lab: withFile(file, () => readFileSync(file, "utf8")),
			file,
			definition,
			capture: (path) => readFrames(join(dir, path)),
		},
		settings,
	);
	return write(out, result);
}

function readDefinition(path: string): CaseDefinition {
	const text = withFile(path, () => readFileSync(path, "utf8"));
	let value: Partial<CaseDefinition>;
	try {
		value = JSON.parse(text) as Partial<CaseDefinition>;
	} catch (error) {
		throw new Failure(`${path}: ${messageOf(error)}`);
	}
	if (!Array.isArray(value.observe) || !Array.isArray(value.inject))
		throw new Failure(`${path}: expected an object with the lists "observe" and "inject"`);
	return value as CaseDefinition;
}

/** Frames with the times that stand in the file: a case's captures begin at 0. */
function readFrames(path: string): { time: number; bytes: Uint8Array }[] {
	const file = new CaptureFile(path);
	try {
		const frames: { time: number; bytes: Uint8Array }[] = [];
		for (let record: CaptureRecord | undefined; (record = file.next()) !== undefined; )
			frames.push({ time: Number(timestampNs(record)), bytes: toEthernet(record).slice() });
		return frames;
	} finally {
		file.close();
	}
}

/** A run that fails must not leave an older run's files to be judged. */
function clear(out: string, definition: CaseDefinition): void {
	const names = definition.observe.map(({ netns, dev }) => `${netns === "." ? "root" : netns}.${dev}`);
	for (const name of ["state.txt", ...names.flatMap((n) => [`${n}.rx.pcap`, `${n}.tx.pcap`])])
		withFile(join(out, name), () => rmSync(join(out, name), { force: true }));
}

function write(out: string, result: CaseResult): { frames: number; ports: number } {
	withFile(out, () => mkdirSync(out, { recursive: true }));
	let frames = 0;
	for (const [name, list] of result.captures) {
		const capture = openCapture(join(out, `${name}.pcap`), 0n);
		for (const { time, bytes } of list) capture.write(0, time, bytes, "rx");
		capture.close();
		frames += list.length;
	}
	const state = join(out, "state.txt");
	withFile(state, () => writeFileSync(state, `${result.state.join("\n")}\n`));
	return { frames, ports: result.captures.size / 2 };
}
