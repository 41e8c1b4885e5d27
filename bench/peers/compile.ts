/** C sources of this folder to programs in a directory of their own. */
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { run, works } from "../throughput/child.ts";

/** A file beside the sources, also when asked by built code; throws when this is no checkout. */
export function sourceFile(path: string): string {
	for (const base of ["./", "../../peers/"]) {
		const file = fileURLToPath(new URL(base + path, import.meta.url));
		if (existsSync(file)) return file;
	}
	throw new Error(`bench/peers/${path} is not there: comparisons run in a checkout`);
}
export function hasCompiler(): boolean {
	return works(["cc", "--version"]);
}
/** For this machine's processor. */
export async function compile(source: string, program: string): Promise<void> {
	await run(
		`cc ${source}`,
		["cc", "-O3", "-march=native", "-std=gnu11", "-o", program, sourceFile(source)],
		120,
	);
}
