/**
 * A million random and mutated frames into every kind of device: nothing throws, no slot leaks, the account is right.
 * The seed is fixed; a failure names the frame.
 */
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import type { NetDevice } from "../../src/device/netdev.ts";
import { DELIVERED, type DeliveryName } from "../../src/frame/delivery.ts";
import type { Machine } from "../../src/ip/machine.ts";
import type { Netns } from "../../src/ip/netns.ts";
import {
	CT_STATE_ESTABLISHED,
	CT_STATE_INVALID,
	CT_STATE_NEW,
	CT_STATE_RELATED,
	type Match,
	type Rule,
	rule,
	type Target,
} from "../../src/netfilter/rule.ts";
import {
	NF_NAT_RANGE_MAP_IPS,
	NF_NAT_RANGE_PROTO_SPECIFIED,
	REJECT_PORT_UNREACH,
	REJECT_TCP_RESET,
} from "../../src/netfilter/types.ts";
import { Random } from "../../src/ring/random.ts";
import { checksum, pseudoSum4 } from "../../src/wire/checksum.ts";
import { ARP_REPLY, ARP_REQUEST, DNS, hex, ip, PING, SYN, toHex, VXLAN_ARP, viewOf } from "../wire/bytes.ts";
import { address, arrive, bridge, expectBalanced, expectWhole, forwarding, machine, MS, route, transmit, vethPair, vxlan } from "./lab.ts";

const TOTAL = 1_000_000;
/** Of each part, how many go through a debug pool. */
const DEBUG_PART = 15_000;

/** Frames of the captures in test/captures (classic pcap; those whose link type is not Ethernet are noise, too). */
function captured(name: string): Uint8Array[] {
	const bytes = new Uint8Array(readFileSync(new URL(`../../../../test/captures/${name}`, import.meta.url)));
	const v = viewOf(bytes);
	const little = v.getUint8(0) === 0xd4 || v.getUint8(0) === 0x4d;
	const frames: Uint8Array[] = [];
	for (let at = 24; at + 16 <= bytes.length; ) {
		const n = v.getUint32(at + 8, little);
		frames.push(bytes.slice(at + 16, at + 16 + n));
		at += 16 + n;
	}
	return frames.filter((f) => f.length >= 14 && f.length <= 1800);
}
/** Chosen group by group, so that a long capture does not crowd out the others. */
const BASES: readonly (readonly Uint8Array[])[] = [
	[ARP_REQUEST, ARP_REPLY],
	[PING],
	[DNS],
	[SYN],
	[VXLAN_ARP],
	[
		// an ICMP error about the captured query: port unreachable
		hex(`001122334455 001122334466 0800 45000038000000004001 0000 d157f912 c0a8010b 0303 0000 00000000
			4500005459cd0000401194aec0a8010bd157f912 abbe003500407824`),
		// redirect, time exceeded, parameter problem heads over the same query
		hex(`001122334455 001122334466 0800 45000038000000004001 0000 d157f912 c0a8010b 0501 0000 0a000063
			4500005459cd0000401194aec0a8010bd157f912 abbe003500407824`),
		// options: record route and time stamp; router alert
		hex(`001122334455 001122334466 0800 4a000040 0001 0000 40 01 0000 0a000002 0a000001
			07 07 04 00000000 00 44 0c 05 00 0000000000000000 00 00 00 00 0800 0000 00010001`),
	],
	...[
		"snabb-tcp-ipv4-3frags-bound.pcap",
		"snabb-telnet-cooked.pcap",
		"tcpdump-dns_udp.pcap",
		"tcpdump-various_gre.pcap",
		"tcpdump-vxlan.pcap",
		"zeek-arp-who-has.pcap",
		"zeek-icmp-ping.pcap",
		"zeek-ipv4.pcap",
		"zeek-retransmit-fast009.pcap",].map(captured),
];

