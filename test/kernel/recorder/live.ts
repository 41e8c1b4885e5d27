/**
 * A case on this machine's kernel, in Hookline, and the two compared. For programs; the commands are record.ts and compare.ts.
 *
 * ```ts
 * const why = unavailable();                        // [] or why nothing can be recorded here (not root, no cc, …)
 * const lab: LabCase = { labText, caseJson, inputs: { "in/a.pcap": [{ time: 0, bytes }] } };   // or readCase(DIR)
 *
 * recordLive(lab: LabCase, options?: RecordOptions): Promise<LiveRecording>
 *     { captures: Map<"NETNS.DEV.rx|tx", {time, bytes}[]>, stateText, random, settledMs, unstable: string[] }
 * emulate(lab: LabCase, options?: CaseOptions & { settleMs?: number }): Recording      // { captures, stateText, random: {} }
 * compareCase(lab: LabCase, options?: CompareOptions): Promise<Comparison>
 *     { equal, differences: Difference[], kernel, hookline, runs, retried }   // report(differences) of report.ts makes it text
 * differences(kernel, hookline, random?): Difference[]                   // in difference.ts, for recordings that are at hand
 * ```
 *
 * All of them may run many at a time: each recording has private namespaces, a folder of its own and one CPU, the one with the
 * fewest recordings of this process. About two at a time per CPU are useful; more only make the kernel's timing worse. A small lab
 * takes about half a second with `settle: "early"`, which is compareCase's default; where a neighbour never answers it takes the
 * whole settle_ms, which then should be 150 or so: an ARP retry after 1 s must not come into the reading of the counters. A rejected promise means that the lab could
 * not be recorded (lab.sh failed: its message is in the error) or that Hookline refused it (`LabError`).
 */
import type { LabOptions } from "hookline";
import { type CaseOptions, runCase } from "hookline/case";
import { equal, fields, type RandomFields } from "../normalise.ts";
import { HelperEnded } from "./agent.ts";
import { type Difference, differences } from "./difference.ts";
import { files, type KernelRun, type RunOptions, runOnKernel } from "./kernel-run.ts";
import type { LabCase, Recording } from "./lab-case.ts";
import { merge } from "./merge.ts";
import { missing } from "./tools.ts";

export interface RecordOptions extends RunOptions {
	/** Runs in fresh namespaces; what differs between them goes to `random` or `unstable`. Default 1. */
	readonly runs?: number;
	/** Told after each run. */
	readonly progress?: (done: number) => void;
}
export interface LiveRecording extends Recording {
	/** How long the first run listened after the last injection, ms. */
	readonly settledMs: number;
	/** Differences between the runs that no random draw explains: such a case proves nothing. */
	readonly unstable: readonly string[];
}
export interface CompareOptions extends RunOptions {
	/**
	 * What a kernel draws at random, and is excused: a case's random.json; or found out, and only when something differs:
	 * "seeds": fields that change with Hookline's seed (an id of 0 on the kernel is no draw, and never excused);
	 * "kernel": fields that differ in three runs on the kernel, the strict way, three times as long. Default "seeds".
	 */
	readonly random?: RandomFields | "seeds" | "kernel";
	/** The golden state, in which words that differed between the runs on a kernel are "*"; such words are then excused. */
	readonly goldenState?: string;
	/** Compare again so often before a difference is believed: a kernel's timers may come late on a busy machine. Default 1. */
	readonly retries?: number;
	/** Default: seed 1. */
	readonly lab?: LabOptions;
}
export interface Comparison {
	readonly name: string;
	readonly equal: boolean;
	readonly differences: readonly Difference[];
	readonly kernel: Recording;
	readonly hookline: Recording;
	/** Runs on the kernel that it took. */
	readonly runs: number;
	/** The first try differed and a later one did not. */
	readonly retried: boolean;
}

/** How many further seeds are asked before a difference is believed. */
const OTHER_SEEDS = 12;
/** A tick of the kernel (its HZ is 250), ms. */
const TICK_MS = 4;

/** Why nothing can be recorded here; empty when it can. */
export function unavailable(): string[] {
	return missing();
}

export async function recordLive(lab: LabCase, options: RecordOptions = {}): Promise<LiveRecording> {
	const runs: KernelRun[] = [];
	for (let i = 0; i < (options.runs ?? 1); i++) {
		runs.push(await runOnKernel(lab, options));
		options.progress?.(i + 1);
	}
	const { recording, unstable } = merge(runs);
	return { ...recording, settledMs: runs[0].settledMs, unstable };
}

/** The same case in Hookline. `settleMs` in place of the case's settle_ms. Throws `LabError` for what Hookline does not have. */
export function emulate(lab: LabCase, options: CaseOptions & { readonly settleMs?: number } = {}): Recording {
	const { settleMs, ...rest } = options;
	const definition = settleMs === undefined ? lab.caseJson : { ...lab.caseJson, settle_ms: settleMs };
	const result = runCase({ ...files(lab), definition }, rest);
	return { captures: result.captures, stateText: `${result.state.join("\n")}\n`, random: {} };
}

