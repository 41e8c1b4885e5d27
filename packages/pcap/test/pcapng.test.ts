import {
	BLOCK,
	direction,
	OPT,
	type PcapngBlock,
	PcapngBlockReader,
	PcapngWriter,
	readCapture,
	readCustom,
	readNames,
	readStatistics,
	relativeNs,
	timestampNs,
	toEthernet,
} from "@hookline/pcap";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { collector, concat, hex, load, OWN } from "./captures.ts";

// By hand from draft-ietf-opsawg-pcapng: SHB; IDB of Ethernet, snapLen 4, if_name "e0", if_tsresol 9; EPB at
// 2^32 + 5 units, 3 bytes of 9, comment "hi", epb_flags inbound; SPB of 6 bytes, cut by the snapLen to 4.
const BE = hex(`
	0a0d0d0a 0000001c 1a2b3c4d 0001 0000 ffffffffffffffff 0000001c
	00000001 00000028 0001 0000 00000004  0002 0002 65300000  0009 0001 09000000  0000 0000 00000028
	00000006 00000038 00000000 00000001 00000005 00000003 00000009 aabbcc00
		0001 0002 68690000  0002 0004 00000001  0000 0000 00000038
	00000003 00000014 00000006 01020304 00000014`);
const LE = hex(`
	0a0d0d0a 1c000000 4d3c2b1a 0100 0000 ffffffffffffffff 1c000000
	01000000 28000000 0100 0000 04000000  0200 0200 65300000  0900 0100 09000000  0000 0000 28000000
	06000000 38000000 00000000 01000000 05000000 03000000 09000000 aabbcc00
		0100 0200 68690000  0200 0400 01000000  0000 0000 38000000
	03000000 14000000 06000000 01020304 14000000`);

const SHB = BE.slice(0, 28);
/** A big-endian section with one interface of these options (hex, with opt_endofopt) and further blocks. */
function file(ifOptions: string, ...blocks: string[]): Uint8Array {
	return concat([SHB, block(1, `0001 0000 00000000 ${ifOptions}`), ...blocks.map(hex)]);
}
function block(type: number, body: string): Uint8Array {
	const inner = hex(body);
	const bytes = new Uint8Array(12 + inner.length);
	const view = new DataView(bytes.buffer);
	view.setUint32(0, type);
	view.setUint32(4, bytes.length);
	bytes.set(inner, 8);
	view.setUint32(bytes.length - 4, bytes.length);
	return bytes;
}
/** An empty packet at that raw 64-bit stamp. */
function stamped(stamp: string): string {
	return `00000006 00000020 00000000 ${stamp} 00000000 00000000 00000020`;
}