/** Makes frames that mean something to a lab: its MACs, its addresses, its ports, often with right checksums. */
class Fuzzer {
	private readonly scratch = new Uint8Array(2048);
	private readonly view = viewOf(this.scratch);
	private readonly random: Random;
	private readonly macs: readonly number[];
	private readonly addresses: readonly number[];
	constructor(seed: number, macs: readonly number[], addresses: readonly string[]) {
		this.random = new Random(seed);
		this.macs = macs;
		this.addresses = addresses.map(ip);
	}
	below(n: number): number {
		return this.random.below(n);
	}
	pick<T>(of: readonly T[]): T {
		return of[this.random.below(of.length)];
	}
	/** The next frame, for a door whose neighbours' MACs are `near`; valid until the next call. */
	frame(near: readonly number[]): Uint8Array {
		const r = this.random;
		const b = this.scratch;
		const v = this.view;
		let n: number;
		if (r.below(20) === 0) {
			n = 14 + r.below(r.below(4) === 0 ? 1500 : 100);
			for (let i = 0; i < n; i++) b[i] = r.i32();
		} else {
			const base = this.pick(this.pick(BASES));
			n = base.length;
			b.set(base);
		}
		if (r.below(16) !== 0) this.aim(0, n, near);
		if (r.below(2) !== 0) for (let k = r.below(4); k > 0; k--) n = this.mutate(n);
		if (r.below(2) === 0) this.sign(14, n);
		return b.subarray(0, n);
	}
	/** Give the frame at `o` MACs and addresses of the lab, and an inner frame, too. */
	private aim(o: number, end: number, near: readonly number[]): void {
		const r = this.random;
		const v = this.view;
		v.setUint16(o + 6, 0x0200);
		v.setInt32(o + 8, this.pick(this.macs));
		const kind = r.below(20);
		if (kind === 0) v.setUint32(o, 0xffffffff), v.setUint16(o + 4, 0xffff);
		else if (kind === 1) v.setUint16(o, 0x0200), v.setInt32(o + 2, this.pick(this.macs));
		else if (kind !== 2) v.setUint16(o, near[0] === 0 ? 0 : 0x0200), v.setInt32(o + 2, this.pick(near));
		const type = v.getUint16(o + 12);
		if (type === 0x0806 && o + 42 <= end) {
			v.setUint16(o + 22, 0x0200);
			v.setInt32(o + 24, this.pick(this.macs));
			v.setInt32(o + 28, this.pick(this.addresses));
			v.setInt32(o + 38, this.pick(this.addresses));
		} else if (type === 0x0800 && o + 34 <= end) {
			const from = this.below(this.addresses.length);
			v.setInt32(o + 26, this.addresses[from]);
			// most often one of the next two in the list: flows that come again
			const step = r.below(4) === 0 ? r.below(this.addresses.length) : 1 + r.below(2);
			v.setInt32(o + 30, this.addresses[(from + step) % this.addresses.length]);
			if (r.below(12) === 0) v.setUint16(o + 20, r.below(3) === 0 ? 0x2000 | r.below(40) : r.below(40));
			if (r.below(4) === 0) v.setUint16(o + 18, r.below(4));
			if (r.below(8) === 0) v.setUint8(o + 22, r.below(3));
			if (o + 38 <= end && r.below(3) !== 0) {
				v.setUint16(o + 34, 1000 + r.below(8));
				v.setUint16(o + 36, this.pick([53, 80, 4789, 1000, 9]));
			}
			if (o === 0 && v.getUint8(23) === 17 && end >= 64 && v.getUint16(36) === 4789) {
				v.setInt32(42, 0x08000000);
				if (r.below(8) !== 0) v.setInt32(46, 100 << 8);
				this.aim(50, end, this.macs);
				this.sign(64, end);
			}
			this.sign(o + 14, end);
		}
	}
	private mutate(n: number): number {
		const r = this.random;
		const b = this.scratch;
		const at = r.below(n);
		switch (r.below(6)) {
			case 0:
				b[at] ^= 1 << r.below(8);
				return n;
			case 1:
				b[at] = r.i32();
				return n;
			case 2:
				b[at] = this.pick([0, 1, 0x7f, 0x80, 0xff]);
				return n;
			case 3:
				return Math.max(14, at);
			case 4: {
				const longer = Math.min(1900, n + r.below(80));
				b.fill(r.i32(), n, longer);
				return longer;
			}
			default: {
				// a header field, most often one of IP's or the transport's
				b[Math.min(n - 1, 12 + r.below(48))] = r.i32();
				return n;
			}
		}
	}
	/** Right checksums, as far as the header makes sense. */
	private sign(nh: number, end: number): void {
		const v = this.view;
		if (nh + 20 > end || v.getUint16(nh - 2) !== 0x0800) return;
		const hlen = (v.getUint8(nh) & 15) * 4;
		if (hlen < 20 || nh + hlen > end) return;
		v.setUint16(nh + 10, 0);
		v.setUint16(nh + 10, checksum(v, nh, nh + hlen));
		const stop = nh + v.getUint16(nh + 2);
		const th = nh + hlen;
		if (stop > end || (v.getUint16(nh + 6) & 0x3fff) !== 0) return;
		const protocol = v.getUint8(nh + 9);
		const at = th + (protocol === 6 ? 16 : protocol === 17 ? 6 : 2);
		if ((protocol !== 6 && protocol !== 17 && protocol !== 1) || at + 2 > stop) return;
		v.setUint16(at, 0);
		v.setUint16(at, checksum(v, th, stop, protocol === 1 ? 0 : pseudoSum4(v, nh + 12, protocol, stop - th)));
	}
}

