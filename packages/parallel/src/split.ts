/**
 * One large lab on several threads, split by host. Each thread carries the traffic of its own hosts; frames that cross a wire with delay to a host of another
 * thread go there through shared memory. The result is the one of a single thread, byte for byte and at the same virtual times.
 *
 * ```ts
 * const lab = await splitLab(readFileSync("lab.sh", "utf8"), { threads: 2 });
 * lab.observe("c4:eth0");
 * lab.inject({ at: "c1:eth0", bytes, every: 10_000, count: 1000 });
 * await lab.runFor(50 * ms);
 * const frames = (await lab.captures()).get("c4:eth0");
 * await lab.close();
 * ```
 */
import type { Worker } from "node:worker_threads";
import { deliveryName } from "@hookline/engine/frame/delivery";
import { dropReasonName } from "@hookline/engine/frame/drop";
import { Lab, type LabCounters, type LabOptions } from "hookline";
import { Barrier } from "./barrier.ts";
import { FrameRing } from "./frame-ring.ts";
import { checkInjection, compact, type Injection } from "./inject.ts";
import type { PartAccount } from "./part.ts";
import { reviveError } from "./plain-error.ts";
import type { CapturedFrame, Digest, Keep } from "./record.ts";
import type { PartAnswer, PartGreeting, PartOrder, PartSetup } from "./split-worker.ts";
import { startWorker } from "./start.ts";
import { Windows } from "./window.ts";

export interface SplitOptions extends Omit<LabOptions, "out" | "err"> {
	/** Parts, each on a thread of its own: 1..64. */
	readonly threads: number;
	/** Name of the lab file, for messages. */
	readonly file?: string;
	/** Names of namespaces by part; default: about as many devices in each, hosts in order of making. */
	readonly parts?: readonly (readonly string[])[];
	/** Shared memory between each two parts, bytes in each direction; default 2 MiB. */
	readonly ringBytes?: number;
}

/**
 * Build the lab in every thread and split it. Throws `LabError` for what the lab cannot do, Error when its text fails or when it cannot be split like that (with
 * what stands in the way), RangeError for options that are out of range.
 */
export async function splitLab(text: string, options: SplitOptions): Promise<SplitLab> {
	const { threads, file = "lab", parts, ringBytes = 1 << 21, ...labOptions } = options;
	if (!(Number.isInteger(threads) && threads >= 1 && threads <= 64))
		throw new RangeError(`threads is a whole number of 1..64, not ${threads}`);
	if (!(Number.isInteger(ringBytes) && ringBytes >= 1 << 18 && ringBytes <= 1 << 28))
		throw new RangeError(`ringBytes is a whole number of ${1 << 18}..${1 << 28}, not ${ringBytes}`);
	const [problem] = new Lab({ frames: 16, bigFrames: 0 }).check(text, file);
	if (problem !== undefined) throw problem;
	const barrier = Barrier.allocate();
	const setup: Omit<PartSetup, "own"> = {
		text,
		file,
		options: labOptions,
		threads,
		parts,
		barrier,
		board: Windows.allocate(threads),
		rings: Array.from({ length: threads * threads }, (_, i) =>
			Math.floor(i / threads) === i % threads ? null : FrameRing.allocate(ringBytes & ~7),
		),
	};
	const crew = Array.from(
		{ length: threads },
		(_, own) => new PartThread({ ...setup, own }, new Barrier(barrier, threads)),
	);
	try {
		const greetings = await allOf(crew.map((t) => t.greeting));
		return new SplitLab(crew, greetings[0]);
	} catch (error) {
		await Promise.all(crew.map((t) => t.end()));
		throw error;
	}
}

export class SplitLab {
	/** Names of the namespaces of each part, in order of making. */
	readonly parts: readonly (readonly string[])[];
	/** The smallest delay of a wire between parts, ns: how far the parts run before they meet. Infinity when none joins them. */
	readonly lookAhead: number;
	private readonly crew: readonly PartThread[];
	private readonly start: PartGreeting;
	private readonly partOf: ReadonlyMap<string, number>;
	private readonly devices: ReadonlySet<string>;
	private time: number;
	private injections = 0;

