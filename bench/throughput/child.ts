/** Measuring processes: each on one core where the machine can do that, its answer on stdout. */
import { execFileSync, spawn } from "node:child_process";
import { cpus, platform } from "node:os";

/** Runs a program to its end; stdout. Rejects with `what` and the program's own words when it fails or takes longer than `seconds`. */
export function run(what: string, argv: readonly string[], seconds = 600): Promise<string> {
	return new Promise((resolve, reject) => {
		const child = spawn(argv[0], argv.slice(1), { stdio: ["ignore", "pipe", "pipe"] });
		let text = "";
		let errors = "";
		let late = false;
		const timer = setTimeout(() => {
			late = true;
			child.kill("SIGTERM");
		}, seconds * 1000);
		child.stdout.on("data", (d) => (text += d));
		child.stderr.on("data", (d) => (errors += d));
		child.on("error", (e) => {
			clearTimeout(timer);
			reject(e);
		});
		child.on("close", (code) => {
			clearTimeout(timer);
			if (code === 0) resolve(text);
			else if (late) reject(new Error(`${what}: no end after ${seconds} s`));
			else reject(new Error(`${what}: ${errors.trim() || `exit ${code}`}`));
		});
	});
}

/** The same on the measuring core. */
export function runPinned(what: string, argv: readonly string[]): Promise<string> {
	const core = measuringCore();
	return run(what, core === undefined ? argv : ["taskset", "-c", String(core), ...argv]);
}

/** Does the program exist and end with status 0? */
export function works(argv: readonly string[]): boolean {
	try {
		execFileSync(argv[0], argv.slice(1), { stdio: "ignore" });
		return true;
	} catch {
		return false;
	}
}

let core: number | undefined | null = null;
/** The second core, or the only one; undefined where a process cannot be bound to it. */
export function measuringCore(): number | undefined {
	if (core === null) {
		const wanted = cpus().length > 1 ? 1 : 0;
		core = platform() === "linux" && works(["taskset", "-c", String(wanted), "true"]) ? wanted : undefined;
	}
	return core;
}
