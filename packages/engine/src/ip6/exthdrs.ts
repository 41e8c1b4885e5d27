/**
 * Extension headers as a node meets them (net/ipv6/exthdrs.c; RFC 8200 §4). Offsets of options count from the IPv6 header, as parameter
 * problems point at them.
 */
import { DROP } from "../frame/drop.ts";
import { PACKET_HOST } from "../frame/pool.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { Inet6 } from "./inet6.ts";

const TLV_PAD1 = 0;
const TLV_PADN = 1;
const TLV_ROUTERALERT = 5;
const TLV_CALIPSO = 7;
const TLV_IOAM = 49;
const TLV_JUMBO = 194;
/** Longest run of padding that is taken for padding. */
const MAX_PAD = 7;

/**
 * ipv6_parse_hopopts: the hop-by-hop header of an arriving packet, right behind the IPv6 header. True: fine, `th` stands behind it. False: the
 * frame is gone.
 */
export function parseHopOptions(ip6: Inet6, f: number): boolean {
	const { pool } = ip6.ns.core;
	const o = pool.nh[f] + ipv6.IP6_HLEN;
	const end = pool.off[f] + pool.len[f];
	const length = o + 8 <= end ? (pool.view.getUint8(o + 1) + 1) << 3 : 0;
	if (length === 0 || o + length > end || length > ip6.conf.net.max_hbh_length) {
		pool.drop(f, DROP.NOT_SPECIFIED);
		return false;
	}
	if (!parseTlv(ip6, f, o, length, true, ip6.conf.net.max_hbh_opts_number)) return false;
	pool.th[f] = o + length;
	return true;
}
/** ipv6_destopt_rcv: destination options at `th`. True: fine, `th` stands behind them. */
export function receiveDestinationOptions(ip6: Inet6, f: number): boolean {
	const { pool } = ip6.ns.core;
	const o = pool.th[f];
	const end = pool.off[f] + pool.len[f];
	const length = o + 8 <= end ? (pool.view.getUint8(o + 1) + 1) << 3 : 0;
	if (length === 0 || o + length > end || length > ip6.conf.net.max_dst_opts_length) {
		pool.drop(f, DROP.NOT_SPECIFIED);
		return false;
	}
	if (!parseTlv(ip6, f, o, length, false, ip6.conf.net.max_dst_opts_number)) return false;
	pool.th[f] = o + length;
	return true;
}
/** ipv6_rthdr_rcv: no source route is followed; a header that has been used up is passed over. */
export function receiveRouting(ip6: Inet6, f: number): boolean {
	const { pool } = ip6.ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	const o = pool.th[f];
	const end = pool.off[f] + pool.len[f];
	const length = o + 8 <= end ? (view.getUint8(o + 1) + 1) << 3 : 0;
	const type = length > 0 ? view.getUint8(o + 2) : 0;
	const bad = length === 0 || o + length > end;
	// segment routing (4) and RPL (3) are off, and then silently refused
	if (
		bad ||
		ipv6.isMulticast(view, nh + ipv6.DADDR) ||
		pool.pktType[f] !== PACKET_HOST ||
		type === 3 ||
		type === 4
	) {
		pool.drop(f, DROP.NOT_SPECIFIED);
		return false;
	}
	if (view.getUint8(o + 3) !== 0) {
		ip6.icmp.paramProblem(f, icmpv6.HDR_FIELD, o + 2 - nh, DROP.NOT_SPECIFIED);
		return false;
	}
	pool.th[f] = o + length;
	return true;
}

/** ip6_parse_tlv. False: the frame is gone. */
function parseTlv(
	ip6: Inet6,
	f: number,
	at: number,
	length: number,
	hopByHop: boolean,
	count: number,
): boolean {
	const { pool } = ip6.ns.core;
	const view = pool.view;
	const most = Math.abs(count);
	let o = at + 2;
	let left = length - 2;
	let options = 0;
	let padding = 0;
	while (left > 0) {
		const type = view.getUint8(o);
		if (type === TLV_PAD1) {
			if (++padding > MAX_PAD) return bad(ip6, f);
			o++;
			left--;
			continue;
		}
		const size = left < 2 ? 0 : view.getUint8(o + 1) + 2;
		if (size === 0 || size > left) return bad(ip6, f);
		if (type === TLV_PADN) {
			padding += size;
			if (padding > MAX_PAD) return bad(ip6, f);
			for (let i = 2; i < size; i++) if (view.getUint8(o + i) !== 0) return bad(ip6, f);
		} else {
			if (++options > most) return bad(ip6, f);
			const known = hopByHop ? hopOption(ip6, f, o, type) : UNKNOWN;
			if (known === GONE || (known === UNKNOWN && !unknownOption(ip6, f, o, count < 0))) return false;
			padding = 0;
		}
		o += size;
		left -= size;
	}
	return true;
}
const FINE = 0;
const GONE = 1;
const UNKNOWN = 2;

