/** A whole lab as plain data: its text, what to put in, what to watch. It runs in the thread that it is called in. */
import { stateText } from "@hookline/linux/state/state";
import { Lab, type LabCounters, type LabOptions } from "hookline";
import { type Injection, Injector } from "./inject.ts";
import { type CapturedFrame, type Digest, type Keep, Recorder } from "./record.ts";

export interface LabJob {
	/** Text of a lab file; it must end with status 0. */
	readonly lab: string;
	/** Its name, for messages. */
	readonly file?: string;
	readonly options?: Omit<LabOptions, "out" | "err">;
	readonly inject?: readonly Injection[];
	/** NETNS:DEV, with what to keep; the text alone keeps frames. */
	readonly observe?: readonly (string | { readonly at: string; readonly keep: Keep })[];
	/** Devices whose frames end there, counted. */
	readonly absorb?: readonly string[];
	/** Until when, virtual ns; default: until nothing is due any more, the frames of `inject` included. */
	readonly until?: number;
}
export interface LabResult {
	/** By NETNS:DEV. */
	readonly captures: Readonly<Record<string, readonly CapturedFrame[]>>;
	readonly digests: Readonly<Record<string, Digest>>;
	readonly counters: LabCounters;
	/** What every namespace knows at the end, as the real tools print it. */
	readonly state: readonly string[];
	/** Injections that the device did not take. */
	readonly refused: readonly string[];
	/** What the lab's commands printed. */
	readonly out: string;
	readonly err: string;
}

/** Throws `LabError` for what the lab cannot do, Error when its text fails. */
export function runLabJob(job: LabJob): LabResult {
	let out = "";
	let err = "";
	const lab = buildLab(job.lab, job.file ?? "lab", {
		...job.options,
		out: (t) => (out += t),
		err: (t) => (err += t),
	});
	const recorder = new Recorder(lab);
	for (const o of job.observe ?? [])
		if (typeof o === "string") recorder.observe(o, "frames");
		else recorder.observe(o.at, o.keep);
	for (const at of job.absorb ?? []) lab.device(at).absorb();
	const injector = new Injector(lab);
	job.inject?.forEach((x, i) => {
		injector.add(x, i);
	});
	const until = job.until ?? Number.POSITIVE_INFINITY;
	while (injector.nextTime <= until && injector.nextTime < Number.POSITIVE_INFINITY) {
		lab.runUntil(injector.nextTime);
		injector.fire();
	}
	if (job.until === undefined) lab.runUntilIdle();
	else lab.runUntil(until);
	return {
		captures: Object.fromEntries(recorder.takeFrames()),
		digests: Object.fromEntries(recorder.takeDigests()),
		counters: lab.counters(),
		state: stateText(lab.machine),
		refused: injector.refused,
		out,
		err,
	};
}

/** A lab whose text has run and ended well. Throws `LabError`, or Error with what its commands printed. */
export function buildLab(text: string, file: string, options: LabOptions): Lab {
	let printed = "";
	const lab = new Lab({
		...options,
		err: (t) => {
			printed += t;
			options.err?.(t);
		},
	});
	const status = lab.run(text, { file, errexit: true });
	if (status !== 0) throw new Error(`${file} failed with ${status}: ${printed.trim()}`);
	lab.machine.core.settle();
	return lab;
}
