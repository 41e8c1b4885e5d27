/** Numbers of records as text. */
import { HOOK_NAMES } from "@hookline/engine/netfilter/types";

/** A frame's number. */
export function numberText(serial: number): string {
	return `#${serial}`;
}
export function addressText(addr: number): string {
	return `${addr >>> 24}.${(addr >>> 16) & 255}.${(addr >>> 8) & 255}.${addr & 255}`;
}
/** Four words as an IPv6 address: the first longest run of zero groups is `::` (RFC 5952 §4.2). */
export function address6Text(words: readonly number[]): string {
	const groups = words.flatMap((w) => [w >>> 16, w & 0xffff]).map((g) => g.toString(16));
	let start = 0;
	let most = 1;
	for (let i = 0; i < 8; i++) {
		let end = i;
		while (end < 8 && groups[end] === "0") end++;
		if (end - i > most) {
			start = i;
			most = end - i;
		}
	}
	if (most < 2) return groups.join(":");
	return `${groups.slice(0, start).join(":")}::${groups.slice(start + most).join(":")}`;
}
/** From the high 16 and the low 32 bits. */
export function macText(hi: number, lo: number): string {
	const h = (n: number) => n.toString(16).padStart(2, "0");
	return [(hi >> 8) & 255, hi & 255, lo >>> 24, (lo >>> 16) & 255, (lo >>> 8) & 255, lo & 255]
		.map(h)
		.join(":");
}
export function plural(n: number, noun: string): string {
	return `${n} ${noun}${n === 1 ? "" : "s"}`;
}
/** A name out of a list, or `noun NUMBER` where the list has none. */
export function listed(names: Readonly<Record<number, string>>, n: number, noun: string): string {
	return names[n] ?? `${noun} ${n}`;
}
export function hookText(hook: number): string {
	return HOOK_NAMES[hook] ?? `hook ${hook}`;
}
/** Virtual ns as the largest unit that leaves it at least 1. */
export function durationText(ns: number): string {
	if (ns >= 1e9) return `${ns / 1e9} s`;
	if (ns >= 1e6) return `${ns / 1e6} ms`;
	if (ns >= 1e3) return `${ns / 1e3} us`;
	return `${ns} ns`;
}

/** Verdict of a T_RULE or T_POLICY record. */
export const VERDICTS: readonly string[] = ["drop", "accept", "stolen", "return", "jump", "continue"];
/** PACKET_* of a T_RX record, after a length. */
export const PACKET_TYPES: readonly string[] = [
	"",
	", broadcast",
	", multicast",
	", for another host",
	", outgoing",
];
/** enum rtn_type as `ip route` writes it; unicast goes without saying. */
export const ROUTE_TYPES: readonly string[] = [
	"unspec ",
	"",
	"local ",
	"broadcast ",
	"anycast ",
	"multicast ",
	"blackhole ",
	"unreachable ",
	"prohibit ",
	"throw ",
];
export const ROUTE_TABLES: Readonly<Record<number, string>> = { 253: "default", 254: "main", 255: "local" };
/** enum ip_conntrack_info */
export const CT_INFO: readonly string[] = [
	"established",
	"related",
	"new",
	"established reply",
	"related reply",
];
/** NUD_* */
export const NEIGH_STATES: Readonly<Record<number, string>> = {
	0: "NONE",
	1: "INCOMPLETE",
	2: "REACHABLE",
	4: "STALE",
	8: "DELAY",
	16: "PROBE",
	32: "FAILED",
	64: "NOARP",
	128: "PERMANENT",
};
/** errno.h, of routing results. */
export const ERRNOS: Readonly<Record<number, string>> = {
	1: "EPERM",
	13: "EACCES",
	22: "EINVAL",
	100: "ENETDOWN",
	101: "ENETUNREACH",
	113: "EHOSTUNREACH",
};
/** enum ipt_reject_with, as `--reject-with` spells them. */
export const REJECTS: readonly string[] = [
	"icmp-net-unreachable",
	"icmp-host-unreachable",
	"icmp-proto-unreachable",
	"icmp-port-unreachable",
	"echo-reply",
	"icmp-net-prohibited",
	"icmp-host-prohibited",
	"tcp-reset",
	"icmp-admin-prohibited",
];
/** enum ip6t_reject_with */
export const REJECTS6: readonly string[] = [
	"icmp6-no-route",
	"icmp6-adm-prohibited",
	"icmp6-not-neighbour",
	"icmp6-addr-unreachable",
	"icmp6-port-unreachable",
	"echo-reply",
	"tcp-reset",
	"icmp6-policy-fail",
	"icmp6-reject-route",
];
const ICMP_TYPES: Readonly<Record<number, string>> = {
	0: "echo reply",
	3: "destination unreachable",
	4: "source quench",
	5: "redirect",
	8: "echo request",
	11: "time exceeded",
	12: "parameter problem",
	13: "timestamp request",
	14: "timestamp reply",
};
const UNREACHABLE_CODES: readonly string[] = [
	"network unreachable",
	"host unreachable",
	"protocol unreachable",
	"port unreachable",
	"fragmentation needed",
	"source route failed",
	"network unknown",
	"host unknown",
	"source host isolated",
	"network prohibited",
	"host prohibited",
	"network unreachable for TOS",
	"host unreachable for TOS",
	"communication prohibited",
];
/** RFC 792 and RFC 1122 names; `code` -1: of any code. */
export function icmpText(type: number, code: number): string {
	if (type === 3 && UNREACHABLE_CODES[code] !== undefined) return UNREACHABLE_CODES[code];
	if (type === 11 && code === 0) return "time exceeded in transit";
	if (type === 11 && code === 1) return "fragment reassembly time exceeded";
	return listed(ICMP_TYPES, type, "type") + (code > 0 && type !== 3 ? ` code ${code}` : "");
}
