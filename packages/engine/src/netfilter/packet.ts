/** Fields of the packet of a frame, whichever its family: for matches that serve both. `nh` is set and the header is checked. */
import type { FramePool } from "../frame/pool.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";

export function isIp6(pool: FramePool, f: number): boolean {
	return pool.view.getUint8(pool.nh[f]) >> 4 === 6;
}
/** Bytes of the packet from its network header on (skb->len). */
export function packetLength(pool: FramePool, f: number): number {
	const nh = pool.nh[f];
	return isIp6(pool, f) ? ipv6.totalLength(pool.view, nh) : pool.view.getUint16(nh + ipv4.TOT_LEN);
}
/** TTL or hop limit. */
export function hopsLeft(pool: FramePool, f: number): number {
	return pool.view.getUint8(pool.nh[f] + (isIp6(pool, f) ? ipv6.HOP_LIMIT : ipv4.TTL));
}
/** The source or destination address as the four words `out[at..at+4)`; IPv4 in the first. */
export function readAddress(pool: FramePool, f: number, source: boolean, out: Int32Array, at: number): void {
	const nh = pool.nh[f];
	if (isIp6(pool, f)) {
		const o = nh + (source ? ipv6.SADDR : ipv6.DADDR);
		for (let i = 0; i < 4; i++) out[at + i] = pool.view.getInt32(o + 4 * i);
		return;
	}
	out[at] = pool.view.getInt32(nh + (source ? ipv4.SADDR : ipv4.DADDR));
	out[at + 1] = out[at + 2] = out[at + 3] = 0;
}
/** Keep the first `length` bits of the address `out[at..at+4)`. */
export function maskAddress(out: Int32Array, at: number, length: number): void {
	for (let i = 0; i < 4; i++) {
		const bits = Math.min(32, Math.max(0, length - 32 * i));
		out[at + i] &= bits === 0 ? 0 : -1 << (32 - bits);
	}
}
/** Where the payload behind all extension headers stands; -1: behind a later fragment, or nowhere in the packet. */
export function payloadOffset(pool: FramePool, f: number): number {
	const { view } = pool;
	const nh = pool.nh[f];
	if (!isIp6(pool, f)) return nh + ipv4.headerLength(view, nh);
	const end = nh + packetLength(pool, f);
	let next = view.getUint8(nh + ipv6.NEXT_HDR);
	let at = nh + ipv6.IP6_HLEN;
	while (ipv6.isExtension(next)) {
		if (next === ipv6.NEXTHDR_NONE || at + 8 > end) return -1;
		if (next === ipv6.NEXTHDR_FRAGMENT && (view.getUint16(at + 2) & 0xfff8) !== 0) return -1;
		const length = ipv6.extensionLength(view, at, next);
		next = view.getUint8(at);
		at += length;
	}
	return at;
}
/** Protocol of what stands there; the last header's of one that has none. */
export function payloadProtocol(pool: FramePool, f: number): number {
	const { view } = pool;
	const nh = pool.nh[f];
	if (!isIp6(pool, f)) return view.getUint8(nh + ipv4.PROTO);
	const end = nh + packetLength(pool, f);
	let next = view.getUint8(nh + ipv6.NEXT_HDR);
	let at = nh + ipv6.IP6_HLEN;
	while (ipv6.isExtension(next) && next !== ipv6.NEXTHDR_NONE && at + 8 <= end) {
		const length = ipv6.extensionLength(view, at, next);
		next = view.getUint8(at);
		at += length;
	}
	return next;
}
