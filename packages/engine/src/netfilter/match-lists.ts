/** The verdicts of the matches of `rule-lists.ts`, and what the SET target does. Addresses are those of the packet's own family. */
import { FRAME_PROCESS, FRAME_SOCKET } from "../frame/flags.ts";
import type { FramePool } from "../frame/pool.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { NEXTHDR_ICMP } from "../wire/ipv6.ts";
import type { Program } from "./compile.ts";
import { REC } from "./ct-table.ts";
import { netnsKey, readTuple } from "./ct-tuple.ts";
import { readTuple6 } from "./ct-tuple6.ts";
import { jiffies } from "./jiffies.ts";
import {
	CONNLIMIT_DADDR,
	CONNLIMIT_INVERT,
	OP_CONNLIMIT,
	OP_HASHLIMIT,
	OP_OWNER,
	OP_RECENT,
	OP_RPFILTER,
	OP_SET,
	OWNER_GID,
	OWNER_SOCKET,
	OWNER_UID,
	SETOP_INVERT,
	SETOP_NO_COUNTERS,
	SETOP_RETURN_NOMATCH,
} from "./list-ops.ts";
import type { MatchContext } from "./match-eval.ts";
import { HOTDROP, MATCH, NO_MATCH } from "./match-verdict.ts";
import {
	hopsLeft,
	isIp6,
	maskAddress,
	packetLength,
	payloadOffset,
	payloadProtocol,
	readAddress,
} from "./packet.ts";
import { HASHLIMIT_DIP, HASHLIMIT_DPT, HASHLIMIT_SIP, HASHLIMIT_SPT } from "./rule-lists.ts";
import { type HashSet, SET_EXTRA, SET_KEY } from "./set-hash.ts";

/** Scratch: an address, a tuple, an element. */
const addr = new Int32Array(4);
const tuple = new Int32Array(4);
const element = new Int32Array(SET_KEY);

/** One op at `o` (a word index) of the program. */
export function matchListOp(
	cx: MatchContext,
	p: Program,
	o: number,
	f: number,
	inDev: number,
	outDev: number,
): number {
	const ops = p.ops;
	switch (ops[o]) {
		case OP_RECENT:
			return recent(cx, p, ops[o + 2], f, outDev);
		case OP_HASHLIMIT:
			return hashlimit(cx, p, ops[o + 2], ops[o + 3], f);
		case OP_CONNLIMIT:
			return connlimit(cx, p, o + 2, f);
		case OP_OWNER:
			return owner(cx.pool, ops, o + 2, f);
		case OP_RPFILTER:
			return (cx.host.rpfilter(f, inDev, ops[o + 2]) ? 1 : 0) ^ ops[o + 3];
		case OP_SET:
			return setMatch(cx, p, o + 2, f);
		default:
			return NO_MATCH;
	}
}

/** recent_mt. A packet of somebody else's that is on its way out has lost a hop already. */
function recent(cx: MatchContext, p: Program, index: number, f: number, outDev: number): number {
	const { pool } = cx;
	const { rule, list } = p.lists.recent[index];
	readAddress(pool, f, rule.side === "source", addr, 0);
	let ttl = hopsLeft(pool, f);
	if (outDev >= 0 && (pool.flags[f] & FRAME_SOCKET) === 0) ttl = (ttl + 1) & 0xff;
	return list.match(rule, addr, isIp6(pool, f) ? 6 : 4, ttl, jiffies(cx.core.clock)) ? MATCH : NO_MATCH;
}

