import { describe, expect, test } from "vitest";
import * as arp from "../../src/wire/arp.ts";
import { pseudoSum4, sum } from "../../src/wire/checksum.ts";
import * as eth from "../../src/wire/ethernet.ts";
import * as icmp from "../../src/wire/icmp.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import * as tcp from "../../src/wire/tcp.ts";
import * as udp from "../../src/wire/udp.ts";
import * as vlan from "../../src/wire/vlan.ts";
import * as vxlan from "../../src/wire/vxlan.ts";
import { ARP_REPLY, ARP_REQUEST, DNS, hex, ip, PING, SYN, toHex, VXLAN_ARP, viewOf } from "./bytes.ts";

/** Emit into dirty memory, so that a field which is not written shows. */
function emitted(length: number, emit: (v: DataView) => void): string {
	const bytes = new Uint8Array(length).fill(0xdb);
	emit(viewOf(bytes));
	return toHex(bytes);
}
/** `ok(end)` holds from `need` on and for no shorter end. */
function needs(from: number, need: number, upTo: number, ok: (end: number) => boolean): void {
	for (let end = from; end <= upTo; end++) expect(ok(end), `end ${end}`).toBe(end >= need);
}

describe("ethernet", () => {
	test("getters", () => {
		const v = viewOf(ARP_REPLY);
		expect([eth.macHi(v, eth.DST), eth.macLo(v, eth.DST)]).toEqual([0x7831, 0xc1c63fc2 | 0]);
		expect([eth.macHi(v, eth.SRC), eth.macLo(v, eth.SRC)]).toEqual([0xf8ed, 0xa5c0a4f1 | 0]);
		expect(eth.etherType(v, 0)).toBe(eth.ETH_P_ARP);
	});
	test("emit", () => {
		expect(emitted(14, (v) => eth.emit(v, 0, 0xffff, -1, 0x7831, 0xc1c63fc2 | 0, eth.ETH_P_ARP))).toBe(
			toHex(ARP_REQUEST.subarray(0, 14)),
		);
	});
	test("groups: the I/G bit is the first on the wire", () => {
		expect(eth.isMulticastMac(0x0100)).toBe(true); // 01:00:5e…
		expect(eth.isMulticastMac(0x3333)).toBe(true); // 33:33:…
		expect(eth.isMulticastMac(0x0016)).toBe(false);
		expect(eth.isBroadcastMac(0xffff, -1)).toBe(true);
		expect(eth.isBroadcastMac(0xffff, -2)).toBe(false);
		expect(eth.isZeroMac(0, 0)).toBe(true);
		expect(eth.isZeroMac(0, 1)).toBe(false);
	});
});

describe("vlan", () => {
	// IEEE 802.1Q: TPID 8100, priority 5, DEI 0, VID 100, then IPv4
	const tagged = hex("001122334466 001122334455 8100 a064 0800 45");
	test("getters", () => {
		const v = viewOf(tagged);
		expect(vlan.isVlanType(eth.etherType(v, 0))).toBe(true);
		expect(vlan.getTci(v, 0)).toBe(0xa064);
		expect(vlan.vid(vlan.getTci(v, 0))).toBe(100);
		expect(vlan.getInnerType(v, 0)).toBe(eth.ETH_P_IP);
		expect([eth.ETH_P_8021Q, eth.ETH_P_8021AD].every(vlan.isVlanType)).toBe(true);
		expect(vlan.isVlanType(eth.ETH_P_IP)).toBe(false);
	});
	test("emit", () => {
		expect(emitted(18, (v) => vlan.emit(v, 0, 0x8100, 0xa064, 0x0800)).slice(24)).toBe("8100a0640800");
	});
	test("check", () => needs(0, 18, 30, (end) => vlan.check(end)));
});

