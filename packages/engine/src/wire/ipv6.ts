/**
 * IPv6 (RFC 8200). Offsets are from the IPv6 header. An address is four signed 32-bit words in network order; functions that look
 * at one take the offset of its 16 bytes.
 */
import { fold } from "./checksum.ts";

export const IP6_HLEN = 40;
export const PAYLOAD_LEN = 4;
export const NEXT_HDR = 6;
export const HOP_LIMIT = 7;
export const SADDR = 8;
export const DADDR = 24;
/** Smallest MTU of a link that carries IPv6 (RFC 8200 §5). */
export const IPV6_MIN_MTU = 1280;

export const NEXTHDR_HOP = 0;
export const NEXTHDR_TCP = 6;
export const NEXTHDR_UDP = 17;
export const NEXTHDR_IPV6 = 41;
export const NEXTHDR_ROUTING = 43;
export const NEXTHDR_FRAGMENT = 44;
export const NEXTHDR_GRE = 47;
export const NEXTHDR_ESP = 50;
export const NEXTHDR_AUTH = 51;
export const NEXTHDR_ICMP = 58;
export const NEXTHDR_NONE = 59;
export const NEXTHDR_DEST = 60;
export const NEXTHDR_SCTP = 132;
export const NEXTHDR_MOBILITY = 135;
export const NEXTHDR_UDPLITE = 136;

/** The fragment header (RFC 8200 §4.5): offsets within it. */
export const FRAG_HLEN = 8;
export const FRAG_NEXT = 0;
export const FRAG_OFF = 2;
export const FRAG_ID = 4;
/** Of the 16-bit word at FRAG_OFF: the offset in bytes, and "more fragments". */
export const FRAG_OFFSET = 0xfff8;
export const FRAG_MF = 1;

/** A header that can stand between IPv6 and the transport (ipv6_ext_hdr). */
export function isExtension(next: number): boolean {
	return (
		next === NEXTHDR_HOP ||
		next === NEXTHDR_ROUTING ||
		next === NEXTHDR_FRAGMENT ||
		next === NEXTHDR_AUTH ||
		next === NEXTHDR_NONE ||
		next === NEXTHDR_DEST
	);
}
/** Length in bytes of the extension header of kind `next` at `o`. */
export function extensionLength(view: DataView, o: number, next: number): number {
	if (next === NEXTHDR_FRAGMENT) return FRAG_HLEN;
	const units = view.getUint8(o + 1);
	return next === NEXTHDR_AUTH ? (units + 2) << 2 : (units + 1) << 3;
}
/** Traffic class, 0..255. */
export function trafficClass(view: DataView, o: number): number {
	return (view.getUint16(o) >> 4) & 0xff;
}
export function setTrafficClass(view: DataView, o: number, value: number): void {
	view.setUint16(o, (view.getUint16(o) & 0xf00f) | (value << 4));
}
/** Bytes of the whole packet by its header (no jumbograms). */
export function totalLength(view: DataView, o: number): number {
	return IP6_HLEN + view.getUint16(o + PAYLOAD_LEN);
}
/** Write a header whose addresses are the words at `words[s..s+4)` and `words[d..d+4)`. `payload` in bytes. */
export function emit(
	view: DataView,
	o: number,
	tclass: number,
	flow: number,
	payload: number,
	next: number,
	hopLimit: number,
	words: Int32Array,
	s: number,
	d: number,
): void {
	view.setInt32(o, 0x60000000 | (tclass << 20) | flow);
	view.setUint16(o + PAYLOAD_LEN, payload);
	view.setUint8(o + NEXT_HDR, next);
	view.setUint8(o + HOP_LIMIT, hopLimit);
	for (let i = 0; i < 4; i++) {
		view.setInt32(o + SADDR + 4 * i, words[s + i]);
		view.setInt32(o + DADDR + 4 * i, words[d + i]);
	}
}
/**
 * Sum of the IPv6 pseudo header (RFC 8200 §8.1). `addresses` is the offset of the source address; the destination follows it.
 * `length` in bytes.
 */
export function pseudoSum6(view: DataView, addresses: number, protocol: number, length: number): number {
	let s = protocol + (length & 0xffff) + (length >>> 16);
	for (let i = 0; i < 32; i += 4) {
		const w = view.getInt32(addresses + i);
		s += (w >>> 16) + (w & 0xffff);
	}
	return fold(s);
}

// --- kinds of addresses (RFC 4291), by the offset of the 16 bytes ---

/** ff00::/8 */
export function isMulticast(view: DataView, o: number): boolean {
	return view.getUint8(o) === 0xff;
}
/** fe80::/10 */
export function isLinkLocal(view: DataView, o: number): boolean {
	return (view.getUint16(o) & 0xffc0) === 0xfe80;
}
/** Scope of a multicast address: 1 interface, 2 link, 5 site, 8 organisation, 14 global. */
export function multicastScope(view: DataView, o: number): number {
	return view.getUint8(o + 1) & 0x0f;
}
export function isUnspecified(view: DataView, o: number): boolean {
	return (view.getInt32(o) | view.getInt32(o + 4) | view.getInt32(o + 8) | view.getInt32(o + 12)) === 0;
}
export function isLoopback(view: DataView, o: number): boolean {
	return (
		(view.getInt32(o) | view.getInt32(o + 4) | view.getInt32(o + 8)) === 0 && view.getInt32(o + 12) === 1
	);
}
/** ::ffff:0:0/96 */
export function isV4Mapped(view: DataView, o: number): boolean {
	return (view.getInt32(o) | view.getInt32(o + 4)) === 0 && view.getInt32(o + 8) === 0xffff;
}
export function sameAddress(view: DataView, a: number, b: number): boolean {
	return (
		view.getInt32(a) === view.getInt32(b) &&
		view.getInt32(a + 4) === view.getInt32(b + 4) &&
		view.getInt32(a + 8) === view.getInt32(b + 8) &&
		view.getInt32(a + 12) === view.getInt32(b + 12)
	);
}
