/** Trace files as streams: any chunking, damage, truncation, bounded tables. */
import fc from "fast-check";
import { expect, test } from "vitest";
import {
	TraceFormatError,
	type TraceHeader,
	type TraceNames,
	TraceReader,
	type TraceRecord,
	TraceWriter,
} from "../src/index.ts";

const names: TraceNames = {
	netns: [{ id: 0, name: "." }],
	devices: [{ id: 0, name: "lo", netns: 0, ifindex: 1 }],
};
const record = (serial: number, text = ""): TraceRecord => ({
	kind: 4,
	serial,
	time: serial * 1000,
	netns: 0,
	dev: 0,
	a: 98,
	b: -1,
	c: 0,
	d: -(2 ** 31),
	text,
});
function file(records: readonly TraceRecord[], more?: TraceNames): { bytes: Uint8Array; chunks: number[] } {
	const chunks: Uint8Array[] = [];
	const w = new TraceWriter((c) => chunks.push(c), { seed: 7, lab: "lab.sh", names });
	for (const r of records) w.record(r);
	if (more !== undefined) w.names(more);
	w.end();
	return { bytes: new Uint8Array(Buffer.concat(chunks)), chunks: chunks.map((c) => c.length) };
}
function read(parts: Iterable<Uint8Array>): {
	records: TraceRecord[];
	names: TraceNames[];
	header?: TraceHeader;
	error?: TraceFormatError;
} {
	const records: TraceRecord[] = [];
	const learned: TraceNames[] = [];
	const reader = new TraceReader({ onRecord: (r) => records.push(r), onNames: (n) => learned.push(n) });
	try {
		for (const p of parts) reader.push(p);
		reader.end();
	} catch (e) {
		if (!(e instanceof TraceFormatError)) throw e;
		return { records, names: learned, header: reader.header, error: e };
	}
	return { records, names: learned, header: reader.header };
}

const three = [record(1), record(2, "filter FORWARD 1: -j DROP"), record(3, "filter FORWARD 1: -j DROP")];

test("what is written is read, however the bytes are cut", () => {
	const more = { netns: [{ id: 1, name: "c1" }], devices: [] };
	const { bytes } = file(three, more);
	fc.assert(
		fc.property(fc.array(fc.nat(bytes.length), { maxLength: 8 }), (cuts) => {
			const at = [0, ...cuts.sort((a, b) => a - b), bytes.length];
			const r = read(at.slice(1).map((end, i) => bytes.subarray(at[i], end)));
			expect(r).toEqual({
				records: three,
				names: [more],
				header: { version: 1, seed: 7, lab: "lab.sh", names },
			});
		}),
	);
	expect(read(Array.from(bytes, (b) => Uint8Array.of(b))).records).toEqual(three);
});
test("a file cut short gives its whole records, then the place where it ends", () => {
	const { bytes } = file(three);
	for (let length = 0; length < bytes.length; length++) {
		const r = read([bytes.subarray(0, length)]);
		expect(r.records).toEqual(three.slice(0, r.records.length));
		expect(r.error?.message).toMatch(
			length === 0 ? /empty/ : /^byte \d+: the file (ends within a message|is cut short)/,
		);
	}
});
test("damage gives the records before it, and the byte", () => {
	const { bytes } = file([record(1)]);
	// the End is 12 bytes: a length, a tag and its length, a tag and a double
	const whole = bytes.subarray(0, bytes.length - 12);
	const damaged = new Uint8Array([...whole, 3, 0xff, 0xff, 0xff, ...bytes]);
	const r = read([damaged]);
	expect(r.records).toEqual([record(1)]);
	expect(r.error?.offset).toBe(whole.length);
	const lost = new Uint8Array([...file([]).bytes.slice(0, -3), ...bytes.subarray(bytes.length - 12)]);
	expect(read([lost]).error?.message).toContain("0 records are here, and the end says 1");
	expect(r.error?.message).toContain("damaged message of 3 bytes");
});
test("any flipped byte: an error or records, never a hang or another exception", () => {
	const { bytes } = file(three);
	fc.assert(
		fc.property(fc.nat(bytes.length - 1), fc.integer({ min: 1, max: 255 }), (at, flip) => {
			const bad = bytes.slice();
			bad[at] ^= flip;
			read([bad]);
		}),
		{ numRuns: 500 },
	);
});
test("other files are refused as no trace", () => {
	const pcap = Uint8Array.of(0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0);
	expect(read([pcap]).error?.message).toMatch(/not a trace|file ends/);
	expect(
		read([new TextEncoder().encode("ip netns add c1\nip link add v1 type veth\n".repeat(9))]).error?.message,
	).toContain("not a trace");
	const { bytes } = file(three);
	const header = bytes[0] + 1;
	expect(read([bytes.subarray(header)]).error?.message).toBe(
		"byte 0: not a trace: its first message is no header",
	);
	expect(read([bytes, bytes]).error?.message).toBe(
		`byte ${bytes.length}: something follows the end of the trace`,
	);
});
test("memory is bounded: chunks of 64 KiB, texts numbered again after 65,536", () => {
	const records = Array.from({ length: 70_000 }, (_, i) => record(i + 1, `text ${i}`));
	const { bytes, chunks } = file(records);
	expect(Math.max(...chunks)).toBeLessThan(70_000);
	const r = read([bytes]);
	expect(r.error).toBeUndefined();
	expect(r.records.length).toBe(70_000);
	for (const i of [0, 65_535, 65_536, 69_999]) expect(r.records[i].text).toBe(`text ${i}`);
});
