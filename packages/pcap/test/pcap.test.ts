import { CaptureReader, PcapWriter, readCapture, relativeNs, timestampNs, toEthernet } from "@hookline/pcap";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collector, concat, hex, load, OWN } from "./captures.ts";

// By hand from draft-ietf-opsawg-pcap: header, then one record at 1 s + 2 units, 3 bytes kept of 4.
const HEADER_BE = "0002 0004 00000000 00000000 0000ffff 00000001";
const HEADER_LE = "0200 0400 00000000 00000000 ffff0000 01000000";
const RECORD_BE = "00000001 00000002 00000003 00000004 aabbcc";
const RECORD_LE = "01000000 02000000 03000000 04000000 aabbcc";

describe("classic pcap", () => {
	it.each([
		["a1b2c3d4", HEADER_BE, RECORD_BE, false, 1_000_002_000n],
		["d4c3b2a1", HEADER_LE, RECORD_LE, true, 1_000_002_000n],
		["a1b23c4d", HEADER_BE, RECORD_BE, false, 1_000_000_002n],
		["4d3cb2a1", HEADER_LE, RECORD_LE, true, 1_000_000_002n],
	])("magic %s", (magic, header, record, littleEndian, ns) => {
		const file = hex(magic + header + record);
		const capture = readCapture(file);
		expect(capture.error).toBeUndefined();
		expect(capture.header).toMatchObject({ format: "pcap", littleEndian, snapLen: 65535, linkType: 1 });
		const [only] = capture.records;
		expect(only).toMatchObject({ tsHigh: 1, tsLow: 2, origLen: 4, data: hex("aabbcc"), offset: 24 });
		expect(timestampNs(only!)).toBe(ns);
		const out = collector();
		const writer = new PcapWriter(out.sink, {
			littleEndian,
			nanoseconds: ns === 1_000_000_002n,
			snapLen: 65535,
		});
		writer.writePacket({ timestampNs: ns, data: hex("aabbcc"), origLen: 4 });
		expect(out.bytes()).toEqual(file);
	});

	it.each([
		["1f8b0800 00000000", /gzip.*1f 8b 08 00/],
		["28b52ffd 00000000", /zstd/],
		["fd377a58 5a00", /xz/],
		["a1b2cd34 00020004", /modified pcap.*a1 b2 cd 34/],
		["34cdb2a1 02000400", /modified pcap.*34 cd b2 a1/],
		["1c0001ac 00020004", /Ixia/],
		["7f454c46 02010100", /unknown file type.*7f 45 4c 46/],
		[`d4c3b2a1 0200 0300${HEADER_LE.slice(9)}`, /pcap version 2\.3; expected 2\.4/],
	])("refuses %s", (bytes, message) => {
		const { error, records } = readCapture(hex(bytes));
		expect(error?.message).toMatch(message);
		expect(error?.offset).toBe(0);
		expect(records).toEqual([]);
	});

	it("keeps FCS bits of the last header word, and cuts the FCS off a frame", () => {
		// Bit 26 set, 2 sixteen-bit words of FCS.
		const file = hex(
			`a1b2c3d4 0002 0004 00000000 00000000 0000ffff 24000001 00000000 00000000 00000012 00000012 ${"11".repeat(18)}`,
		);
		const { header, records, interfaces } = readCapture(file);
		expect(header).toMatchObject({ network: 0x24000001, linkType: 1, fcsLength: 4 });
		expect(interfaces[0]!.fcsLength).toBe(4);
		expect(toEthernet(records[0]!)).toHaveLength(14);
		// Words without bit 26 say nothing, as in tcpdump's udp-length-heapoverflow.pcap (30000001).
		expect(readCapture(hex("a1b2c3d4 0002 0004 00000000 00000000 0000ffff 30000001")).header).toMatchObject({
			linkType: 1,
			fcsLength: undefined,
		});
	});

	it("carries an out-of-range microsecond field, and keeps it", () => {
		const record = readCapture(hex(`a1b2c3d4 ${HEADER_BE} 00000005 000f4240 00000000 00000000`)).records[0]!;
		expect(record.tsLow).toBe(1_000_000);
		expect(timestampNs(record)).toBe(6_000_000_000n);
	});

	it("refuses a record longer than any the header allows, at its offset", () => {
		const file = concat([
			hex(`a1b2c3d4 ${HEADER_BE} ${RECORD_BE}`),
			hex("00000001 00000002 00040001 00040001"),
		]);
		const { records, error } = readCapture(file);
		expect(records).toHaveLength(1);
		expect(error?.offset).toBe(43);
		expect(error?.message).toMatch(/claims 262145 bytes; expected at most 262144/);
		const wide = file.slice();
		new DataView(wide.buffer).setUint32(16, 0xffffffff);
		expect(readCapture(wide).error?.message).toMatch(/the file ends/);
		expect(readCapture(wide, { maxRecordLength: 1000 }).error?.message).toMatch(/expected at most 1000/);
	});

	it("gives an error by next again and again, after the whole records", () => {
		const reader = new CaptureReader();
		reader.push(hex(`a1b2c3d4 ${HEADER_BE} ${RECORD_BE} 0000`));
		reader.end();
		expect(reader.next()?.tsHigh).toBe(1);
		for (let i = 0; i < 2; i++) expect(() => reader.next()).toThrow(/^byte 43: the file ends at byte 45/);
		expect(() => reader.push(hex("00"))).toThrow(TypeError);
	});

	it("does not touch records already given when more comes in", () => {
		const reader = new CaptureReader();
		reader.push(hex(`a1b2c3d4 ${HEADER_BE} ${RECORD_BE}`));
		const first = reader.next()!;
		const filler = concat([hex("00000001 00000002 00010000 00010000"), new Uint8Array(65536).fill(0xee)]);
		for (let i = 0; i < 4; i++) {
			reader.push(filler);
			expect(reader.next()?.data.length).toBe(65536);
		}
		expect(first.data).toEqual(hex("aabbcc"));
	});

	it("stays small on a long file of small chunks", () => {
		const reader = new CaptureReader();
		reader.push(hex(`a1b2c3d4 ${HEADER_BE}`));
		const record = concat([hex("00000001 00000002 00001000 00001000"), new Uint8Array(4096)]);
		let biggest = 0;
		for (let i = 0; i < 10_000; i++) {
			reader.push(record);
			const next = reader.next()!;
			expect(next.offset).toBe(24 + i * record.length);
			biggest = Math.max(biggest, next.data.buffer.byteLength);
		}
		expect(biggest).toBeLessThanOrEqual(65_536);
		reader.push(hex("00"));
		expect(() => reader.end()).toThrow(/^byte 41120024: the file ends at byte 41120025/);
	});

	it("adds a writer's epoch to stamps that are numbers", () => {
		const out = collector();
		const writer = new PcapWriter(out.sink, { epochNs: 1_700_000_000_999_999_999n });
		for (const ns of [0, 1, 2_000_000_001]) writer.writePacket({ timestampNs: ns, data: hex("00") });
		const { records } = readCapture(out.bytes());
		expect(records.map(timestampNs)).toEqual([
			1_700_000_000_999_999_999n,
			1_700_000_001_000_000_000n,
			1_700_000_003_000_000_000n,
		]);
		expect(records.map((r) => relativeNs(r, records[0]!))).toEqual([0, 1, 2_000_000_001]);
	});

	it("refuses times and link types that the file cannot hold", () => {
		const writer = new PcapWriter(() => {});
		const data = hex("00");
		expect(() => writer.writePacket({ timestampNs: -1, data })).toThrow(RangeError);
		expect(() => writer.writePacket({ timestampNs: 0.5, data })).toThrow(/whole number/);
		expect(() => writer.writePacket({ timestampNs: 4_294_967_296_000_000_000n, data })).toThrow(/32 bits/);
		const raw = readCapture(load(OWN, "tcpdump-LINKTYPE_RAW_ipv4.pcap")).records[0]!;
		expect(() => writer.writeRecord(raw)).toThrow(/link type 101 \(RAW\); expected 1 \(ETHERNET\)/);
	});

	it("cuts packets to its snapLen and keeps their length", () => {
		const out = collector();
		new PcapWriter(out.sink, { snapLen: 2 }).writePacket({ timestampNs: 0, data: hex("010203") });
		expect(readCapture(out.bytes()).records[0]).toMatchObject({ data: hex("0102"), origLen: 3 });
	});

	it("reads what it writes (property)", () => {
		const packet = fc.record({
			seconds: fc.integer({ min: 0, max: 0xffffffff }),
			rest: fc.integer({ min: 0, max: 999_999 }),
			data: fc.uint8Array({ maxLength: 200 }),
			more: fc.nat(2000),
		});
		const options = fc.record({
			littleEndian: fc.boolean(),
			nanoseconds: fc.boolean(),
			linkType: fc.integer({ min: 0, max: 0xffff }),
			snapLen: fc.integer({ min: 200, max: 0xffffffff }),
		});
		fc.assert(
			fc.property(options, fc.array(packet, { maxLength: 20 }), (opts, packets) => {
				const out = collector();
				const writer = new PcapWriter(out.sink, opts);
				const ns = (p: (typeof packets)[0]) => BigInt(p.seconds) * 1_000_000_000n + BigInt(p.rest) * 1000n;
				for (const p of packets) {
					writer.writePacket({ timestampNs: ns(p), data: p.data, origLen: p.data.length + p.more });
				}
				const { header, records, error } = readCapture(out.bytes());
				expect(error).toBeUndefined();
				expect(header).toMatchObject(opts);
				expect(records.map((r) => [timestampNs(r), [...r.data], r.origLen])).toEqual(
					packets.map((p) => [ns(p), [...p.data], p.data.length + p.more]),
				);
			}),
			{ numRuns: 200 },
		);
	});
});

describe("toEthernet", () => {
	it("gives Ethernet as it is, raw IP a header, and refuses the rest by name", () => {
		const dns = readCapture(load(OWN, "tcpdump-dns_udp.pcap")).records[0]!;
		expect(toEthernet(dns)).toBe(dns.data);
		const raw = readCapture(load(OWN, "tcpdump-LINKTYPE_RAW_ipv4.pcap")).records[0]!;
		expect(toEthernet(raw)).toEqual(concat([new Uint8Array(12), hex("0800"), raw.data]));
		expect(toEthernet({ ...raw, data: hex("60000000") })).toEqual(
			concat([new Uint8Array(12), hex("86dd60000000")]),
		);
		expect(() => toEthernet({ ...raw, data: hex("50") })).toThrow(/IP version 5/);
		expect(() => toEthernet({ ...raw, data: hex("") })).toThrow(/no byte/);
		const sll = readCapture(load(OWN, "tcpdump-tcp-handshake-nano.pcap")).records[1]!;
		expect(() => toEthernet(sll)).toThrow(/^byte 116: link type 113 \(LINUX_SLL\)/);
		expect(() => toEthernet({ ...sll, linkType: 4711 })).toThrow(/4711 \(unknown\)/);
	});
});