interface Door {
	dev: NetDevice;
	how: (dev: NetDevice, bytes: Uint8Array) => void;
	/** MACs (02:00 + these 4 bytes) that are somebody's behind this door. */
	near: readonly number[];
}
interface Scene {
	m: Machine;
	/** Where frames are put in: sent out of, or as if from the wire. */
	doors: Door[];
	macs: number[];
	addresses: string[];
	/** What frames must get to, at least one in a thousand. */
	reaches: DeliveryName[];
}

function append(ns: Netns, table: "raw" | "mangle" | "nat" | "filter", chain: string, target: Target, fields: Partial<Rule> = {}): void {
	ns.xtables.table(table).edit((d) => d.append(chain, rule({ target, ...fields })));
}
const state = (mask: number): Match => ({ type: "conntrack", state: { mask, not: false } });
const tcpTo = (port: number): Match => ({ type: "tcp", dport: { min: port, max: port, not: false } });
const udpTo = (port: number): Match => ({ type: "udp", dport: { min: port, max: port, not: false } });
const dnat = (to: string, port: number): Target => ({
	type: "DNAT",
	flags: NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED,
	minAddr: ip(to),
	maxAddr: ip(to),
	minPort: port,
	maxPort: port,
	basePort: 0,
});

/** What a container host loads: masquerade, published ports, state, a reject, a mark. */
function rules(ns: Netns, outName: string, inner: string): void {
	append(ns, "nat", "PREROUTING", dnat(inner, 80), { proto: 6, matches: [tcpTo(53)] });
	append(ns, "nat", "PREROUTING", dnat(inner, 9), { proto: 17, matches: [udpTo(53)] });
	append(ns, "nat", "OUTPUT", dnat(inner, 80), { proto: 6, matches: [tcpTo(80)] });
	append(ns, "nat", "POSTROUTING", { type: "MASQUERADE", flags: 0, minPort: 0, maxPort: 0 }, { out: { name: outName, not: false } });
	append(ns, "mangle", "PREROUTING", { type: "MARK", value: 5, mask: -1 }, { proto: 1 });
	append(ns, "mangle", "FORWARD", { type: "TCPMSS", mss: 0 }, { proto: 6, matches: [{ type: "tcp", flags: { mask: 6, comp: 2, not: false } }] });
	append(ns, "filter", "FORWARD", { type: "DROP" }, { matches: [state(CT_STATE_INVALID)] });
	append(ns, "filter", "FORWARD", { type: "ACCEPT" }, { matches: [state(CT_STATE_ESTABLISHED | CT_STATE_RELATED)] });
	append(ns, "filter", "FORWARD", { type: "REJECT", how: REJECT_TCP_RESET }, { proto: 6, matches: [tcpTo(9)] });
	append(ns, "filter", "FORWARD", { type: "REJECT", how: REJECT_PORT_UNREACH }, { proto: 17, matches: [udpTo(1000), state(CT_STATE_NEW)] });
	append(ns, "filter", "INPUT", { type: "REJECT", how: REJECT_PORT_UNREACH }, { proto: 17, matches: [udpTo(80)] });
}

