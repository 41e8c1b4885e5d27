/** NAT: which tuple is chosen, and what rewriting does to the bytes. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { DELIVERED } from "../../src/frame/delivery.ts";
import { pickAddress } from "../../src/netfilter/nat-hash.ts";
import { manipPacket } from "../../src/netfilter/nat-rewrite.ts";
import {
	NF_ACCEPT,
	NF_DROP,
	NF_INET_LOCAL_IN,
	NF_INET_LOCAL_OUT,
	NF_INET_POST_ROUTING,
	NF_INET_PRE_ROUTING,
	NF_NAT_MANIP_DST,
	NF_NAT_MANIP_SRC,
	NF_NAT_RANGE_MAP_IPS,
	NF_NAT_RANGE_PROTO_SPECIFIED,
} from "../../src/netfilter/types.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import * as tcp from "../../src/wire/tcp.ts";
import {
	type Bench,
	bench,
	echo,
	icmpError,
	ip,
	ipText,
	runner,
	sumsRight,
	tcpPacket,
	udpPacket,
} from "./nf-bench.ts";

const C1 = ip("172.17.0.2");
const C2 = ip("172.17.0.3");
const OUT = ip("192.168.0.10");
const DNS = ip("8.8.8.8");
const POST = 1 << NF_INET_POST_ROUTING;
const PRE = 1 << NF_INET_PRE_ROUTING;

/** A router whose POSTROUTING masquerades everything from 172.17/16 as 192.168.0.10. */
function masquerading(seed = 1): Bench {
	const t = bench(seed);
	t.host.masquerade = OUT;
	t.nf.ctGet();
	t.nf.setTable(
		"nat",
		runner(POST, (_hook, f, _in, outDev) => {
			if (t.pool.view.getInt32(t.pool.nh[f] + ipv4.SADDR) >> 16 !== ip("172.17.0.0") >> 16) return NF_ACCEPT;
			return t.nat.masquerade(f, t.pool.ct[f], t.host, outDev, 0, 0, 0);
		}),
	);
	return t;
}
/** Forward through the router; the frame is live, -1 dropped. */
function forward(t: Bench, f: number, outDev = 2): number {
	const g = t.nf.hook(NF_INET_PRE_ROUTING, f, 1, -1);
	return g < 0 ? g : t.nf.hook(NF_INET_POST_ROUTING, g, -1, outDev);
}
function read(t: Bench, f: number) {
	const { view, nh, th } = t.pool;
	return {
		src: ipText(view.getInt32(nh[f] + ipv4.SADDR)),
		dst: ipText(view.getInt32(nh[f] + ipv4.DADDR)),
		sport: view.getUint16(th[f]),
		dport: view.getUint16(th[f] + 2),
	};
}
function end(t: Bench, f: number): void {
	t.pool.deliver(f, DELIVERED.sink);
}

