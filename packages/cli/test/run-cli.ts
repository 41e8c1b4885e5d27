/** Runs the command inside the test, and as a child process from source. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { cli } from "../src/cli.ts";

const ROOT = fileURLToPath(new URL("../../../", import.meta.url));

export interface CliResult {
	readonly status: number | null;
	readonly out: string;
	readonly err: string;
}

export async function hookline(...args: string[]): Promise<CliResult> {
	let out = "";
	let err = "";
	const io = {
		out: (t: string) => void (out += t),
		err: (t: string) => void (err += t),
		colour: false,
		interactive: false,
	};
	const status = await cli(args, io);
	return { status, out, err };
}

/** `command` is given to sh; `$HOOKLINE` in it runs the command. */
export function shell(command: string, cwd: string = ROOT): CliResult {
	const HOOKLINE = `${ROOT}node_modules/.bin/tsx -C source ${ROOT}packages/cli/src/main.ts`;
	const r = spawnSync("sh", ["-c", command], { cwd, encoding: "utf8", env: { ...process.env, HOOKLINE } });
	return { status: r.status, out: r.stdout, err: r.stderr };
}

export const dir: string = mkdtempSync(join(tmpdir(), "hookline-cli-"));

/** A file in the tests' directory; returns its path. */
export function file(name: string, content: string | Uint8Array): string {
	const path = join(dir, name);
	writeFileSync(path, content);
	return path;
}
export function capture(name: string): string {
	return join(ROOT, "test", "captures", name);
}
/** Where recorded kernel cases may be, beside the repository. */
export const CASES: string = join(ROOT, "..", "shared", "oracle");
