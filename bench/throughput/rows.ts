/** The rows of a run: what there is to measure, and how a row is put down. */
import type { Beside, RowFigures } from "../peers/beside.ts";
import type { PeerName } from "../peers/peer.ts";
import type { Path } from "./labs.ts";
import { pathNamed } from "./labs.ts";
import { median, type Spread, spread } from "./spread.ts";

export interface RowJob {
	readonly path: Path;
	/** Bytes from the destination MAC on, at most what the path carries uncut. */
	readonly frame: number;
	readonly flows: number;
	/** In FORWARD on each host. */
	readonly rules: number;
}
export interface BenchRow {
	readonly path: string;
	readonly frame: number;
	readonly flows: number;
	readonly rules: number;
	readonly nsPerPacket: Spread;
	readonly mpps: number;
	readonly gcPer10M: number;
	readonly rssMB: number;
	/** null: no figure, and `reasons` says why. */
	readonly against: Readonly<Partial<Record<PeerName, Beside | null>>>;
	readonly reasons?: Readonly<Partial<Record<PeerName, string>>>;
}

/** Every combination; a path without rules has one row for all numbers of rules. */
export function jobsOf(
	paths: readonly string[],
	frames: readonly number[],
	flows: readonly number[],
	rules: readonly number[] | undefined,
): RowJob[] {
	return paths.flatMap((name) => {
		const path = pathNamed(name);
		const counts = path.rules === 0 ? [0] : (rules ?? [path.rules]);
		const lengths = [...new Set(frames.map((f) => Math.min(f, path.maxFrame)))];
		return lengths.flatMap((frame) =>
			flows.flatMap((n) => counts.map((count) => ({ path, frame, flows: n, rules: count }))),
		);
	});
}

export function rowOf(job: RowJob, figures: RowFigures): BenchRow {
	const ns = spread(figures.ours.map((m) => m.nsPerPacket));
	return {
		path: job.path.name,
		frame: job.frame,
		flows: job.flows,
		rules: job.rules,
		nsPerPacket: ns,
		mpps: 1000 / ns.median,
		gcPer10M: median(figures.ours.map((m) => m.gcPer10M)),
		rssMB: median(figures.ours.map((m) => m.rss / 1e6)),
		against: figures.against,
		...(Object.keys(figures.reasons).length === 0 ? {} : { reasons: figures.reasons }),
	};
}

/** A row with more flows or rules, over the row with fewer that is like it in all else. */
export interface Growth {
	readonly path: string;
	readonly frame: number;
	readonly of: "flows" | "rules";
	readonly from: number;
	readonly to: number;
	readonly ratio: number;
}
/** 1,000 to 100,000 flows, and 10 to 1,000 rules, where both were measured. */
export function growthOf(rows: readonly BenchRow[]): Growth[] {
	const steps = [
		{ of: "flows", from: 1000, to: 100_000 },
		{ of: "rules", from: 10, to: 1000 },
	] as const;
	return steps.flatMap(({ of, from, to }) =>
		rows
			.filter((r) => r[of] === to)
			.flatMap((more) => {
				const other = of === "flows" ? "rules" : "flows";
				const less = rows.find(
					(r) => r[of] === from && r.path === more.path && r.frame === more.frame && r[other] === more[other],
				);
				if (less === undefined) return [];
				const ratio = more.nsPerPacket.median / less.nsPerPacket.median;
				return [{ path: more.path, frame: more.frame, of, from, to, ratio }];
			}),
	);
}