describe("pcapng read", () => {
	it.each([
		["big", BE, false],
		["little", LE, true],
	])("%s-endian by hand", (_, bytes, littleEndian) => {
		const { format, header, interfaces, records, error } = readCapture(bytes);
		expect(error).toBeUndefined();
		expect(format).toBe("pcapng");
		expect(header).toMatchObject({ littleEndian, versionMajor: 1, sectionLength: -1n });
		expect(interfaces).toMatchObject([{ name: "e0", linkType: 1, snapLen: 4, tsresol: 9, tsoffset: 0n }]);
		const [epb, spb] = records;
		expect(epb).toMatchObject({ data: hex("aabbcc"), origLen: 9, comment: "hi", flags: 1, offset: 68 });
		expect(direction(epb!)).toBe("in");
		expect(timestampNs(epb!)).toBe(4_294_967_301n);
		expect(spb).toMatchObject({ data: hex("01020304"), origLen: 6, hasTimestamp: false });
		expect(relativeNs(spb!, epb!)).toBe(0);
		expect(records).toHaveLength(2);
	});

	it("goes from section to section, each with its own byte order and interfaces", () => {
		const { interfaces, records, error } = readCapture(concat([BE, LE]));
		expect(error).toBeUndefined();
		expect(interfaces.map((i) => [i.id, i.section, i.idInSection, i.littleEndian])).toEqual([
			[0, 0, 0, false],
			[1, 1, 0, true],
		]);
		expect(records.map((r) => r.interfaceId)).toEqual([0, 0, 1, 1]);
		expect(timestampNs(records[2]!)).toBe(timestampNs(records[0]!));
	});

	it.each([
		["default: microseconds", "", "00000000 00000007", 7_000n],
		["10^-3", "0009 0001 03000000 00000000", "00000000 00000007", 7_000_000n],
		["10^-12, rounded down", "0009 0001 0c000000 00000000", "00000000 000007cf", 1n],
		["2^-10", "0009 0001 8a000000 00000000", "00000000 00000600", 1_500_000_000n],
		["2^-32", "0009 0001 a0000000 00000000", "00000001 80000000", 1_500_000_000n],
		["offset +10 s", "000e 0008 000000000000000a 00000000", "00000000 00000001", 10_000_001_000n],
		["offset -1 s", "000e 0008 ffffffffffffffff 00000000", "00000000 001e8480", 1_000_000_000n],
	])("stamp: %s", (_, options, stamp, ns) => {
		const { records, error } = readCapture(file(options, stamped(stamp)));
		expect(error).toBeUndefined();
		expect(timestampNs(records[0]!)).toBe(ns);
	});

	it("reads the obsolete Packet Block", () => {
		// Interface 0, 7 drops.
		const packet = "00000002 00000024 0000 0007 00000000 00000001 00000002 00000002 abcd0000 00000024";
		const [only] = readCapture(file("", packet)).records;
		expect(only).toMatchObject({ data: hex("abcd"), tsLow: 1, interfaceId: 0 });
	});

	it("shows and steps over blocks that it does not know", () => {
		const unknown = "0000dead 00000010 01020304 00000010";
		const seen: PcapngBlock[] = [];
		const whole = file("", unknown, stamped("00000000 00000000"));
		const { records, error } = readCapture(whole, { onBlock: (b) => seen.push(b) });
		expect(error).toBeUndefined();
		expect(records).toHaveLength(1);
		expect(seen.map((b) => b.type)).toEqual([BLOCK.sectionHeader, 1, 0xdead, BLOCK.enhancedPacket]);
		expect(concat(seen.map((b) => b.bytes))).toEqual(whole);
	});

	it.each([
		["block length not a multiple of 4", "00000006 00000021 00000000", /claims 33 bytes/],
		["block length 8", "00000006 00000008 00000000", /claims 8 bytes; expected a multiple of 4 from 12/],
		["block length 2 GB", "00000006 80000000 00000000", /claims 2147483648 bytes/],
		["lengths that differ", "00000006 00000010 00000000 00000014", /ends with length 20; expected 16/],
		[
			"packet longer than its block",
			`00000006 00000020 ${"00000000".repeat(3)} 00000001 00000001 00000020`,
			/for 1 bytes/,
		],
		["packet block too short", "00000006 00000010 00000000 00000010", /expected at least 32/],
		[
			"simple packet too long",
			"00000003 00000010 00000001 00000010",
			/simple packet block of 16 bytes for 1/,
		],
		[
			"unknown interface",
			`00000006 00000020 00000001 ${"00000000".repeat(4)} 00000020`,
			/interface 1; expected one of the section's 1/,
		],
		[
			"option over the end",
			`00000006 00000024 ${"00000000".repeat(5)} 00010001 00000024`,
			/option 1 claims 1 bytes/,
		],
		[
			"version 2",
			"0a0d0d0a 0000001c 1a2b3c4d 0002 0000 ffffffffffffffff 0000001c",
			/version 2\.0; expected 1\.0/,
		],
		["byte-order magic", "0a0d0d0a 0000001c 11111111 0001 0000 ffffffffffffffff 0000001c", /magic 11111111/],
	])("stops at damage: %s", (_, bad, message) => {
		const good = file("", stamped("00000000 00000000"));
		const { records, error } = readCapture(concat([good, hex(bad), hex(stamped("00000000 00000000"))]));
		expect(records).toHaveLength(1);
		expect(error?.offset).toBe(good.length);
		expect(error?.message).toMatch(message);
	});

	it("takes statistics, names and custom blocks apart", () => {
		const blocks: PcapngBlock[] = [];
		readCapture(load(OWN, "gopacket-le-test202.pcapng"), { onBlock: (b) => blocks.push(b) });
		const statistics = blocks.filter((b) => b.type === BLOCK.interfaceStatistics).map(readStatistics);
		expect(statistics[0]).toMatchObject({
			idInSection: 1,
			timestamp: 0x0004c39764ca47aan,
			received: undefined,
		});
		expect(statistics.at(-1)).toMatchObject({ startTime: 0x0004c39764ca47aan });
		const names = blocks.filter((b) => b.type === BLOCK.nameResolution).flatMap(readNames);
		expect(names.map((n) => [n.type, [...n.address].slice(0, 4), n.names[0]])).toContainEqual([
			1,
			[192, 168, 1, 2],
			"qux.example.com",
		]);
		const custom = blocks
			.filter((b) => b.type === BLOCK.custom || b.type === BLOCK.customNoCopy)
			.map(readCustom);
		expect(custom.map((c) => [c.pen, c.mayCopy])).toEqual([
			[0x7ed9, true],
			[0x7ed9, false],
			[0x8f74, false],
		]);
		expect(() => readCustom(blocks[0]!)).toThrow(/^byte 0: .*expected a custom block/);
	});

	it("cuts an FCS that the interface or the packet declares", () => {
		const body = `${"00000000".repeat(3)} 00000010 00000010 ${"11".repeat(16)}`;
		const plain = `00000006 00000030 ${body} 00000030`;
		const flagged = `00000006 0000003c ${body} 0002 0004 00000040 0000 0000 0000003c`;
		const length = (options: string, epb: string) =>
			toEthernet(readCapture(file(options, epb)).records[0]!).length;
		expect(length("", plain)).toBe(16);
		expect(length("000d 0001 04000000 00000000", plain)).toBe(12);
		expect(length("000d 0001 20000000 00000000", plain)).toBe(12);
		expect(length("", flagged)).toBe(14);
	});

	it("says so when a block reader's file is no pcapng, or cut", () => {
		const reader = new PcapngBlockReader();
		reader.push(BE.subarray(0, 70));
		reader.end();
		expect([reader.next()?.type, reader.next()?.type]).toEqual([BLOCK.sectionHeader, 1]);
		expect(() => reader.next()).toThrow(/^byte 68: the file ends at byte 70/);
		const other = new PcapngBlockReader();
		other.push(hex("d4c3b2a102000400"));
		expect(() => other.next()).toThrow(/expected a pcapng Section Header/);
		expect(() => new PcapngBlockReader().end()).toThrow(/empty file/);
	});
});

