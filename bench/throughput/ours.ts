/** Hookline's own process starts: the worker as one plain JavaScript file, a fresh process for each measurement. */
import { compile } from "../compile.ts";
import { runPinned } from "./child.ts";
import type { Job, Measurement } from "./measure.ts";

export interface Worker {
	/** One process start. */
	measure(job: Job): Promise<Measurement>;
	remove(): void;
}

export async function compileWorker(): Promise<Worker> {
	const { file, remove } = await compile(new URL("./worker.js", import.meta.url));
	return worker(file, remove);
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
