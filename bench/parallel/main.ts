/**
 * One large lab on one thread and on two: `pnpm bench:parallel [RUNS [BURSTS]]`. Runs of both kinds alternate, each in a process of its own; what arrived
 * at the sinks, with its times, and the account must be the same in all of them, or the run fails.
 *
 * "no core" is how long threads stood ready and no core was free for them: on a machine that does other things too, the speed-up is that machine's. "at best" is
 * the CPU time of the one thread by that of the busiest of two, what cores of their own could give.
 */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { availableParallelism, loadavg, tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { build } from "esbuild";
import { BENCHES } from "./labs.ts";
import type { ParallelJob, ParallelMeasurement } from "./measure.ts";

const runs = Number(process.argv[2] ?? 5);
const bursts = Number(process.argv[3] ?? 4000);
const THREADS = [1, 2];

const dir = mkdtempSync(join(tmpdir(), "hookline-parallel-"));
try {
	await build({
		entryPoints: [
			fileURLToPath(new URL("./measure.ts", import.meta.url)),
			// a thread is started from the file beside the one that starts it
			fileURLToPath(new URL("../../packages/parallel/src/split-worker.ts", import.meta.url)),
		],
		entryNames: "[name]",
		outdir: dir,
		outExtension: { ".js": ".mjs" },
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node20",
		conditions: ["source"],
		logLevel: "error",
		banner: {
			js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
		},
	});
	const load = loadavg()[0].toFixed(1);
	process.stdout.write(
		`${availableParallelism()} cores, load ${load}, ${runs} runs of each, ${bursts} bursts\n`,
	);
	process.stdout.write(
		"lab                     threads  wall ms   cpu ms  busiest  no core  ns/frame   speed-up (pairs)    cpu  at best\n",
	);
	for (const bench of BENCHES) {
		const all = THREADS.map((): ParallelMeasurement[] => []);
		for (let r = 0; r < runs; r++)
			for (const [i, threads] of THREADS.entries()) {
				const m = run({ bench: bench.name, threads, warm: Math.ceil(bursts / 4), bursts });
				const first = all[0][0] ?? m;
				// every sink sends as many frames as it gets
				if (m.frames !== 2 * (Math.ceil(bursts / 4) + bursts) * bench.perBurst)
					throw new Error(`${bench.name}, ${threads} threads: ${m.frames} frames arrived`);
				for (const what of ["digests", "counters"] as const)
					if (JSON.stringify(m[what]) !== JSON.stringify(first[what]))
						throw new Error(`${bench.name}: ${threads} threads give other ${what}`);
				if (m.doubts.length > 0) throw new Error(`${bench.name}: ${m.doubts.join("; ")}`);
				all[i].push(m);
			}
		for (const [i, threads] of THREADS.entries()) {
			const speed = all[i].map((m, r) => all[0][r].wallMs / m.wallMs).sort((a, b) => a - b);
			const ratio = (pick: (one: ParallelMeasurement, other: ParallelMeasurement) => number): string =>
				median(all[i].map((m, r) => pick(m, all[0][r]))).toFixed(2);
			const column = (pick: (m: ParallelMeasurement) => number, width: number): string =>
				median(all[i].map(pick)).toFixed(0).padStart(width);
			process.stdout.write(
				`${bench.name.padEnd(23)} ${String(threads).padStart(7)} ${column((m) => m.wallMs, 8)} ${column((m) => m.cpuMs, 8)} ${column((m) => m.busiestMs, 8)} ${column((m) => m.queuedMs, 8)} ${column((m) => (m.wallMs * 1e6) / (bursts * bench.perBurst), 9)}   ${median(speed).toFixed(2)} (${speed[0].toFixed(2)}..${speed[speed.length - 1].toFixed(2)}) ${ratio((m, one) => m.cpuMs / one.cpuMs).padStart(8)} ${ratio((m, one) => one.busiestMs / m.busiestMs).padStart(8)}\n`,
			);
		}
	}
} finally {
	rmSync(dir, { recursive: true, force: true });
}

function run(job: ParallelJob): ParallelMeasurement {
	const { status, stdout, stderr } = spawnSync(
		process.execPath,
		[join(dir, "measure.mjs"), JSON.stringify(job)],
		{ encoding: "utf8" },
	);
	if (status !== 0) throw new Error(`${job.bench}, ${job.threads} threads: ${stderr.trim()}`);
	return JSON.parse(stdout) as ParallelMeasurement;
}
function median(values: readonly number[]): number {
	const sorted = [...values].sort((a, b) => a - b);
	const n = sorted.length;
	return n % 2 === 1 ? sorted[(n - 1) / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}
