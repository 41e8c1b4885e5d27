/** Turning a captured frame into its answer, and completing checksums: what a case's far end does. */
import { pseudoSum4, sum } from "@hookline/engine/wire/checksum";
import { ETH_P_IPV6 } from "@hookline/engine/wire/ethernet";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import * as ipv6 from "@hookline/engine/wire/ipv6";
import { pseudoSum6 } from "@hookline/engine/wire/ipv6";

/** Offset of the transport checksum by protocol. */
const CHECK_AT: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6 };

/** Of IPv6: ICMPv6 instead of ICMP. */
const CHECK_AT_6: Readonly<Record<number, number>> = { 6: 16, 17: 6, 58: 2 };

/**
 * Recompute the IPv4 and transport checksums of an untagged frame in place; others, and IPv6 with extension headers, are left
 * alone.
 */
export function fixChecksums(b: Uint8Array): void {
	const view = new DataView(b.buffer, b.byteOffset, b.length);
	const nh = 14;
	if (b.length >= nh + ipv6.IP6_HLEN && view.getUint16(12) === ETH_P_IPV6) fixTransport6(view, nh);
	if (b.length < 34 || view.getUint16(12) !== 0x0800 || ipv4.headerLength(view, nh) < 20) return;
	const total = view.getUint16(nh + ipv4.TOT_LEN);
	const th = nh + ipv4.headerLength(view, nh);
	const end = nh + total;
	if (end > b.length || th > end) return;
	ipv4.setChecksum(view, nh);
	const protocol = b[nh + ipv4.PROTO];
	const at = CHECK_AT[protocol];
	if (at === undefined || (view.getUint16(nh + ipv4.FRAG_OFF) & 0x3fff) !== 0 || end - th < 8) return;
	view.setUint16(th + at, 0);
	const start = protocol === 1 ? 0 : pseudoSum4(view, nh + ipv4.SADDR, protocol, end - th);
	const s = ~sum(view, th, end, start) & 0xffff;
	view.setUint16(th + at, s === 0 && protocol === 17 ? 0xffff : s);
}

function fixTransport6(view: DataView, nh: number): void {
	const th = nh + ipv6.IP6_HLEN;
	const end = nh + ipv6.totalLength(view, nh);
	const next = view.getUint8(nh + ipv6.NEXT_HDR);
	const at = CHECK_AT_6[next];
	if (at === undefined || end > view.byteLength || end - th < 8) return;
	view.setUint16(th + at, 0);
	const s = ~sum(view, th, end, pseudoSum6(view, nh + ipv6.SADDR, next, end - th)) & 0xffff;
	view.setUint16(th + at, s === 0 && next === ipv6.NEXTHDR_UDP ? 0xffff : s);
}

/** The reply to a captured frame: MACs, addresses and ports swapped, echo request to reply, SYN to SYN|ACK. */
export function swapFrame(fr: Uint8Array, seq = 0x1000): Uint8Array {
	const b = fr.slice();
	b.set(fr.subarray(6, 12), 0);
	b.set(fr.subarray(0, 6), 6);
	if (b[12] !== 8 || b[13] !== 0) return b;
	const view = new DataView(b.buffer);
	const nh = 14;
	b.set(fr.subarray(nh + 16, nh + 20), nh + 12);
	b.set(fr.subarray(nh + 12, nh + 16), nh + 16);
	b[nh + 8] = 64;
	const th = nh + ipv4.headerLength(view, nh);
	const protocol = b[nh + 9];
	// of a packet that is cut off before its ports only the addresses are swapped
	if ((protocol === 6 || protocol === 17) && th + 4 <= b.length) {
		b.set(fr.subarray(th + 2, th + 4), th);
		b.set(fr.subarray(th, th + 2), th + 2);
		if (protocol === 6 && th + 14 <= b.length && (b[th + 13] & 0x12) === 2) {
			const theirs = new DataView(fr.buffer, fr.byteOffset).getUint32(th + 4);
			view.setUint32(th + 4, seq);
			view.setUint32(th + 8, (theirs + 1) >>> 0);
			b[th + 13] = 0x12;
		}
	} else if (protocol === 1 && b[th] === 8) b[th] = 0;
	fixChecksums(b);
	return b;
}
