/**
 * IPv6 rules' matches as words (see match-ops.ts). Where IPv4 has an address in one word, IPv6 has four. What does not look at the
 * network header is encoded and judged as in IPv4.
 */

import { encodeMatch, type OpContext, TTL_EQ, TTL_GT, TTL_LT, TTL_NE } from "./match-ops.ts";
import { type ConntrackMatch, IN6_ANY, type IpAddr, ipv6, type Match, type Range } from "./rule.ts";
import type { FragMatch, OptsMatch, RtMatch } from "./rule6.ts";

export const OP6_TCP = 101;
export const OP6_UDP = 102;
export const OP6_ICMP = 103;
export const OP6_CTADDRS = 104;
export const OP6_ADDRTYPE = 105;
export const OP6_MULTIPORT = 106;
export const OP6_IPRANGE = 107;
export const OP6_LENGTH = 108;
export const OP6_HL = 109;
export const OP6_TOS = 110;
export const OP6_EUI64 = 111;
export const OP6_FRAG = 112;
export const OP6_RT = 113;
export const OP6_OPTS = 114;
export const OP6_HEADERS = 115;
export const OP6_MH = 116;

/** Bits of the frag op. */
export const FRAG_INV_ID = 1;
export const FRAG_RES = 2;
export const FRAG_FIRST = 4;
export const FRAG_MORE = 8;
export const FRAG_LAST = 16;
/** Bits of the rt op. */
export const RT_TYPE = 1;
export const RT_INV_TYPE = 2;
export const RT_INV_SEGS = 4;
export const RT_LENGTH = 8;
export const RT_INV_LENGTH = 16;
export const RT_RES = 32;
export const RT_ADDRS = 64;
export const RT_NOT_STRICT = 128;

/** Ops of IPv4 whose words IPv6 shares, and the code under which it judges them. */
const SAME_WORDS: Readonly<Partial<Record<Match["type"], number>>> = {
	tcp: OP6_TCP,
	udp: OP6_UDP,
	multiport: OP6_MULTIPORT,
	addrtype: OP6_ADDRTYPE,
	length: OP6_LENGTH,
	tos: OP6_TOS,
	dscp: OP6_TOS,
};
const WHOLE: Range = { min: 0, max: 0xffff_ffff, not: false };
const bit = (on: boolean | undefined, b: number): number => (on ? b : 0);

/** The four words of an address. */
function words(a: IpAddr): readonly number[] {
	return ipv6(a).map((w) => w | 0);
}
/** Its words under a mask, then the mask's. */
export function maskedWords(addr: IpAddr, mask: IpAddr): number[] {
	const m = words(mask);
	return [...words(addr).map((w, i) => w & m[i]), ...m];
}

/**
 * Two ops: what IPv4's op says without addresses, then the addresses: bits, which are inverted, is a state asked for too, then eight
 * words each.
 */
function conntrack(m: ConntrackMatch, cx: OpContext): (number[] | null)[] {
	const { origSrc, origDst, replSrc, replDst, ...rest } = m;
	const addrs = [origSrc, origDst, replSrc, replDst];
	const ops: (number[] | null)[] = [];
	if (Object.keys(rest).length > 1) ops.push(encodeMatch(rest, cx));
	if (addrs.some((a) => a !== undefined)) {
		const has = addrs.reduce((bits, a, i) => bits | bit(a !== undefined, 1 << i), 0);
		const inv = addrs.reduce((bits, a, i) => bits | bit(a?.not, 1 << i), 0);
		const words = addrs.flatMap((a) => maskedWords(a?.addr ?? IN6_ANY, a?.mask ?? IN6_ANY));
		ops.push([OP6_CTADDRS, 0, has, inv, bit(m.state !== undefined, 1), ...words]);
	}
	return ops;
}
function frag(m: FragMatch): number[] {
	const id = m.id ?? WHOLE;
	const bits =
		bit(id.not, FRAG_INV_ID) |
		bit(m.reserved, FRAG_RES) |
		bit(m.first, FRAG_FIRST) |
		bit(m.more, FRAG_MORE) |
		bit(m.last, FRAG_LAST);
	return [OP6_FRAG, 0, bits, id.min | 0, id.max | 0];
}
function rt(m: RtMatch): number[] {
	const segs = m.segsLeft ?? WHOLE;
	const bits =
		bit(m.rtType !== undefined, RT_TYPE) |
		bit(m.rtType?.not, RT_INV_TYPE) |
		bit(segs.not, RT_INV_SEGS) |
		bit(m.length !== undefined, RT_LENGTH) |
		bit(m.length?.not, RT_INV_LENGTH) |
		bit(m.reserved, RT_RES) |
		bit(m.addrs.length > 0, RT_ADDRS) |
		bit(m.notStrict, RT_NOT_STRICT);
	return [
		OP6_RT,
		0,
		bits,
		m.rtType?.value ?? 0,
		segs.min | 0,
		segs.max | 0,
		m.length?.value ?? 0,
		m.addrs.length,
		...m.addrs.flatMap((a) => [...words(a)]),
	];
}
function opts(m: OptsMatch): number[] {
	return [
		OP6_OPTS,
		0,
		m.type === "hbh" ? 0 : 60,
		bit(m.length !== undefined, 1) | bit(m.length?.not, 2),
		m.length?.value ?? 0,
		...m.options.flatMap((o) => [o.kind, o.length ?? ANY_LENGTH]),
	];
}
/** An option of any length: the kernel has the one value for it. */
const ANY_LENGTH = 255;

/** The ops of one match, the index of the next op left 0 in each; null when there is nothing to test. */
export function encodeMatch6(m: Match, cx: OpContext): (number[] | null)[] {
	if (m.type === "conntrack" || m.type === "state") return conntrack(m as ConntrackMatch, cx);
	return [encodeOther(m, cx)];
}
function encodeOther(m: Match, cx: OpContext): number[] | null {
	const same = SAME_WORDS[m.type];
	if (same !== undefined) {
		const op = encodeMatch(m, cx);
		if (op !== null) op[0] = same;
		return op;
	}
	switch (m.type) {
		case "icmp6":
			return [OP6_ICMP, 0, m.icmpType, m.minCode, m.maxCode, bit(m.not, 1)];
		case "iprange": {
			const { src, dst } = m;
			return [
				OP6_IPRANGE,
				0,
				bit(src !== undefined, 1) | bit(dst !== undefined, 2) | bit(src?.not, 4) | bit(dst?.not, 8),
				...words(src?.min ?? IN6_ANY),
				...words(src?.max ?? IN6_ANY),
				...words(dst?.min ?? IN6_ANY),
				...words(dst?.max ?? IN6_ANY),
			];
		}
		case "hl":
			return [OP6_HL, 0, { eq: TTL_EQ, ne: TTL_NE, lt: TTL_LT, gt: TTL_GT }[m.op], m.hopLimit];
		case "eui64":
			return [OP6_EUI64, 0];
		case "frag":
			return frag(m);
		case "rt":
			return rt(m);
		case "hbh":
		case "dst":
			return opts(m);
		case "ipv6header":
			return [OP6_HEADERS, 0, m.headers, bit(m.not, 1), bit(m.soft, 1)];
		case "mh":
			return [OP6_MH, 0, m.min, m.max, bit(m.not, 1)];
		default:
			return encodeMatch(m, cx);
	}
}
