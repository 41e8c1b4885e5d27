/** The verdicts of IPv6 rules' matches; what does not look at the network header is IPv4's (match-eval.ts). */
import * as ipv6 from "../wire/ipv6.ts";
import type { Program } from "./compile.ts";
import { type MatchContext, matchOps, portsMatch, tcpMatches, ttlMatches } from "./match-eval.ts";
import { eui64Matches, fragMatches, headersMatch, optsMatches, rtMatches } from "./match-headers6.ts";
import { MULTI_DST, MULTI_SRC } from "./match-ops.ts";
import {
	OP6_ADDRTYPE,
	OP6_CTADDRS,
	OP6_EUI64,
	OP6_FRAG,
	OP6_HEADERS,
	OP6_HL,
	OP6_ICMP,
	OP6_IPRANGE,
	OP6_LENGTH,
	OP6_MH,
	OP6_MULTIPORT,
	OP6_OPTS,
	OP6_RT,
	OP6_TCP,
	OP6_TOS,
	OP6_UDP,
} from "./match-ops6.ts";
import { HOTDROP, MATCH, NO_MATCH } from "./match-verdict.ts";
import {
	IP_CT_DIR_ORIGINAL,
	IP_CT_DIR_REPLY,
	RTN_ANYCAST,
	RTN_LOCAL,
	RTN_MULTICAST,
	RTN_UNICAST,
	RTN_UNREACHABLE,
	RTN_UNSPEC,
} from "./types.ts";

/**
 * All ops of a rule, `ops[o..stop)`, in order. `th` is the offset of the transport header, and `frag` not 0 in a later fragment,
 * as far as the rule asked for a protocol. Devices are ids or -1.
 */
export function matchOps6(
	cx: MatchContext,
	p: Program,
	o: number,
	stop: number,
	f: number,
	inDev: number,
	outDev: number,
	th: number,
	frag: number,
): number {
	const { ops } = p;
	const { pool } = cx;
	const { view } = pool;
	const nh = pool.nh[f];
	const end = nh + ipv6.totalLength(view, nh);
	for (let at = o; at < stop; at = ops[at + 1]) {
		const a = at + 2;
		let r: number;
		switch (ops[at]) {
			case OP6_TCP:
				r = frag !== 0 ? NO_MATCH : tcpMatches(view, th, end, ops, a);
				break;
			case OP6_UDP:
				if (frag !== 0) r = NO_MATCH;
				else if (th + 8 > end) r = HOTDROP;
				else r = portsMatch(view, th, ops, a) ? MATCH : NO_MATCH;
				break;
			case OP6_ICMP:
				r = frag !== 0 ? NO_MATCH : icmp6(view, th, end, ops, a);
				break;
			case OP6_MULTIPORT:
				r = frag !== 0 ? NO_MATCH : multiport(view, th, end, ops, a, ops[at + 1]);
				break;
			case OP6_MH:
				r = frag !== 0 ? NO_MATCH : mobility(view, th, end, ops, a);
				break;
			case OP6_CTADDRS:
				r = ctAddresses(cx, ops, a, f);
				break;
			case OP6_ADDRTYPE:
				r = addrType(cx, ops, a, f, inDev, outDev);
				break;
			case OP6_IPRANGE:
				r = iprange(view, nh, ops, a);
				break;
			case OP6_LENGTH:
				r = (end - nh >= ops[a] && end - nh <= ops[a + 1] ? 1 : 0) ^ ops[a + 2];
				break;
			case OP6_HL:
				r = ttlMatches(view.getUint8(nh + ipv6.HOP_LIMIT), ops[a], ops[a + 1]);
				break;
			case OP6_TOS:
				r = ((ipv6.trafficClass(view, nh) & ops[a + 1]) === ops[a] ? 1 : 0) ^ ops[a + 2];
				break;
			case OP6_EUI64:
				r = eui64Matches(pool, f);
				break;
			case OP6_FRAG:
				r = fragMatches(view, nh, end, ops, a);
				break;
			case OP6_RT:
				r = rtMatches(view, nh, end, ops, a);
				break;
			case OP6_OPTS:
				r = optsMatches(view, nh, end, ops, a, ops[at + 1]);
				break;
			case OP6_HEADERS:
				r = headersMatch(view, nh, end, ops, a);
				break;
			default:
				r = matchOps(cx, p, at, ops[at + 1], f, inDev, outDev);
		}
		if (r !== MATCH) return r;
	}
	return MATCH;
}