describe("rewriting", () => {
	it("gives the checksums that computing them from scratch gives", () => {
		const t = bench();
		fc.assert(
			fc.property(
				fc.constantFrom(1, 6, 17),
				fc.integer(),
				fc.integer(),
				fc.integer(),
				fc.nat(0xffff),
				fc.nat(0xffff),
				fc.nat(0xffff),
				fc.boolean(),
				fc.nat(60),
				(protocol, src, dst, addr, sport, dport, port, source, length) => {
					const f =
						protocol === 1
							? echo(t.pool, src, dst, sport)
							: protocol === 6
								? tcpPacket(t.pool, src, sport, dst, dport, { flags: tcp.ACK, len: length })
								: udpPacket(t.pool, src, sport, dst, dport, length);
					const { pool } = t;
					const nh = pool.nh[f];
					const last = nh + pool.view.getUint16(nh + ipv4.TOT_LEN);
					const manip = source ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
					expect(manipPacket(pool.view, nh, last, protocol, manip, addr, port)).toBe(true);
					expect(sumsRight(pool, nh)).toBe(true);
					if (protocol === 17) expect(pool.view.getUint16(pool.th[f] + 6)).not.toBe(0);
					expect(pool.view.getInt32(nh + (source ? ipv4.SADDR : ipv4.DADDR))).toBe(addr);
					const at = protocol === 1 ? 4 : source ? 0 : 2;
					expect(pool.view.getUint16(pool.th[f] + at)).toBe(port);
					end(t, f);
				},
			),
		);
	});
	it("leaves a missing UDP checksum missing", () => {
		const t = masquerading();
		const f = udpPacket(t.pool, C1, 4000, DNS, 53);
		t.pool.view.setUint16(t.pool.th[f] + 6, 0);
		const g = forward(t, f);
		expect(read(t, g).src).toBe("192.168.0.10");
		expect(t.pool.view.getUint16(t.pool.th[g] + 6)).toBe(0);
		end(t, g);
	});
	it("translates both ways, and errors outside and inside", () => {
		const t = masquerading();
		const f = forward(t, udpPacket(t.pool, C1, 4000, DNS, 53));
		expect(read(t, f)).toEqual({ src: "192.168.0.10", dst: "8.8.8.8", sport: 4000, dport: 53 });
		const router = ip("9.9.9.9");
		for (const bytes of [28, 32]) {
			const error = icmpError(t.pool, router, OUT, f, bytes, 11, 0);
			const g = forward(t, error);
			expect(read(t, g).dst).toBe("172.17.0.2");
			const inner = t.pool.th[g] + 8;
			expect(ipText(t.pool.view.getInt32(inner + ipv4.SADDR))).toBe("172.17.0.2");
			expect(sumsRight(t.pool, t.pool.nh[g])).toBe(true);
			// all of the quoted packet is there only in the second
			if (bytes === 32) expect(sumsRight(t.pool, inner)).toBe(true);
			end(t, g);
		}
		// an error of the client about the answer goes out translated
		const answer = forward(t, udpPacket(t.pool, DNS, 53, OUT, 4000));
		expect(read(t, answer)).toEqual({ src: "8.8.8.8", dst: "172.17.0.2", sport: 53, dport: 4000 });
		const back = forward(t, icmpError(t.pool, C1, DNS, answer, 32));
		expect(read(t, back).src).toBe("192.168.0.10");
		expect(ipText(t.pool.view.getInt32(t.pool.th[back] + 8 + ipv4.DADDR))).toBe("192.168.0.10");
		expect(sumsRight(t.pool, t.pool.nh[back])).toBe(true);
		expect(sumsRight(t.pool, t.pool.th[back] + 8)).toBe(true);
		for (const g of [f, answer, back]) end(t, g);
		expect(t.pool.inUse).toBe(0);
	});
	it("mends the ports but no checksum when an error quotes only 8 bytes of TCP", () => {
		const t = masquerading();
		const f = forward(t, tcpPacket(t.pool, C1, 4000, DNS, 80, { flags: tcp.SYN }));
		const sum = t.pool.view.getUint16(t.pool.th[f] + tcp.CHECK);
		const g = forward(t, icmpError(t.pool, ip("9.9.9.9"), OUT, f, 28));
		expect(ipText(t.pool.view.getInt32(t.pool.th[g] + 8 + ipv4.SADDR))).toBe("172.17.0.2");
		expect(sumsRight(t.pool, t.pool.nh[g])).toBe(true);
		expect(t.pool.view.getUint16(t.pool.th[f] + tcp.CHECK)).toBe(sum);
		end(t, f);
		end(t, g);
	});
	it("an ICMP redirect does not cross a translation", () => {
		const t = masquerading();
		const f = forward(t, udpPacket(t.pool, C1, 4000, DNS, 53));
		expect(forward(t, icmpError(t.pool, ip("192.168.0.1"), OUT, f, 28, 5, 1))).toBe(-1);
		end(t, f);
	});
});

