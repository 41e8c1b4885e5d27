/** The thread of one part of a split lab: it builds the lab, takes its part, and does what the messages say, one after the other. */
import { parentPort, workerData } from "node:worker_threads";
import type { LabOptions } from "hookline";
import { Barrier, BrokenBarrier } from "./barrier.ts";
import { FrameRing } from "./frame-ring.ts";
import type { Injection } from "./inject.ts";
import { buildLab } from "./lab-job.ts";
import { Part } from "./part.ts";
import { partition } from "./partition.ts";
import { type PlainError, plainError } from "./plain-error.ts";
import type { Keep } from "./record.ts";
import { Windows } from "./window.ts";

export interface PartSetup {
	readonly text: string;
	readonly file: string;
	readonly options: Omit<LabOptions, "out" | "err">;
	readonly threads: number;
	readonly own: number;
	readonly parts: readonly (readonly string[])[] | undefined;
	readonly barrier: SharedArrayBuffer;
	readonly board: SharedArrayBuffer;
	/** `rings[q * threads + p]`: from part q to part p. */
	readonly rings: readonly (SharedArrayBuffer | null)[];
}
export type PartOrder =
	| { readonly do: "inject"; readonly injection: Injection; readonly number: number }
	| { readonly do: "observe"; readonly at: string; readonly keep: Keep }
	| { readonly do: "absorb"; readonly at: string }
	| { readonly do: "runUntil"; readonly time: number }
	| { readonly do: "frames" | "digests" | "account" | "state" | "refused" };

/** What a part says once it stands. */
export interface PartGreeting {
	readonly parts: readonly (readonly string[])[];
	readonly lookAhead: number;
	readonly now: number;
	/** NETNS:DEV of all devices. */
	readonly devices: readonly string[];
	/** The account of the whole lab before the split, the same in every part. */
	readonly counters: {
		readonly born: Float64Array;
		readonly delivered: Float64Array;
		readonly dropped: Float64Array;
		readonly held: number;
	};
	readonly maxBacklog: number;
}
export type PartAnswer =
	| { readonly value: unknown }
	/** `followed`: another part failed first. */
	| { readonly error: PlainError; readonly followed: boolean };

const setup = workerData as PartSetup;
const barrier = new Barrier(setup.barrier, setup.threads);
const answer = (a: PartAnswer): void => parentPort?.postMessage(a);

function attempt(what: () => unknown): void {
	try {
		answer({ value: what() });
	} catch (error) {
		barrier.breakUp();
		answer({ error: plainError(error), followed: error instanceof BrokenBarrier });
	}
}

let part: Part;
attempt(() => {
	const { threads, own, rings } = setup;
	const lab = buildLab(setup.text, setup.file, setup.options);
	const { machine } = lab;
	const split = partition(machine, threads, setup.parts);
	const { pool, ring } = machine.core;
	const greeting: PartGreeting = {
		parts: split.parts,
		lookAhead: split.lookAhead,
		now: lab.now,
		devices: machine.all().flatMap((ns) => ns.devices.map((d) => `${ns.name}:${d.name}`)),
		counters: {
			born: pool.born.slice(),
			delivered: pool.delivered.slice(),
			dropped: pool.dropped.slice(),
			held: pool.inUse,
		},
		maxBacklog: ring.maxBacklog,
	};
	const end = (from: number, to: number): FrameRing | null => {
		const memory = rings[from * threads + to];
		return memory === null ? null : new FrameRing(memory);
	};
	const others = Array.from({ length: threads }, (_, p) => p);
	part = new Part(
		lab,
		own,
		split,
		new Windows(setup.board, barrier, threads, own, split.reach),
		others.map((p) => end(own, p)),
		others.map((p) => end(p, own)),
	);
	return greeting;
});

parentPort?.on("message", (order: PartOrder) => attempt(() => perform(order)));

function perform(order: PartOrder): unknown {
	switch (order.do) {
		case "inject":
			return part.injector.add(order.injection, order.number);
		case "observe":
			return part.recorder.observe(order.at, order.keep);
		case "absorb":
			return part.absorb(order.at);
		case "runUntil":
			return part.runUntil(order.time);
		case "frames":
			return part.recorder.takeFrames();
		case "digests":
			return part.recorder.takeDigests();
		case "account":
			return part.account();
		case "state":
			return part.state();
		case "refused":
			return part.injector.refused;
	}
}