	/** Made by `splitLab`. */
	constructor(crew: readonly PartThread[], start: PartGreeting) {
		this.crew = crew;
		this.start = start;
		this.parts = start.parts;
		this.lookAhead = start.lookAhead;
		this.time = start.now;
		this.partOf = new Map(start.parts.flatMap((names, p) => names.map((n) => [n, p] as const)));
		this.devices = new Set(start.devices);
	}
	/** Virtual ns. */
	get now(): number {
		return this.time;
	}
	/** Have frames put in. Throws when there is no such device, RangeError for times and counts that are none. */
	inject(injection: Injection): void {
		checkInjection(injection, this.time);
		const number = this.injections++;
		this.at(injection.at).tell({ do: "inject", injection: compact(injection), number });
	}
	/** Watch a device, NETNS:DEV. Throws when there is no such device. */
	observe(at: string, keep: Keep = "frames"): void {
		this.at(at).tell({ do: "observe", at, keep });
	}
	/** Count and end the frames that arrive at a device. Throws when there is no such device. */
	absorb(at: string): void {
		this.at(at).tell({ do: "absorb", at });
	}
	/** Let everything happen up to and including `time`, virtual ns. Throws RangeError for no finite number, Error when a part fails. */
	async runUntil(time: number): Promise<void> {
		if (!Number.isFinite(time)) throw new RangeError(`${time} is no time to run until`);
		const until = Math.max(time, this.time);
		this.time = until;
		await this.ask({ do: "runUntil", time: until });
	}
	/** Let `duration` ns pass. */
	async runFor(duration: number): Promise<void> {
		await this.runUntil(this.time + duration);
	}
	/** The frames of observed devices since the last call, by NETNS:DEV. */
	async captures(): Promise<Map<string, CapturedFrame[]>> {
		return new Map((await this.ask<[string, CapturedFrame[]][]>({ do: "frames" })).flat());
	}
	/** By NETNS:DEV. */
	async digests(): Promise<Map<string, Digest>> {
		return new Map((await this.ask<[string, Digest][]>({ do: "digests" })).flat());
	}
	/** The account of all parts together. */
	async counters(): Promise<LabCounters> {
		const accounts = await this.ask<PartAccount>({ do: "account" });
		const { counters } = this.start;
		const add = (pick: (a: PartAccount) => Float64Array, from: Float64Array): Float64Array =>
			from.map((n, i) => accounts.reduce((sum, a) => sum + pick(a)[i], n));
		const total = (values: Float64Array): number => values.reduce((a, b) => a + b, 0);
		const named = (values: Float64Array, name: (i: number) => string): Record<string, number> =>
			Object.fromEntries([...values.entries()].filter(([, n]) => n > 0).map(([i, n]) => [name(i), n]));
		const born = add((a) => a.born, counters.born);
		const delivered = add((a) => a.delivered, counters.delivered);
		const dropped = add((a) => a.dropped, counters.dropped);
		return {
			injected: born[0],
			generated: born[1],
			delivered: total(delivered),
			dropped: total(dropped),
			held: accounts.reduce((sum, a) => sum + a.held, counters.held),
			deliveredTo: named(delivered, deliveryName),
			droppedBy: named(dropped, dropReasonName),
		};
	}
	/** What every namespace knows now, as the real tools print it; each from its own part. */
	async state(): Promise<string[]> {
		const found = await this.ask<Map<string, string[]>>({ do: "state" });
		const all = new Map(found.flatMap((part) => [...part]));
		const names = [...all.keys()].filter((n) => n !== "root").sort();
		return ["root", ...names].flatMap((n) => all.get(n) ?? []);
	}
	/** Injections that their device did not take, and why. */
	async refused(): Promise<string[]> {
		return (await this.ask<string[]>({ do: "refused" })).flat();
	}
	/**
	 * What the parts do not share and one thread would: empty when nothing of that kind was near its limit, so that the result is the one of a single thread for certain.
	 */
	async doubts(): Promise<string[]> {
		const accounts = await this.ask<PartAccount>({ do: "account" });
		const doubts: string[] = [];
		const lost = (await this.counters()).droppedBy;
		if (lost["NOMEM"] !== undefined)
			doubts.push(
				"frames were dropped for lack of slots: one thread has as many slots as a part, for all hosts",
			);
		const peak = accounts.reduce((sum, a) => sum + a.ringPeak, 0);
		if (this.crew.length > 1 && peak > this.start.maxBacklog)
			doubts.push(
				`the backlogs of the parts held up to ${peak} frames together: one thread has one backlog of ${this.start.maxBacklog} for all hosts`,
			);
		return doubts;
	}
	/** End the threads. */
	async close(): Promise<void> {
		await Promise.all(this.crew.map((t) => t.end()));
	}

