/**
 * Matches that look at IPv6's own headers (net/ipv6/netfilter/ip6t_*.c). A header that does not fit into the packet is not only no
 * match: the packet is dropped at once.
 */
import type { FramePool } from "../frame/pool.ts";
import * as eth from "../wire/ethernet.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { BAD_HEADER, Ipv6Walk } from "../wire/ipv6-ext.ts";
import {
	FRAG_FIRST,
	FRAG_INV_ID,
	FRAG_LAST,
	FRAG_MORE,
	FRAG_RES,
	RT_ADDRS,
	RT_INV_LENGTH,
	RT_INV_SEGS,
	RT_INV_TYPE,
	RT_LENGTH,
	RT_NOT_STRICT,
	RT_RES,
	RT_TYPE,
} from "./match-ops6.ts";
import { HOTDROP, MATCH, NO_MATCH } from "./match-verdict.ts";
import {
	IP6H_AH,
	IP6H_DSTOPTS,
	IP6H_FRAGMENT,
	IP6H_HOPOPTS,
	IP6H_NONE,
	IP6H_PROTO,
	IP6H_ROUTING,
} from "./rule6.ts";

/** What a walk finds is used up before the next one starts. */
const WALK: Ipv6Walk = new Ipv6Walk();

/** Where the header of kind `next` stands; -1 when there is none, -2 when it does not fit. */
function find(view: DataView, nh: number, end: number, next: number): number {
	const o = WALK.findHeader(view, nh, end, next);
	return o >= 0 && o + 8 > end ? BAD_HEADER : o;
}

/** frag_mt6: `a`: bits, first and last id. */
export function fragMatches(view: DataView, nh: number, end: number, ops: Int32Array, a: number): number {
	const o = find(view, nh, end, ipv6.NEXTHDR_FRAGMENT);
	if (o < 0) return o === BAD_HEADER ? HOTDROP : NO_MATCH;
	const bits = ops[a];
	const id = view.getUint32(o + ipv6.FRAG_ID);
	if ((id >= ops[a + 1] >>> 0 && id <= ops[a + 2] >>> 0) === ((bits & FRAG_INV_ID) !== 0)) return NO_MATCH;
	const word = view.getUint16(o + ipv6.FRAG_OFF);
	if ((bits & FRAG_RES) !== 0 && (view.getUint8(o + 1) !== 0 || (word & 6) !== 0)) return NO_MATCH;
	if ((bits & FRAG_FIRST) !== 0 && (word & ipv6.FRAG_OFFSET) !== 0) return NO_MATCH;
	if ((bits & FRAG_MORE) !== 0 && (word & ipv6.FRAG_MF) === 0) return NO_MATCH;
	if ((bits & FRAG_LAST) !== 0 && (word & ipv6.FRAG_MF) !== 0) return NO_MATCH;
	return MATCH;
}

/** rt_mt6: `a`: bits, type, least and most segments left, length, number of addresses, then they. */
export function rtMatches(view: DataView, nh: number, end: number, ops: Int32Array, a: number): number {
	const o = WALK.findHeader(view, nh, end, ipv6.NEXTHDR_ROUTING);
	if (o < 0) return o === BAD_HEADER ? HOTDROP : NO_MATCH;
	if (o + 4 > end) return HOTDROP;
	const bits = ops[a];
	const length = (view.getUint8(o + 1) + 1) << 3;
	if (end - o < length) return HOTDROP;
	const segs = view.getUint8(o + 3);
	if ((segs >= ops[a + 2] >>> 0 && segs <= ops[a + 3] >>> 0) === ((bits & RT_INV_SEGS) !== 0))
		return NO_MATCH;
	if ((bits & RT_LENGTH) !== 0 && (length === ops[a + 4]) === ((bits & RT_INV_LENGTH) !== 0)) return NO_MATCH;
	const type = view.getUint8(o + 2);
	if ((bits & RT_TYPE) !== 0 && (type === ops[a + 1]) === ((bits & RT_INV_TYPE) !== 0)) return NO_MATCH;
	if ((bits & RT_RES) !== 0 && view.getInt32(o + 4) !== 0) return NO_MATCH;
	if ((bits & RT_ADDRS) === 0) return MATCH;
	const wanted = ops[a + 5];
	const there = (length - 8) >> 4;
	if (wanted > there) return NO_MATCH;
	let seen = 0;
	if ((bits & RT_NOT_STRICT) !== 0) {
		for (let i = 0; i < there && seen < wanted; i++)
			if (sameWords(view, o + 8 + 16 * i, ops, a + 6 + 4 * seen)) seen++;
		return seen === wanted ? MATCH : NO_MATCH;
	}
	while (seen < wanted && sameWords(view, o + 8 + 16 * seen, ops, a + 6 + 4 * seen)) seen++;
	return seen === wanted && seen === there ? MATCH : NO_MATCH;
}
function sameWords(view: DataView, o: number, ops: Int32Array, a: number): boolean {
	for (let i = 0; i < 4; i++) if (view.getInt32(o + 4 * i) !== ops[a + i]) return false;
	return true;
}

