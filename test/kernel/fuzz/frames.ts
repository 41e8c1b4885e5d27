/** Frames for the fuzzer, put together byte by byte; checksums are right unless a mutation breaks them later. */
import { checksum, sum } from "@hookline/engine/wire/checksum";
import { parseAddress } from "@hookline/linux/address-text";
import { parseAddress6 } from "@hookline/linux/address6-text";

export interface IpHeader {
	readonly src: string;
	readonly dst: string;
	readonly protocol: number;
	readonly ttl?: number;
	readonly tos?: number;
	readonly id?: number;
	/** Flags and offset word. */
	readonly fragment?: number;
	readonly options?: Uint8Array;
}
export function join(...parts: readonly Uint8Array[]): Uint8Array {
	const out = new Uint8Array(parts.reduce((n, p) => n + p.length, 0));
	let at = 0;
	for (const p of parts) {
		out.set(p, at);
		at += p.length;
	}
	return out;
}
export function viewOf(b: Uint8Array): DataView {
	return new DataView(b.buffer, b.byteOffset, b.length);
}
export function macBytes(mac: string): number[] {
	return mac.split(":").map((x) => Number.parseInt(x, 16));
}
export function ethernet(dst: string, src: string, type: number, payload: Uint8Array): Uint8Array {
	return join(Uint8Array.from([...macBytes(dst), ...macBytes(src), type >> 8, type & 255]), payload);
}
/** Put an 802.1Q tag behind the MACs. */
export function tagged(frame: Uint8Array, tci: number): Uint8Array {
	return join(frame.subarray(0, 12), Uint8Array.from([0x81, 0, tci >> 8, tci & 255]), frame.subarray(12));
}
export function ip4(h: IpHeader, payload: Uint8Array): Uint8Array {
	const options = h.options ?? new Uint8Array(0);
	const hlen = 20 + options.length;
	const b = new Uint8Array(hlen + payload.length);
	const v = viewOf(b);
	b[0] = 0x40 | (hlen >> 2);
	b[1] = h.tos ?? 0;
	v.setUint16(2, b.length);
	v.setUint16(4, h.id ?? 0);
	v.setUint16(6, h.fragment ?? 0);
	b[8] = h.ttl ?? 64;
	b[9] = h.protocol;
	v.setInt32(12, parseAddress(h.src) as number);
	v.setInt32(16, parseAddress(h.dst) as number);
	b.set(options, 20);
	v.setUint16(10, checksum(v, 0, hlen));
	b.set(payload, hlen);
	return b;
}
export function isSix(address: string): boolean {
	return address.includes(":");
}
/** 4 or 16 bytes. */
export function addressBytes(text: string): Uint8Array {
	const words = isSix(text) ? parseAddress6(text) : [parseAddress(text)];
	const v = new DataView(new ArrayBuffer(isSix(text) ? 16 : 4));
	words?.forEach((w, i) => {
		v.setInt32(4 * i, w as number);
	});
	return new Uint8Array(v.buffer);
}
/** Fill in the transport checksum at `at` over the pseudo header of `src` and `dst`, of either family. */
export function withSum(b: Uint8Array, at: number, src: string, dst: string, protocol: number): Uint8Array {
	const pseudo = join(addressBytes(src), addressBytes(dst));
	const v = viewOf(b);
	const start = sum(viewOf(pseudo), 0, pseudo.length, protocol + b.length);
	const check = checksum(v, 0, b.length, start);
	v.setUint16(at, protocol === 17 && check === 0 ? 0xffff : check);
	return b;
}
export function udp(src: string, dst: string, sport: number, dport: number, data: Uint8Array): Uint8Array {
	const b = new Uint8Array(8 + data.length);
	const v = viewOf(b);
	v.setUint16(0, sport);
	v.setUint16(2, dport);
	v.setUint16(4, b.length);
	b.set(data, 8);
	return withSum(b, 6, src, dst, 17);
}
export interface TcpFields {
	readonly sport: number;
	readonly dport: number;
	readonly seq: number;
	readonly ack: number;
	/** FIN 1 SYN 2 RST 4 PSH 8 ACK 16 URG 32 */
	readonly flags: number;
	readonly window?: number;
	/** A multiple of four bytes. */
	readonly options?: Uint8Array;
}
export function tcp(src: string, dst: string, t: TcpFields, data: Uint8Array): Uint8Array {
	const options = t.options ?? new Uint8Array(0);
	const hlen = 20 + options.length;
	const b = new Uint8Array(hlen + data.length);
	const v = viewOf(b);
	v.setUint16(0, t.sport);
	v.setUint16(2, t.dport);
	v.setUint32(4, t.seq >>> 0);
	v.setUint32(8, t.ack >>> 0);
	b[12] = (hlen >> 2) << 4;
	b[13] = t.flags;
	v.setUint16(14, t.window ?? 64240);
	b.set(options, 20);
	b.set(data, hlen);
	return withSum(b, 16, src, dst, 6);
}
export function icmp(type: number, code: number, rest: number, data: Uint8Array): Uint8Array {
	const b = new Uint8Array(8 + data.length);
	const v = viewOf(b);
	b[0] = type;
	b[1] = code;
	v.setUint32(4, rest >>> 0);
	b.set(data, 8);
	v.setUint16(2, checksum(v, 0, b.length));
	return b;
}
/** An ARP packet for Ethernet and IPv4, unpadded. */
export function arp(op: number, sha: string, spa: string, tha: string, tpa: string): Uint8Array {
	const b = new Uint8Array(28);
	const v = viewOf(b);
	v.setUint16(0, 1);
	v.setUint16(2, 0x0800);
	b[4] = 6;
	b[5] = 4;
	v.setUint16(6, op);
	b.set(macBytes(sha), 8);
	v.setInt32(14, parseAddress(spa) as number);
	b.set(macBytes(tha), 18);
	v.setInt32(24, parseAddress(tpa) as number);
	return b;
}
/** Cut an IPv4 packet without options into fragments with at most `size` (a multiple of 8) bytes of payload each. */
export function fragments(packet: Uint8Array, size: number): Uint8Array[] {
	const v = viewOf(packet);
	const out: Uint8Array[] = [];
	const payload = packet.subarray(20);
	const word = v.getUint16(6) & 0xc000;
	for (let at = 0; at < payload.length; at += size) {
		const part = join(packet.subarray(0, 20), payload.subarray(at, at + size));
		const pv = viewOf(part);
		pv.setUint16(2, part.length);
		pv.setUint16(6, word | (at + size < payload.length ? 0x2000 : 0) | (at >> 3));
		pv.setUint16(10, 0);
		pv.setUint16(10, checksum(pv, 0, 20));
		out.push(part);
	}
	return out;
}
/** Recompute the checksum of the IPv4 header at offset 14 of a frame. */
export function fixHeader(frame: Uint8Array): void {
	const v = viewOf(frame);
	const hlen = (frame[14]! & 15) << 2;
	if (hlen < 20 || 14 + hlen > frame.length) return;
	v.setUint16(24, 0);
	v.setUint16(24, checksum(v, 14, 14 + hlen));
}
