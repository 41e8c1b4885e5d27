/** One measurement, in a process of its own: the lab on so many threads, warmed up, then timed. Job as JSON in argv, result as JSON on stdout. */
import { performance } from "node:perf_hooks";
import { splitLab } from "@hookline/parallel";
import { BENCHES } from "./labs.ts";

export interface ParallelJob {
	readonly bench: string;
	readonly threads: number;
	/** Bursts before the clock starts, and while it runs. */
	readonly warm: number;
	readonly bursts: number;
}
export interface ParallelMeasurement {
	readonly wallMs: number;
	readonly cpuMs: number;
	/** Frames at the sinks, sent and received, of all bursts. */
	readonly frames: number;
	/** Of every frame at the sinks with its time; equal whatever the number of threads. */
	readonly digests: Readonly<Record<string, unknown>>;
	readonly counters: unknown;
	readonly doubts: readonly string[];
}

/** Long enough for the last frame to arrive: virtual ns. */
const TAIL = 50e6;

async function measure(job: ParallelJob): Promise<ParallelMeasurement> {
	const bench = BENCHES.find((b) => b.name === job.bench);
	if (bench === undefined) throw new Error(`no lab "${job.bench}"`);
	const lab = await splitLab(bench.lab, { threads: job.threads, frames: 32_768 });
	for (const at of bench.sinks) {
		lab.absorb(at);
		lab.observe(at, "digest");
	}
	for (const i of bench.inject(job.warm + job.bursts)) lab.inject(i);
	await lab.runUntil(job.warm * bench.every);
	const cpu = process.cpuUsage();
	const wall = performance.now();
	await lab.runUntil((job.warm + job.bursts) * bench.every);
	const wallMs = performance.now() - wall;
	const used = process.cpuUsage(cpu);
	await lab.runFor(TAIL);
	const digests = [...(await lab.digests())].sort(([a], [b]) => (a < b ? -1 : 1));
	const result = {
		wallMs,
		cpuMs: (used.user + used.system) / 1000,
		frames: digests.reduce((sum, [, d]) => sum + d.frames, 0),
		digests: Object.fromEntries(digests),
		counters: await lab.counters(),
		doubts: await lab.doubts(),
	};
	await lab.close();
	return result;
}

measure(JSON.parse(process.argv[2]) as ParallelJob).then(
	(m) => process.stdout.write(`${JSON.stringify(m)}\n`),
	(e: Error) => {
		process.stderr.write(`${e.message}\n`);
		process.exitCode = 1;
	},
);
