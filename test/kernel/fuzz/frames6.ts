/** IPv6 packets for the fuzzer: headers, extension headers, ICMPv6, neighbour discovery, fragments. */
import { addressBytes, isSix, join, macBytes, viewOf, withSum } from "./frames.ts";

export interface Ip6Header {
	readonly src: string;
	readonly dst: string;
	/** Next header. */
	readonly next: number;
	readonly hops?: number;
	/** Traffic class. */
	readonly tclass?: number;
	readonly flow?: number;
}
export function ip6(h: Ip6Header, payload: Uint8Array): Uint8Array {
	const b = new Uint8Array(40 + payload.length);
	const v = viewOf(b);
	v.setUint32(0, ((6 << 28) | ((h.tclass ?? 0) << 20) | (h.flow ?? 0)) >>> 0);
	v.setUint16(4, payload.length);
	b[6] = h.next;
	b[7] = h.hops ?? 64;
	b.set(addressBytes(h.src), 8);
	b.set(addressBytes(h.dst), 24);
	b.set(payload, 40);
	return b;
}
export function icmp6(
	src: string,
	dst: string,
	type: number,
	code: number,
	rest: number,
	data: Uint8Array,
): Uint8Array {
	const b = new Uint8Array(8 + data.length);
	b[0] = type;
	b[1] = code;
	viewOf(b).setUint32(4, rest >>> 0);
	b.set(data, 8);
	return withSum(b, 2, src, dst, 58);
}
/** The MAC of a multicast address. */
export function groupMac(group: string): string {
	if (!isSix(group)) return "01:00:5e:00:00:01";
	return `33:33:${[...addressBytes(group).subarray(12)].map((x) => x.toString(16).padStart(2, "0")).join(":")}`;
}
/** ff02::1:ff00:0/104 and the last three bytes of the address. */
export function solicitedNode(target: string): string {
	const [a = 0, b = 0, c = 0] = addressBytes(target).subarray(13);
	return `ff02::1:ff${a.toString(16).padStart(2, "0")}:${((b << 8) | c).toString(16)}`;
}
/** Hop-by-hop options, destination options or a routing header: `body` stands behind the length and is filled up to 8 bytes. */
export function extension(next: number, body: Uint8Array): Uint8Array {
	const length = (body.length + 2 + 7) & ~7;
	const b = new Uint8Array(length);
	b[0] = next;
	b[1] = length / 8 - 1;
	b.set(body, 2);
	const left = length - 2 - body.length;
	if (left > 1) {
		b[2 + body.length] = 1;
		b[3 + body.length] = left - 2;
	}
	return b;
}
/** `word`: offset in bytes (a multiple of 8) and the more bit. */
export function fragmentHeader(next: number, word: number, id: number): Uint8Array {
	const b = new Uint8Array(8);
	const v = viewOf(b);
	b[0] = next;
	v.setUint16(2, word);
	v.setUint32(4, id >>> 0);
	return b;
}
/** Fragments with at most `size` (a multiple of 8) bytes of what stands behind the IPv6 header. */
export function fragments6(h: Ip6Header, payload: Uint8Array, size: number, id: number): Uint8Array[] {
	const out: Uint8Array[] = [];
	for (let at = 0; at < payload.length || at === 0; at += size) {
		const more = at + size < payload.length ? 1 : 0;
		out.push(
			ip6({ ...h, next: 44 }, join(fragmentHeader(h.next, at | more, id), payload.subarray(at, at + size))),
		);
	}
	return out;
}
/** Source (1) or target (2) link-layer address. */
export function lladdr(type: number, mac: string): Uint8Array {
	return Uint8Array.from([type, 1, ...macBytes(mac)]);
}
/** A prefix of 64 bits that lives an hour. `flags`: L 0x80, A 0x40. */
export function prefixInformation(prefix: string, flags: number): Uint8Array {
	const b = new Uint8Array(32);
	const v = viewOf(b);
	b[0] = 3;
	b[1] = 4;
	b[2] = 64;
	b[3] = flags;
	v.setUint32(4, 3600);
	v.setUint32(8, 3600);
	b.set(addressBytes(prefix), 16);
	return b;
}
export function mtuOption(mtu: number): Uint8Array {
	const b = new Uint8Array(8);
	b[0] = 5;
	b[1] = 1;
	viewOf(b).setUint32(4, mtu);
	return b;
}
