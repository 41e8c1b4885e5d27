/** A thread of the pool: a job comes as a message, its value or its error leaves as one. */
import { parentPort, workerData } from "node:worker_threads";
import { runLabJob } from "./lab-job.ts";
import { plainError } from "./plain-error.ts";
import type { Job } from "./pool.ts";

/** What lets TypeScript be loaded, see start.ts; null once it does, or where there is none. */
let { loader } = workerData as { loader: string | null };

parentPort?.on("message", async (job: Job) => {
	try {
		parentPort?.postMessage({ value: await run(job) });
	} catch (error) {
		parentPort?.postMessage({ error: plainError(error) });
	}
});

async function run(job: Job): Promise<unknown> {
	if (!("module" in job)) return runLabJob(job);
	if (loader !== null && job.module.endsWith(".ts")) {
		const tsx = (await import(loader)) as { register(): void };
		tsx.register();
		loader = null;
	}
	const module = (await import(job.module)) as Record<string, unknown>;
	const fn = module[job.export];
	if (typeof fn !== "function") throw new Error(`${job.module} exports no function "${job.export}"`);
	return await fn(job.argument);
}
