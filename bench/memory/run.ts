/**
 * `pnpm bench:memory [CONTAINERS FLOWS GIGABYTES]`: most resident memory of two processes, by VmHWM, against the limit of 300 MB.
 *
 *   flows    1,000 containers on a host and 100,000 connections through its NAT (flows.ts)
 *   replay   `hookline replay` of a capture of 1 GB through both hosts of nat; the capture is made for it and removed
 */
import { mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Compiled, compile } from "../compile.ts";
import { pathNamed } from "../throughput/labs.ts";
import { writeCapture } from "./capture.ts";
import { type Peak, peakOf } from "./peak.ts";

const LIMIT_MB = 300;
/** Each connection's packets once before, and once after it is established. */
const ROUNDS = 2;

async function flows(containers: number, count: number): Promise<Peak> {
	return using(new URL("./flows.js", import.meta.url), (file) =>
		peakOf(file, [containers, count, ROUNDS].map(String)),
	);
}

async function replay(bytes: number): Promise<Peak> {
	const dir = mkdtempSync(join(tmpdir(), "hookline-memory-"));
	try {
		const lab = join(dir, "nat.sh");
		writeFileSync(lab, pathNamed("nat").lab(10));
		const capture = join(dir, "in.pcap");
		const frames = writeCapture(capture, bytes);
		const peak = await using(new URL("../../packages/cli/src/main.js", import.meta.url), (file) =>
			peakOf(file, ["replay", lab, "--in", `c1:eth0=${capture}`, "--speed", "recorded", "--json"]),
		);
		const played = JSON.parse(peak.out) as { in: { frames: number }[] };
		if (played.in[0].frames !== frames)
			throw new Error(`${played.in[0].frames} of ${frames} frames were played`);
		const size = (statSync(capture).size / 1e9).toFixed(2);
		return { ...peak, out: `a capture of ${size} GB, ${frames} frames` };
	} finally {
		rmSync(dir, { recursive: true, force: true });
	}
}

async function using(module: URL, run: (file: string) => Promise<Peak>): Promise<Peak> {
	const compiled: Compiled = await compile(module);
	try {
		return await run(compiled.file);
	} finally {
		compiled.remove();
	}
}

const [containers = 1000, count = 100_000, gigabytes = 1] = process.argv.slice(2).map(Number);
for (const [name, measure] of [
	["flows", () => flows(containers, count)],
	["replay", () => replay(gigabytes * 1e9)],
] as const) {
	const { bytes, seconds, out } = await measure();
	const mb = bytes / 1e6;
	if (mb >= LIMIT_MB) process.exitCode = 1;
	const verdict = mb < LIMIT_MB ? "below" : "NOT below";
	process.stdout.write(
		`${name.padEnd(7)} ${mb.toFixed(0).padStart(4)} MB at most, ${verdict} ${LIMIT_MB}; ${seconds.toFixed(0)} s; ${out}\n`,
	);
}
