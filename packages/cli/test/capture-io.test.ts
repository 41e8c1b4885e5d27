/** Captures as streams: merging by time, damage, several ports in one file. */
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { PcapWriter, readCapture } from "@hookline/pcap";
import { describe, expect, it } from "vitest";
import { CaptureFile } from "../src/io/capture-in.ts";
import { openCapture } from "../src/io/capture-out.ts";
import { Merge } from "../src/replay/merge.ts";

const dir = mkdtempSync(join(tmpdir(), "hookline-cli-"));
const capture = (name: string): string =>
	fileURLToPath(new URL(`../../../test/captures/${name}`, import.meta.url));

function pcap(name: string, times: readonly number[], mark: number): string {
	const pieces: Uint8Array[] = [];
	const writer = new PcapWriter((b) => void pieces.push(b), { epochNs: 1_000_000_000_000_000_000n });
	for (const [i, timestampNs] of times.entries())
		writer.writePacket({ timestampNs, data: Uint8Array.of(mark, i, ...new Array(14).fill(0)) });
	const path = join(dir, name);
	writeFileSync(path, Buffer.concat(pieces));
	return path;
}
function drain(merge: Merge): string[] {
	const seen: string[] = [];
	for (let m = merge.next(); m !== undefined; m = merge.next())
		seen.push(`${m.source}.${m.record.data[1]}@${m.time}`);
	return seen;
}

describe("Merge", () => {
	it("orders by stamp; a stamp that goes back counts as the one before", () => {
		const files = [pcap("a.pcap", [10, 30, 20, 40], 1), pcap("b.pcap", [5, 30, 35], 2)];
		const merge = new Merge(files.map((f) => new CaptureFile(f)));
		expect(merge.epoch).toBe(1_000_000_000_000_000_005n);
		expect(drain(merge)).toEqual(["1.0@0", "0.0@5", "0.1@25", "0.2@25", "1.1@25", "1.2@30", "0.3@35"]);
	});
	it("gives all whole records before the damage, of every file", () => {
		const whole = readFileSync(capture("zeek-ipv4.pcap"));
		const offsets = readCapture(whole).records.map((r) => r.offset);
		const cut = join(dir, "cut.pcap");
		writeFileSync(cut, whole.subarray(0, offsets[40] + 20));
		const merge = new Merge([new CaptureFile(cut), new CaptureFile(pcap("c.pcap", [1, 2], 3))]);
		expect(drain(merge)).toHaveLength(42);
		expect(merge.damage.map((d) => [d.file, d.offset])).toEqual([[cut, offsets[40]]]);
		expect(merge.damage[0].message).toContain(`${cut}: byte ${offsets[40]}:`);
	});
	it("a file of no records at all is damage too", () => {
		const empty = join(dir, "empty.pcap");
		writeFileSync(empty, "");
		const merge = new Merge([new CaptureFile(empty)]);
		expect(drain(merge)).toEqual([]);
		expect(merge.damage).toHaveLength(1);
	});
});

describe("openCapture", () => {
	it("writes an interface per port, names and directions", () => {
		const path = join(dir, "deep", "er", "x.pcapng");
		const out = openCapture(path, 1_600_000_000_123_456_789n);
		const a = out.addPort("h1:eth0", "first");
		const b = out.addPort("h2:eth0", "second");
		const frame = new Uint8Array(60).fill(7);
		out.write(a, 0, frame, "tx");
		out.write(b, 1000.4, frame, "rx");
		out.close();
		const { records, interfaces, error } = readCapture(readFileSync(path));
		expect(error).toBeUndefined();
		expect(interfaces.map((i) => [i.name, i.description, i.tsresol])).toEqual([
			["h1:eth0", "first", 9],
			["h2:eth0", "second", 9],
		]);
		expect(records.map((r) => [r.interfaceId, r.flags & 3])).toEqual([
			[0, 2],
			[1, 1],
		]);
	});
	it("writes times beyond 2^53 ns", () => {
		const path = join(dir, "late.pcap");
		const out = openCapture(path, 0n);
		out.write(out.addPort("a", ""), 2 ** 53 + 2, new Uint8Array(14), "rx");
		out.close();
		const [record] = readCapture(readFileSync(path)).records;
		expect([record.tsHigh, record.tsLow]).toEqual([9007199, 254740994]);
	});
});
