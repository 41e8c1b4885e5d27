/**
 * Rare frames, before anything else has passed: what a compiler that watches what runs may take for the common case. Fragments,
 * truncated and malformed headers, wrong sums, ICMP errors, other protocols, ARP, broadcasts, IPv6; from both ends and, where
 * there is a second host, from the wire.
 */
import { checksum, pseudoSum4 } from "@hookline/engine/wire/checksum";
import * as icmp from "@hookline/engine/wire/icmp";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import { pseudoSum6 } from "@hookline/engine/wire/ipv6";
import * as tcp from "@hookline/engine/wire/tcp";
import * as udp from "@hookline/engine/wire/udp";
import type { Lab } from "hookline";
import type { Path } from "./labs.ts";

const ROUNDS = 400;
/** ns; longer than fragments and questions for neighbours wait */
const REST = 60e9;

interface Ends {
	readonly dst: string;
	readonly src: string;
	readonly saddr: number;
	readonly daddr: number;
}

/** Sends them and lets all that they started end. */
export function poison(lab: Lab, path: Path): void {
	const source = lab.device(path.source);
	const sink = lab.device(path.sink);
	const forth: Ends = {
		dst: path.dstMac,
		src: text(source.mac),
		saddr: address(path.srcIp),
		daddr: address(path.dstIp),
	};
	const back: Ends = { dst: text(source.mac), src: text(sink.mac), saddr: forth.daddr, daddr: forth.saddr };
	const wire = lab.netnsNames().includes("h2") ? lab.device("h2:eth0") : undefined;
	const across: Ends = {
		dst: "02:00:00:00:01:02",
		src: "02:00:00:00:01:01",
		saddr: address("192.168.205.10"),
		daddr: address("192.168.205.11"),
	};
	for (let i = 0; i < ROUNDS; i++) {
		for (const frame of rareFrames(forth, i)) source.transmit(frame);
		for (const frame of rareFrames(back, i)) sink.transmit(frame);
		if (wire !== undefined) for (const frame of rareFrames(across, i)) wire.receive(frame);
		if (i % 100 === 99) lab.runFor(1e9);
	}
	lab.runFor(REST);
}

/** One of each kind; `i` makes those of one round differ from the others'. */
export function rareFrames(ends: Ends, i: number): Uint8Array[] {
	const plain = udpFrame(ends, 40_000 + i, 9, 20 + (i % 60));
	const to = (mac: string): Uint8Array => changed(plain, (v) => setMac(v, 0, mac));
	return [
		fragment(ends, i, 0, 24, true),
		fragment(ends, i, 24, 16, false),
		fragment(ends, i + 7000, 64, 8, true),
		// fewer bytes than the headers say, down to a bare Ethernet header
		plain.slice(0, 14 + (i % 28)),
		changed(plain, (v) => v.setUint8(14, 0x44)),
		changed(plain, (v) => v.setUint8(14, 0x65)),
		header(plain, (v) => v.setUint16(16, 2000)),
		header(plain, (v) => v.setUint16(38, 3)),
		header(plain, (v) => v.setUint8(22, i % 2)),
		changed(plain, (v) => v.setUint16(24, v.getUint16(24) ^ 0x0101)),
		changed(plain, (v) => v.setUint16(40, v.getUint16(40) ^ 0x0101)),
		header(plain, (v) => v.setInt32(26, -1)),
		header(plain, (v) => v.setInt32(30, 0x7f000001)),
		options(ends, i),
		icmpFrame(ends, icmp.ECHO, 0, i),
		icmpFrame(ends, 3, [0, 1, 3, 4][i % 4], 0, plain),
		icmpFrame(ends, 11, 0, 0, plain),
		icmpFrame(ends, 5, 1, ends.saddr, plain),
		tcpFrame(ends, i, 2),
		tcpFrame(ends, i, 16),
		tcpFrame(ends, i, 4),
		other(ends, 47, i),
		other(ends, 132, i),
		other(ends, 253, i),
		arp(ends, 1, i),
		arp(ends, 2, i),
		to("ff:ff:ff:ff:ff:ff"),
		to("01:00:5e:00:00:05"),
		to("02:99:99:99:99:99"),
		to("01:80:c2:00:00:00"),
		changed(plain, (v) => setMac(v, 6, `02:98:00:00:${hex(i >> 8)}:${hex(i)}`)),
		// into a tunnel's port: no VXLAN header, and a cut one
		udpFrame(ends, 45_000 + i, 4789, i % 40),
		ip6(ends, i, 17),
		ip6(ends, i, 58),
		ip6(ends, i, 44),
		ip6(ends, i, 0).slice(0, 40),
		tagged(plain, i),
		changed(plain, (v) => v.setUint16(12, 0x88b5)),
	];
}

