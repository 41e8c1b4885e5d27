/** Stories of single frames in a Docker-like lab. What is expected is what Linux does with each (net/ipv4, net/bridge). */
import { rule } from "@hookline/engine/netfilter/rule";
import * as K from "@hookline/engine/trace/kinds";
import fc from "fast-check";
import { expect, test } from "vitest";
import { type Explanation, explain, explainText } from "../src/explain.ts";
import type { Lab } from "../src/lab.ts";
import { packetFor } from "../src/packet-for.ts";
import { parseAddress, parsePacketWords } from "../src/words.ts";
import { balanced, dockerLab } from "./explain-lab.ts";

function tell(lab: Lab, place: string, packet: string): Explanation {
	const at = lab.device(place);
	const e = explain(lab, packetFor(lab, at, parsePacketWords(packet)), at, "tx");
	expect(balanced(lab)).toBe(true);
	expect(lab.machine.core.trace.on).toBe(0);
	return e;
}
const last = (e: Explanation): string => e.lines[e.lines.length - 1];
const has = (e: Explanation, words: string): boolean => e.lines.some((l) => l.endsWith(`  ${words}`));

test("to the neighbour: flooded, delivered to the one it is for", () => {
	const lab = dockerLab();
	const e = tell(lab, "c1:eth0", "icmp 172.17.0.2 > 172.17.0.3");
	expect(e.outcome).toBe("delivered");
	expect(last(e)).toBe("delivered to c2:eth0 (icmp)");
	expect(e.summary).toContain("delivered to c2:eth0 (icmp); 2 frames carried it");
	expect(e.lines).toContain(
		"#2 (copy of #1, icmp 172.17.0.2 > 172.17.0.3 echo request ttl 64): dropped: OTHERHOST, at c3:eth0",
	);
	expect(has(e, "flood 2 ports")).toBe(true);
	expect(has(e, "copy of #1, 46 bytes")).toBe(true);
	expect(e.frames[0]).toEqual({
		number: 1,
		origin: "injected",
		parent: 0,
		packet: "icmp 172.17.0.2 > 172.17.0.3 echo request ttl 64",
		outcome: "delivered",
		end: "delivered to c2:eth0 (icmp)",
	});
	// the second time the bridge knows both, and frames are numbered from 1 again
	const again = tell(lab, "c1:eth0", "icmp 172.17.0.2 > 172.17.0.3");
	expect(has(again, "fdb 02:42:00:00:02:02 -> veth2")).toBe(true);
	expect(again.frames.map((f) => [f.number, f.origin])).toEqual([
		[1, "injected"],
		[2, "stack"],
	]);
	expect(explainText(again).endsWith("\ndelivered to c2:eth0 (icmp)\n")).toBe(true);
});
test("out to the world: route, masquerade, neighbour", () => {
	const lab = dockerLab();
	const e = tell(lab, "c1:eth0", "icmp 172.17.0.2 > 192.168.0.1");
	expect(last(e)).toBe("delivered to world:eth0 (icmp)");
	for (const words of [
		"hook PREROUTING in=docker0",
		"conntrack new ct 1 icmp 172.17.0.2 > 192.168.0.1 echo request",
		"nat ct 1: destination stays as it is",
		"route 192.168.0.1 dev up0 table main",
		"ttl 63",
		"hook FORWARD in=docker0 out=up0",
		"policy of filter FORWARD -> accept",
		"rule nat POSTROUTING 1: -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE -> accept",
		"nat ct 1: source becomes 192.168.0.2:1",
		"conntrack confirmed ct 1",
		"waits for ARP of 192.168.0.1, 1 frame waiting",
		"neigh 192.168.0.1 REACHABLE 02:42:00:00:03:02",
		"tx 46 bytes: icmp 192.168.0.2 > 192.168.0.1 echo request ttl 63",
		"delivered to icmp",
	])
		expect([words, has(e, words)]).toEqual([words, true]);
	expect(e.waited).toBe(0);
});
test("no socket there: says that it arrived, and what was answered", () => {
	const e = tell(dockerLab(), "c1:eth0", "udp 172.17.0.2:4000 > 192.168.0.1:53");
	expect(e.lines.slice(-2)).toEqual(["arrived at world:eth0", "dropped: NO_SOCKET, at world:eth0"]);
	expect(has(e, "answer icmp port unreachable to 192.168.0.2")).toBe(true);
	expect(e.frames.find((f) => f.packet.startsWith("icmp"))?.end).toBe("delivered to c1:eth0 (icmp)");
});
test("a rule drops it", () => {
	const e = tell(dockerLab(), "c1:eth0", "udp 172.17.0.2:4000 > 192.168.0.1:9");
	expect(e.outcome).toBe("dropped");
	expect(last(e)).toBe(
		"dropped: NETFILTER_DROP, at .:docker0, by filter FORWARD 1: -p udp -m udp --dport 9 -j DROP",
	);
	expect(e.summary).toBe(last(e));
	expect(e.lines.some((l) => l.startsWith("arrived"))).toBe(false);
	expect(e.lines.filter((l) => l.includes("stays as it is")).length).toBe(1);
});
test("a rule rejects it", () => {
	const e = tell(dockerLab(), "c1:eth0", "udp 172.17.0.2:4000 > 192.168.0.1:10");
	expect(last(e)).toBe(
		"dropped: NETFILTER_DROP, at .:docker0, by filter FORWARD 2: -p udp -m udp --dport 10 -j REJECT --reject-with icmp-port-unreachable",
	);
	expect(has(e, "reject with icmp-port-unreachable in FORWARD")).toBe(true);
});
test("a policy drops it, in a user chain's aftermath too", () => {
	const lab = dockerLab();
	lab.machine.root.xtables.table("filter").edit((d) => {
		d.setPolicy("FORWARD", "DROP");
		d.newChain("DOCKER");
		d.append("FORWARD", rule({ target: { type: "jump", chain: "DOCKER", goto: false } }));
		d.append("DOCKER", rule({ target: { type: "RETURN" } }));
	});
	const e = tell(lab, "c1:eth0", "udp 172.17.0.2:4000 > 192.168.0.1:53");
	expect(last(e)).toBe("dropped: NETFILTER_DROP, at .:docker0, by policy of filter FORWARD");
	expect(has(e, "rule filter FORWARD 3: -j DOCKER -> jump")).toBe(true);
	expect(has(e, "rule filter DOCKER 1: -j RETURN -> return")).toBe(true);
});
test("a namespace without an address drops what arrives", () => {
	const lab = dockerLab();
	const c3 = lab.device("c3:eth0");
	const frame = packetFor(lab, lab.device("c1:eth0"), parsePacketWords("icmp 172.17.0.2 > 172.17.0.9"));
	frame.set(c3.mac, 0);
	const e = explain(lab, frame, lab.device("c1:eth0"), "tx");
	expect(e.outcome).toBe("dropped");
	expect(e.lines[e.lines.length - 2]).toBe("arrived at c3:eth0");
	expect(last(e)).toMatch(/^dropped: IP_(INNOROUTES|INADDRERRORS|RPFILTER), at c3:eth0$/);
	expect(balanced(lab)).toBe(true);
});
test("a wire with delay: time goes on, and the story says so", () => {
	const lab = dockerLab("tc qdisc add dev up0 root netem delay 5ms\n");
	const e = tell(lab, "c1:eth0", "icmp 172.17.0.2 > 192.168.0.1");
	expect(last(e)).toBe("delivered to world:eth0 (icmp)");
	// the ARP request's way and the packet's
	expect(e.lines.filter((l) => l === "… 5 ms pass").length).toBe(2);
	expect(e.waited).toBe(10e6);
	expect(lab.now).toBe(10e6);
	expect(e.summary).toContain("it took 10 ms");
	expect(has(e, "on the wire for 5 ms")).toBe(true);
});
test("ARP that nobody answers: three seconds, then unreachable", () => {
	const e = tell(dockerLab(), "c1:eth0", "udp 172.17.0.2:4000 > 192.168.0.77:53");
	expect(last(e)).toBe("dropped: NEIGH_FAILED, at .:up0");
	expect(e.lines.filter((l) => l === "… 1 s pass").length).toBe(3);
	expect(e.frames.filter((f) => f.packet === "arp who-has 192.168.0.77 tell 192.168.0.2").length).toBe(3);
});
test("a lone fragment is held", () => {
	const lab = dockerLab();
	const at = lab.device("c1:eth0");
	const frame = packetFor(lab, at, parsePacketWords("udp 172.17.0.2:4000 > 172.17.0.1:53 len=16"));
	const view = new DataView(frame.buffer);
	view.setUint16(20, 0x2000);
	let sum = 0;
	view.setUint16(24, 0);
	for (let i = 14; i < 34; i += 2) sum += view.getUint16(i);
	view.setUint16(24, ~((sum & 0xffff) + (sum >>> 16)) & 0xffff);
	const e = explain(lab, frame, at, "tx");
	expect(e.outcome).toBe("held");
	expect(last(e)).toBe("held: waits for the other fragments, in .");
	expect(balanced(lab)).toBe(true);
	expect(lab.now).toBeLessThanOrEqual(5e9);
});
test("a fragment for each piece that is cut, and what they become again", () => {
	const lab = dockerLab();
	lab.device(".:up0").dev.setMtu(600);
	const e = tell(lab, "c1:eth0", "icmp 172.17.0.2 > 192.168.0.1 len=1000");
	expect(e.frames.filter((f) => f.origin === "fragment" && f.parent === 1).length).toBe(2);
	expect(has(e, "fragment into 2 pieces, mtu 600")).toBe(true);
	expect(last(e)).toBe("delivered to world:eth0 (icmp)");
});
test("in from the wire, and devices that are down", () => {
	const lab = dockerLab();
	const at = lab.device(".:veth1");
	const frame = packetFor(lab, at, parsePacketWords("icmp 172.17.0.2 > 172.17.0.1"), "rx");
	expect(last(explain(lab, frame, at, "rx"))).toBe("delivered to .:docker0 (icmp)");
	lab.device("c1:eth0").dev.setUp(false);
	const e = tell(lab, "c1:eth0", "icmp 172.17.0.2 > 172.17.0.3");
	expect(e.lines).toEqual([e.lines[0], "dropped: ENETDOWN, at c1:eth0"]);
	expect(explain(lab, new Uint8Array(3), at, "tx").summary).toBe("dropped: EINVAL, at .:veth1");
	lab.machine.core.trace.start();
	expect(() => explain(lab, frame, at, "rx")).toThrow("traced already");
	lab.machine.core.trace.stop();
});
test("records are plain and complete", () => {
	const e = tell(dockerLab(), "c1:eth0", "icmp 172.17.0.2 > 192.168.0.1");
	expect(JSON.parse(JSON.stringify(e.records))).toEqual(e.records);
	const ends = e.records.filter((r) => r.kind === K.T_DELIVERED || r.kind === K.T_DROPPED);
	expect(ends.length).toBe(e.records.filter((r) => r.kind === K.T_ALLOC).length);
});
test("packetFor: neighbour entry, then the address's owner on the segment, then the gateway", () => {
	const lab = dockerLab();
	const at = lab.device("c1:eth0");
	const macTo = (words: string, place = at) =>
		[...packetFor(lab, place, parsePacketWords(words)).subarray(0, 6)].join(".");
	const macOf = (place: string) => [...lab.device(place).mac].join(".");
	const remote = "icmp 172.17.0.2 > 8.8.8.8";
	expect(macTo("icmp 172.17.0.2 > 172.17.0.3")).toBe(macOf("c2:eth0"));
	expect(macTo(remote)).toBe(macOf(".:docker0"));
	// no address and no route: the bridge that its wire leads to
	expect(macTo(remote, lab.device("c3:eth0"))).toBe(macOf(".:docker0"));
	const { neigh } = lab.machine.netns("c1")!;
	neigh.setByAdmin(neigh.findOrCreate(parseAddress("172.17.0.1"), at.dev.id), 0x0aaa, 0x0bbbbbbb, 0x80);
	expect(macTo(remote)).toBe([0x0a, 0xaa, 0x0b, 0xbb, 0xbb, 0xbb].join("."));
	expect(macTo("icmp 172.17.0.2 > 224.0.0.251")).toBe("1.0.94.0.0.251");
	expect(macTo("icmp 172.17.0.2 > 255.255.255.255")).toBe("255.255.255.255.255.255");
	expect(() => packetFor(lab, at, new Uint8Array(8))).toThrow("IPv4 packet");
});
test("through a VXLAN tunnel it stays one frame", () => {
	const lab = dockerLab(`
ip link add vx type vxlan id 42 remote 192.168.0.1 local 192.168.0.2 dstport 4789 dev up0
ip -n world link add vx type vxlan id 42 remote 192.168.0.2 local 192.168.0.1 dstport 4789 dev eth0
ip addr add 10.9.0.1/24 dev vx
ip -n world addr add 10.9.0.2/24 dev vx
ip link set vx up
ip -n world link set vx up
`);
	const e = tell(lab, ".:vx", "icmp 10.9.0.1 > 10.9.0.2");
	expect(last(e)).toBe("delivered to world:vx (icmp)");
	expect(e.frames.filter((f) => f.parent === 1)).toEqual([]);
	expect(has(e, "vxlan decapsulate vni 42 from 192.168.0.2")).toBe(true);
	// RFC 7348: 8 bytes VXLAN, 8 UDP, 20 IP and 14 Ethernet in front of the 46
	expect(e.records.some((r) => r.kind === K.T_TX && r.serial === 1 && r.a === 96)).toBe(true);
});
test("any frame has a story with an end, and the account is kept", () => {
	const lab = dockerLab();
	const places = ["c1:eth0", "c3:eth0", ".:veth2", ".:docker0", ".:up0", "world:eth0", ".:lo"];
	const packets = [
		"icmp 172.17.0.2 > 192.168.0.1",
		"udp 172.17.0.2:5 > 172.17.0.1:53",
		"tcp 172.17.0.3:5 > 172.17.0.2:80 syn",
		"udp 1.2.3.4:5 > 255.255.255.255:9",
	];
	const damage = fc.array(fc.tuple(fc.nat(60), fc.nat(255)), { maxLength: 3 });
	fc.assert(
		fc.property(
			fc.constantFrom(...places),
			fc.constantFrom(...packets),
			damage,
			fc.nat(70),
			fc.boolean(),
			(place, packet, bytes, length, rx) => {
				const at = lab.device(place);
				let frame = packetFor(lab, at, parsePacketWords(packet), rx ? "rx" : "tx");
				for (const [i, b] of bytes) if (i < frame.length) frame[i] = b;
				if (length < frame.length) frame = frame.subarray(0, length);
				const e = explain(lab, frame, at, rx ? "rx" : "tx");
				expect(last(e)).toMatch(/^(delivered to \S+:\S+ \([a-z-]+\)|dropped: [A-Z0-9_]+, at \S+:\S+|held: )/);
				expect(e.outcome).toBe(last(e).replace(/[ :].*/, ""));
				expect(balanced(lab)).toBe(true);
			},
		),
		{ numRuns: 150, seed: 1 },
	);
});
