/** A module as one plain JavaScript file: built code as it is, source bundled first (source under a loader is slower). */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Plugin } from "esbuild";

export interface Compiled {
	readonly file: string;
	remove(): void;
}

/** `module`: URL of a built module, `.js`; its source has the same name with `.ts`. */
export async function compile(module: URL): Promise<Compiled> {
	const built = fileURLToPath(module);
	return existsSync(built) ? { file: built, remove: () => {} } : bundle(built.replace(/\.js$/, ".ts"), []);
}
/** The same from source, changed by `plugins`; undefined where there is no source. */
export async function compileWith(module: URL, plugins: readonly Plugin[]): Promise<Compiled | undefined> {
	const source = fileURLToPath(module).replace(/\.js$/, ".ts");
	return existsSync(source) ? bundle(source, plugins) : undefined;
}
async function bundle(source: string, plugins: readonly Plugin[]): Promise<Compiled> {
	const { build } = await import("esbuild");
	const dir = mkdtempSync(join(tmpdir(), "hookline-bench-"));
	const file = join(dir, "worker.mjs");
	await build({
		entryPoints: [source],
		plugins: [...plugins],
		bundle: true,
		platform: "node",
		format: "esm",
		target: "node20",
		conditions: ["source"],
		// what is measured does not compile
		external: ["esbuild"],
		outfile: file,
		logLevel: "error",
		banner: {
			js: 'import { createRequire as requireOf } from "node:module"; const require = requireOf(import.meta.url);',
		},
	});
	return { file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