function ethernet(ends: Ends, type: number, payload: number): { bytes: Uint8Array; view: DataView } {
	const bytes = new Uint8Array(14 + payload);
	const view = new DataView(bytes.buffer);
	setMac(view, 0, ends.dst);
	setMac(view, 6, ends.src);
	view.setUint16(12, type);
	return { bytes, view };
}
/** A packet of a protocol with `payload` bytes, all headers but the transport's. */
function packet(ends: Ends, protocol: number, payload: number): { bytes: Uint8Array; view: DataView } {
	const e = ethernet(ends, 0x0800, 20 + payload);
	ipv4.emit(e.view, 14, 0, 20 + payload, 0, 0, 64, protocol, ends.saddr, ends.daddr);
	return e;
}
function udpFrame(ends: Ends, sport: number, dport: number, payload: number): Uint8Array {
	const { bytes, view } = packet(ends, ipv4.IPPROTO_UDP, 8 + payload);
	udp.emit(view, 34, sport, dport, 8 + payload);
	const pseudo = pseudoSum4(view, 26, ipv4.IPPROTO_UDP, 8 + payload);
	view.setUint16(40, checksum(view, 34, bytes.length, pseudo) || 0xffff);
	return bytes;
}
function fragment(ends: Ends, id: number, offset: number, payload: number, more: boolean): Uint8Array {
	const { bytes, view } = packet(ends, ipv4.IPPROTO_UDP, payload);
	view.setUint16(18, id);
	view.setUint16(20, (offset >> 3) | (more ? ipv4.IP_MF : 0));
	ipv4.setChecksum(view, 14);
	return bytes;
}
/** Header length 24: no-operation options, or ones whose length is wrong. */
function options(ends: Ends, i: number): Uint8Array {
	const { bytes, view } = packet(ends, ipv4.IPPROTO_UDP, 4 + 8);
	view.setUint8(14, 0x46);
	view.setInt32(34, i % 2 === 0 ? 0x01010101 : 0x07200400);
	udp.emit(view, 38, 41_000, 9, 8);
	ipv4.setChecksum(view, 14);
	return bytes;
}
function icmpFrame(ends: Ends, type: number, code: number, rest: number, quote?: Uint8Array): Uint8Array {
	const quoted = quote?.subarray(14, 14 + 28) ?? new Uint8Array(8);
	const { bytes, view } = packet(ends, ipv4.IPPROTO_ICMP, 8 + quoted.length);
	icmp.emit(view, 34, type, code, rest);
	bytes.set(quoted, 42);
	icmp.setChecksum(view, 34, bytes.length);
	return bytes;
}
function tcpFrame(ends: Ends, i: number, flags: number): Uint8Array {
	const { bytes, view } = packet(ends, ipv4.IPPROTO_TCP, tcp.TCP_HLEN);
	view.setUint16(34, 42_000 + i);
	view.setUint16(36, 80);
	view.setInt32(38, i);
	view.setUint16(46, (5 << 12) | flags);
	view.setUint16(48, 1000);
	view.setUint16(50, checksum(view, 34, bytes.length, pseudoSum4(view, 26, ipv4.IPPROTO_TCP, tcp.TCP_HLEN)));
	return bytes;
}
function other(ends: Ends, protocol: number, i: number): Uint8Array {
	const { bytes } = packet(ends, protocol, 16);
	bytes.fill(i, 34);
	return bytes;
}
function arp(ends: Ends, operation: number, i: number): Uint8Array {
	const { bytes, view } = ethernet(ends, 0x0806, 28);
	if (operation === 1) setMac(view, 0, "ff:ff:ff:ff:ff:ff");
	view.setInt32(14, 0x00010800);
	view.setUint16(18, 0x0604);
	view.setUint16(20, operation);
	setMac(view, 22, ends.src);
	view.setInt32(28, ends.saddr + 100);
	view.setInt32(38, i % 3 === 0 ? ends.daddr : ends.daddr + (i % 50));
	return bytes;
}
function ip6(ends: Ends, i: number, next: number): Uint8Array {
	const { bytes, view } = ethernet(ends, 0x86dd, 40 + 16);
	view.setUint8(14, 0x60);
	view.setUint16(18, 16);
	view.setUint8(20, next);
	view.setUint8(21, 64);
	view.setInt32(22, 0x20010db8);
	view.setInt32(34, i);
	view.setInt32(38, i % 2 === 0 ? 0x20010db8 : 0xff020000 | 0);
	view.setInt32(50, 1);
	if (next === 58) view.setUint8(54, [1, 128, 135, 136][i % 4]);
	if (next === 17) udp.emit(view, 54, 43_000, 9, 16);
	const at = next === 58 ? 56 : next === 17 ? 60 : -1;
	if (at > 0 && i % 5 !== 0) view.setUint16(at, checksum(view, 54, 70, pseudoSum6(view, 22, next, 16)));
	return bytes;
}
function tagged(frame: Uint8Array, i: number): Uint8Array {
	const bytes = new Uint8Array(frame.length + 4);
	bytes.set(frame.subarray(0, 12));
	bytes.set([0x81, 0, i & 15, i & 255], 12);
	bytes.set(frame.subarray(12), 16);
	return bytes;
}
function changed(frame: Uint8Array, change: (view: DataView) => void): Uint8Array {
	const bytes = frame.slice();
	change(new DataView(bytes.buffer));
	return bytes;
}
/** Like `changed`, with a right header sum. */
function header(frame: Uint8Array, change: (view: DataView) => void): Uint8Array {
	return changed(frame, (v) => {
		change(v);
		ipv4.setChecksum(v, 14);
	});
}
function setMac(view: DataView, at: number, mac: string): void {
	mac.split(":").forEach((h, k) => {
		view.setUint8(at + k, Number.parseInt(h, 16));
	});
}
function hex(byte: number): string {
	return (byte & 255).toString(16).padStart(2, "0");
}
function text(mac: Uint8Array): string {
	return [...mac].map(hex).join(":");
}
function address(ip: string): number {
	return ip.split(".").reduce((a, p) => (a << 8) | Number(p), 0);
}
