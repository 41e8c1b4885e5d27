import {
	BLOCK,
	CaptureError,
	CaptureReader,
	type CaptureRecord,
	PcapngBlockReader,
	PcapngWriter,
	PcapWriter,
	readCapture,
	timestampNs,
} from "@hookline/pcap";
import { describe, expect, it } from "vitest";
import { captureNames, collector, hasShared, load, OWN, packetCounts, SHARED } from "./captures.ts";

function sweep(folder: string, table: string): void {
	const counts = packetCounts(folder, table);

	it.each(captureNames(folder))("%s: all its packets", (name) => {
		const bytes = load(folder, name);
		let custom = 0;
		const capture = readCapture(bytes, {
			onBlock: (block) => {
				if (block.type === BLOCK.custom || block.type === BLOCK.customNoCopy) custom++;
			},
		});
		expect(capture.error).toBeUndefined();
		// tshark shows a custom block as a frame of its own, capinfos does not count it.
		const frames = capture.records.length + (table === "INDEX.md" ? custom : 0);
		expect(frames).toBe(counts.get(name));
	});

	it.each(captureNames(folder).filter((n) => n.endsWith(".pcap")))(
		"%s: written back byte for byte",
		(name) => {
			const bytes = load(folder, name);
			const { header, records } = readCapture(bytes);
			if (header?.format !== "pcap") throw new Error("not pcap");
			const out = collector();
			const writer = new PcapWriter(out.sink, header);
			for (const record of records) writer.writeRecord(record);
			expect(Buffer.compare(out.bytes(), bytes)).toBe(0);
		},
	);

	it.each(captureNames(folder).filter((n) => n.endsWith(".pcapng")))(
		"%s: its blocks are the file",
		(name) => {
			const bytes = load(folder, name);
			const reader = new PcapngBlockReader();
			const out = collector();
			reader.push(bytes);
			for (let block = reader.next(); block; block = reader.next()) out.sink(block.bytes);
			reader.end();
			expect(Buffer.compare(out.bytes(), bytes)).toBe(0);
		},
	);

	it.each(captureNames(folder))("%s: by way of pcapng and back, same packets and times", (name) => {
		const { records, interfaces } = readCapture(load(folder, name));
		const out = collector();
		const writer = new PcapngWriter(out.sink, { littleEndian: false });
		for (const { linkType, tsresol, tsoffset } of interfaces) {
			writer.addInterface({ linkType, tsresol, tsoffset });
		}
		for (const record of records) writer.writeRecord(record, record.interfaceId);
		const again = readCapture(out.bytes());
		expect(again.error).toBeUndefined();
		expect(again.records.map(essence)).toEqual(records.map(essence));
	});
}

function essence(record: CaptureRecord) {
	const { data, origLen, linkType, interfaceId, comment, flags } = record;
	return {
		data: Buffer.from(data).toString("hex"),
		origLen,
		linkType,
		interfaceId,
		comment,
		flags,
		ns: timestampNs(record),
	};
}

describe("the repository's captures", () => sweep(OWN, "README.md"));

describe.skipIf(!hasShared)("the larger set of captures", () => {
	if (hasShared) sweep(SHARED, "INDEX.md");
});

describe("chunk size", () => {
	it.each([...captureNames(OWN)])("%s: 1 and 7 bytes at a time as all at once", (name) => {
		const bytes = load(OWN, name);
		const whole = readCapture(bytes);
		for (const size of [1, 7]) {
			const reader = new CaptureReader();
			const records: CaptureRecord[] = [];
			for (let at = 0; at < bytes.length; at += size) {
				reader.push(bytes.subarray(at, at + size));
				for (let r = reader.next(); r; r = reader.next()) records.push(r);
			}
			reader.end();
			expect(records).toEqual(whole.records);
			expect(reader.interfaces).toEqual(whole.interfaces);
		}
	});
});

describe("damage", () => {
	const names = ["tcpdump-dns_udp.pcap", "tcpdump-tcp-handshake-nano.pcap", "gopacket-le-test202.pcapng"];
	it.each(names)("%s cut at every byte: the whole records, then where the cut one begins", (name) => {
		const bytes = load(OWN, name);
		// Starts of all records or blocks, found without the reader under test.
		const starts = unitStarts(bytes);
		const all = readCapture(bytes).records;
		for (let cut = 0; cut < bytes.length; cut++) {
			const { records, error } = readCapture(bytes.subarray(0, cut));
			const unit = starts.filter((start) => start <= cut).at(-1)!;
			expect(records).toEqual(all.filter((r) => r.offset < unit));
			// A file may end between two records, but not before the header.
			if (cut === unit && cut > 0) expect(error).toBeUndefined();
			else {
				expect(error).toBeInstanceOf(CaptureError);
				expect(error!.offset).toBe(unit);
				expect(error!.message).toMatch(new RegExp(`^byte ${unit}: .*byte ${cut}.*expected`));
			}
		}
	});

	it.each([...captureNames(OWN)])(
		"%s with every 32-bit word broken: never anything but CaptureError",
		(name) => {
			const bytes = load(OWN, name).slice(0, 3000);
			const view = new DataView(bytes.buffer);
			for (let at = 0; at + 4 <= bytes.length; at += 4) {
				const saved = view.getUint32(at);
				for (const bad of [0xffffffff, 0, saved ^ 0x80000000, saved ^ 0x01010101]) {
					view.setUint32(at, bad);
					const { records, error } = readCapture(bytes);
					for (const record of records) timestampNs(record);
					if (error) expect(error.offset).toBeLessThanOrEqual(bytes.length);
				}
				view.setUint32(at, saved);
			}
		},
	);
});

/** Offsets of the file header and every record (pcap) or of every block (pcapng), little-endian first section. */
function unitStarts(bytes: Uint8Array): number[] {
	const view = new DataView(bytes.buffer);
	const starts = [0];
	if (view.getUint32(0) !== 0x0a0d0d0a) {
		for (let at = 24; at < bytes.length; at += 16 + view.getUint32(at + 8, true)) starts.push(at);
		return [...starts, bytes.length];
	}
	let little = true;
	for (let at = 0; at < bytes.length; at += view.getUint32(at + 4, little)) {
		if (view.getUint32(at) === 0x0a0d0d0a) little = view.getUint32(at + 8) === 0x4d3c2b1a;
		if (at > 0) starts.push(at);
	}
	return [...starts, bytes.length];
}