	private at(at: string): PartThread {
		if (!this.devices.has(at))
			throw new Error(`there is no device "${at}"; there are: ${[...this.devices].join(" ")}`);
		return this.crew[this.partOf.get(at.slice(0, at.indexOf(":"))) as number];
	}
	private ask<T>(order: PartOrder): Promise<T[]> {
		return allOf(this.crew.map((t) => t.tell(order) as Promise<T>));
	}
}

/** All values, or the error of the part that failed first: not of one that ended because another had failed. */
async function allOf<T>(promises: readonly Promise<T>[]): Promise<T[]> {
	const results = await Promise.allSettled(promises);
	const errors = results.flatMap((r) => (r.status === "rejected" ? [r.reason as Error] : []));
	if (errors.length > 0) throw errors.find((e) => !(e instanceof FollowedError)) ?? errors[0];
	return results.map((r) => (r as PromiseFulfilledResult<T>).value);
}

class FollowedError extends Error {}

/** A part's thread as its owner sees it: orders go there, answers come in the same order. */
class PartThread {
	readonly greeting: Promise<PartGreeting>;
	private readonly worker: Worker;
	private readonly barrier: Barrier;
	private readonly open: { resolve(value: unknown): void; reject(error: Error): void }[] = [];
	private failure: Error | null = null;

	constructor(setup: PartSetup, barrier: Barrier) {
		this.barrier = barrier;
		this.worker = startWorker("split-worker", setup);
		this.greeting = this.expect() as Promise<PartGreeting>;
		this.worker.on("message", (m: PartAnswer) => {
			const s = this.open.shift();
			if ("value" in m) s?.resolve(m.value);
			else {
				const error = reviveError(m.error);
				this.failure ??= m.followed ? new FollowedError(error.message) : error;
				s?.reject(this.failure);
			}
		});
		this.worker.on("error", (e) => this.die(e instanceof Error ? e : new Error(String(e))));
		this.worker.on("exit", () => this.die(new Error("the lab is closed")));
	}
	tell(order: PartOrder): Promise<unknown> {
		const answer = this.expect();
		if (this.failure === null) this.worker.postMessage(order);
		else this.open.pop()?.reject(this.failure);
		return answer;
	}
	async end(): Promise<void> {
		this.failure ??= new Error("the lab is closed");
		this.barrier.breakUp();
		await this.worker.terminate();
	}
	private expect(): Promise<unknown> {
		const answer = new Promise((resolve, reject) => this.open.push({ resolve, reject }));
		// what fails is told to whom waits for it; orders that nobody waits for fail the next one that somebody does
		answer.catch(() => {});
		return answer;
	}
	private die(error: Error): void {
		this.failure ??= error;
		this.barrier.breakUp();
		for (const s of this.open.splice(0)) s.reject(this.failure);
	}
}
