/** IPv4 (RFC 791). Offsets are from the IP header; addresses are signed 32-bit integers in host order. */
import { checksum, fold, sum, update16 } from "./checksum.ts";

export const IP_HLEN = 20;
export const VER_IHL = 0;
export const TOS = 1;
export const TOT_LEN = 2;
export const ID = 4;
export const FRAG_OFF = 6;
export const TTL = 8;
export const PROTO = 9;
export const CHECK = 10;
export const SADDR = 12;
export const DADDR = 16;
/** Bits of the fragment word (RFC 791 §3.1). */
export const IP_CE = 0x8000;
export const IP_DF = 0x4000;
export const IP_MF = 0x2000;
export const IP_OFFSET = 0x1fff;

export const IPPROTO_ICMP = 1;
export const IPPROTO_IGMP = 2;
export const IPPROTO_IPIP = 4;
export const IPPROTO_TCP = 6;
export const IPPROTO_UDP = 17;
export const IPPROTO_DCCP = 33;
export const IPPROTO_GRE = 47;
export const IPPROTO_ESP = 50;
export const IPPROTO_AH = 51;
export const IPPROTO_PIM = 103;
export const IPPROTO_SCTP = 132;
export const IPPROTO_UDPLITE = 136;

/** Why a header is refused, in the order in which the kernel looks (net/ipv4/ip_input.c, ip_rcv_core). */
export const OK = 0;
export const TRUNCATED = 1;
export const BAD_HEADER = 2;
export const BAD_CHECKSUM = 3;
export const TOO_SHORT = 4;

/** Sum of a header without options. */
function plainSum(view: DataView, o: number): number {
	const a = view.getInt32(o);
	const b = view.getInt32(o + 4);
	const c = view.getInt32(o + 8);
	const d = view.getInt32(o + 12);
	const e = view.getInt32(o + 16);
	const high = (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16) + (e >>> 16);
	return fold(high + (a & 0xffff) + (b & 0xffff) + (c & 0xffff) + (d & 0xffff) + (e & 0xffff));
}
/** Check the header at `o` of a frame that ends at `end`; getters are safe after `OK`. */
export function check(view: DataView, o: number, end: number): number {
	if (o + IP_HLEN > end) return TRUNCATED;
	const vi = view.getUint8(o);
	const hlen = (vi & 15) << 2;
	if (vi >> 4 !== 4 || hlen < IP_HLEN) return BAD_HEADER;
	if (o + hlen > end) return TRUNCATED;
	if ((hlen === IP_HLEN ? plainSum(view, o) : sum(view, o, o + hlen, 0)) !== 0xffff) return BAD_CHECKSUM;
	const total = view.getUint16(o + TOT_LEN);
	if (o + total > end) return TOO_SHORT;
	if (total < hlen) return BAD_HEADER;
	return OK;
}
export function headerLength(view: DataView, o: number): number {
	return (view.getUint8(o) & 15) << 2;
}
/** Recompute the header checksum in place. */
export function setChecksum(view: DataView, o: number): void {
	view.setUint16(o + CHECK, 0);
	view.setUint16(o + CHECK, checksum(view, o, o + headerLength(view, o)));
}
/** TTL minus one, the checksum mended (RFC 1624). */
export function decreaseTtl(view: DataView, o: number): void {
	const word = view.getUint16(o + TTL);
	view.setUint16(o + CHECK, update16(view.getUint16(o + CHECK), word, word - 0x100));
	view.setUint16(o + TTL, word - 0x100);
}
/** Write a 20-byte header and its checksum. `fragment` is the whole 16-bit flags-and-offset word. */
export function emit(
	view: DataView,
	o: number,
	tos: number,
	totalLength: number,
	id: number,
	fragment: number,
	ttl: number,
	protocol: number,
	saddr: number,
	daddr: number,
): void {
	view.setUint16(o, 0x4500 | tos);
	view.setUint16(o + TOT_LEN, totalLength);
	view.setUint16(o + ID, id);
	view.setUint16(o + FRAG_OFF, fragment);
	view.setUint16(o + TTL, (ttl << 8) | protocol);
	view.setUint16(o + CHECK, 0);
	view.setInt32(o + SADDR, saddr);
	view.setInt32(o + DADDR, daddr);
	view.setUint16(o + CHECK, ~plainSum(view, o) & 0xffff);
}

/** 224.0.0.0/4 */
export function isMulticast(addr: number): boolean {
	return addr >>> 28 === 0xe;
}
export const BROADCAST = -1;
export function isLoopback(addr: number): boolean {
	return addr >>> 24 === 127;
}
/** "This network", of which Linux reserves the one address only: the rest of 0.0.0.0/8 is unicast (ipv4_is_zeronet). */
export function isZeronet(addr: number): boolean {
	return addr === 0;
}
