/** Hookline's own process starts: the worker as one plain JavaScript file, a fresh process for each measurement. */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { runPinned } from "./child.ts";
import type { Job, Measurement } from "./measure.ts";

export interface Worker {
	/** One process start. */
	measure(job: Job): Promise<Measurement>;
	remove(): void;
}

/** Frames that make a measurement of one to two seconds. */
export function frameCount(flows: number): number {
	return flows >= 100_000 ? 1_000_000 : 2_000_000;
}

/** Built code as it is, source bundled first (source under a loader is slower). */
export async function compileWorker(): Promise<Worker> {
	const built = fileURLToPath(new URL("./worker.js", import.meta.url));
	if (existsSync(built)) return worker(built, () => {});
	const { build } = await import("esbuild");
	const dir = mkdtempSync(join(tmpdir(), "hookline-bench-"));
	const file = join(dir, "worker.mjs");
	await build({
		entryPoints: [fileURLToPath(new URL("./worker.ts", import.meta.url))],
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node20",
		conditions: ["source"],
		outfile: file,
		logLevel: "error",
		banner: {
			js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
		},
	});
	return worker(file, () => rmSync(dir, { recursive: true, force: true }));
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
