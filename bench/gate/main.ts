/**
 * Continuous integration's look at speed: CPU time of ours ÷ that of the C program beside it, against the ratios in gate.json. Fails
 * only when a ratio is more than twice the stored one in every one of several attempts; absolute times do not matter.
 *
 *   pnpm bench:gate [--store]    --store: measure and write gate.json
 */
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { type TightC, tightC } from "../peers/tight-c.ts";
import { pathNamed } from "../throughput/labs.ts";
import { compileWorker, type Worker } from "../throughput/ours.ts";
import { median } from "../throughput/spread.ts";
import { FACTOR, judge, type Stored } from "./judge.ts";

const FILE = fileURLToPath(new URL("../gate.json", import.meta.url));
/** Frames timed: about half a second of each. */
const OURS = 500_000;
const C = 5_000_000;
const STORE_RUNS = 9;

/** C, ours, C: ours over the middle of its neighbours. */
async function attempt(worker: Worker, c: TightC, at: Stored): Promise<number> {
	const path = pathNamed(at.path);
	const job = { path, frame: at.frame, flows: at.flows, rules: path.rules };
	const before = await c.measureCount(job, C);
	const ours = await worker.measure({ ...job, path: path.name, count: OURS, vector: 256 });
	const after = await c.measureCount(job, C);
	return ours.nsPerPacket / median([before, after]);
}

async function main(words: readonly string[]): Promise<number> {
	if (words.length > 1 || (words.length === 1 && words[0] !== "--store")) {
		process.stderr.write("usage: bench:gate [--store]\n");
		return 2;
	}
	const stored = JSON.parse(readFileSync(FILE, "utf8")) as Stored[];
	const c = await tightC();
	if (c === undefined) {
		process.stdout.write("SKIPPED: no C compiler (cc), so nothing to measure against\n");
		return 0;
	}
	const worker = await compileWorker();
	try {
		if (words.length === 1) {
			const now: Stored[] = [];
			for (const at of stored) {
				const ratios: number[] = [];
				for (let i = 0; i < STORE_RUNS; i++) ratios.push(await attempt(worker, c, at));
				now.push({ ...at, ratio: Number(median(ratios).toFixed(2)) });
				process.stdout.write(`${at.path}: ours is ${median(ratios).toFixed(2)} of C (was ${at.ratio})\n`);
			}
			writeFileSync(FILE, `[\n${now.map((s) => `  ${JSON.stringify(s)}`).join(",\n")}\n]\n`);
			return 0;
		}
		let status = 0;
		for (const at of stored) {
			const { passed, best, attempts } = await judge(at.ratio, () => attempt(worker, c, at));
			const text = `${at.path}, ${at.frame} bytes, ${at.flows} flows: ours is ${best.toFixed(2)} of C, stored ${at.ratio}, at most ${(FACTOR * at.ratio).toFixed(2)}`;
			process.stdout.write(`${passed ? "fine" : "TOO SLOW"}: ${text} (attempt ${attempts})\n`);
			if (!passed) status = 1;
		}
		return status;
	} finally {
		worker.remove();
		c.remove();
	}
}

process.exitCode = await main(process.argv.slice(2));