/** The hop-by-hop options that are known: FINE, GONE (the frame is), or UNKNOWN. */
function hopOption(ip6: Inet6, f: number, o: number, type: number): number {
	const { pool } = ip6.ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	if (type === TLV_ROUTERALERT) return view.getUint8(o + 1) === 2 || bad(ip6, f) ? FINE : GONE;
	if (type === TLV_IOAM) return ((o - nh) & 3) === 0 || bad(ip6, f) ? FINE : GONE;
	if (type === TLV_CALIPSO) {
		const size = view.getUint8(o + 1);
		const fits = size >= 8 && view.getUint8(o + 6) * 4 + 8 <= size;
		return fits || bad(ip6, f) ? FINE : GONE;
	}
	if (type !== TLV_JUMBO) return UNKNOWN;
	if (view.getUint8(o + 1) !== 4 || ((o - nh) & 3) !== 2) {
		bad(ip6, f);
		return GONE;
	}
	const length = view.getUint32(o + 2);
	if (length <= 65535) {
		ip6.icmp.paramProblem(f, icmpv6.HDR_FIELD, o + 2 - nh, DROP.IP_INHDR);
		return GONE;
	}
	if (view.getUint16(nh + ipv6.PAYLOAD_LEN) !== 0) {
		ip6.icmp.paramProblem(f, icmpv6.HDR_FIELD, o - nh, DROP.IP_INHDR);
		return GONE;
	}
	if (length > pool.off[f] + pool.len[f] - nh - ipv6.IP6_HLEN) {
		pool.drop(f, DROP.PKT_TOO_SMALL);
		return GONE;
	}
	return FINE;
}
/** ip6_tlvopt_unknown: the two highest bits of the type say what to do. False: the frame is gone. */
function unknownOption(ip6: Inet6, f: number, o: number, refuse: boolean): boolean {
	const { pool } = ip6.ns.core;
	const nh = pool.nh[f];
	const action = pool.view.getUint8(o) >> 6;
	if (action === 0 && !refuse) return true;
	const answered = action === 2 || (action === 3 && !ipv6.isMulticast(pool.view, nh + ipv6.DADDR));
	if (answered && !refuse) ip6.icmp.paramProblem(f, icmpv6.UNK_OPTION, o - nh, DROP.UNHANDLED_PROTO);
	else pool.drop(f, DROP.UNHANDLED_PROTO);
	return false;
}
function bad(ip6: Inet6, f: number): false {
	ip6.ns.core.pool.drop(f, DROP.IP_INHDR);
	return false;
}

/** Where the headers that `skipExtensions` skipped end. */
export interface Skipped {
	/** Offset of the first header that is not an extension; -1: a header is cut off, or nothing follows. */
	offset: number;
	next: number;
	/** The 16-bit word of a fragment header that was met, 0 none. */
	fragment: number;
}
/**
 * ipv6_skip_exthdr: from `o`, whose header is of kind `next`, to the transport header, not beyond `end`. A fragment other than the
 * first ends the search at its fragment header.
 */
export function skipExtensions(view: DataView, o: number, next: number, end: number, into: Skipped): void {
	let at = o;
	let kind = next;
	into.fragment = 0;
	while (ipv6.isExtension(kind)) {
		if (kind === ipv6.NEXTHDR_NONE || at + 2 > end) {
			into.offset = -1;
			into.next = kind;
			return;
		}
		if (kind === ipv6.NEXTHDR_FRAGMENT) {
			if (at + 4 > end) {
				into.offset = -1;
				into.next = kind;
				return;
			}
			into.fragment = view.getUint16(at + ipv6.FRAG_OFF);
			if ((into.fragment & ipv6.FRAG_OFFSET) !== 0) break;
		}
		const following = view.getUint8(at);
		at += ipv6.extensionLength(view, at, kind);
		kind = following;
	}
	into.offset = at;
	into.next = kind;
}
