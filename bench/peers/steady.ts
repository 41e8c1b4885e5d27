/**
 * `hookline bench --steady`: is a start like the other? Starts of ours, of ours after rare frames and of the C program in turn; what
 * moves the machine moves the C program too, so each start of ours is taken over the one beside it.
 */
import { pathNamed } from "../throughput/labs.ts";
import { compileWorker } from "../throughput/ours.ts";
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
	readonly c?: number;
}

export async function runSteady(options: SteadyOptions): Promise<number> {
	const { starts } = options;
	const out = options.out ?? ((t: string) => process.stdout.write(t));
	const worker = await compileWorker();
	const c = await tightC();
	if (c === undefined) out("*** NOT COMPARED with c: there is no C compiler (cc)\n");
	out(`${starts} process starts of each in turn: ours, ours after rare frames, C; CPU ns a packet\n\n`);
	out(
		"path    frame   flows     ours poisoned        c  worst/median: ours   ours/c          poisoned/ours  95 % interval\n",
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
				// which of the pair goes first changes
				const order = i % 2 === 0 ? [false, true] : [true, false];
				const ns = new Map<boolean, number>();
				for (const poisoned of order)
					ns.set(poisoned, (await worker.measure({ ...job, poisoned })).nsPerPacket);
				const beside = await c?.measure({ path, frame, flows: options.flows, rules: path.rules });
				rounds.push({
					clean: ns.get(false) as number,
					poisoned: ns.get(true) as number,
					...(beside === undefined ? {} : { c: beside.ns }),
				});
				options.progress?.(++done / total);
			}
			out(steadyLine(name, frame, options.flows, rounds));
		}
	} finally {
		worker.remove();
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
	const pairs = rounds.map((r) => r.poisoned / r.clean);
	const interval = medianInterval(pairs);
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
		num(median(pairs), 13, 3),
		interval === undefined ? "  too few starts" : `  ${num(interval[0], 0, 3)} to ${num(interval[1], 0, 3)}`,
	]
		.join(" ")
		.concat("\n");
}
function num(x: number, width: number, digits = 0): string {
	return x.toFixed(digits).padStart(width);
}
