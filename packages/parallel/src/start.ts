/** Starting a worker thread on a module of this package: as it was built; or, in a checkout, from source, put together first (under a loader it would be slower). */
import { createRequire } from "node:module";
import { fileURLToPath, pathToFileURL } from "node:url";
import { Worker } from "node:worker_threads";

/** What this package needs of esbuild, which only a checkout has. */
interface Bundler {
	buildSync(options: Readonly<Record<string, unknown>>): {
		readonly outputFiles: readonly { readonly text: string }[];
	};
}
const here = import.meta.url;
const ending = here.slice(here.lastIndexOf("."));
const bundles = new Map<string, string>();

/** `name` is a module beside this one, without its ending. */
export function startWorker(name: string, workerData: unknown): Worker {
	const url = new URL(`./${name}${ending}`, here);
	if (ending !== ".ts") return new Worker(url, { workerData });
	let code = bundles.get(name);
	if (code === undefined) {
		code = bundle(fileURLToPath(url));
		bundles.set(name, code);
	}
	return new Worker(code, { workerData, eval: true, execArgv: ["--conditions=source"] });
}
/** URL of a module whose `register()` lets a thread load TypeScript; null where nothing is TypeScript. */
export function sourceLoader(): string | null {
	if (ending !== ".ts") return null;
	const tsx = pathToFileURL(createRequire(here).resolve("tsx/package.json"));
	return new URL("./dist/esm/api/index.mjs", tsx).href;
}

function bundle(file: string): string {
	const esbuild = createRequire(here)("esbuild") as Bundler;
	const { outputFiles } = esbuild.buildSync({
		entryPoints: [file],
		bundle: true,
		write: false,
		platform: "node",
		format: "cjs",
		target: "node20",
		conditions: ["source"],
		logLevel: "error",
	});
	return outputFiles[0].text;
}