/** hashlimit_init_dst, hashlimit_mt_common */
function hashlimit(cx: MatchContext, p: Program, index: number, mode: number, f: number): number {
	const { pool } = cx;
	const table = p.lists.hashlimit[index];
	const { mode: by, srcMask, dstMask } = table.config;
	const key = table.key;
	key.fill(0);
	if ((by & HASHLIMIT_SIP) !== 0) {
		readAddress(pool, f, true, key, 0);
		maskAddress(key, 0, srcMask);
	}
	if ((by & HASHLIMIT_DIP) !== 0) {
		readAddress(pool, f, false, key, 4);
		maskAddress(key, 4, dstMask);
	}
	if ((by & (HASHLIMIT_SPT | HASHLIMIT_DPT)) !== 0) {
		const at = portsOffset(payloadProtocol(pool, f));
		if (at >= 0) {
			const payload = payloadOffset(pool, f);
			const th = payload + at;
			if (payload < 0 || th + 4 > pool.nh[f] + packetLength(pool, f)) return HOTDROP;
			const ports = pool.view.getInt32(th);
			key[8] =
				((by & HASHLIMIT_SPT) !== 0 ? ports & 0xffff0000 : 0) |
				((by & HASHLIMIT_DPT) !== 0 ? ports & 0xffff : 0);
		}
	}
	const r = table.match(mode, packetLength(pool, f));
	return r < 0 ? HOTDROP : r;
}
/** proto_ports_offset: where ports, or what is taken for them, stand behind the header; -1 nowhere. */
function portsOffset(protocol: number): number {
	switch (protocol) {
		case ipv4.IPPROTO_TCP:
		case ipv4.IPPROTO_UDP:
		case ipv4.IPPROTO_UDPLITE:
		case ipv4.IPPROTO_SCTP:
		case ipv4.IPPROTO_DCCP:
		case ipv4.IPPROTO_ESP:
			return 0;
		case ipv4.IPPROTO_AH:
			return 4;
		default:
			return -1;
	}
}

/** The original tuple of the frame's connection, or that of the packet itself, into `tuple`. False: it has neither. */
function originalTuple(cx: MatchContext, f: number): boolean {
	const { pool } = cx;
	const ct = pool.ct[f];
	if (ct === 0) {
		const nh = pool.nh[f];
		const end = nh + packetLength(pool, f);
		const zone = netnsKey(cx.host.id);
		if (isIp6(pool, f)) return readTuple6(cx.core.in6, pool.view, nh, end, zone, tuple);
		return readTuple(pool.view, nh, end, zone, tuple);
	}
	for (let i = 0; i < tuple.length; i++) tuple[i] = cx.ct.table.rec[ct * REC + i];
	return true;
}
/** connlimit_mt: `a`: index, limit, bits, prefix length. */
function connlimit(cx: MatchContext, p: Program, a: number, f: number): number {
	const ops = p.ops;
	if (!originalTuple(cx, f)) return HOTDROP;
	const counter = p.lists.connlimit[ops[a]];
	readAddress(cx.pool, f, (ops[a + 2] & CONNLIMIT_DADDR) === 0, counter.key, 0);
	maskAddress(counter.key, 0, ops[a + 3]);
	const connections = counter.count(cx.ct.table, tuple);
	// nothing but the end of the last connection leaves none, and the kernel takes that for a failure
	if (connections === 0) return HOTDROP;
	const over = connections > ops[a + 1] >>> 0;
	return over !== ((ops[a + 2] & CONNLIMIT_INVERT) !== 0) ? MATCH : NO_MATCH;
}

/** owner_mt: `a`: present, inverted, ranges of uid and gid. All processes here are root's. */
function owner(pool: FramePool, ops: Int32Array, a: number, f: number): number {
	const has = ops[a];
	const inv = ops[a + 1];
	const flags = pool.flags[f];
	if ((flags & FRAME_SOCKET) === 0) return (has ^ inv) === 0 ? MATCH : NO_MATCH;
	if ((has & inv & OWNER_SOCKET) !== 0) return NO_MATCH;
	// the kernel's own sockets belong to nobody
	if ((flags & FRAME_PROCESS) === 0) return ((has ^ inv) & (OWNER_UID | OWNER_GID)) === 0 ? MATCH : NO_MATCH;
	if ((has & OWNER_UID) !== 0 && (ops[a + 2] === 0) === ((inv & OWNER_UID) !== 0)) return NO_MATCH;
	if ((has & OWNER_GID) !== 0 && (ops[a + 4] === 0) === ((inv & OWNER_GID) !== 0)) return NO_MATCH;
	return MATCH;
}

