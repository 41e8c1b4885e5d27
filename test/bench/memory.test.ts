/** The tools of the memory measurement: a capture that readers take, and the peak of a process. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { platform, tmpdir } from "node:os";
import { join } from "node:path";
import { writeCapture } from "@hookline/bench/memory/capture";
import { peakOf } from "@hookline/bench/memory/peak";
import { readCapture, timestampNs } from "@hookline/pcap";
import { afterAll, beforeAll, expect, test } from "vitest";

let dir = "";
beforeAll(() => {
	dir = mkdtempSync(join(tmpdir(), "hookline-test-"));
});
afterAll(() => rmSync(dir, { recursive: true, force: true }));

test("the capture is whole, as large as asked for, and its stamps go on", () => {
	const path = join(dir, "a.pcap");
	const frames = writeCapture(path, 1_500_000);
	const bytes = readFileSync(path);
	const { records, error, format } = readCapture(bytes);
	expect([format, error]).toEqual(["pcap", undefined]);
	expect(bytes.length).toBeGreaterThanOrEqual(1_500_000);
	expect(records).toHaveLength(frames);
	const stamps = records.map((r) => Number(timestampNs(r)));
	expect(stamps.every((t, i) => i === 0 || t === stamps[i - 1] + 10_000)).toBe(true);
});

const measurable = platform() === "linux";
if (!measurable) console.warn("peak memory is measured on Linux only: not tested here");
test.skipIf(!measurable)(
	"the peak stays though the memory was given back, and a failure is told",
	async () => {
		const file = join(dir, "program.mjs");
		writeFileSync(file, 'new Uint8Array(200e6).fill(1); process.stdout.write("done");');
		const { bytes, out } = await peakOf(file, []);
		expect(out).toBe("done");
		expect(bytes).toBeGreaterThan(200e6);
		expect(bytes).toBeLessThan(400e6);
		writeFileSync(file, 'throw new Error("on purpose");');
		await expect(peakOf(file, [])).rejects.toThrow("on purpose");
	},
);