describe("arp", () => {
	test("getters", () => {
		const v = viewOf(ARP_REPLY);
		expect(v.getUint16(14 + arp.OP)).toBe(arp.ARPOP_REPLY);
		expect(v.getInt32(14 + arp.SPA)).toBe(ip("10.0.0.1"));
		expect(v.getInt32(14 + arp.TPA)).toBe(ip("10.0.0.2"));
		expect(eth.macLo(v, 14 + arp.THA)).toBe(0xc1c63fc2 | 0);
	});
	test("emit", () => {
		const request = emitted(28, (v) =>
			arp.emit(v, 0, 1, 0x7831, 0xc1c63fc2 | 0, ip("10.0.0.2"), 0, 0, ip("10.0.0.1")),
		);
		expect(request).toBe(toHex(ARP_REQUEST.subarray(14)));
		const reply = emitted(28, (v) =>
			arp.emit(v, 0, 2, 0xf8ed, 0xa5c0a4f1 | 0, ip("10.0.0.1"), 0x7831, 0xc1c63fc2 | 0, ip("10.0.0.2")),
		);
		expect(reply).toBe(toHex(ARP_REPLY.subarray(14, 42)));
	});
	test("check on every truncation", () => {
		const v = viewOf(ARP_REPLY);
		needs(14, 42, ARP_REPLY.length, (end) => arp.check(v, 14, end));
	});
	test("check refuses other hardware, protocol and address lengths", () => {
		for (const at of [arp.HTYPE + 1, arp.PTYPE, arp.HLEN, arp.PLEN]) {
			const b = ARP_REQUEST.slice();
			b[14 + at]++;
			expect(arp.check(viewOf(b), 14, b.length), `byte ${at}`).toBe(false);
		}
	});
});

