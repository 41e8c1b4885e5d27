/**
 * `hookline bench`: packets per second through the canonical paths, each figure the median of several fresh processes. CPU time of
 * everything in one thread: sender with a full copy of each frame, path, sink.
 */
import { execFileSync, spawn } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { cpus, platform, release, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PATHS } from "./labs.ts";
import type { Job, Measurement } from "./measure.ts";

export interface BenchOptions {
	readonly paths: readonly string[];
	/** Bytes from the destination MAC on, no FCS. */
	readonly frames: readonly number[];
	readonly flows: readonly number[];
	/** Process starts for each figure. */
	readonly runs?: number;
	/** Frames timed in each. */
	readonly count?: number;
	readonly vector?: number;
	/** Write the figures here, too. */
	readonly json?: string;
	readonly out?: (text: string) => void;
	/** Progress, 0..1. */
	readonly progress?: (done: number) => void;
}
export interface BenchRow {
	readonly path: string;
	readonly frame: number;
	readonly flows: number;
	readonly rules: number;
	readonly nsPerPacket: { readonly median: number; readonly min: number; readonly max: number };
	readonly mpps: number;
	readonly gcPer10M: number;
	readonly rssMB: number;
	readonly against: Readonly<Record<string, number>>;
}

export function machineText(): string {
	const cpu = cpus()[0]?.model.trim() ?? "unknown CPU";
	return `${cpu}, ${cpus().length} cores; ${platform()} ${release()}; node ${process.version}`;
}

/** Runs everything and prints the table; 0 when all frames arrived in all runs. */
export async function runBench(options: BenchOptions): Promise<number> {
	const out = options.out ?? ((t: string) => process.stdout.write(t));
	for (const p of options.paths) {
		if (!PATHS.some((x) => x.name === p))
			throw new RangeError(`no path "${p}"; there are: ${PATHS.map((x) => x.name).join(" ")}`);
	}
	const runs = options.runs ?? 5;
	const worker = await compileWorker();
	const rows: BenchRow[] = [];
	const total = options.paths.length * options.frames.length * options.flows.length * runs;
	let done = 0;
	out(
		`${machineText()}\n${runs} process starts a figure; CPU ns of one thread a packet: sender's copy, path, sink\n\n`,
	);
	out("path    frame   flows  rules   median      min      max     Mpps  gc/10M   RSS\n");
	try {
		for (const path of options.paths)
			for (const frame of options.frames)
				for (const flows of options.flows) {
					const p = PATHS.find((x) => x.name === path);
					const results: Measurement[] = [];
					for (let i = 0; i < runs; i++) {
						const count = options.count ?? (flows >= 100_000 ? 1_000_000 : 2_000_000);
						results.push(
							await runWorker(worker.file, {
								path,
								frame: Math.min(frame, p?.maxFrame ?? frame),
								flows,
								count,
								vector: options.vector ?? 256,
							}),
						);
						options.progress?.(++done / total);
					}
					const row = summarise(path, Math.min(frame, p?.maxFrame ?? frame), flows, p?.rules ?? 0, results);
					rows.push(row);
					out(line(row));
				}
	} finally {
		worker.remove();
	}
	if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 1)}\n`);
	return 0;
}

function summarise(
	path: string,
	frame: number,
	flows: number,
	rules: number,
	results: readonly Measurement[],
): BenchRow {
	const ns = results.map((r) => r.nsPerPacket).sort((a, b) => a - b);
	const median = middle(ns);
	return {
		path,
		frame,
		flows,
		rules,
		nsPerPacket: { median, min: ns[0], max: ns[ns.length - 1] },
		mpps: 1000 / median,
		gcPer10M: middle(results.map((r) => r.gcPer10M).sort((a, b) => a - b)),
		rssMB: middle(results.map((r) => r.rss / 1e6).sort((a, b) => a - b)),
		against: {},
	};
}
function middle(sorted: readonly number[]): number {
	const n = sorted.length;
	return n % 2 === 1 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
function line(r: BenchRow): string {
	const n = (x: number, w: number, d = 0) => x.toFixed(d).padStart(w);
	const { median, min, max } = r.nsPerPacket;
	return `${r.path.padEnd(7)} ${n(r.frame, 5)} ${n(r.flows, 7)} ${n(r.rules, 6)} ${n(median, 8)} ${n(min, 8)} ${n(max, 8)} ${n(r.mpps, 8, 2)} ${n(r.gcPer10M, 7, 1)} ${n(r.rssMB, 4)}M\n`;
}

/** The worker as one plain JavaScript file: built code as it is, source bundled first (source under a loader is slower). */
async function compileWorker(): Promise<{ file: string; remove(): void }> {
	const built = fileURLToPath(new URL("./worker.js", import.meta.url));
	if (existsSync(built)) return { file: built, remove: () => {} };
	const { build } = await import("esbuild");
	const dir = mkdtempSync(join(tmpdir(), "hookline-bench-"));
	const file = join(dir, "worker.mjs");
	await build({
		entryPoints: [fileURLToPath(new URL("./worker.ts", import.meta.url))],
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node20",
		conditions: ["source"],
		outfile: file,
		logLevel: "error",
		banner: {
			js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
		},
	});
	return { file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}

function runWorker(file: string, job: Job): Promise<Measurement> {
	return new Promise((resolve, reject) => {
		const argv = [file, JSON.stringify(job)];
		const pinned = platform() === "linux" && hasTaskset();
		const child = spawn(
			pinned ? "taskset" : process.execPath,
			pinned ? ["-c", "1", process.execPath, ...argv] : argv,
			{
				stdio: ["ignore", "pipe", "pipe"],
			},
		);
		let text = "";
		let errors = "";
		child.stdout.on("data", (d) => (text += d));
		child.stderr.on("data", (d) => (errors += d));
		child.on("error", reject);
		child.on("close", (code) => {
			if (code === 0) resolve(JSON.parse(text) as Measurement);
			else
				reject(
					new Error(
						`${job.path}, ${job.frame} bytes, ${job.flows} flows: ${errors.trim() || `exit ${code}`}`,
					),
				);
		});
	});
}

let taskset: boolean | undefined;
function hasTaskset(): boolean {
	if (taskset === undefined) {
		try {
			execFileSync("taskset", ["-c", "1", "true"], { stdio: "ignore" });
			taskset = true;
		} catch {
			taskset = false;
		}
	}
	return taskset;
}
