/** One measurement, in a process of its own: the lab on so many threads, warmed up, then timed. Job as JSON in argv, result as JSON on stdout. */
import { readdirSync, readFileSync } from "node:fs";
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
	/** CPU time of the busiest thread, and how long threads stood ready and no core was free (Linux; else 0). */
	readonly busiestMs: number;
	readonly queuedMs: number;
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
	const threads = threadTimes();
	const cpu = process.cpuUsage();
	const wall = performance.now();
	await lab.runUntil((job.warm + job.bursts) * bench.every);
	const wallMs = performance.now() - wall;
	const used = process.cpuUsage(cpu);
	const spent = [...threadTimes()].map(([id, [ran, queued]]) => {
		const [ran0, queued0] = threads.get(id) ?? [0, 0];
		return [ran - ran0, queued - queued0] as const;
	});
	await lab.runFor(TAIL);
	const digests = [...(await lab.digests())].sort(([a], [b]) => (a < b ? -1 : 1));
	const result = {
		wallMs,
		cpuMs: (used.user + used.system) / 1000,
		busiestMs: Math.max(0, ...spent.map(([ran]) => ran)),
		queuedMs: spent.reduce((sum, [, queued]) => sum + queued, 0),
		frames: digests.reduce((sum, [, d]) => sum + d.frames, 0),
		digests: Object.fromEntries(digests),
		counters: await lab.counters(),
		doubts: await lab.doubts(),
	};
	await lab.close();
	return result;
}

/** [ms on a core, ms ready for one] of every thread of the process, by its id: /proc/self/task. */
function threadTimes(): Map<string, readonly [number, number]> {
	const times = new Map<string, readonly [number, number]>();
	const tasks = "/proc/self/task";
	try {
		for (const id of readdirSync(tasks)) {
			const [ran, queued] = readFileSync(`${tasks}/${id}/schedstat`, "utf8").split(" ");
			times.set(id, [Number(ran) / 1e6, Number(queued) / 1e6]);
		}
	} catch {
		// not Linux, or a thread that has just ended: nothing is known
	}
	return times;
}

measure(JSON.parse(process.argv[2]) as ParallelJob).then(
	(m) => process.stdout.write(`${JSON.stringify(m)}\n`),
	(e: Error) => {
		process.stderr.write(`${e.message}\n`);
		process.exitCode = 1;
	},
);
