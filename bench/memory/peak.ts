/** Peak memory of a program that ran to its end, as the kernel counted it. */
import { spawn } from "node:child_process";

export interface Peak {
	/** VmHWM, bytes: most that was ever resident. */
	readonly bytes: number;
	readonly seconds: number;
	readonly out: string;
}

/** Written by the process itself as it leaves: the count of a process that is gone is gone too. */
const REPORT = `data:text/javascript,${encodeURIComponent(`
import { readFileSync, writeSync } from "node:fs";
process.on("exit", () => writeSync(3, /VmHWM:\\s*(\\d+)/.exec(readFileSync("/proc/self/status", "utf8"))[1]));
`)}`;

/** Run `node FILE ARGV…`. Throws when it fails. Linux only. */
export function peakOf(file: string, argv: readonly string[]): Promise<Peak> {
	return new Promise((resolve, reject) => {
		const began = performance.now();
		const child = spawn(process.execPath, ["--import", REPORT, file, ...argv], {
			stdio: ["ignore", "pipe", "pipe", "pipe"],
		});
		const texts = ["", "", "", ""];
		for (const fd of [1, 2, 3])
			child.stdio[fd]?.on("data", (d) => {
				texts[fd] += d;
			});
		child.on("error", reject);
		child.on("close", (code) => {
			const [, out, err, kib] = texts;
			if (code !== 0) reject(new Error(err.trim() || `exit ${code}`));
			else
				resolve({ bytes: Number(kib) * 1024, seconds: (performance.now() - began) / 1000, out: out.trim() });
		});
	});
}
