/** A module as one plain JavaScript file: built code as it is, source bundled first (source under a loader is slower). */
import { existsSync, mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

export interface Compiled {
	readonly file: string;
	remove(): void;
}

/** `module`: URL of a built module, `.js`; its source has the same name with `.ts`. */
export async function compile(module: URL): Promise<Compiled> {
	const built = fileURLToPath(module);
	if (existsSync(built)) return { file: built, remove: () => {} };
	const { build } = await import("esbuild");
	const dir = mkdtempSync(join(tmpdir(), "hookline-bench-"));
	const file = join(dir, "worker.mjs");
	await build({
		entryPoints: [built.replace(/\.js$/, ".ts")],
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
			js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
		},
	});
	return { file, remove: () => rmSync(dir, { recursive: true, force: true }) };
}
