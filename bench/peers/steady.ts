/**
 * `hookline bench --steady`: is a start like the other? Starts of ours, of ours after rare frames, of ours without taps and trace, and of the C
 * program in turn; what moves the machine moves the C program too, so each start of ours is taken over the one beside it.
 */
import { pathNamed } from "../throughput/labs.ts";
import { compileUnwatched, compileWorker } from "../throughput/ours.ts";
import { median, medianInterval, worstOverMedian } from "../throughput/spread.ts";
import { atMost, WORST_START } from "./musts.ts";
import { tightC } from "./tight-c.ts";

export interface SteadyOptions {
	readonly paths: readonly string[];
	readonly frame: number;
	readonly flows: number;
	/** Starts of each. */
	readonly starts: number;
	/** Frames timed in each start of ours. */
	readonly count?: number;
	readonly out?: (text: string) => void;
	readonly progress?: (done: number) => void;
}
/** Figures of one round, CPU ns a packet; c: undefined without a compiler. */
export interface Round {
	readonly clean: number;
	readonly poisoned: number;
	/** Without the places where taps and the trace listen; undefined without the engine's source. */
	readonly unwatched?: number;
	readonly c?: number;
}

export async function runSteady(options: SteadyOptions): Promise<number> {
	const { starts } = options;
	const out = options.out ?? ((t: string) => process.stdout.write(t));
	const worker = await compileWorker();
	const bare = await compileUnwatched();
	const c = await tightC();
	if (bare === undefined)
		out("*** NOT COMPARED with a build without taps and trace: the engine's source is not here\n");
	if (c === undefined) out("*** NOT COMPARED with c: there is no C compiler (cc)\n");
	out(
		`${starts} process starts of each in turn: ours, ours after rare frames, ours without taps and trace, C; CPU ns a packet\n\n`,
	);
	out(
		"path    frame   flows     ours poisoned        c  worst/median: ours   ours/c          poisoned/ours  95 % interval   ours/unwatched  95 % interval\n",
	);
	let done = 0;
	const total = options.paths.length * starts;
	try {
		for (const name of options.paths) {
			const path = pathNamed(name);
			const frame = Math.min(options.frame, path.maxFrame);
			const job = { path: name, frame, flows: options.flows, count: options.count ?? 1_000_000, vector: 256 };
			const rounds: Round[] = [];
			for (let i = 0; i < starts; i++) {
				// who goes first changes
				const starts = [
					() => worker.measure({ ...job, poisoned: false }),
					() => worker.measure({ ...job, poisoned: true }),
					() => bare?.measure({ ...job, poisoned: false }),
				];
				const ns: (number | undefined)[] = [];
				for (let k = 0; k < starts.length; k++) {
					const which = (i + k) % starts.length;
					ns[which] = (await starts[which]())?.nsPerPacket;
				}
				const beside = await c?.measure({ path, frame, flows: options.flows, rules: path.rules });
				rounds.push({
					clean: ns[0] as number,
					poisoned: ns[1] as number,
					...(ns[2] === undefined ? {} : { unwatched: ns[2] }),
					...(beside === undefined ? {} : { c: beside.ns }),
				});
				options.progress?.(++done / total);
			}
			out(steadyLine(name, frame, options.flows, rounds));
		}
	} finally {
		worker.remove();
		bare?.remove();
		c?.remove();
	}
	return 0;
}

/** One path's line. */
export function steadyLine(name: string, frame: number, flows: number, rounds: readonly Round[]): string {
	const clean = rounds.map((r) => r.clean);
	const poisoned = rounds.map((r) => r.poisoned);
	const c = rounds.flatMap((r) => r.c ?? []);
	const overC = rounds.flatMap((r) => (r.c === undefined ? [] : [r.clean / r.c]));
	const bare = rounds.flatMap((r) => (r.unwatched === undefined ? [] : [r.clean / r.unwatched]));
	const worst = overC.length === 0 ? undefined : worstOverMedian(overC);
	return [
		name.padEnd(7),
		num(frame, 5),
		num(flows, 7),
		num(median(clean), 8),
		num(median(poisoned), 8),
		c.length === 0 ? "-".padStart(8) : num(median(c), 8, 1),
		num(worstOverMedian(clean), 19, 3),
		worst === undefined ? "-".padStart(8) : `${num(worst, 8, 3)} (${atMost(WORST_START, worst)})`.padEnd(18),
		pairs(
			rounds.map((r) => r.poisoned / r.clean),
			13,
		),
		bare.length === 0 ? "-".padStart(16) : pairs(bare, 15),
	]
		.join(" ")
		.concat("\n");
}
/** Median of the pairs' ratios, and where it lies. */
function pairs(ratios: readonly number[], width: number): string {
	const interval = medianInterval(ratios);
	const where =
		interval === undefined ? "too few starts" : `${num(interval[0], 0, 3)} to ${num(interval[1], 0, 3)}`;
	return `${num(median(ratios), width, 3)}  ${where}`;
}
function num(x: number, width: number, digits = 0): string {
	return x.toFixed(digits).padStart(width);
}
