/** What is told of two recordings that differ; what several runs make of a random field. Frames are RFC layouts written by hand. */
import fc from "fast-check";
import { expect, test } from "vitest";
import { differences } from "./difference.ts";
import { nameFields } from "./field-names.ts";
import type { Recording } from "./lab-case.ts";
import { merge } from "./merge.ts";
import { report } from "./report.ts";

const ETH = "020000000002" + "020000000001";
const UDP = `${ETH}0800${"4500001d" + "0001" + "0000" + "40" + "11" + "66cd"}0a0000010a000002${"0400" + "0035" + "0009" + "0000"}61`;

function frame(hex: string): Uint8Array {
	return new Uint8Array(Buffer.from(hex, "hex"));
}
function recording(frames: readonly string[], state = "== root: ip neigh\n"): Recording {
	const captures = new Map([["c1.eth0.rx", frames.map((h, i) => ({ time: i * 1e6, bytes: frame(h) }))]]);
	return { captures, stateText: state, random: {} };
}
function names(hex: string): string[] {
	return nameFields(frame(hex)).map((f) => `${f.name} ${f.to - f.from}`);
}

test("fields follow each other to the end of any frame", () => {
	const types = fc.constantFrom("0800", "0806", "86dd", "8100", "88cc");
	fc.assert(
		fc.property(types, fc.uint8Array({ maxLength: 200 }), (type, rest) => {
			const bytes = new Uint8Array([...frame(ETH + type), ...rest]);
			let at = 0;
			for (const f of nameFields(bytes)) {
				expect(f.from).toBe(at);
				expect(f.to).toBeGreaterThan(at);
				at = f.to;
			}
			expect(at).toBe(bytes.length);
		}),
	);
});

test("fields of UDP, padding, VLAN, ARP", () => {
	expect(names(`${UDP}0000`).slice(-6)).toEqual([
		"udp.source 2",
		"udp.dest 2",
		"udp.len 2",
		"udp.check 2",
		"data 1",
		"trailer 2",
	]);
	expect(names(`${ETH}81000007${UDP.slice(24)}`).slice(2, 5)).toEqual([
		"eth.type 2",
		"vlan.tci 2",
		"vlan.type 2",
	]);
	expect(names(`${ETH}0806${"0001080006040001"}${"00".repeat(20)}`).slice(-2)).toEqual([
		"arp.tha 6",
		"arp.tpa 4",
	]);
});

test("fields inside VXLAN and inside an ICMP error", () => {
	const inner = frame(UDP);
	const total = (20 + 8 + 8 + inner.length).toString(16).padStart(4, "0");
	const vxlan = `${ETH}0800${`4500${total}00004000401100000a0000010a000002`}${"c00012b5003b0000"}${"0800000000002a00"}${UDP}`;
	expect(names(vxlan)).toContain("vxlan.vni 3");
	expect(names(vxlan)).toContain("inner.udp.dest 2");
	const error = `${ETH}0800${"450000390000000040010000"}0a0000020a000001${"0303000000000000"}${UDP.slice(28)}`;
	expect(names(error).slice(-5)).toContain("quoted.udp.len 2");
});

test("fields of IPv6: a fragment, a neighbour solicitation", () => {
	const ip6 = (next: string, length: string): string =>
		`${ETH}86dd60000000${length}${next}ff${"20010db8".padEnd(32, "0")}${"ff02".padEnd(32, "0")}`;
	const first = `${ip6("2c", "0010")}1100000112345678${"0400003500080000"}`;
	expect(names(first).slice(-5)).toEqual([
		"ip6.fragment.identification 4",
		"udp.source 2",
		"udp.dest 2",
		"udp.len 2",
		"udp.check 2",
	]);
	const later = `${ip6("2c", "0010")}1100008912345678${"ab".repeat(8)}`;
	expect(names(later).slice(-1)).toEqual(["fragment 8"]);
	expect(names(`${ip6("3a", "0018")}8700123400000000${"fe80".padEnd(32, "0")}`).slice(-1)).toEqual([
		"icmpv6.target+options 16",
	]);
});

test("the first difference of a port is shown with the names of its fields", () => {
	const other = `${UDP.slice(0, 44)}3f${UDP.slice(46)}`;
	const text = report(differences(recording([UDP, UDP]), recording([UDP, other])));
	expect(text).toContain("c1.eth0.rx frame 1 (of 2 | 2), at 1.000 ms | 1.000 ms\n");
	expect(text).toContain("ip.ttl (bytes 22 to 22): 40 | 3f\n");
	expect(text).toMatch(/^ {2}0010 {2}00 1d .* \| 00 1d /m);
});

test("a frame that one side does not have, lines of the state that one side does not have", () => {
	const state = "== root: ip neigh\n10.0.0.2 dev eth0 FAILED\n";
	const text = report(differences(recording([UDP, UDP], state), recording([UDP])));
	expect(text).toContain("c1.eth0.rx frame 1 (of 2 | 1): the kernel alone has it, at 1.000 ms\n");
	expect(text).toContain("it is eth / ip / udp / data\n");
	expect(text).toContain("state, root: ip neigh:\n  kernel   | 10.0.0.2 dev eth0 FAILED\n");
});

test("runs that differ in a field which is drawn name it; in others they are unstable", () => {
	const id = `${UDP.slice(0, 36)}0002${UDP.slice(40, 48)}66cc${UDP.slice(52)}`;
	const drawn = merge([recording([UDP], "a id=1 b\n"), recording([id], "a id=2 b\n")]);
	expect(drawn.unstable).toEqual([]);
	expect(drawn.recording.random).toEqual({ "c1.eth0.rx": { "0": ["ip.id", "ip.csum"] } });
	expect(drawn.recording.stateText).toBe("a id=* b\n");
	expect(merge([recording([UDP]), recording([`${UDP.slice(0, -2)}62`])]).unstable).toHaveLength(1);
	expect(merge([recording([UDP]), recording([])]).unstable).toEqual([
		"c1.eth0.rx: 1 frames in one run, 0 in another",
	]);
});

test("a drawn port is replaced by one other between the same two, and by any between others", () => {
	const to = (address: string, port: string) => `${UDP.slice(0, 60)}${address}${port}${UDP.slice(72)}`;
	const drawn = (hex: string) => {
		const bytes = frame(hex);
		// the header's checksum, RFC 791
		bytes.fill(0, 24, 26);
		let s = 0;
		for (let i = 14; i < 34; i += 2) s += (bytes[i] << 8) | bytes[i + 1];
		while (s > 0xffff) s = (s & 0xffff) + (s >> 16);
		bytes.set([(~s >> 8) & 255, ~s & 255], 24);
		return Buffer.from(bytes).toString("hex");
	};
	const [one, other] = ["0a000002", "0a000003"];
	const random = { "c1.eth0.rx": { 0: ["sport"], 1: ["sport"] } };
	const kernel = { ...recording([drawn(to(one, "0fa0")), drawn(to(other, "0fa0"))]), random };
	const same = recording([drawn(to(one, "0fa1")), drawn(to(other, "0fa0"))]);
	expect(differences(kernel, same)).toEqual([]);
	const twice = { ...recording([drawn(to(one, "0fa0")), drawn(to(one, "0fa0"))]), random };
	const unlike = recording([drawn(to(one, "0fa1")), drawn(to(one, "0fa2"))]);
	expect(differences(twice, unlike)).toHaveLength(1);
});
