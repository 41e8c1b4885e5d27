/** TCPMSS (net/netfilter/xt_TCPMSS.c, tcpmss_mangle_packet; RFC 9293 §3.7.1) on both families. */
import { type FramePool, L4SUM_UNKNOWN } from "../frame/pool.ts";
import type { In6Table } from "../ring/in6.ts";
import { update16 } from "../wire/checksum.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk } from "../wire/ipv6-ext.ts";
import { CHECK, OPT_MSS, TCP_HLEN } from "../wire/tcp.ts";
import type { NfHost } from "./types.ts";

const MSS_OPTION_LENGTH = 4;
const MAX_HLEN = 60;
const NOP = 1;
/** The two headers that an MTU holds besides the segment. */
const HEADERS = ipv4.IP_HLEN + TCP_HLEN;
/** What an end takes that was told nothing (RFC 1122 §4.2.2.6). */
const DEFAULT_MSS = 536;
/** The same of IPv6 (RFC 8200 §8.3). */
const DEFAULT_MSS6 = 1220;
const HEADERS6 = ipv6.IP6_HLEN + TCP_HLEN;
/** What a walk finds is used up before the next one starts. */
const WALK: Ipv6Walk = new Ipv6Walk();
const OFFSET_AND_FLAGS = 12;

/** tcpmss_tg4. False: the packet is malformed, or the path too narrow, and it must go. */
export function clampMss4(pool: FramePool, host: NfHost, f: number, mss: number): boolean {
	const view = pool.view;
	const nh = pool.nh[f];
	if ((view.getUint16(nh + ipv4.FRAG_OFF) & ipv4.IP_OFFSET) !== 0) return true;
	let wanted = mss;
	if (mss === 0) {
		const mtu = Math.min(pool.dstMtu[f], host.mtuTo(view.getInt32(nh + ipv4.SADDR)));
		if (mtu <= HEADERS) return false;
		wanted = mtu - HEADERS;
	}
	const total = view.getUint16(nh + ipv4.TOT_LEN);
	const added = clamp(pool, f, nh + ipv4.headerLength(view, nh), nh + total, wanted, DEFAULT_MSS);
	if (added > 0) {
		view.setUint16(nh + ipv4.TOT_LEN, total + added);
		const check = nh + ipv4.CHECK;
		view.setUint16(check, update16(view.getUint16(check), total, total + added));
	}
	return added >= 0;
}
/** tcpmss_tg6 */
export function clampMss6(pool: FramePool, host: NfHost, in6: In6Table, f: number, mss: number): boolean {
	const view = pool.view;
	const nh = pool.nh[f];
	const end = nh + ipv6.totalLength(view, nh);
	const th = WALK.skipFrom(view, nh, end);
	if (th < 0) return false;
	if ((WALK.frag & ipv6.FRAG_OFFSET) !== 0) return true;
	let wanted = mss;
	if (mss === 0) {
		const mtu = Math.min(pool.dstMtu[f], host.mtuTo(in6.internAt(view, nh + ipv6.SADDR)));
		if (mtu <= HEADERS6) return false;
		wanted = mtu - HEADERS6;
	}
	const added = clamp(pool, f, th, end, wanted, DEFAULT_MSS6);
	if (added > 0) view.setUint16(nh + ipv6.PAYLOAD_LEN, view.getUint16(nh + ipv6.PAYLOAD_LEN) + added);
	return added >= 0;
}
/**
 * Lower the MSS option of the segment at `th` that ends at `end` to `wanted`, and add one where there is none and no data behind the
 * header; never raise it. Returns by how many bytes it grew, -1: it is malformed.
 */
function clamp(
	pool: FramePool,
	f: number,
	th: number,
	end: number,
	wanted: number,
	byDefault: number,
): number {
	const view = pool.view;
	const length = end - th;
	if (length < TCP_HLEN) return -1;
	const hlen = (view.getUint8(th + OFFSET_AND_FLAGS) >> 4) << 2;
	if (length < hlen || hlen < TCP_HLEN) return -1;
	for (let i = TCP_HLEN; i <= hlen - MSS_OPTION_LENGTH; ) {
		const kind = view.getUint8(th + i);
		const size = view.getUint8(th + i + 1);
		if (kind === OPT_MSS && size === MSS_OPTION_LENGTH) {
			const was = view.getUint16(th + i + 2);
			if (was <= wanted) return 0;
			view.setUint16(th + i + 2, wanted);
			// an option at an odd offset spans two words of the sum; the kernel does not look, and the sum goes wrong
			adjust(view, th, was, wanted);
			if ((i & 1) !== 0) pool.l4sum[f] = L4SUM_UNKNOWN;
			return 0;
		}
		i += kind <= NOP || size === 0 ? 1 : size;
	}
	// behind data there is no room
	if (length > hlen || hlen >= MAX_HLEN) return 0;
	addOption(pool, f, th, length, Math.min(wanted, byDefault));
	return MSS_OPTION_LENGTH;
}

/** First among the options; everything behind moves up by its four bytes. */
function addOption(pool: FramePool, f: number, th: number, length: number, mss: number): void {
	const view = pool.view;
	const at = th + TCP_HLEN;
	pool.bytes.copyWithin(at + MSS_OPTION_LENGTH, at, th + length);
	pool.len[f] += MSS_OPTION_LENGTH;
	adjust(view, th, length, length + MSS_OPTION_LENGTH);
	view.setUint8(at, OPT_MSS);
	view.setUint8(at + 1, MSS_OPTION_LENGTH);
	view.setUint16(at + 2, mss);
	adjust(view, th, 0, view.getUint16(at));
	adjust(view, th, 0, mss);
	const word = view.getUint16(th + OFFSET_AND_FLAGS);
	view.setUint16(th + OFFSET_AND_FLAGS, word + 0x1000);
	adjust(view, th, word, word + 0x1000);
}
function adjust(view: DataView, th: number, was: number, is: number): void {
	view.setUint16(th + CHECK, update16(view.getUint16(th + CHECK), was, is));
}