/** Read the packet's element for `set` into `element`; `dirs` has bit i for the source in dimension i. False: it has none. */
function readElement(cx: MatchContext, set: HashSet, dirs: number, f: number, test: boolean): boolean {
	const { pool } = cx;
	readAddress(pool, f, (dirs & 1) !== 0, element, 0);
	element[SET_EXTRA] = 0;
	const { type, netmask } = set.options;
	if (type === "hash:net") {
		const length = test ? set.hostLength : set.firstLength;
		set.mask(element, length);
		element[SET_EXTRA] = length;
		return true;
	}
	if (netmask !== undefined) set.mask(element, netmask);
	if (type === "hash:ip") return (element[0] | element[1] | element[2] | element[3]) !== 0;
	const protocol = payloadProtocol(pool, f);
	if (protocol <= 0) return false;
	const port = setPort(cx, protocol, (dirs & 2) !== 0, f);
	element[SET_EXTRA] = (protocol << 16) | port;
	return port >= 0;
}
/** ip_set_get_ip4_port: a port, ICMP's type and code, or 0; -1 when the packet is too short or a later fragment. */
function setPort(cx: MatchContext, protocol: number, source: boolean, f: number): number {
	const { pool } = cx;
	const view = pool.view;
	const nh = pool.nh[f];
	const hasPorts =
		protocol === ipv4.IPPROTO_TCP ||
		protocol === ipv4.IPPROTO_UDP ||
		protocol === ipv4.IPPROTO_UDPLITE ||
		protocol === ipv4.IPPROTO_SCTP;
	const icmp = protocol === (isIp6(pool, f) ? NEXTHDR_ICMP : ipv4.IPPROTO_ICMP);
	if (!hasPorts && !icmp) return 0;
	if (!isIp6(pool, f) && (view.getUint16(nh + ipv4.FRAG_OFF) & ipv4.IP_OFFSET) !== 0) return -1;
	const th = payloadOffset(pool, f);
	const end = nh + packetLength(pool, f);
	// the whole header must be there
	const need =
		icmp || protocol === ipv4.IPPROTO_UDP || protocol === ipv4.IPPROTO_UDPLITE
			? 8
			: protocol === ipv4.IPPROTO_TCP
				? 20
				: 12;
	if (th < 0 || th + need > end) return -1;
	return icmp || source ? view.getUint16(th) : view.getUint16(th + 2);
}
/** ip_set_test: `a`: set, dimensions, directions, bits, index of the counters' tests. */
function setMatch(cx: MatchContext, p: Program, a: number, f: number): number {
	const ops = p.ops;
	const bits = ops[a + 3];
	const invert = bits & SETOP_INVERT;
	const set = cx.lists.sets.at(ops[a]);
	if (set === null || !fits(set, ops[a + 1], isIp6(cx.pool, f))) return invert;
	if (!readElement(cx, set, ops[a + 2], f, true)) return invert;
	const length = (bits & SETOP_NO_COUNTERS) !== 0 ? -1 : packetLength(cx.pool, f);
	let r = set.test(element, length, p.state, ops[a + 4]);
	if ((bits & SETOP_RETURN_NOMATCH) !== 0 && set.isNet) r = -r;
	return r > 0 ? 1 ^ invert : invert;
}
function fits(set: HashSet, dimensions: number, ip6: boolean): boolean {
	return dimensions >= set.dimension && set.options.family === (ip6 ? 6 : 4);
}

/** set_target_v3: `a` as encodeSetTarget has it. */
export function setTarget(cx: MatchContext, ops: Int32Array, a: number, f: number): void {
	const ip6 = isIp6(cx.pool, f);
	const add = ops[a] < 0 ? null : cx.lists.sets.at(ops[a]);
	if (add !== null && fits(add, ops[a + 1], ip6) && readElement(cx, add, ops[a + 2], f, false)) {
		add.add(element, ops[a + 7], 1, packetLength(cx.pool, f), "", false, ops[a + 6] === 1);
	}
	const del = ops[a + 3] < 0 ? null : cx.lists.sets.at(ops[a + 3]);
	if (del !== null && fits(del, ops[a + 4], ip6) && readElement(cx, del, ops[a + 5], f, false))
		del.del(element);
}
