/**
 * Matches as words: each match of a rule becomes `[code, index of the next op, arguments…]` in one Int32Array. State that
 * outlives a packet (limit, statistic) stands in a Float64Array, at the index that the op holds.
 */
import { encodeListMatch, type ListOpContext } from "./list-ops.ts";
import { CREDITS_PER_JIFFY, limitCredits } from "./match.ts";
import { type AddrMask, type ConntrackMatch, type IfaceSpec, ipv4, type Match, type Range } from "./rule.ts";

export const OP_TCP = 1;
export const OP_UDP = 2;
export const OP_ICMP = 3;
export const OP_CTSTATE = 4;
export const OP_CONNTRACK = 5;
export const OP_ADDRTYPE = 6;
export const OP_MARK = 7;
export const OP_CONNMARK = 8;
export const OP_MULTIPORT = 9;
export const OP_LIMIT = 10;
export const OP_MAC = 11;
export const OP_IPRANGE = 12;
export const OP_LENGTH = 13;
export const OP_TTL = 14;
export const OP_PHYSDEV = 15;
export const OP_TOS = 16;
export const OP_PKTTYPE = 17;
export const OP_STATISTIC = 18;

/** Bits of the tcp and udp ops. */
export const L4_INV_SPORT = 1;
export const L4_INV_DPORT = 2;
export const TCP_HAS_FLAGS = 4;
export const TCP_INV_FLAGS = 8;
export const TCP_HAS_OPTION = 16;
export const TCP_INV_OPTION = 32;

/** Bits of the conntrack op, present and inverted (XT_CONNTRACK_*). */
export const CT_STATE = 1 << 0;
export const CT_PROTO = 1 << 1;
export const CT_ORIGSRC = 1 << 2;
export const CT_ORIGDST = 1 << 3;
export const CT_REPLSRC = 1 << 4;
export const CT_REPLDST = 1 << 5;
export const CT_STATUS = 1 << 6;
export const CT_EXPIRES = 1 << 7;
export const CT_ORIGSRC_PORT = 1 << 8;
export const CT_ORIGDST_PORT = 1 << 9;
export const CT_REPLSRC_PORT = 1 << 10;
export const CT_REPLDST_PORT = 1 << 11;
export const CT_DIRECTION = 1 << 12;

export const MULTI_SRC = 0;
export const MULTI_DST = 1;
export const MULTI_EITHER = 2;
export const TTL_EQ = 0;
export const TTL_NE = 1;
export const TTL_LT = 2;
export const TTL_GT = 3;
export const PHYS_IN = 1;
export const PHYS_OUT = 2;
export const PHYS_BRIDGED = 4;
export const PHYS_ISIN = 8;
export const PHYS_ISOUT = 16;

/** Where `limit` keeps its numbers, from the op's state index. */
export const LIMIT_CREDIT = 0;
export const LIMIT_PREV = 1;
export const LIMIT_COST = 2;
export const LIMIT_CAP = 3;
export { CREDITS_PER_JIFFY };

/** What the encoder asks of the compiler. */
export interface OpContext extends ListOpContext {
	/** Word that stands for an interface name: its id, or the complement of a wildcard's index. */
	iface(name: string): number;
	/** Virtual time in ticks. */
	readonly jiffies: number;
}

const WHOLE: Range = { min: 0, max: 0xffff, not: false };
const NO_ADDR: AddrMask = { addr: 0, mask: 0, not: false };
const bit = (on: boolean | undefined, b: number): number => (on ? b : 0);

function conntrack(m: ConntrackMatch): number[] {
	if (Object.keys(m).length === 2 && m.state !== undefined)
		return [OP_CTSTATE, 0, m.state.mask, bit(m.state.not, 1)];
	const addrs = [m.origSrc, m.origDst, m.replSrc, m.replDst];
	const ports = [m.origSrcPort, m.origDstPort, m.replSrcPort, m.replDstPort];
	let has = bit(m.state !== undefined, CT_STATE) | bit(m.proto !== undefined, CT_PROTO);
	let inv = bit(m.state?.not, CT_STATE) | bit(m.proto?.not, CT_PROTO);
	has |= bit(m.status !== undefined, CT_STATUS) | bit(m.expire !== undefined, CT_EXPIRES);
	inv |= bit(m.status?.not, CT_STATUS) | bit(m.expire?.not, CT_EXPIRES);
	has |= bit(m.dir !== undefined, CT_DIRECTION);
	// the kernel tests for the original direction and inverts for the other
	inv |= bit(m.dir === 1, CT_DIRECTION);
	for (let i = 0; i < 4; i++) {
		has |= bit(addrs[i] !== undefined, CT_ORIGSRC << i) | bit(ports[i] !== undefined, CT_ORIGSRC_PORT << i);
		inv |= bit(addrs[i]?.not, CT_ORIGSRC << i) | bit(ports[i]?.not, CT_ORIGSRC_PORT << i);
	}
	return [
		OP_CONNTRACK,
		0,
		has,
		inv,
		m.state?.mask ?? 0,
		m.proto?.proto ?? 0,
		m.status?.mask ?? 0,
		(m.expire?.min ?? 0) | 0,
		(m.expire?.max ?? 0) | 0,
		...addrs.flatMap((a = NO_ADDR) => [ipv4(a.addr) & ipv4(a.mask), ipv4(a.mask)]),
		...ports.flatMap((p = WHOLE) => [p.min, p.max]),
	];
}

