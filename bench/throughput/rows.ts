/** The rows of a run: what there is to measure, and how a row is put down. */
import type { Beside, RowFigures } from "../peers/beside.ts";
import type { PeerName } from "../peers/peer.ts";
import { PATHS, type Path } from "./labs.ts";
import { findScenario, SCENARIOS } from "./scenarios/list.ts";
import type { Scenario } from "./scenarios/scenario.ts";
import { median, type Spread, spread } from "./spread.ts";

export interface RowJob {
	readonly path: Path | Scenario;
	/** Bytes from the destination MAC on, at most what the path carries uncut. */
	readonly frame: number;
	readonly flows: number;
	/** In FORWARD on each host. */
	readonly rules: number;
	/** Frames timed in a process start. */
	readonly count: number;
}
export interface BenchRow {
	readonly path: string;
	readonly frame: number;
	readonly flows: number;
	readonly rules: number;
	readonly nsPerPacket: Spread;
	/** The same for what a frame is made into: a copy, a hop, a datagram. */
	readonly nsPerUnit?: { readonly unit: string; readonly median: number };
	readonly mpps: number;
	readonly gcPer10M: number;
	readonly rssMB: number;
	/** null: no figure, and `reasons` says why. */
	readonly against: Readonly<Partial<Record<PeerName, Beside | null>>>;
	readonly reasons?: Readonly<Partial<Record<PeerName, string>>>;
}

/** Names that `--path` knows, the canonical ones first. */
export const PATH_NAMES: readonly string[] = [...PATHS, ...SCENARIOS].map((p) => p.name);

/** What a row measures and what others are measured at: a canonical path. */
export function isCanonical(path: Path | Scenario): path is Path {
	return PATHS.some((p) => p === path);
}
/** Frames that make a measurement of one to two seconds. */
function frameCount(flows: number): number {
	return flows >= 100_000 ? 1_000_000 : 2_000_000;
}

/**
 * Every combination; a path without rules has one row for all numbers of rules, and a scenario those that are its own. `all` is
 * every path there is. Throws RangeError for a name that there is not.
 */
export function jobsOf(
	paths: readonly string[],
	frames: readonly number[],
	flows: readonly number[],
	rules: readonly number[] | undefined,
): RowJob[] {
	const names = new Set(paths.flatMap((p) => (p === "all" ? PATH_NAMES : [p])));
	return [...names].flatMap((name) => {
		const path = PATHS.find((p) => p.name === name);
		if (path === undefined) return scenarioJobs(name, frames, flows);
		const counts = path.rules === 0 ? [0] : (rules ?? [path.rules]);
		const lengths = [...new Set(frames.map((f) => Math.min(f, path.maxFrame)))];
		return lengths.flatMap((frame) =>
			flows.flatMap((n) => counts.map((r) => ({ path, frame, flows: n, rules: r, count: frameCount(n) }))),
		);
	});
}
function scenarioJobs(name: string, frames: readonly number[], flows: readonly number[]): RowJob[] {
	const path = findScenario(name);
	if (path === undefined) throw new RangeError(`no path "${name}"; there are: all ${PATH_NAMES.join(" ")}`);
	const { rules, minFrame, maxFrame, count = Number.POSITIVE_INFINITY } = path;
	const lengths = [...new Set(frames.map((f) => Math.max(minFrame, Math.min(f, maxFrame))))];
	return lengths.flatMap((frame) =>
		(path.flows ?? flows).map((n) => ({
			path,
			frame,
			flows: n,
			rules,
			count: Math.min(count, frameCount(n)),
		})),
	);
}

export function rowOf(job: RowJob, figures: RowFigures): BenchRow {
	const ns = spread(figures.ours.map((m) => m.nsPerPacket));
	const unit = isCanonical(job.path) ? undefined : job.path.unit;
	return {
		path: job.path.name,
		frame: job.frame,
		flows: job.flows,
		rules: job.rules,
		nsPerPacket: ns,
		...(unit === undefined ? {} : { nsPerUnit: { unit: unit.name, median: ns.median / unit.perFrame } }),
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
	/** How many of the other both rows have. */
	readonly beside: number;
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
				return [{ path: more.path, frame: more.frame, of, from, to, beside: more[other], ratio }];
			}),
	);
}