describe("choice of the source", () => {
	it.each([
		[4000, 1024, 65_535],
		[300, 1, 511],
		[700, 600, 1023],
		[520, 600, 1023],
	])("a second source with port %i gets another port of its class", (port, low, high) => {
		const used = new Set<number>();
		for (let seed = 1; seed <= 8; seed++) {
			const t = masquerading(seed);
			const first = forward(t, udpPacket(t.pool, C1, port, DNS, 53));
			const second = forward(t, udpPacket(t.pool, C2, port, DNS, 53));
			expect(read(t, first).sport).toBe(port);
			const other = read(t, second).sport;
			expect(other).not.toBe(port);
			expect(other).toBeGreaterThanOrEqual(low);
			expect(other).toBeLessThanOrEqual(high);
			used.add(other);
			// that source keeps its port towards others, where the old one would be free
			const elsewhere = forward(t, udpPacket(t.pool, C2, port, ip("8.8.4.4"), 53));
			expect(read(t, elsewhere).sport).toBe(other);
			// and each answer finds its way
			const answer = forward(t, udpPacket(t.pool, DNS, 53, OUT, other));
			expect(read(t, answer)).toMatchObject({ dst: "172.17.0.3", dport: port });
			for (const g of [first, second, elsewhere, answer]) end(t, g);
			expect(t.pool.inUse).toBe(0);
		}
		expect(used.size).toBeGreaterThan(1);
	});
	it("ICMP ids clash and give way as well", () => {
		const t = masquerading();
		const first = forward(t, echo(t.pool, C1, DNS, 77));
		const second = forward(t, echo(t.pool, C2, DNS, 77));
		const id = (f: number) => t.pool.view.getUint16(t.pool.th[f] + 4);
		expect(id(first)).toBe(77);
		expect(id(second)).not.toBe(77);
		const answer = forward(t, echo(t.pool, DNS, OUT, id(second), 0));
		expect(read(t, answer).dst).toBe("172.17.0.3");
		expect(id(answer)).toBe(77);
		for (const g of [first, second, answer]) end(t, g);
	});
	it("a one-port range that is taken drops the packet", () => {
		const t = bench();
		t.nf.ctGet();
		const flags = NF_NAT_RANGE_MAP_IPS | NF_NAT_RANGE_PROTO_SPECIFIED;
		t.nf.setTable(
			"nat",
			runner(POST, (_h, f) => t.nat.setup(f, t.pool.ct[f], NF_NAT_MANIP_SRC, flags, OUT, OUT, 9000, 9000, 0)),
		);
		const f = forward(t, udpPacket(t.pool, C1, 1, DNS, 53));
		expect(read(t, f).sport).toBe(9000);
		end(t, f);
		expect(forward(t, udpPacket(t.pool, C2, 2, DNS, 53))).toBe(-1);
		expect(t.pool.inUse).toBe(0);
		expect(t.conntrack.table.used).toBe(1);
	});
	it("a null binding moves a port only when the reply tuple is taken", () => {
		const t = masquerading();
		end(t, forward(t, udpPacket(t.pool, C1, 4000, DNS, 53)));
		// the host itself wants the port that the translation has
		let f = t.nf.hook(NF_INET_LOCAL_OUT, udpPacket(t.pool, OUT, 4000, DNS, 53), -1, 2);
		f = t.nf.hook(NF_INET_POST_ROUTING, f, -1, 2);
		expect(read(t, f).src).toBe("192.168.0.10");
		expect(read(t, f).sport).not.toBe(4000);
		end(t, f);
		f = t.nf.hook(NF_INET_LOCAL_OUT, udpPacket(t.pool, OUT, 4001, DNS, 53), -1, 2);
		f = t.nf.hook(NF_INET_POST_ROUTING, f, -1, 2);
		expect(read(t, f).sport).toBe(4001);
		end(t, f);
	});
	it("a masqueraded connection that leaves by another device dies", () => {
		const t = masquerading();
		end(t, forward(t, udpPacket(t.pool, C1, 4000, DNS, 53)));
		expect(forward(t, udpPacket(t.pool, C1, 4000, DNS, 53), 5)).toBe(-1);
		expect(t.conntrack.list(3)).toEqual([]);
		end(t, forward(t, udpPacket(t.pool, C1, 4000, DNS, 53), 5));
		t.conntrack.masqueradeDeviceDown(3, 2);
		expect(t.conntrack.list(3).length).toBe(1);
		t.conntrack.masqueradeAddressRemoved(3, 5, C1);
		expect(t.conntrack.list(3).length).toBe(1);
		t.conntrack.masqueradeAddressRemoved(3, 5, OUT);
		expect(t.conntrack.list(3)).toEqual([]);
	});
});

