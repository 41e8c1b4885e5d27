/** TCPMSS (net/netfilter/xt_TCPMSS.c, tcpmss_mangle_packet; RFC 9293 §3.7.1) on IPv4. */
import { type FramePool, L4SUM_UNKNOWN } from "../frame/pool.ts";
import { update16 } from "../wire/checksum.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { CHECK, OPT_MSS, TCP_HLEN } from "../wire/tcp.ts";
import type { NfHost } from "./types.ts";

const MSS_OPTION_LENGTH = 4;
const MAX_HLEN = 60;
const NOP = 1;
/** The two headers that an MTU holds besides the segment. */
const HEADERS = ipv4.IP_HLEN + TCP_HLEN;
/** What an end takes that was told nothing (RFC 1122 §4.2.2.6). */
const DEFAULT_MSS = 536;
const OFFSET_AND_FLAGS = 12;

/**
 * Lower the MSS option of a TCP segment to `mss`, 0 = to what the path takes both ways, and add one where there is none and no data
 * behind the header; never raise it. False: the packet is malformed, or the path too narrow, and it must go.
 */
export function clampMss(pool: FramePool, host: NfHost, f: number, mss: number): boolean {
	const view = pool.view;
	const nh = pool.nh[f];
	if ((view.getUint16(nh + ipv4.FRAG_OFF) & ipv4.IP_OFFSET) !== 0) return true;
	const th = nh + ipv4.headerLength(view, nh);
	const length = nh + view.getUint16(nh + ipv4.TOT_LEN) - th;
	if (length < TCP_HLEN) return false;
	const hlen = (view.getUint8(th + OFFSET_AND_FLAGS) >> 4) << 2;
	if (length < hlen || hlen < TCP_HLEN) return false;
	let wanted = mss;
	if (mss === 0) {
		const mtu = Math.min(pool.dstMtu[f], host.mtuTo(view.getInt32(nh + ipv4.SADDR)));
		if (mtu <= HEADERS) return false;
		wanted = mtu - HEADERS;
	}
	for (let i = TCP_HLEN; i <= hlen - MSS_OPTION_LENGTH; ) {
		const kind = view.getUint8(th + i);
		const size = view.getUint8(th + i + 1);
		if (kind === OPT_MSS && size === MSS_OPTION_LENGTH) {
			const was = view.getUint16(th + i + 2);
			if (was <= wanted) return true;
			view.setUint16(th + i + 2, wanted);
			// an option at an odd offset spans two words of the sum; the kernel does not look, and the sum goes wrong
			adjust(view, th, was, wanted);
			if ((i & 1) !== 0) pool.l4sum[f] = L4SUM_UNKNOWN;
			return true;
		}
		i += kind <= NOP || size === 0 ? 1 : size;
	}
	// behind data there is no room
	if (length > hlen || hlen >= MAX_HLEN) return true;
	addOption(pool, f, nh, th, length, Math.min(wanted, DEFAULT_MSS));
	return true;
}

/** First among the options; everything behind moves up by its four bytes. */
function addOption(pool: FramePool, f: number, nh: number, th: number, length: number, mss: number): void {
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
	const total = view.getUint16(nh + ipv4.TOT_LEN);
	view.setUint16(nh + ipv4.TOT_LEN, total + MSS_OPTION_LENGTH);
	const check = nh + ipv4.CHECK;
	view.setUint16(check, update16(view.getUint16(check), total, total + MSS_OPTION_LENGTH));
}
function adjust(view: DataView, th: number, was: number, is: number): void {
	view.setUint16(th + CHECK, update16(view.getUint16(th + CHECK), was, is));
}
