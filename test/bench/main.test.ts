/** A whole run of `hookline bench --against c`, too short to mean anything: the table and the JSON file. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { runBench } from "@hookline/bench/throughput/main";
import type { BenchRow } from "@hookline/bench/throughput/rows";
import { expect, test } from "vitest";

test("ours beside C", async () => {
	const dir = mkdtempSync(join(tmpdir(), "hookline-bench-test-"));
	const json = join(dir, "bench.json");
	let text = "";
	const status = await runBench({
		paths: ["bridge"],
		frames: [64],
		flows: [1],
		runs: 1,
		count: 10_000,
		against: ["c"],
		json,
		out: (t) => {
			text += t;
		},
	});
	const rows = JSON.parse(readFileSync(json, "utf8")) as BenchRow[];
	rmSync(dir, { recursive: true });
	expect(rows.length).toBe(1);
	const [row] = rows;
	expect(row).toMatchObject({ path: "bridge", frame: 64, flows: 1, rules: 0 });
	expect(row.nsPerPacket.median).toBeGreaterThan(0);
	const beside = row.against.c;
	if (beside === null) {
		// without a compiler: said, and the only one that was asked for
		expect(row.reasons?.c).toMatch(/compiler/);
		expect(text).toContain("*** NOT COMPARED with c");
		expect(status).toBe(1);
	} else {
		expect(beside?.ratio).toBeCloseTo(row.nsPerPacket.median / (beside?.median as number), 6);
		expect(text).toMatch(/\nbridge +64 +1 +0 /);
		expect(status).toBe(0);
	}
});