/** icmp6_match: there is no type that stands for all. */
function icmp6(view: DataView, th: number, end: number, ops: Int32Array, a: number): number {
	if (th + 8 > end) return HOTDROP;
	const code = view.getUint8(th + 1);
	const same = view.getUint8(th) === ops[a] && code >= ops[a + 1] && code <= ops[a + 2];
	return (same ? 1 : 0) ^ ops[a + 3];
}
/** `a`: which, inverted, then pairs of ports up to `stop`. */
function multiport(
	view: DataView,
	th: number,
	end: number,
	ops: Int32Array,
	a: number,
	stop: number,
): number {
	if (th + 4 > end) return HOTDROP;
	const src = view.getUint16(th);
	const dst = view.getUint16(th + 2);
	const inv = ops[a + 1];
	for (let i = a + 2; i < stop; i += 2) {
		if (ops[a] !== MULTI_DST && src >= ops[i] && src <= ops[i + 1]) return 1 ^ inv;
		if (ops[a] !== MULTI_SRC && dst >= ops[i] && dst <= ops[i + 1]) return 1 ^ inv;
	}
	return inv;
}
/** mh_mt6: a mobility message with something behind it is an attack (RFC 6275 §6.1.1). */
function mobility(view: DataView, th: number, end: number, ops: Int32Array, a: number): number {
	if (th + 6 > end || view.getUint8(th) !== ipv6.NEXTHDR_NONE) return HOTDROP;
	const type = view.getUint8(th + 2);
	return (type >= ops[a] && type <= ops[a + 1] ? 1 : 0) ^ ops[a + 2];
}
function iprange(view: DataView, nh: number, ops: Int32Array, a: number): number {
	const bits = ops[a];
	if ((bits & 1) !== 0) {
		const inside =
			compare(view, nh + ipv6.SADDR, ops, a + 1) >= 0 && compare(view, nh + ipv6.SADDR, ops, a + 5) <= 0;
		if (inside === ((bits & 4) !== 0)) return NO_MATCH;
	}
	if ((bits & 2) !== 0) {
		const inside =
			compare(view, nh + ipv6.DADDR, ops, a + 9) >= 0 && compare(view, nh + ipv6.DADDR, ops, a + 13) <= 0;
		if (inside === ((bits & 8) !== 0)) return NO_MATCH;
	}
	return MATCH;
}
/** The address at `o` against the words at `a`: below, equal, above. */
function compare(view: DataView, o: number, ops: Int32Array, a: number): number {
	for (let i = 0; i < 4; i++) {
		const x = view.getUint32(o + 4 * i);
		const y = ops[a + i] >>> 0;
		if (x !== y) return x < y ? -1 : 1;
	}
	return 0;
}

/** The address part of conntrack_mt: `a`: bits, inverted, state, then address and mask of each. */
function ctAddresses(cx: MatchContext, ops: Int32Array, a: number, f: number): number {
	const ct = cx.pool.ct[f];
	// a state that fits is enough where there is no connection
	if (ct === 0) return ops[a + 2];
	for (let i = 0; i < 4; i++) {
		if (((ops[a] >> i) & 1) === 0) continue;
		const dir = i < 2 ? IP_CT_DIR_ORIGINAL : IP_CT_DIR_REPLY;
		const handle = (i & 1) === 0 ? cx.ct.src(ct, dir) : cx.ct.dst(ct, dir);
		if (underMask(cx.core.in6.words, handle, ops, a + 3 + 8 * i) === (((ops[a + 1] >> i) & 1) !== 0))
			return NO_MATCH;
	}
	return MATCH;
}
function underMask(words: Int32Array, handle: number, ops: Int32Array, a: number): boolean {
	for (let i = 0; i < 4; i++) if ((words[4 * handle + i] & ops[a + 4 + i]) !== ops[a + i]) return false;
	return true;
}
/** addrtype_mt6 */
function addrType(
	cx: MatchContext,
	ops: Int32Array,
	a: number,
	f: number,
	inDev: number,
	outDev: number,
): number {
	const bits = ops[a];
	const dev = (bits & 4) !== 0 ? inDev : (bits & 8) !== 0 ? outDev : -1;
	const nh = cx.pool.nh[f];
	if ((bits & 1) !== 0 && isOfType(cx, nh + ipv6.SADDR, ops[a + 1], dev) === (ops[a + 2] !== 0))
		return NO_MATCH;
	if ((bits & 2) !== 0 && isOfType(cx, nh + ipv6.DADDR, ops[a + 3], dev) === (ops[a + 4] !== 0))
		return NO_MATCH;
	return MATCH;
}
const BY_ROUTE = (1 << RTN_LOCAL) | (1 << RTN_ANYCAST) | (1 << RTN_UNREACHABLE);
/** match_type6: the kinds that show in the address must all hold, of those that a route tells one must. */
function isOfType(cx: MatchContext, o: number, mask: number, dev: number): boolean {
	const { view } = cx.pool;
	const multicast = ipv6.isMulticast(view, o);
	const any = ipv6.isUnspecified(view, o);
	if ((mask & (1 << RTN_MULTICAST)) !== 0 && !multicast) return false;
	if ((mask & (1 << RTN_UNICAST)) !== 0 && (multicast || any || ipv6.isV4Mapped(view, o))) return false;
	if ((mask & (1 << RTN_UNSPEC)) !== 0 && !any) return false;
	if ((mask & BY_ROUTE) === 0) return true;
	return (mask & cx.host.addrType(cx.core.in6.internAt(view, o), dev)) !== 0;
}
