/** Hookline's own process starts: the worker as one plain JavaScript file, a fresh process for each measurement. */
import { compile, compileWith } from "../compile.ts";
import { unwatched } from "../unwatched.ts";
import { runPinned } from "./child.ts";
import type { Job, Measurement } from "./measure.ts";

export interface Worker {
	/** One process start. */
	measure(job: Job): Promise<Measurement>;
	remove(): void;
}

const WORKER: URL = new URL("./worker.js", import.meta.url);

export async function compileWorker(): Promise<Worker> {
	const { file, remove } = await compile(WORKER);
	return worker(file, remove);
}
/** The same without taps and trace; undefined where the engine's source is not there. */
export async function compileUnwatched(): Promise<Worker | undefined> {
	const compiled = await compileWith(WORKER, [unwatched()]);
	return compiled === undefined ? undefined : worker(compiled.file, compiled.remove);
}

function worker(file: string, remove: () => void): Worker {
	return {
		remove,
		async measure(job) {
			const what = `${job.path}, ${job.frame} bytes, ${job.flows} flows`;
			return JSON.parse(await runPinned(what, [process.execPath, file, JSON.stringify(job)])) as Measurement;
		},
	};
}
