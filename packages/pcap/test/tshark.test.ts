import { execFileSync, spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { PcapngWriter, PcapWriter, readCapture, timestampNs } from "@hookline/pcap";
import { afterAll, describe, expect, it } from "vitest";
import { captureNames, collector, hex, load, OWN } from "./captures.ts";

const present =
	spawnSync("tshark", ["--version"]).status === 0 && spawnSync("capinfos", ["--version"]).status === 0;
if (!present)
	console.warn("SKIPPED: tshark and capinfos are not installed, files we write are not judged by them");

const folder = mkdtempSync(join(tmpdir(), "hookline-pcap-"));
afterAll(() => rmSync(folder, { recursive: true }));

function fields(bytes: Uint8Array, ...names: string[]): string[][] {
	const path = join(folder, "file");
	writeFileSync(path, bytes);
	const args = ["-n", "-r", path, "-T", "fields", ...names.flatMap((name) => ["-e", name])];
	const text = execFileSync("tshark", args, { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
	return text
		.split("\n")
		.slice(0, -1)
		.map((line) => line.split("\t"));
}

/** Seconds with nine digits, as tshark prints frame.time_epoch. */
function epoch(ns: bigint): string {
	return `${ns / 1_000_000_000n}.${String(ns % 1_000_000_000n).padStart(9, "0")}`;
}

describe.skipIf(!present)("tshark reads what we write", () => {
	const stamps = [0n, 1_700_000_000_123_456_789n, 4_294_967_295_999_999_000n];
	const data = hex(
		"ffffffffffff 020000000001 0806 0001080006040001 020000000001 0a000001 000000000000 0a000002",
	);

	it.each([
		[true, true],
		[true, false],
		[false, true],
		[false, false],
	])("pcap, nanoseconds %s, little-endian %s", (nanoseconds, littleEndian) => {
		const out = collector();
		const writer = new PcapWriter(out.sink, { nanoseconds, littleEndian });
		for (const ns of stamps) writer.writePacket({ timestampNs: ns, data, origLen: 99 });
		const unit = nanoseconds ? 1n : 1000n;
		expect(
			fields(out.bytes(), "frame.time_epoch", "frame.len", "frame.cap_len", "arp.dst.proto_ipv4"),
		).toEqual(stamps.map((ns) => [epoch((ns / unit) * unit), "99", "42", "10.0.0.2"]));
	});

	it.each([true, false])("pcapng, little-endian %s", (littleEndian) => {
		const out = collector();
		const writer = new PcapngWriter(out.sink, { littleEndian, userAppl: "test", os: "Linux" });
		writer.addInterface({ linkType: 1, name: "eth0", description: "first" });
		writer.addInterface({ linkType: 101, name: "tun0", tsresol: 6, tsoffset: 1000n });
		writer.writePacket({
			timestampNs: 1_700_000_000_123_456_789n,
			data,
			comment: "ein Grüßchen",
			direction: "in",
		});
		const ip = hex("45000014 00000000 40000000 0a000001 0a000002");
		writer.writePacket({
			interfaceId: 1,
			timestampNs: 1_700_000_000_123_456_000n,
			data: ip,
			direction: "out",
		});
		writer.writeStatistics({
			interfaceId: 1,
			timestampNs: 1_700_000_001_000_000_000n,
			received: 1,
			dropped: 0,
		});
		const names = [
			"frame.time_epoch",
			"frame.interface_name",
			"frame.encap_type",
			"frame.comment",
			"frame.packet_flags_direction",
			"ip.dst",
		];
		expect(fields(out.bytes(), ...names)).toEqual([
			["1700000000.123456789", "eth0", "1", "ein Grüßchen", "0x00000001", ""],
			["1700000000.123456000", "tun0", "7", "", "0x00000002", "10.0.0.2"],
		]);
		const path = join(folder, "file");
		const info = execFileSync("capinfos", [path], { encoding: "utf8", stdio: ["ignore", "pipe", "ignore"] });
		expect(info).toMatch(/Number of packets: +2/);
		expect(info).toMatch(/Capture application: +test/);
		expect(info).toMatch(/Name = tun0/);
		expect(info).toMatch(/Number of stat entries = 1/);
	});

	it.each(captureNames(OWN))("%s: its lengths and times are those we read", (name) => {
		const bytes = load(OWN, name);
		const lines = fields(
			bytes,
			"frame.time_epoch",
			"frame.len",
			"frame.cap_len",
			"frame.interface_id",
			"frame.protocols",
		);
		// Custom blocks are shown as frames of bare data without interface.
		const theirs = lines.filter((line) => line[4] !== "data").map((line) => line.slice(0, 3));
		const ours = readCapture(bytes).records.map((r) => [
			r.hasTimestamp ? epoch(timestampNs(r)) : "",
			String(r.origLen),
			String(r.data.length),
		]);
		expect(ours).toEqual(theirs);
	});
});
