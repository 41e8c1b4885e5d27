/**
 * Independent jobs on several threads: a test suite, a sweep. Each thread takes the next job when it is done with one; results come in the
 * order of the jobs. Jobs are taken from their source as they are needed, and at most twice as many as there are threads are under
 * way or done and not yet fetched, so memory does not grow with their number.
 */
import type { Worker } from "node:worker_threads";
import { compact } from "./inject.ts";
import type { LabJob, LabResult } from "./lab-job.ts";
import { type PlainError, reviveError } from "./plain-error.ts";
import { sourceLoader, startWorker } from "./start.ts";

/** A function of a module that every thread can load; what it is given and what it gives must be cloneable. */
export interface ModuleJob {
	/** URL of the module, as `new URL("./job.js", import.meta.url).href`. */
	readonly module: string;
	/** Name of the exported function; it may be async. */
	readonly export: string;
	readonly argument: unknown;
}
export type Job = LabJob | ModuleJob;
/** What a job gives: a lab's result, or whatever the module's function gave. */
export type JobValue<J extends Job> = J extends LabJob ? LabResult : unknown;

export type Outcome<J extends Job = Job> =
	| { readonly ok: true; readonly job: J; readonly index: number; readonly value: JobValue<J> }
	| { readonly ok: false; readonly job: J; readonly index: number; readonly error: JobError<J> };

/** A job failed: `cause` is what it threw, `index` its place among the jobs, from 0. */
export class JobError<J extends Job = Job> extends Error {
	readonly job: J;
	readonly index: number;

	constructor(job: J, index: number, cause: Error) {
		super(`job ${index} (${nameOf(job)}): ${cause.message}`, { cause });
		this.name = "JobError";
		this.job = job;
		this.index = index;
	}
}
export interface PoolOptions {
	/** 1..256 */
	readonly threads: number;
}

/** All outcomes, in the order of the jobs; a job that fails does not stop the others. Throws RangeError for `threads`. */
export async function runPool<J extends Job>(
	jobs: Iterable<J> | AsyncIterable<J>,
	options: PoolOptions,
): Promise<Outcome<J>[]> {
	const all: Outcome<J>[] = [];
	for await (const outcome of poolResults(jobs, options)) all.push(outcome);
	return all;
}

/** The same one after the other, each as soon as it and all before it are there. The threads end with the iteration. */
export async function* poolResults<J extends Job>(
	jobs: Iterable<J> | AsyncIterable<J>,
	options: PoolOptions,
): AsyncGenerator<Outcome<J>, void, undefined> {
	const { threads } = options;
	if (!(Number.isInteger(threads) && threads >= 1 && threads <= 256))
		throw new RangeError(`threads is a whole number of 1..256, not ${threads}`);
	const crew = new Crew(threads);
	const source = iterate(jobs);
	const under: Promise<Outcome<J>>[] = [];
	let index = 0;
	let more = true;
	try {
		for (;;) {
			while (more && under.length < 2 * threads) {
				const next = await source.next();
				if (next.done) more = false;
				else under.push(outcomeOf(crew, next.value, index++));
			}
			const first = under.shift();
			if (first === undefined) return;
			yield await first;
		}
	} finally {
		if (more) await source.return?.();
		await crew.dismiss();
	}
}

async function outcomeOf<J extends Job>(crew: Crew, job: J, index: number): Promise<Outcome<J>> {
	try {
		return { ok: true, job, index, value: (await crew.run(job)) as JobValue<J> };
	} catch (error) {
		return { ok: false, job, index, error: new JobError(job, index, error as Error) };
	}
}
function iterate<J>(jobs: Iterable<J> | AsyncIterable<J>): Iterator<J> | AsyncIterator<J> {
	return Symbol.asyncIterator in jobs ? jobs[Symbol.asyncIterator]() : jobs[Symbol.iterator]();
}
function nameOf(job: Job): string {
	return "module" in job ? `${job.export} of ${job.module}` : (job.file ?? "lab");
}

/** The threads; one is started when a job finds none idle and there may be another. */
class Crew {
	private readonly idle: Thread[] = [];
	private readonly all: Set<Thread> = new Set();
	private readonly queue: (() => void)[] = [];
	private readonly size: number;
	private dismissed = false;

	constructor(size: number) {
		this.size = size;
	}
	async run(job: Job): Promise<unknown> {
		while (this.idle.length === 0 && this.all.size >= this.size)
			await new Promise<void>((resolve) => this.queue.push(resolve));
		if (this.dismissed) throw new Error("the pool was closed before the job began");
		const thread = this.idle.pop() ?? this.start();
		try {
			return await thread.run(job);
		} finally {
			if (thread.dead) this.all.delete(thread);
			else this.idle.push(thread);
			this.queue.shift()?.();
		}
	}
	async dismiss(): Promise<void> {
		this.dismissed = true;
		await Promise.all([...this.all].map((t) => t.end()));
	}
	private start(): Thread {
		const thread = new Thread();
		this.all.add(thread);
		return thread;
	}
}

class Thread {
	dead = false;
	private readonly worker: Worker = startWorker("pool-worker", { loader: sourceLoader() });
	private settle: { resolve(value: unknown): void; reject(error: Error): void } | null = null;

	constructor() {
		this.worker.on("message", (m: { value?: unknown; error?: PlainError }) => {
			const s = this.take();
			if (m.error !== undefined) s?.reject(reviveError(m.error));
			else s?.resolve(m.value);
		});
		// what nobody caught, such as a lack of memory, takes the thread with it
		this.worker.on("error", (e) => this.die(e instanceof Error ? e : new Error(String(e))));
		this.worker.on("exit", (code) => this.die(new Error(`its thread ended with ${code}`)));
	}
	run(job: Job): Promise<unknown> {
		return new Promise((resolve, reject) => {
			this.settle = { resolve, reject };
			try {
				this.worker.postMessage("module" in job ? job : { ...job, inject: job.inject?.map(compact) });
			} catch (error) {
				this.take()?.reject(error as Error);
			}
		});
	}
	async end(): Promise<void> {
		await this.worker.terminate();
	}
	private die(error: Error): void {
		this.dead = true;
		this.take()?.reject(error);
	}
	private take(): typeof this.settle {
		const s = this.settle;
		this.settle = null;
		return s;
	}
}