/** The words of one match, the next op's index left 0; null when there is nothing to test. */
export function encodeMatch(m: Match, cx: OpContext): number[] | null {
	switch (m.type) {
		case "comment":
			return null;
		case "tcp":
		case "udp": {
			const s = m.sport ?? WHOLE;
			const d = m.dport ?? WHOLE;
			const bits = bit(s.not, L4_INV_SPORT) | bit(d.not, L4_INV_DPORT);
			if (m.type === "udp") return [OP_UDP, 0, s.min, s.max, d.min, d.max, bits];
			return [
				OP_TCP,
				0,
				s.min,
				s.max,
				d.min,
				d.max,
				bits |
					bit(m.flags !== undefined, TCP_HAS_FLAGS) |
					bit(m.flags?.not, TCP_INV_FLAGS) |
					bit(m.option !== undefined && m.option.kind !== 0, TCP_HAS_OPTION) |
					bit(m.option?.not, TCP_INV_OPTION),
				m.flags?.mask ?? 0,
				m.flags?.comp ?? 0,
				m.option?.kind ?? 0,
			];
		}
		case "icmp":
			return [OP_ICMP, 0, m.icmpType, m.minCode, m.maxCode, bit(m.not, 1)];
		case "conntrack":
		case "state":
			return conntrack(m);
		case "addrtype":
			return [
				OP_ADDRTYPE,
				0,
				bit(m.src !== undefined, 1) | bit(m.dst !== undefined, 2) | bit(m.limitIn, 4) | bit(m.limitOut, 8),
				m.src?.mask ?? 0,
				bit(m.src?.not, 1),
				m.dst?.mask ?? 0,
				bit(m.dst?.not, 1),
			];
		case "mark":
			return [OP_MARK, 0, m.mark, m.mask, bit(m.not, 1)];
		case "connmark":
			return [OP_CONNMARK, 0, m.mark, m.mask, bit(m.not, 1)];
		case "multiport": {
			const which = m.which === "src" ? MULTI_SRC : m.which === "dst" ? MULTI_DST : MULTI_EITHER;
			return [OP_MULTIPORT, 0, which, bit(m.not, 1), ...m.ports.flatMap((p) => [p.min, p.max])];
		}
		case "limit": {
			const cap = limitCredits(m.avg * m.burst);
			return [OP_LIMIT, 0, cx.state(cap, cx.jiffies, limitCredits(m.avg), cap)];
		}
		case "mac":
			return [OP_MAC, 0, m.hi, m.lo, bit(m.not, 1)];
		case "iprange": {
			const s = m.src;
			const d = m.dst;
			return [
				OP_IPRANGE,
				0,
				bit(s !== undefined, 1) | bit(d !== undefined, 2) | bit(s?.not, 4) | bit(d?.not, 8),
				ipv4(s?.min ?? 0) | 0,
				ipv4(s?.max ?? 0) | 0,
				ipv4(d?.min ?? 0) | 0,
				ipv4(d?.max ?? 0) | 0,
			];
		}
		case "length":
			return [OP_LENGTH, 0, m.min, m.max, bit(m.not, 1)];
		case "ttl":
			return [OP_TTL, 0, { eq: TTL_EQ, ne: TTL_NE, lt: TTL_LT, gt: TTL_GT }[m.op], m.ttl];
		case "physdev":
			return [
				OP_PHYSDEV,
				0,
				bit(m.in !== undefined, PHYS_IN) |
					bit(m.out !== undefined, PHYS_OUT) |
					bit(m.isBridged?.on, PHYS_BRIDGED) |
					bit(m.isIn?.on, PHYS_ISIN) |
					bit(m.isOut?.on, PHYS_ISOUT),
				bit(m.in?.not, PHYS_IN) |
					bit(m.out?.not, PHYS_OUT) |
					bit(m.isBridged?.not, PHYS_BRIDGED) |
					bit(m.isIn?.not, PHYS_ISIN) |
					bit(m.isOut?.not, PHYS_ISOUT),
				ifaceWord(m.in, cx),
				ifaceWord(m.out, cx),
			];
		case "tos":
			return [OP_TOS, 0, m.value, m.mask, bit(m.not, 1)];
		case "dscp":
			return [OP_TOS, 0, m.dscp << 2, 0xfc, bit(m.not, 1)];
		case "pkttype":
			return [OP_PKTTYPE, 0, m.pktType, bit(m.not, 1)];
		case "statistic":
			if (m.mode === "random") return [OP_STATISTIC, 0, 0, bit(m.not, 1), cx.state(m.probability)];
			return [OP_STATISTIC, 0, m.every, bit(m.not, 1), cx.state(m.every - 1 - m.packet)];
		case "recent":
		case "hashlimit":
		case "connlimit":
		case "owner":
		case "rpfilter":
		case "set":
			return encodeListMatch(m, cx);
		default:
			throw new Error(`match ${m.type} in an IPv4 rule`);
	}
}

function ifaceWord(spec: IfaceSpec | undefined, cx: OpContext): number {
	return spec === undefined ? 0 : cx.iface(spec.name);
}