describe("ipv4", () => {
	test("getters", () => {
		const v = viewOf(SYN);
		expect(ipv4.headerLength(v, 14)).toBe(20);
		expect(v.getUint8(14 + ipv4.TOS)).toBe(0x10);
		expect(v.getUint16(14 + ipv4.TOT_LEN)).toBe(60);
		expect(v.getUint16(14 + ipv4.ID)).toBe(0x463c);
		expect(v.getUint16(14 + ipv4.FRAG_OFF)).toBe(ipv4.IP_DF);
		expect(v.getUint8(14 + ipv4.TTL)).toBe(64);
		expect(v.getUint8(14 + ipv4.PROTO)).toBe(ipv4.IPPROTO_TCP);
		expect(v.getInt32(14 + ipv4.SADDR)).toBe(ip("192.168.0.2"));
		expect(v.getInt32(14 + ipv4.DADDR)).toBe(ip("192.168.0.1"));
	});
	test("emit, checksum included", () => {
		const syn = emitted(20, (v) =>
			ipv4.emit(v, 0, 0x10, 60, 0x463c, ipv4.IP_DF, 64, 6, ip("192.168.0.2"), ip("192.168.0.1")),
		);
		expect(syn).toBe(toHex(SYN.subarray(14, 34)));
		const ping = emitted(20, (v) =>
			ipv4.emit(v, 0, 0, 84, 0x14e7, 0, 64, 1, ip("10.0.0.1"), ip("74.125.225.99")),
		);
		expect(ping).toBe(toHex(PING.subarray(14, 34)));
	});
	test("check on every truncation: header cut, then datagram cut", () => {
		const v = viewOf(PING);
		for (let end = 14; end <= PING.length; end++)
			expect(ipv4.check(v, 14, end), `end ${end}`).toBe(
				end < 34 ? ipv4.TRUNCATED : end < PING.length ? ipv4.TOO_SHORT : ipv4.OK,
			);
	});
	test("check: version, IHL, options cut off, sum, total length, in the order of ip_rcv_core", () => {
		const tampered = (change: (v: DataView) => void, resum = true): number => {
			const b = PING.slice();
			const v = viewOf(b);
			change(v);
			if (resum && (v.getUint8(14) & 15) >= 5) ipv4.setChecksum(v, 14);
			return ipv4.check(v, 14, b.length);
		};
		expect(tampered((v) => v.setUint8(14, 0x65))).toBe(ipv4.BAD_HEADER);
		expect(tampered((v) => v.setUint8(14, 0x44))).toBe(ipv4.BAD_HEADER);
		expect(tampered((v) => v.setUint8(14, 0x46))).toBe(ipv4.OK);
		expect(tampered((v) => v.setUint16(14 + ipv4.TOT_LEN, 19))).toBe(ipv4.BAD_HEADER);
		expect(tampered((v) => v.setUint16(14 + ipv4.TOT_LEN, 85))).toBe(ipv4.TOO_SHORT);
		expect(tampered((v) => v.setUint16(14 + ipv4.TOT_LEN, 20))).toBe(ipv4.OK);
		expect(tampered((v) => v.setUint8(14 + ipv4.TTL, 63), false)).toBe(ipv4.BAD_CHECKSUM);
		const options = viewOf(hex("4f000014000000004001000001020304 05060708"));
		expect(ipv4.check(options, 0, 20)).toBe(ipv4.TRUNCATED);
	});
	test("every single bit error in the header is found, or is a wrong version or length", () => {
		for (let bit = 0; bit < 160; bit++) {
			const b = PING.slice();
			b[14 + (bit >> 3)] ^= 0x80 >> (bit & 7);
			expect(ipv4.check(viewOf(b), 14, b.length), `bit ${bit}`).not.toBe(ipv4.OK);
		}
	});
	test("decreaseTtl keeps the sum right, from 255 down to 0", () => {
		const v = viewOf(PING.slice());
		v.setUint8(14 + ipv4.TTL, 255);
		ipv4.setChecksum(v, 14);
		for (let ttl = 254; ttl >= 0; ttl--) {
			ipv4.decreaseTtl(v, 14);
			expect(v.getUint8(14 + ipv4.TTL)).toBe(ttl);
			expect(v.getUint8(14 + ipv4.PROTO)).toBe(1);
			expect(ipv4.check(v, 14, PING.length)).toBe(ipv4.OK);
		}
	});
	test("kinds of address", () => {
		expect(ipv4.isMulticast(ip("224.0.0.1"))).toBe(true);
		expect(ipv4.isMulticast(ip("239.255.255.255"))).toBe(true);
		expect(ipv4.isMulticast(ip("240.0.0.0"))).toBe(false);
		expect(ipv4.isMulticast(ip("223.255.255.255"))).toBe(false);
		expect(ipv4.isLoopback(ip("127.255.0.1"))).toBe(true);
		expect(ipv4.isLoopback(ip("128.0.0.1"))).toBe(false);
		// include/linux/in.h, ipv4_is_zeronet: the one address, not 0.0.0.0/8
		expect(ipv4.isZeronet(ip("0.0.0.0"))).toBe(true);
		expect(ipv4.isZeronet(ip("0.1.2.3"))).toBe(false);
		expect(ipv4.BROADCAST).toBe(ip("255.255.255.255"));
	});
});

describe("icmp", () => {
	test("getters and the checksum of a captured echo request", () => {
		const v = viewOf(PING);
		expect(v.getUint8(34 + icmp.TYPE)).toBe(icmp.ECHO);
		expect(v.getUint16(34 + icmp.ID)).toBe(0x881c);
		expect(v.getUint16(34 + icmp.SEQ)).toBe(0);
		expect(icmp.checkSum(v, 34, PING.length)).toBe(true);
		expect(icmp.checkSum(v, 34, PING.length - 1)).toBe(false);
	});
	test("emit", () => {
		const bytes = PING.slice();
		bytes.fill(0xdb, 34, 42);
		const v = viewOf(bytes);
		icmp.emit(v, 34, icmp.ECHO, 0, 0x881c0000 | 0);
		icmp.setChecksum(v, 34, bytes.length);
		expect(toHex(bytes)).toBe(toHex(PING));
	});
	test("which types are errors (RFC 1122 §3.2.2)", () => {
		const errors = Array.from({ length: 256 }, (_, i) => i).filter(icmp.isError);
		expect(errors).toEqual([3, 4, 5, 11, 12]);
	});
});

