/** Frames for fuzzing: real ones and noise, aimed at a lab and mutated. All chance comes from a seed. */
import { readFileSync } from "node:fs";
import { Random } from "../../src/ring/random.ts";
import { checksum, pseudoSum4 } from "../../src/wire/checksum.ts";
import { setMac } from "../../src/wire/ethernet.ts";
import { ARP_REPLY, ARP_REQUEST, DNS, hex, ip, PING, SYN, VXLAN_ARP, viewOf } from "../wire/bytes.ts";

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
		"zeek-retransmit-fast009.pcap",
	].map(captured),
];

/** Makes frames that mean something to a lab: its MACs, its addresses, its ports, often with right checksums. */
export class Fuzzer {
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
		if (kind === 0) setMac(v, o, 0xffff, -1);
		else if (kind === 1) setMac(v, o, 0x0200, this.pick(this.macs));
		else if (kind !== 2) setMac(v, o, near[0] === 0 ? 0 : 0x0200, this.pick(near));
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