describe("pcapng write", () => {
	it.each([
		["big", BE, false],
		["little", LE, true],
	])("%s-endian by hand", (_, bytes, littleEndian) => {
		const out = collector();
		const writer = new PcapngWriter(out.sink, { littleEndian });
		writer.addInterface({ linkType: 1, name: "e0", snapLen: 4 });
		writer.writePacket({
			timestampNs: 4_294_967_301,
			data: hex("aabbcc"),
			origLen: 9,
			comment: "hi",
			direction: "in",
		});
		const body = littleEndian ? "06000000 01020304" : "00000006 01020304";
		writer.writeBlock(BLOCK.simplePacket, hex(body));
		expect(out.bytes()).toEqual(bytes);
	});

	it("writes a section's, an interface's and a statistics block's options", () => {
		const out = collector();
		const writer = new PcapngWriter(out.sink, {
			hardware: "none",
			os: "Linux",
			userAppl: "x",
			comment: "Grüße 🙂",
		});
		const offset = { linkType: 113, tsresol: 6, tsoffset: -5n, description: "cooked" };
		expect(writer.addInterface(offset)).toBe(0);
		writer.writeStatistics({
			interfaceId: 0,
			timestampNs: 7_000,
			startNs: 1_000,
			received: 3,
			dropped: 2n ** 40n,
		});
		const blocks: PcapngBlock[] = [];
		const { header, interfaces } = readCapture(out.bytes(), { onBlock: (b) => blocks.push(b) });
		expect(header).toMatchObject({ hardware: "none", os: "Linux", userAppl: "x", comment: "Grüße 🙂" });
		expect(interfaces[0]).toMatchObject(offset);
		expect(readStatistics(blocks[2]!)).toMatchObject({
			timestamp: 5_000_007n,
			startTime: 5_000_001n,
			received: 3n,
			dropped: 2n ** 40n,
			osDropped: undefined,
		});
	});

	it("turns round integer options for the other byte order, and nothing else", () => {
		const option = (code: number, value: string) => ({ code, value: hex(value) });
		const out = collector();
		const big = new PcapngWriter(out.sink, { littleEndian: false });
		big.addInterface({ linkType: 1 });
		const text = option(OPT.customText, "00007ed9 616263");
		const hash = option(OPT.epbHash, "02deadbeef");
		const options = [
			option(OPT.epbFlags, "00000002"),
			option(OPT.epbDropcount, "0000000000000009"),
			text,
			hash,
		];
		big.writePacket({ timestampNs: 0, data: hex("00"), options });
		const again = collector();
		const little = new PcapngWriter(again.sink);
		little.addInterface({ linkType: 1 });
		little.writeRecord(readCapture(out.bytes()).records[0]!, 0);
		const record = readCapture(again.bytes()).records[0]!;
		expect(direction(record)).toBe("out");
		expect(record.options.map((o) => o.value)).toEqual([
			hex("02000000"),
			hex("0900000000000000"),
			hex("d97e0000 616263"),
			hash.value,
		]);
	});

	it("refuses what the file cannot hold", () => {
		const writer = new PcapngWriter(() => {});
		expect(() => writer.writePacket({ timestampNs: 0, data: hex("") })).toThrow(
			/interface 0; expected one of the 0/,
		);
		writer.addInterface({ linkType: 1, tsresol: 12 });
		expect(() => writer.writePacket({ timestampNs: -1, data: hex("") })).toThrow(RangeError);
		expect(() => writer.writePacket({ timestampNs: 2n ** 62n, data: hex("") })).toThrow(/64 bits/);
		const comment = "x".repeat(65536);
		expect(() => writer.writePacket({ timestampNs: 0, data: hex(""), comment })).toThrow(/65536 bytes/);
		const raw = readCapture(load(OWN, "tcpdump-LINKTYPE_RAW_ipv4.pcap")).records[0]!;
		expect(() => writer.writeRecord(raw, 0)).toThrow(/expected 1 \(ETHERNET\), interface 0's/);
	});

	it("reads what it writes (property)", () => {
		// Units of a nanosecond or finer keep every nanosecond; 2^-30 s is the first binary one.
		const iface = fc.record({
			linkType: fc.integer({ min: 0, max: 0xffff }),
			tsresol: fc.constantFrom(9, 9, 10, 0x80 | 30, 0x80 | 32),
			tsoffset: fc.bigInt({ min: -1_000_000n, max: 0n }),
			name: fc.option(fc.string({ unit: "grapheme", maxLength: 20 }).map(noNul), { nil: undefined }),
		});
		const packet = fc.record({
			to: fc.nat(),
			ns: fc.bigInt({ min: 0n, max: 1_800_000_000_000_000_000n }),
			data: fc.uint8Array({ maxLength: 100 }),
			more: fc.nat(2000),
			comment: fc.option(fc.string({ unit: "grapheme", maxLength: 30 }).map(noNul), { nil: undefined }),
			direction: fc.constantFrom("in" as const, "out" as const, undefined),
		});
		fc.assert(
			fc.property(
				fc.boolean(),
				fc.array(iface, { minLength: 1, maxLength: 4 }),
				fc.array(packet, { maxLength: 20 }),
				(littleEndian, ifaces, packets) => {
					const out = collector();
					const writer = new PcapngWriter(out.sink, { littleEndian });
					for (const { name, ...rest } of ifaces)
						writer.addInterface(name === undefined ? rest : { ...rest, name });
					const expected = packets.map((p) => ({ ...p, id: p.to % ifaces.length }));
					for (const p of expected) {
						writer.writePacket({
							interfaceId: p.id,
							timestampNs: p.ns,
							data: p.data,
							origLen: p.data.length + p.more,
							...(p.comment === undefined ? {} : { comment: p.comment }),
							...(p.direction === undefined ? {} : { direction: p.direction }),
						});
					}
					const { interfaces, records, error } = readCapture(out.bytes());
					expect(error).toBeUndefined();
					expect(interfaces).toMatchObject(ifaces);
					expect(
						records.map((r) => [
							r.interfaceId,
							timestampNs(r),
							[...r.data],
							r.origLen,
							r.comment,
							direction(r),
						]),
					).toEqual(
						expected.map((p) => [p.id, p.ns, [...p.data], p.data.length + p.more, p.comment, p.direction]),
					);
				},
			),
			{ numRuns: 200 },
		);
	});
});

function noNul(text: string): string {
	return text.replaceAll("\0", "");
}
