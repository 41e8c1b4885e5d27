/** replay, trace and explain on small labs. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { readCapture, relativeNs, timestampNs } from "@hookline/pcap";
import { describe, expect, it } from "vitest";
import { capture, dir, file, hookline } from "./run-cli.ts";

const MAC_A = "02:00:00:00:00:0a";
const MAC_B = "02:00:00:00:00:0b";
const pair = file(
	"pair.sh",
	`ip netns add a
ip netns add b
ip link add eth0 netns a address ${MAC_A} type veth peer name eth0 netns b address ${MAC_B}
ip netns exec a ip addr add 10.1.0.1/24 dev eth0
ip netns exec b ip addr add 10.1.0.2/24 dev eth0
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec b iptables -A INPUT -p tcp -j DROP
`,
);
const read = (path: string) => readCapture(readFileSync(path));
const out = (name: string): string => join(dir, name);

describe("replay", () => {
	it("keeps frames as they are with --keep-mac, and their stamps with --speed recorded", async () => {
		const given = capture("snabb-telnet-cooked.pcap");
		const to = out("kept.pcap");
		const { status, err } = await hookline(
			"replay",
			pair,
			"--in",
			`a:eth0=${given}`,
			"--out",
			`b:eth0:rx=${to}`,
			"--keep-mac",
			"--speed",
			"recorded",
		);
		expect([status, err]).toEqual([0, ""]);
		const was = read(given).records;
		const is = read(to).records;
		expect(is.map((r) => Buffer.from(r.data).toString("hex"))).toEqual(
			was.map((r) => Buffer.from(r.data).toString("hex")),
		);
		expect(is.map((r) => timestampNs(r))).toEqual(was.map((r) => timestampNs(r)));
	});
	it("fills in MACs and maps addresses; the far host's TCP then sees valid segments", async () => {
		const to = out("mapped.pcapng");
		const args = [
			"--map",
			"192.168.0.2=10.1.0.1",
			"--map",
			"192.168.0.1=10.1.0.2",
			"--out",
			`b:eth0=${to}`,
			"--json",
		];
		const { status, out: text } = await hookline(
			"replay",
			pair,
			"--in",
			`a:eth0=${capture("snabb-telnet-cooked.pcap")}`,
			...args,
		);
		expect(status).toBe(0);
		const first = read(to).records[0];
		const hex = Buffer.from(first.data).toString("hex");
		expect(hex.slice(0, 24)).toBe(`${MAC_B}${MAC_A}`.replaceAll(":", ""));
		expect(hex.slice(52, 68)).toBe("0a0100010a010002");
		expect(first.flags & 3).toBe(1);
		const summary = JSON.parse(text) as Record<string, unknown>;
		expect(summary).toMatchObject({
			in: [{ port: "a:eth0", direction: "tx", frames: 92, refused: {} }],
			out: [{ port: "b:eth0", rx: 92, tx: 0 }],
			injected: 92,
			held: 0,
			nat: [],
			damage: [],
		});
		const n = summary as Record<string, number>;
		expect(n["injected"] + n["generated"]).toBe(n["delivered"] + n["dropped"] + n["held"]);
	});
	it("merges captures by time", async () => {
		const to = out("merged.pcap");
		const a = capture("tcpdump-dns_udp.pcap");
		const b = capture("zeek-icmp-ping.pcap");
		const { status } = await hookline(
			"replay",
			pair,
			"--in",
			`a:eth0=${a}`,
			"--in",
			`a:eth0=${b}`,
			"--out",
			`a:eth0:tx=${to}`,
			"--keep-mac",
			"--speed",
			"recorded",
		);
		expect(status).toBe(0);
		const { records } = read(to);
		const all = [...read(a).records, ...read(b).records];
		const sorted = all.sort((x, y) => relativeNs(x, all[0]) - relativeNs(y, all[0]));
		const injected = records.filter((r) => sorted.some((s) => Buffer.compare(s.data, r.data) === 0));
		expect(injected.map((r) => r.data.length)).toEqual(sorted.map((r) => r.data.length));
	});
	it("uses a truncated capture up to the damage, writes the outputs, and names file and byte", async () => {
		const whole = readFileSync(capture("snabb-telnet-cooked.pcap"));
		const at = read(capture("snabb-telnet-cooked.pcap")).records[50].offset;
		const cut = file("cut.pcap", whole.subarray(0, at + 17));
		const to = out("cut-out.pcap");
		const r = await hookline(
			"replay",
			pair,
			"--in",
			`a:eth0=${cut}`,
			"--out",
			`b:eth0:rx=${to}`,
			"--keep-mac",
		);
		expect(r.status).toBe(1);
		expect(r.err).toMatch(new RegExp(`^hookline replay: ${cut}: byte ${at}: .*\n$`));
		expect(read(to).records).toHaveLength(50);
		expect(read(to).error).toBeUndefined();
		expect(r.out).toMatch(/in +a:eth0 +tx +50 /);
	});
	it("gives raw IP a header, and refuses other link types with file and byte", async () => {
		const to = out("raw.pcap");
		const raw = await hookline(
			"replay",
			pair,
			"--in",
			`a:eth0=${capture("tcpdump-LINKTYPE_RAW_ipv4.pcap")}`,
			"--out",
			`a:eth0:tx=${to}`,
		);
		expect(raw.status).toBe(0);
		expect([...read(to).records[0].data.subarray(6, 14)]).toEqual([2, 0, 0, 0, 0, 10, 8, 0]);
		const sll = capture("tcpdump-tcp-handshake-nano.pcap");
		const r = await hookline("replay", pair, "--in", `a:eth0=${sll}`);
		expect(r.status).toBe(1);
		expect(r.err).toMatch(/handshake-nano\.pcap: byte 24: .*LINUX_SLL/);
	});
	it("counts what the device refuses", async () => {
		const small = file("small.sh", `${readFileSync(pair, "utf8")}ip netns exec a ip link set eth0 mtu 600\n`);
		const { status, out: text } = await hookline(
			"replay",
			small,
			"--in",
			`a:eth0=${capture("zeek-ipv4.pcap")}`,
			"--json",
		);
		expect(status).toBe(0);
		const long = read(capture("zeek-ipv4.pcap")).records.filter((r) => r.data.length > 614).length;
		expect(long).toBeGreaterThan(0);
		expect(JSON.parse(text)).toMatchObject({
			in: [{ frames: 95, refused: { EMSGSIZE: long } }],
			injected: 95 - long,
		});
	});
	it("gives the same bytes for every vector size", async () => {
		const files = [];
		for (const vector of ["1", "7", "256"]) {
			const to = out(`v${vector}.pcapng`);
			await hookline(
				"replay",
				pair,
				"--in",
				`a:eth0=${capture("zeek-ipv4.pcap")}`,
				"--out",
				`b:eth0=${to}`,
				"--vector",
				vector,
			);
			files.push(readFileSync(to));
		}
		expect(files[1]).toEqual(files[0]);
		expect(files[2]).toEqual(files[0]);
	});
	it("says when the lab itself failed", async () => {
		const bad = file("fails.sh", "ip netns add a\nip netns add a\n");
		const r = await hookline("replay", bad, "--in", `a:lo=${capture("zeek-ipv4.pcap")}`);
		expect(r.status).toBe(1);
		expect(r.err).toContain(`${bad} ended with status`);
	});
});

describe("trace", () => {
	it("prints what replay --trace wrote", async () => {
		const to = out("x.trace");
		const r = await hookline(
			"replay",
			pair,
			"--in",
			`a:eth0=${capture("zeek-icmp-ping.pcap")}`,
			"--trace",
			to,
		);
		expect([r.status, r.err]).toEqual([0, ""]);
		const t = await hookline("trace", to);
		expect([t.status, t.err]).toEqual([0, ""]);
		expect(t.out).toMatch(/^# .*pair\.sh, seed 1\n/);
		expect(t.out.split("\n").filter((l) => l.includes("eth0")).length).toBeGreaterThan(4);
	});
	it("names the byte of a damaged one", async () => {
		const r = await hookline("trace", capture("zeek-icmp-ping.pcap"));
		expect(r.status).toBe(1);
		expect(r.err).toMatch(/zeek-icmp-ping\.pcap: /);
	});
});

describe("explain", () => {
	it("tells the way of a packet in words, and of a captured frame", async () => {
		const words = await hookline("explain", pair, "--at", "a:eth0", "udp 10.1.0.1:5 > 10.1.0.2:9");
		expect([words.status, words.err]).toEqual([0, ""]);
		expect(words.out).toMatch(/b.*eth0/);
		const args = ["--map", "192.168.0.2=10.1.0.1", "--map", "192.168.0.1=10.1.0.2"];
		const frame = await hookline(
			"explain",
			pair,
			"--at",
			"a:eth0",
			`${capture("snabb-telnet-cooked.pcap")}#1`,
			...args,
		);
		expect([frame.status, frame.err]).toEqual([0, ""]);
		expect(frame.out).toMatch(/NETFILTER_DROP/);
	});
});
