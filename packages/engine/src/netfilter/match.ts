/** What the kernel's matches refuse when a table is committed (their `checkentry`, and xt_check_match). */
import {
	IPPROTO_DCCP,
	IPPROTO_ICMP,
	IPPROTO_SCTP,
	IPPROTO_TCP,
	IPPROTO_UDP,
	IPPROTO_UDPLITE,
} from "../wire/ipv4.ts";
import type { Errno } from "./chain.ts";
import { checkHashlimit } from "./hashlimit.ts";
import { HZ } from "./jiffies.ts";
import { MAX_NSTAMPS } from "./recent.ts";
import type { Match, Rule, TableName } from "./rule.ts";
import {
	NF_INET_FORWARD,
	NF_INET_LOCAL_IN,
	NF_INET_LOCAL_OUT,
	NF_INET_POST_ROUTING,
	NF_INET_PRE_ROUTING,
	type NfFamily,
	RTN_BLACKHOLE,
	RTN_BROADCAST,
	RTN_PROHIBIT,
} from "./types.ts";

/** Credits a packet of the limit match gains a tick: the power of two below (2^32-1) / (HZ * 86400). */
export const CREDITS_PER_JIFFY = 128;
/** Units of `LimitMatch.avg` a second. */
export const LIMIT_SCALE = 10_000;

/** Credits of `units` of 1/10000 s, in 32 bits as the kernel computes them (user2credits). */
export function limitCredits(units: number): number {
	const user = units % 0x1_0000_0000;
	if (user > Math.floor(0xffff_ffff / (HZ * CREDITS_PER_JIFFY)))
		return (Math.floor(user / LIMIT_SCALE) * HZ * CREDITS_PER_JIFFY) % 0x1_0000_0000;
	return Math.floor((user * HZ * CREDITS_PER_JIFFY) / LIMIT_SCALE);
}

/** The match needs connection tracking in its namespace (nf_ct_netns_get). */
export function matchUsesConntrack(m: Match): boolean {
	return m.type === "conntrack" || m.type === "state" || m.type === "connmark" || m.type === "connlimit";
}
/** The match remembers earlier packets, so its packets must be judged one by one and in order. */
export function matchIsStateful(m: Match): boolean {
	switch (m.type) {
		case "limit":
		case "statistic":
		case "recent":
		case "hashlimit":
		case "connlimit":
			return true;
		default:
			// a set's elements change with time, and count
			return m.type === "set";
	}
}

/** Does the match look at what other packets change: budgets, or the connection as it is now instead of as the frame found it? */
export function matchIsLive(m: Match): boolean {
	if (matchIsStateful(m) || m.type === "connmark") return true;
	return m.type === "conntrack" && (m.status !== undefined || m.expire !== undefined);
}

const IN_HOOKS = (1 << NF_INET_PRE_ROUTING) | (1 << NF_INET_LOCAL_IN);
/** Types of routes that IPv6 addresses do not have (addrtype_mt_checkentry_v1). */
const NOT_IPV6_TYPES = (1 << RTN_BROADCAST) | (1 << RTN_BLACKHOLE) | (-1 << RTN_PROHIBIT);
/** Mobility header (RFC 6275). */
const IPPROTO_ICMPV6 = 58;
const IPPROTO_MH = 135;
const OUT_HOOKS = (1 << NF_INET_POST_ROUTING) | (1 << NF_INET_LOCAL_OUT);

function needsProto(rule: Rule, ...protos: number[]): Errno | null {
	return protos.includes(rule.proto) && !rule.protoNot ? null : "EINVAL";
}

/** Why the kernel refuses `m` in `rule` of a chain of `table` that the hooks in `hooks` reach; null when it does not. */
export function checkMatch(
	m: Match,
	rule: Rule,
	hooks: number,
	table: TableName,
	family: NfFamily,
): Errno | null {
	switch (m.type) {
		case "tcp":
			return needsProto(rule, IPPROTO_TCP);
		case "udp":
			return needsProto(rule, IPPROTO_UDP, IPPROTO_UDPLITE);
		case "icmp":
			return needsProto(rule, IPPROTO_ICMP);
		case "multiport":
			return needsProto(rule, IPPROTO_TCP, IPPROTO_UDP, IPPROTO_UDPLITE, IPPROTO_SCTP, IPPROTO_DCCP);
		case "icmp6":
			return needsProto(rule, IPPROTO_ICMPV6);
		case "mh":
			return needsProto(rule, IPPROTO_MH);
		case "rt": {
			const type0 = m.rtType !== undefined && m.rtType.value === 0 && !m.rtType.not;
			return (m.reserved || m.notStrict || m.addrs.length > 0) && !type0 ? "EINVAL" : null;
		}
		case "eui64":
			return (hooks & ~(IN_HOOKS | (1 << NF_INET_FORWARD))) !== 0 ? "EINVAL" : null;
		case "addrtype":
			if (family === 6 && (((m.src?.mask ?? 0) | (m.dst?.mask ?? 0)) & NOT_IPV6_TYPES) !== 0) return "EINVAL";
			if (m.limitIn && m.limitOut) return "EINVAL";
			if (m.limitOut && (hooks & IN_HOOKS) !== 0) return "EINVAL";
			if (m.limitIn && (hooks & OUT_HOOKS) !== 0) return "EINVAL";
			return null;
		case "mac":
			return (hooks & ~(IN_HOOKS | (1 << NF_INET_FORWARD))) !== 0 ? "EINVAL" : null;
		case "limit":
			return m.burst === 0 || limitCredits(m.avg * m.burst) < limitCredits(m.avg) ? "ERANGE" : null;
		case "physdev": {
			const bridged = m.isBridged !== undefined && !m.isBridged.not;
			const out = m.out !== undefined || m.isOut !== undefined;
			return out && !bridged && (hooks & (1 << NF_INET_LOCAL_OUT)) !== 0 ? "EINVAL" : null;
		}
		case "recent":
			if (m.hitCount >= MAX_NSTAMPS || !isProcName(m.name)) return "EINVAL";
			if (m.op === "set" || m.op === "remove")
				return m.seconds !== 0 || m.hitCount !== 0 || m.ttl || m.reap ? "EINVAL" : null;
			return m.reap && m.seconds === 0 ? "EINVAL" : null;
		case "hashlimit":
			return isProcName(m.name) ? checkHashlimit(m, family === 4 ? 32 : 128) : "EINVAL";
		case "owner":
			if ((hooks & ~OUT_HOOKS) !== 0) return "EINVAL";
			return emptyRange(m.uid) || emptyRange(m.gid) ? "EINVAL" : null;
		case "rpfilter":
			if (table !== "raw" && table !== "mangle") return "EINVAL";
			return (hooks & ~(1 << NF_INET_PRE_ROUTING)) !== 0 ? "EINVAL" : null;
		default:
			return null;
	}
}
/** xt_check_proc_name */
function isProcName(name: string): boolean {
	return name !== "" && name !== "." && name !== ".." && !name.includes("/");
}
function emptyRange(r: { readonly min: number; readonly max: number } | undefined): boolean {
	return r !== undefined && r.min > r.max;
}
