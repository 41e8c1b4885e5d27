/**
 * `hookline bench`: packets per second through the canonical paths and other scenarios, each figure the median of several fresh processes, beside
 * what others need for the same. CPU time of everything in one thread: sender with a full copy of each frame, path, sink.
 */
import { writeFileSync } from "node:fs";
import { cpus, platform, release } from "node:os";
import type { FlowMode } from "@hookline/engine/flow/cache";
import { measureRow } from "../peers/beside.ts";
import { missingText, openPeers } from "../peers/open.ts";
import type { PeerName } from "../peers/peer.ts";
import { compileWorker } from "./ours.ts";
import { type BenchRow, growthOf, isCanonical, jobsOf, rowOf } from "./rows.ts";
import { growthText, headline, line, reasonsText, senderText } from "./table.ts";

export interface BenchOptions {
	readonly paths: readonly string[];
	/** Bytes from the destination MAC on, no FCS. */
	readonly frames: readonly number[];
	readonly flows: readonly number[];
	/** FORWARD rules on each host, where a path has any; its own number if absent. */
	readonly rules?: readonly number[];
	/** Process starts for each figure. */
	readonly runs?: number;
	/** Frames timed in each. */
	readonly count?: number;
	readonly vector?: number;
	/** Whether packets of known flows take short ways; default "on". */
	readonly flowCache?: FlowMode;
	/** Who else is measured, in turn with us. */
	readonly against?: readonly PeerName[];
	/** Write the figures here, too. */
	readonly json?: string;
	readonly out?: (text: string) => void;
	/** Progress, 0..1. */
	readonly progress?: (done: number) => void;
}

export function machineText(): string {
	const cpu = cpus()[0]?.model.trim() ?? "unknown CPU";
	return `${cpu}, ${cpus().length} cores; ${platform()} ${release()}; node ${process.version}`;
}

/**
 * Runs everything and prints the table. 0 when all frames arrived in all our runs; 1 when the only peer that was asked for cannot
 * run here.
 */
export async function runBench(options: BenchOptions): Promise<number> {
	const out = options.out ?? ((t: string) => process.stdout.write(t));
	const jobs = jobsOf(options.paths, options.frames, options.flows, options.rules);
	const runs = options.runs ?? 5;
	const rows: BenchRow[] = [];
	const peers = await openPeers(options.against ?? []);
	const names = peers.map((p) => p.name);
	const missing = peers.filter((p) => p.missing !== undefined).map((p) => p.name);
	const total = jobs.reduce((n, job) => n + runs * (1 + (isCanonical(job.path) ? peers.length : 0)), 0);
	const width = Math.max(...jobs.map((job) => job.path.name.length));
	let done = 0;
	const worker = await compileWorker();
	out(
		`${machineText()}\n${runs} process starts a figure${peers.length > 0 ? ", ours and the others' in turn" : ""}; CPU ns of one thread a packet: sender's copy, path, sink\n${missingText(peers)}\n`,
	);
	out(headline(names, width));
	try {
		for (const job of jobs) {
			const ours = {
				path: job.path.name,
				frame: job.frame,
				flows: job.flows,
				rules: job.rules,
				count: options.count ?? job.count,
				vector: options.vector ?? 256,
				...(options.flowCache === undefined ? {} : { flowCache: options.flowCache }),
			};
			const started = () => options.progress?.(++done / total);
			const { path } = job;
			// others are measured at the canonical paths only
			const figures = isCanonical(path)
				? await measureRow(worker, ours, peers, { ...job, path }, runs, started)
				: await measureRow(worker, ours, [], undefined, runs, started);
			const row = rowOf(job, figures);
			rows.push(row);
			out(line(row, names, width) + reasonsText(row, missing));
		}
	} finally {
		worker.remove();
		for (const peer of peers) peer.remove();
	}
	out(growthText(growthOf(rows)) + senderText(rows));
	if (options.json !== undefined) writeFileSync(options.json, `${JSON.stringify(rows, null, 1)}\n`);
	return names.length === 1 && missing.length === 1 ? 1 : 0;
}