describe("destination", () => {
	it("REDIRECT goes to the device's address, or to loopback for own packets; a new destination is routed again", () => {
		const t = bench();
		t.host.first = ip("10.0.0.1");
		t.nf.ctGet();
		const mask = PRE | (1 << NF_INET_LOCAL_OUT);
		t.nf.setTable(
			"nat",
			runner(mask, (hook, f, inDev) =>
				t.nat.redirect(f, t.pool.ct[f], t.host, hook, inDev, NF_NAT_RANGE_PROTO_SPECIFIED, 701, 701),
			),
		);
		const f = t.nf.hook(NF_INET_PRE_ROUTING, udpPacket(t.pool, C1, 5, DNS, 700), 1, -1);
		expect(read(t, f)).toEqual({ src: "172.17.0.2", dst: "10.0.0.1", sport: 5, dport: 701 });
		expect(t.host.reroutes).toBe(0);
		end(t, t.nf.hook(NF_INET_LOCAL_IN, f, 1, -1));
		const own = t.nf.hook(NF_INET_LOCAL_OUT, udpPacket(t.pool, C1, 6, DNS, 700), -1, 2);
		expect(read(t, own)).toMatchObject({ dst: "127.0.0.1", dport: 701 });
		expect(t.host.reroutes).toBe(1);
		end(t, own);
		t.host.first = 0;
		expect(t.nf.hook(NF_INET_PRE_ROUTING, udpPacket(t.pool, C1, 7, DNS, 700), 1, -1)).toBe(-1);
	});
	it("a rule's verdict ends the frame", () => {
		const t = bench();
		t.nf.ctGet();
		t.nf.setTable(
			"nat",
			runner(PRE, () => NF_DROP),
		);
		expect(t.nf.hook(NF_INET_PRE_ROUTING, udpPacket(t.pool, C1, 5, DNS, 700), 1, -1)).toBe(-1);
		expect(t.pool.inUse).toBe(0);
		expect(t.conntrack.table.used).toBe(0);
	});
});

// Linux 6.18, SNAT/DNAT with these ranges: source, destination, range, --persistent, the address it chose.
it.each([
	["10.1.130.190", "56.14.238.127", "10.9.0.1", "10.9.0.37", false, "10.9.0.37"],
	["10.1.26.231", "31.57.190.240", "10.9.0.1", "10.9.0.37", false, "10.9.0.29"],
	["10.1.126.98", "80.52.127.6", "10.9.0.1", "10.9.0.37", false, "10.9.0.35"],
	["10.1.110.105", "46.93.199.81", "10.9.0.1", "10.9.0.37", false, "10.9.0.3"],
	["10.1.188.221", "48.18.221.46", "10.9.0.1", "10.9.0.37", true, "10.9.0.31"],
	["10.1.106.88", "76.185.75.174", "10.9.0.1", "10.9.0.37", true, "10.9.0.9"],
	["10.1.247.42", "103.24.41.207", "10.9.0.1", "10.9.0.37", true, "10.9.0.2"],
	["10.1.86.112", "58.76.30.215", "20.9.0.1", "20.9.3.37", false, "20.9.2.239"],
	["10.1.162.123", "46.149.240.206", "20.9.0.1", "20.9.3.37", false, "20.9.2.107"],
	["10.1.75.29", "59.91.255.173", "20.9.0.1", "20.9.3.37", false, "20.9.0.99"],
	["10.1.91.149", "12.242.128.166", "20.9.0.1", "20.9.3.37", false, "20.9.1.170"],
])("a range's address for %s -> %s is the kernel's", (src, dst, min, max, persistent, chosen) => {
	expect(ipText(pickAddress(ip(src), ip(dst), ip(min), ip(max), persistent))).toBe(chosen);
});