/** Record live, emulate for as long, compare. */
export async function compareCase(lab: LabCase, options: CompareOptions = {}): Promise<Comparison> {
	const retries = options.retries ?? 1;
	let runs = 0;
	for (let attempt = 0; ; attempt++) {
		try {
			const result = await compareOnce(lab, options);
			runs += result.runs;
			if (result.equal || attempt >= retries)
				return { ...result, runs, retried: attempt > 0 && result.equal };
		} catch (e) {
			if (attempt >= retries || !(e instanceof HelperEnded)) throw e;
			runs++;
		}
	}
}

async function compareOnce(lab: LabCase, options: CompareOptions): Promise<Comparison> {
	const run: RunOptions = { settle: "early", ...options };
	const { random = "seeds", goldenState } = options;
	const first = await runOnKernel(lab, run);
	const settleMs = first.settledMs;
	const hookline = emulate(lab, { ...options.lab, settleMs });
	const known = typeof random === "object" ? random : {};
	let kernel: Recording = { ...first, stateText: withStars(first.stateText, goldenState), random: known };
	let runs = 1;
	let found = differences(kernel, hookline);
	const late = (n: number, seed = 0): Recording =>
		emulate(lab, {
			...options.lab,
			seed: (options.lab?.seed ?? 1) + seed,
			sinceTick: (n % TICK_MS) * 1e6,
			times: first.times,
			settleMs,
		});
	if (found.length > 0 && random === "kernel") {
		const more = [first, await runOnKernel(lab, run), await runOnKernel(lab, run)];
		runs = more.length;
		kernel = merge(more).recording;
		found = differences(kernel, hookline);
	} else if (found.length > 0 && random === "seeds") {
		found = withOtherSeeds(found, kernel, hookline, (n) => late(n, n));
	}
	for (let n = 0; n < TICK_MS && found.length > 0 && random !== "seeds"; n++) {
		const left = differences(kernel, late(n));
		if (left.length === 0) found = left;
	}
	return {
		name: lab.name ?? "lab",
		equal: found.length === 0,
		differences: found,
		kernel,
		hookline,
		runs,
		retried: false,
	};
}

/**
 * What is left of the differences when fields that change with the seed are excused. From a range of two ports several seeds may
 * draw the same one, what is drawn after a clash depends on what was drawn before, and limits that count in ticks depend on when
 * in a tick the case began and on how late a busy machine did its steps: the kernel did one of the things that Hookline does with
 * some seed at the kernel's own times, so more seeds are asked, and each may be the one that agrees. `emulate(n)` is the n-th.
 */
function withOtherSeeds(
	found: Difference[],
	kernel: Recording,
	hookline: Recording,
	emulate: (n: number) => Recording,
): Difference[] {
	// by the lengths of their frames: what differs between such was drawn
	const tried = new Map<string, Recording[]>([[shape(hookline), [hookline]]]);
	for (let n = 1; n <= OTHER_SEEDS; n++) {
		const more = emulate(n);
		tried.set(shape(more), [...(tried.get(shape(more)) ?? []), more]);
		if (n < TICK_MS - 1) continue;
		let chance = tried.size > 1;
		for (const alike of tried.values()) {
			const { random, stateText } = merge(alike).recording;
			chance ||= Object.keys(random).length > 0 || stateText !== alike[0].stateText;
			for (const one of alike) {
				const left = differences(kernel, { ...one, stateText }, drawn(random, kernel));
				if (left.length === 0) return left;
				if (one === hookline) found = left;
			}
		}
		if (!chance) break;
	}
	return found;
}
function shape({ captures, stateText }: Recording): string {
	const frames = [...captures.values()].map((c) => c.map((f) => f.bytes.length).join(" "));
	return [...frames, stateText.split("\n").length].join("|");
}

/** Without the identifications that are 0 on the kernel: those were not drawn. */
function drawn(random: RandomFields, kernel: Recording): RandomFields {
	const zero = new Uint8Array(2);
	return Object.fromEntries(
		Object.entries(random).map(([port, frames]) => [
			port,
			Object.fromEntries(
				Object.entries(frames).map(([index, names]) => {
					const bytes = kernel.captures.get(port)?.[Number(index)]?.bytes;
					const fixed = (bytes === undefined ? [] : fields(bytes))
						.filter(([name, from, to]) => name.endsWith("ip.id") && equal(bytes!.subarray(from, to), zero))
						.map(([name]) => name);
					return [
						index,
						names.filter((n) => !fixed.includes(n) && !fixed.includes(n.replace(/csum$/, "id"))),
					];
				}),
			),
		]),
	);
}

/** The state with "*" where the golden one has it, if it is the same otherwise. */
function withStars(state: string, golden: string | undefined): string {
	if (golden === undefined) return state;
	const lines = golden.split("\n");
	const now = state.split("\n");
	return now
		.map((line, i) => {
			const g = lines[i];
			if (g === undefined || !g.includes("*") || g.startsWith("*")) return line;
			const pattern = g
				.split("*")
				.map((p) => p.replace(/[.+?^${}()|[\]\\]/g, "\\$&"))
				.join("[^ =]*");
			return new RegExp(`^${pattern}$`).test(line) ? g : line;
		})
		.join("\n");
}