describe("udp", () => {
	test("getters", () => {
		const v = viewOf(DNS);
		expect(v.getUint16(34 + udp.SPORT)).toBe(43966);
		expect(v.getUint16(34 + udp.DPORT)).toBe(53);
		expect(v.getUint16(34 + udp.LEN)).toBe(64);
		expect(v.getUint16(34 + udp.CHECK)).toBe(0x7824);
	});
	test("emit", () => {
		expect(emitted(8, (v) => udp.emit(v, 0, 0xcb86, 4789, 0x3a))).toBe(toHex(VXLAN_ARP.subarray(34, 42)));
	});
	test("check on every truncation, and a length field below 8", () => {
		const v = viewOf(DNS);
		needs(34, DNS.length, DNS.length, (end) => udp.check(v, 34, end));
		for (let n = 0; n < 12; n++) {
			const b = DNS.slice();
			viewOf(b).setUint16(34 + udp.LEN, n);
			expect(udp.check(viewOf(b), 34, b.length), `length ${n}`).toBe(n >= 8);
		}
	});
});

describe("tcp", () => {
	test("getters", () => {
		const v = viewOf(SYN);
		expect(v.getUint16(34 + tcp.SPORT)).toBe(1550);
		expect(v.getUint16(34 + tcp.DPORT)).toBe(23);
		expect(v.getUint32(34 + tcp.SEQ)).toBe(0x99c5a0ec);
		expect(v.getUint32(34 + tcp.ACK_SEQ)).toBe(0);
		expect(tcp.headerLength(v, 34)).toBe(40);
		expect(v.getUint8(34 + tcp.FLAGS)).toBe(tcp.SYN);
		expect(v.getUint16(34 + tcp.WINDOW)).toBe(32120);
		expect(v.getUint16(34 + tcp.CHECK)).toBe(0xe0a3);
		expect(v.getUint8(54)).toBe(tcp.OPT_MSS);
	});
	test("emit", () => {
		const bytes = SYN.slice();
		bytes.fill(0xdb, 34, 54);
		const v = viewOf(bytes);
		tcp.emit(v, 34, 1550, 23, 0x99c5a0ec | 0, 0, tcp.SYN, 32120);
		v.setUint8(34 + tcp.DATA_OFFSET, 0xa0);
		v.setUint16(34 + tcp.CHECK, ~sum(v, 34, 74, pseudoSum4(v, 26, 6, 40)) & 0xffff);
		expect(toHex(bytes)).toBe(toHex(SYN));
	});
	test("check on every truncation and data offset", () => {
		const v = viewOf(SYN);
		needs(34, 74, SYN.length, (end) => tcp.check(v, 34, end));
		for (let words = 0; words < 16; words++) {
			const b = SYN.slice();
			b[34 + tcp.DATA_OFFSET] = words << 4;
			expect(tcp.check(viewOf(b), 34, b.length), `offset ${words}`).toBe(words >= 5 && words <= 10);
		}
	});
});

describe("vxlan", () => {
	test("getters", () => {
		const v = viewOf(VXLAN_ARP);
		expect(v.getInt32(42 + vxlan.FLAGS)).toBe(vxlan.FLAG_I);
		expect(vxlan.vni(v, 42)).toBe(100);
		expect(v.getUint16(34 + udp.DPORT)).toBe(vxlan.PORT);
		expect(eth.etherType(v, 50)).toBe(eth.ETH_P_ARP);
	});
	test("emit, up to the largest VNI", () => {
		expect(emitted(8, (v) => vxlan.emit(v, 0, 100))).toBe(toHex(VXLAN_ARP.subarray(42, 50)));
		expect(emitted(8, (v) => vxlan.emit(v, 0, 0xffffff))).toBe("08000000ffffff00");
		expect(vxlan.vni(viewOf(hex("08000000ffffff00")), 0)).toBe(0xffffff);
	});
	test("check on every truncation", () => {
		needs(42, 50, 60, (end) => vxlan.check(42, end));
	});
	test("the lengths that encapsulation adds are those of a captured frame", () => {
		expect(VXLAN_ARP.length - (14 + arp.ARP_LEN)).toBe(14 + vxlan.ENCAP);
		expect(vxlan.MTU_OVERHEAD).toBe(vxlan.ENCAP + 14);
	});
});