/** hbh_mt6: `a`: which header, bits (has length, inverted), length, then pairs of kind and length up to `stop`. */
export function optsMatches(
	view: DataView,
	nh: number,
	end: number,
	ops: Int32Array,
	a: number,
	stop: number,
): number {
	const o = WALK.findHeader(view, nh, end, ops[a]);
	if (o < 0) return o === BAD_HEADER ? HOTDROP : NO_MATCH;
	if (o + 2 > end) return HOTDROP;
	const length = (view.getUint8(o + 1) + 1) << 3;
	if (end - o < length) return HOTDROP;
	const bits = ops[a + 1];
	const fits = (bits & 1) === 0 || (length === ops[a + 2]) !== ((bits & 2) !== 0);
	let at = o + 2;
	const last = o + length;
	for (let i = a + 3; i < stop; i += 2) {
		if (at + 1 > last || view.getUint8(at) !== ops[i]) return NO_MATCH;
		let size = 1;
		if (view.getUint8(at) !== 0) {
			if (at + 2 > last) return NO_MATCH;
			const has = view.getUint8(at + 1);
			if (ops[i + 1] !== 255 && ops[i + 1] !== has) return NO_MATCH;
			size = has + 2;
		}
		// only the last one may reach beyond the header
		if (at + size > last && i + 2 < stop) return NO_MATCH;
		at += size;
	}
	return fits ? MATCH : NO_MATCH;
}

/** ipv6header_mt6: `a`: headers, inverted, soft. */
export function headersMatch(view: DataView, nh: number, end: number, ops: Int32Array, a: number): number {
	let next = view.getUint8(nh + ipv6.NEXT_HDR);
	let o = nh + ipv6.IP6_HLEN;
	let seen = 0;
	while (ipv6.isExtension(next)) {
		if (next === ipv6.NEXTHDR_NONE) {
			seen |= IP6H_NONE;
			break;
		}
		if (end - o < 2) return NO_MATCH;
		seen |= headerBit(next);
		const length = ipv6.extensionLength(view, o, next);
		next = view.getUint8(o);
		o += length;
		if (o > end) break;
	}
	if (next !== ipv6.NEXTHDR_NONE && next !== ipv6.NEXTHDR_ESP) seen |= IP6H_PROTO;
	const wanted = ops[a];
	const inv = ops[a + 1] !== 0;
	if (ops[a + 2] !== 0) return ((seen ^ wanted ^ (inv ? 0xff : 0)) & wanted) === 0 ? MATCH : NO_MATCH;
	return (seen === wanted) !== inv ? MATCH : NO_MATCH;
}
function headerBit(next: number): number {
	switch (next) {
		case ipv6.NEXTHDR_HOP:
			return IP6H_HOPOPTS;
		case ipv6.NEXTHDR_ROUTING:
			return IP6H_ROUTING;
		case ipv6.NEXTHDR_FRAGMENT:
			return IP6H_FRAGMENT;
		case ipv6.NEXTHDR_AUTH:
			return IP6H_AH;
		default:
			return IP6H_DSTOPTS;
	}
}

/** eui64_mt6: is the interface identifier made of the source MAC? */
export function eui64Matches(pool: FramePool, f: number): number {
	const { view } = pool;
	const o = pool.off[f];
	const nh = pool.nh[f];
	if (o + eth.ETH_HLEN > nh || view.getUint16(o + eth.TYPE) !== eth.ETH_P_IPV6) return NO_MATCH;
	const s = nh + ipv6.SADDR + 8;
	const hi = view.getUint16(o + eth.SRC);
	const lo = view.getInt32(o + eth.SRC + 2);
	return view.getUint16(s) === (hi ^ 0x0200) &&
		view.getUint8(s + 2) === lo >>> 24 &&
		view.getUint16(s + 3) === 0xfffe &&
		view.getUint8(s + 5) === ((lo >>> 16) & 0xff) &&
		view.getUint16(s + 6) === (lo & 0xffff)
		? MATCH
		: NO_MATCH;
}
