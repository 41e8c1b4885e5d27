/** `hookline case DIR…`: recorded cases, for a comparison with what the kernel did. */
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { type CaptureRecord, timestampNs, toEthernet } from "@hookline/pcap";
import { type CaseDefinition, type CaseResult, LabError, runCase } from "hookline";
import type { Command } from "../command.ts";
import { Failure, messageOf, UsageError } from "../errors.ts";
import { CaptureFile } from "../io/capture-in.ts";
import { openCapture } from "../io/capture-out.ts";
import { withFile } from "../io/files.ts";
import type { LabSettings } from "../io/lab-file.ts";
import { grouped, plural } from "../io/table.ts";
import { CHANCE_OPTIONS, labSettings, parse, some } from "../options.ts";

export const caseCommand: Command = {
	name: "case",
	usage: "DIR… [--out ROOT] [--seed N] [--vector N]",
	about: "run recorded cases; write ROOT/CASE/NETNS.DEV.{rx,tx}.pcap and state.txt",
	help: `DIR holds lab.sh, case.json and in/*.pcap. Exit status: 0 all ran; 2 a lab file holds something that there is
not here (its file and line on stderr; the other cases run); 1 something else failed.
  --out ROOT   default out/case
  --seed N     default 1
  --vector N   frames handled in one visit, 1 to 256; never changes a result
`,
	run(args, io) {
		const { values, positionals } = parse(args, { out: { type: "string" }, ...CHANCE_OPTIONS });
		const settings = labSettings(values);
		const root = values.out ?? join("out", "case");
		const dirs = some(positionals, "DIR");
		for (const dir of dirs)
			for (const name of ["lab.sh", "case.json"])
				if (statSync(join(dir, name), { throwIfNoEntry: false })?.isFile() !== true)
					throw new UsageError(`${dir}: no case, it has no ${name}`);
		let status = 0;
		for (const dir of dirs) {
			const name = basename(resolve(dir));
			try {
				const started = Date.now();
				const { frames, ports } = runOne(dir, join(root, name), settings);
				io.out(
					`${name}: ${plural(frames, "frame")} at ${plural(ports, "port")}, ${grouped(Date.now() - started)} ms\n`,
				);
			} catch (error) {
				const lab = error instanceof LabError;
				io.err(`${lab ? String(error) : `${name}: ${messageOf(error)}`}\n`);
				io.out(`${name}: ${lab ? "not run" : "failed"}\n`);
				status = lab ? 2 : Math.max(status, 1);
			}
		}
		return status;
	},
};

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