const SCENES: { name: string; make: (options: { debug: boolean; small: number }) => Scene }[] = [
	{
		name: "veth into a bridge, bridged frames through iptables",
		make(options) {
			const m = machine({ ...options, big: 16 });
			const root = m.root;
			root.lo.setUp(true);
			const ports: NetDevice[] = [];
			const stations: number[] = [];
			const doors: Scene["doors"] = [];
			for (let i = 0; i < 3; i++) {
				const ns = m.addNetns(`c${i}`);
				const [p, e] = vethPair(m, root, `p${i}`, ns, "eth0");
				address(ns, e, `10.0.0.${i + 2}/24`);
				route(ns, "0.0.0.0/0", "10.0.0.1");
				ports.push(p);
				doors.push({ dev: e, how: transmit, near: stations }, { dev: p, how: arrive, near: stations }, { dev: e, how: arrive, near: [e.macLo] });
			}
			const br = bridge(m, root, "br0", ...ports);
			stations.push(br.macLo, br.macLo, 2, 4, 6);
			address(root, br, "10.0.0.1/24");
			forwarding(root);
			rules(root, "br0", "10.0.0.3");
			doors.push({ dev: br, how: transmit, near: [2, 4, 6] });
			return { m, doors, macs: [1, 2, 3, 4, 5, 6, 7, br.macLo, 99], addresses: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "10.0.0.4", "10.0.0.77", "10.0.0.255", "8.8.8.8", "224.0.0.1"], reaches: ["arp", "icmp"] };
		},
	},
	{
		name: "a router with connection tracking and NAT",
		make(options) {
			const m = machine({ ...options, big: 16 });
			const root = m.root;
			root.lo.setUp(true);
			const a = m.addNetns("a");
			const b = m.addNetns("b");
			const [ae, r1] = vethPair(m, a, "eth0", root, "r1");
			const [r2, be] = vethPair(m, root, "r2", b, "eth0");
			address(a, ae, "10.0.0.2/24");
			address(root, r1, "10.0.0.1/24");
			address(root, r2, "10.1.0.1/24");
			address(b, be, "10.1.0.2/24");
			route(a, "0.0.0.0/0", "10.0.0.1");
			route(b, "0.0.0.0/0", "10.1.0.1");
			r2.setMtu(576);
			forwarding(root);
			rules(root, "r2", "10.1.0.2");
			b.udp.bind({ addr: 0, port: 9, onDatagram() {}, onError() {} });
			return {
				m,
				doors: [
					{ dev: ae, how: transmit, near: [r1.macLo] },
					{ dev: be, how: transmit, near: [r2.macLo] },
					{ dev: r1, how: arrive, near: [r1.macLo] },
					{ dev: r2, how: arrive, near: [r2.macLo] },
					{ dev: be, how: arrive, near: [be.macLo] },
				],
				macs: [1, 2, 3, 4, 99],
				addresses: ["10.0.0.1", "10.0.0.2", "10.1.0.1", "10.1.0.2", "10.1.0.3", "10.0.0.255", "192.0.2.1", "127.0.0.1", "0.0.0.0", "255.255.255.255"],
				reaches: ["arp", "icmp", "udp-socket"],
			};
		},
	},
	{
		name: "vxlan between two bridges",
		make(options) {
			const m = machine({ ...options, big: 16 });
			const n = m.addNetns("h2");
			const [u1, u2] = vethPair(m, m.root, "u1", n, "u2");
			address(m.root, u1, "192.0.2.1/24");
			address(n, u2, "192.0.2.2/24");
			const doors: Scene["doors"] = [
				{ dev: u1, how: arrive, near: [u1.macLo] },
				{ dev: u2, how: arrive, near: [u2.macLo] },
				{ dev: u1, how: transmit, near: [u2.macLo] },
			];
			for (const [i, ns, remote] of [
				[1, m.root, "192.0.2.2"],
				[2, n, "192.0.2.1"],
			] as const) {
				const vx = vxlan(m, ns, `vx${i}`, remote);
				const c = m.addNetns(`c${i}`);
				const [p, e] = vethPair(m, ns, `p${i}`, c, "eth0");
				address(c, e, `10.0.0.${i}/24`);
				bridge(m, ns, `br${i}`, vx, p);
				doors.push({ dev: e, how: transmit, near: [4, 5, 7, 8] }, { dev: vx, how: transmit, near: [4, 5, 7, 8] }, { dev: vx, how: arrive, near: [4, 5, 7, 8] });
			}
			return { m, doors, macs: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], addresses: ["10.0.0.1", "10.0.0.2", "10.0.0.3", "192.0.2.1", "192.0.2.2", "192.0.2.3"], reaches: ["arp", "icmp"] };
		},
	},
	{
		name: "loopback",
		make(options) {
			const m = machine({ ...options, big: 16 });
			const { root } = m;
			const { lo } = root;
			lo.setUp(true);
			const [d] = vethPair(m, root, "d0", m.addNetns("n"), "d1");
			address(root, d, "10.0.0.1/24");
			rules(root, "lo", "127.0.0.1");
			return { m, doors: [{ dev: lo, how: transmit, near: [0] }, { dev: lo, how: arrive, near: [0] }, { dev: d, how: transmit, near: [2] }], macs: [0, 1, 2], addresses: ["127.0.0.1", "127.0.0.2", "10.0.0.1", "10.0.0.2", "255.255.255.255"], reaches: ["icmp"] };
		},
	},
];

