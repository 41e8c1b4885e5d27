/** Records as lines. */
import { DELIVERED } from "@hookline/engine/frame/delivery";
import { DROP } from "@hookline/engine/frame/drop";
import * as K from "@hookline/engine/trace/kinds";
import { expect, test } from "vitest";
import { TracePrinter } from "../src/print.ts";
import { hasWords } from "../src/print-words.ts";
import type { TraceRecord } from "../src/record.ts";

const printer = new TracePrinter({
	netns: [
		{ id: 0, name: "." },
		{ id: 1, name: "c1" },
	],
	devices: [
		{ id: 1, name: "docker0", netns: 0, ifindex: 2 },
		{ id: 2, name: "eth0", netns: 0, ifindex: 3 },
		{ id: 3, name: "veth1", netns: 0, ifindex: 4 },
	],
});
const words = (kind: number, fields: Partial<TraceRecord>): string =>
	printer.words({ kind, serial: 1, time: 0, netns: 0, dev: 1, a: 0, b: 0, c: 0, d: 0, text: "", ...fields });
const ip = (text: string): number => text.split(".").reduce((n, p) => (n << 8) | Number(p), 0);

test("every kind of record has words", () => {
	const all = Object.entries(K).filter(([name]) => name.startsWith("T_"));
	expect(all.length).toBe(K.TRACE_KINDS - 1);
	for (const [name, kind] of all) expect([name, hasWords(kind)]).toEqual([name, true]);
	expect(hasWords(K.TRACE_KINDS)).toBe(false);
	expect(words(K.TRACE_KINDS, { a: 1, b: 2 })).toBe(`record of kind ${K.TRACE_KINDS}: 1 2 0 0`);
});
test.each([
	[K.T_ALLOC, { a: 3, b: 98 }, "copy of #3, 98 bytes"],
	[K.T_ALLOC, { a: -1, b: 42 }, "new frame, 42 bytes"],
	[K.T_DELIVERED, { a: DELIVERED.icmp }, "delivered to icmp"],
	[K.T_DROPPED, { a: DROP.NETFILTER_DROP }, "dropped: NETFILTER_DROP"],
	[K.T_TX, { a: 98 }, "tx 98 bytes"],
	[K.T_TX, { a: 98, text: "udp 10.0.0.1:1 > 10.0.0.2:2" }, "tx 98 bytes: udp 10.0.0.1:1 > 10.0.0.2:2"],
	[K.T_RX, { a: 98, b: 3 }, "rx 98 bytes, for another host"],
	[K.T_HOOK, { a: 0, b: 1, c: -1 }, "hook PREROUTING in=docker0"],
	[K.T_HOOK, { a: 2, b: 1, c: 2 }, "hook FORWARD in=docker0 out=eth0"],
	[
		K.T_RULE,
		{ a: 2, b: 3, c: 1, d: 1, text: "nat POSTROUTING 1: -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE" },
		"rule nat POSTROUTING 1: -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE -> accept",
	],
	[K.T_RULE, { a: 3, b: 1, c: 4, d: 4 }, "rule filter chain 1 rule 4 -> jump"],
	[K.T_POLICY, { a: 3, b: 1, d: 0, text: "filter FORWARD" }, "policy of filter FORWARD -> drop"],
	[
		K.T_CT,
		{ a: 12, b: 2, c: 1, text: "udp 172.17.0.2:4000 > 8.8.8.8:53" },
		"conntrack new ct 12 udp 172.17.0.2:4000 > 8.8.8.8:53",
	],
	[K.T_CT, { a: 12, b: 3 }, "conntrack established reply ct 12"],
	[K.T_CT, { c: -1 }, "conntrack invalid"],
	[K.T_CT_CONFIRM, { a: 12 }, "conntrack confirmed ct 12"],
	[K.T_NAT, { a: 12, b: 0, c: ip("192.168.0.10"), d: 4000 }, "nat ct 12: source becomes 192.168.0.10:4000"],
	[
		K.T_NAT_REWRITE,
		{ a: 12, b: 1, c: ip("172.17.0.2"), d: 80 },
		"nat ct 12: destination rewritten to 172.17.0.2:80",
	],
	[
		K.T_ROUTE,
		{ a: ip("8.8.8.8"), b: 1, c: ip("192.168.0.1"), d: 254, dev: 2 },
		"route 8.8.8.8 via 192.168.0.1 dev eth0 table main",
	],
	[K.T_ROUTE, { a: ip("10.0.0.1"), b: 2, d: 255, dev: -1 }, "route local 10.0.0.1 table local"],
	[
		K.T_ROUTE_FAIL,
		{ a: ip("8.8.8.8"), b: ip("10.0.0.1"), c: 101 },
		"no route to 8.8.8.8 from 10.0.0.1: ENETUNREACH",
	],
	[
		K.T_NEIGH,
		{ a: ip("192.168.0.1"), b: 128, c: 0x0242, d: 0x0a000001 },
		"neigh 192.168.0.1 PERMANENT 02:42:0a:00:00:01",
	],
	[K.T_NEIGH, { a: ip("192.168.0.1"), b: 1 }, "neigh 192.168.0.1 INCOMPLETE"],
	[K.T_NEIGH_QUEUE, { a: ip("192.168.0.1"), b: 1 }, "waits for ARP of 192.168.0.1, 1 frame waiting"],
	[K.T_ARP, { a: 1, b: ip("10.0.0.1"), c: 1 }, "arp request for 10.0.0.1, answered"],
	[K.T_ARP, { a: 2, b: ip("10.0.0.1") }, "arp reply to 10.0.0.1"],
	[K.T_FDB, { a: 3, b: 0x0242, c: 0x0a000002 }, "fdb 02:42:0a:00:00:02 -> veth1"],
	[K.T_FDB, { a: -1, b: 0x0242, c: 0x0a000002 }, "fdb 02:42:0a:00:00:02 -> unknown"],
	[K.T_FDB, { a: 1, b: 0x0242, c: -1, d: 1 }, "fdb 02:42:ff:ff:ff:ff -> docker0 (local)"],
	[K.T_FDB_LEARN, { a: 3, b: 0x0242, c: 2 }, "fdb learned 02:42:00:00:00:02 at veth1"],
	[K.T_FLOOD, { a: 3 }, "flood 3 ports"],
	[
		K.T_VXLAN_FDB,
		{ a: ip("192.168.0.2"), d: 1 },
		"vxlan fdb 00:00:00:00:00:00 -> 192.168.0.2 (default destination)",
	],
	[
		K.T_ENCAP,
		{ a: 42, b: ip("10.0.0.1"), c: ip("10.0.0.2"), d: 50000 },
		"vxlan encapsulate vni 42 10.0.0.1:50000 > 10.0.0.2",
	],
	[K.T_DECAP, { a: 42, b: ip("10.0.0.1") }, "vxlan decapsulate vni 42 from 10.0.0.1"],
	[K.T_VXLAN_LEARN, { a: ip("10.0.0.1"), b: 2, c: 1 }, "vxlan fdb learned 00:02:00:00:00:01 at 10.0.0.1"],
	[K.T_FRAGMENT, { a: 1500, b: 2 }, "fragment into 2 pieces, mtu 1500"],
	[K.T_DEFRAG, { a: 1, b: 3000 }, "reassembled, 3000 bytes"],
	[K.T_DEFRAG, {}, "fragment kept, waits for the others"],
	[K.T_ICMP_SEND, { a: 3, b: 3, c: ip("10.0.0.1") }, "answer icmp port unreachable to 10.0.0.1"],
	[K.T_ICMP_SEND, { a: 11, b: 0, c: ip("10.0.0.1") }, "answer icmp time exceeded in transit to 10.0.0.1"],
	[K.T_REJECT, { a: 3, b: 2 }, "reject with icmp-port-unreachable in FORWARD"],
	[K.T_TTL, { a: 63 }, "ttl 63"],
	[K.T_WIRE, { a: 5_000_000 }, "on the wire for 5 ms"],
	[K.T_WIRE, { a: 0x7fffffff }, "on the wire for at least 2.147483647 s"],
	[K.T_SOCKET, { a: 53 }, "socket of port 53"],
	[
		K.T_RATELIMIT,
		{ a: 3, b: ip("10.0.0.1") },
		"answer icmp destination unreachable to 10.0.0.1 held back by the rate limit",
	],
	[K.T_ROUTE6, { a: 0xfe800000 | 0, d: 9 }, "route fe80::9 dev docker0"],
	[K.T_ROUTE6_FAIL, { a: 0x20010db8, b: 1, c: 0, d: 0x00010000 }, "no route to 2001:db8:0:1::1:0"],
	[K.T_NEIGH6, { a: 0x20010db8, d: 1 }, "neigh 2001:db8::1"],
	[K.T_NEIGH6_QUEUE, { d: 1 }, "waits for an advertisement of ::1"],
	[K.T_ICMP6_SEND, { a: 1, b: 4 }, "answer icmpv6 type 1 code 4"],
	[K.T_RATELIMIT6, { a: 1, b: 0 }, "answer icmpv6 type 1 code 0 held back by the rate limit"],
	[K.T_NAT6, { a: 0xfd000000 | 0, b: 0, c: 0, d: 1 }, "nat: rewritten to fd00::1"],
	[K.T_BR_NF, { a: 0 }, "bridged frame goes through iptables at PREROUTING"],
] as const)("words of kind %i", (kind, fields, expected) => {
	expect(words(kind, fields)).toBe(expected);
});
test("columns: time, frame, namespace, device, words", () => {
	const p = new TracePrinter(
		{ netns: [{ id: 1, name: "c1" }], devices: [{ id: 5, name: "eth0", netns: 1, ifindex: 2 }] },
		{ origin: 1e9 },
	);
	const r = {
		kind: K.T_TX,
		serial: 3,
		time: 1_005_000_000,
		netns: 1,
		dev: 5,
		a: 98,
		b: 0,
		c: 0,
		d: 0,
		text: "",
	};
	expect(p.line(r)).toBe("0.005000000  #3  c1  eth0  tx 98 bytes");
	expect(p.line({ ...r, kind: K.T_ALLOC, netns: -1, dev: -1, a: 1, b: 98 })).toBe(
		"0.005000000  #3            copy of #1, 98 bytes",
	);
	p.learn({ netns: [], devices: [{ id: 6, name: "wlan0", netns: 1, ifindex: 3 }] });
	expect(p.line({ ...r, dev: 6 })).toBe("0.005000000  #3  c1  wlan0  tx 98 bytes");
	expect(p.line({ ...r, netns: 9, dev: 77 })).toBe("0.005000000  #3  netns 9  dev 77  tx 98 bytes");
});