function run(scene: Scene, seed: number, frames: number): void {
	const { m, doors } = scene;
	const { pool } = m.core;
	const fuzz = new Fuzzer(seed, scene.macs, scene.addresses);
	for (let i = 0; i < frames; i++) {
		const door = fuzz.pick(doors);
		const bytes = fuzz.frame(door.near);
		try {
			door.how(door.dev, bytes);
			if (fuzz.below(4) !== 0) m.core.settle();
			if (fuzz.below(64) === 0) m.core.runUntil(m.core.clock[0] + fuzz.below(50) * MS);
			if (fuzz.below(20_000) === 0) m.core.runUntilIdle();
		} catch (cause) {
			throw new Error(`frame ${i}, ${door.how.name} at ${door.dev.name}: ${toHex(bytes)}`, { cause });
		}
		if ((i & 1023) === 0 || i === frames - 1) {
			const ended = pool.deliveredTotal + pool.droppedTotal + pool.inUse;
			if (ended !== pool.born[0] + pool.born[1]) throw new Error(`the account is wrong after frame ${i}`);
		}
	}
	expect(pool.born[0]).toBe(frames);
	// it is no fuzzing of the path if hardly a frame gets past the door
	for (const to of scene.reaches) expect(pool.delivered[DELIVERED[to]], to).toBeGreaterThan(frames / 1000);
	expectBalanced(m);
	expectWhole(m);
}

describe("fuzz", () => {
	SCENES.forEach(({ name, make }, i) => {
		test(`${name}, with a debug pool`, { timeout: 60_000 }, () => {
			run(make({ debug: true, small: 2048 }), 1000 + i, DEBUG_PART);
		});
		test(name, { timeout: 60_000 }, () => {
			run(make({ debug: false, small: 4096 }), i + 1, TOTAL / SCENES.length - DEBUG_PART);
		});
	});
});
