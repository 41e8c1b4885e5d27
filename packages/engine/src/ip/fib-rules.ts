/** Policy routing: the rules, in order of preference, choose the table (net/core/fib_rules.c, net/ipv4/fib_rules.c). */
import type { NetDevice } from "../device/netdev.ts";
import { RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST } from "../netfilter/types.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { prefixMask, RT_SCOPE_UNIVERSE } from "./address.ts";
import { EACCES, EAGAIN, EINVAL, ENETUNREACH } from "./errno.ts";
import { FibTable, type Route, RTPROT_KERNEL, routeError } from "./fib.ts";

export const RT_TABLE_LOCAL = 255;
export const RT_TABLE_MAIN = 254;
export const RT_TABLE_DEFAULT = 253;

export const FR_ACT_TO_TBL = 1;
export const FR_ACT_GOTO = 2;
export const FR_ACT_NOP = 3;
export const FR_ACT_BLACKHOLE = 6;
export const FR_ACT_UNREACHABLE = 7;
export const FR_ACT_PROHIBIT = 8;

/** What rules of both families may look at besides addresses, and how they go on. */
export interface FlowRule {
	/** Transport protocol, 0 = any; ports from and to, 0 to 0 = any. */
	readonly ipproto: number;
	readonly sportFrom: number;
	readonly sportTo: number;
	readonly dportFrom: number;
	readonly dportTo: number;
	/** Routes of a prefix no longer than this are passed over; -1 = none are. */
	readonly suppressPrefixLen: number;
	/** Preference at which FR_ACT_GOTO goes on. */
	readonly target: number;
}
/** `A` is an address of the family. */
export interface FibRule<A = number> extends FlowRule {
	readonly pref: number;
	/** FR_ACT_* */
	readonly action: number;
	readonly table: number;
	readonly src: A;
	readonly srcLen: number;
	readonly dst: A;
	readonly dstLen: number;
	/** TOS or traffic class, 0 = any */
	readonly tos: number;
	readonly mark: number;
	readonly markMask: number;
	/** Interface name, "" = any. */
	readonly iif: string;
	readonly oif: string;
	readonly invert: boolean;
	readonly protocol: number;
}

/** A rule that does not look at ports, and takes every route. */
export const ANY_FLOW = {
	ipproto: 0,
	sportFrom: 0,
	sportTo: 0,
	dportFrom: 0,
	dportTo: 0,
	suppressPrefixLen: -1,
	target: 0,
} as const;

/** A rule that the kernel makes itself: everything goes by `table`. `any` is the address of no bits. */
export function kernelRule<A>(pref: number, table: number, any: A): FibRule<A> {
	return {
		pref,
		action: FR_ACT_TO_TBL,
		table,
		src: any,
		srcLen: 0,
		dst: any,
		dstLen: 0,
		tos: 0,
		mark: 0,
		markMask: 0,
		iif: "",
		oif: "",
		invert: false,
		...ANY_FLOW,
		protocol: RTPROT_KERNEL,
	};
}
/** New rules go behind those of the same preference. */
export function insertRule<A>(rules: FibRule<A>[], rule: FibRule<A>): void {
	let i = 0;
	while (i < rules.length && rules[i].pref <= rule.pref) i++;
	rules.splice(i, 0, rule);
}
/** Where FR_ACT_GOTO at `rules[i]` goes on; while there is no such rule the next one is looked at. */
export function gotoIndex<A>(rules: readonly FibRule<A>[], i: number): number {
	const to = rules.findIndex((r) => r.pref === rules[i].target);
	return to > i ? to : i + 1;
}
export function defaultRules(): FibRule[] {
	return [
		kernelRule(0, RT_TABLE_LOCAL, 0),
		kernelRule(32766, RT_TABLE_MAIN, 0),
		kernelRule(32767, RT_TABLE_DEFAULT, 0),
	];
}

/** All tables and rules of a namespace. `lookup` answers in the fields `route` and `error`. */
export class Fib {
	readonly tables: Map<number, FibTable> = new Map();
	rules: FibRule[] = defaultRules();
	readonly local: FibTable;
	main: FibTable;
	/** Rules were added or removed: the short way is not valid. */
	custom = false;
	/** A user has added a local route, once (fib_has_custom_local_routes): addresses alone do not say any more what is local. */
	customLocal = false;
	/** Some rule looks at protocols or ports (fib_rules_require_fldissect): who asks says which in `flow*`. */
	needsFlow = false;
	flowProtocol = 0;
	flowSport = 0;
	flowDport = 0;
	/** The route found, undefined on error. */
	route: Route | undefined = undefined;
	/** Type of the route found. */
	type = 0;

	constructor() {
		this.local = this.table(RT_TABLE_LOCAL);
		this.main = this.table(RT_TABLE_MAIN);
	}
	table(id: number): FibTable {
		let t = this.tables.get(id);
		if (t === undefined) {
			t = new FibTable(id);
			this.tables.set(id, t);
		}
		return t;
	}
	addRule(rule: FibRule): void {
		insertRule(this.rules, rule);
		this.changed();
	}
	removeRule(rule: FibRule): void {
		this.rules = this.rules.filter((r) => r !== rule);
		this.changed();
	}
	private changed(): void {
		this.custom = true;
		this.needsFlow = this.rules.some(looksAtFlow);
	}
	/** Say what the next look-ups are about; 0 = unknown. Ports are 0 for fragments and for protocols without them. */
	setFlow(protocol: number, sport: number, dport: number): void {
		this.flowProtocol = protocol;
		this.flowSport = sport;
		this.flowDport = dport;
	}
	/**
	 * fib_lookup. 0 and the answer in `route`, or an errno. `iif`/`oif` are device ids or -1; `iifName` its name.
	 */
	lookup(
		daddr: number,
		saddr: number,
		tos: number,
		mark: number,
		iif: NetDevice | null,
		oif: number,
		oifName: string,
	): number {
		if (!this.custom) {
			const r = this.localTrie(daddr, tos, oif);
			const error = r === undefined ? EAGAIN : routeError(r.type);
			if (error !== EAGAIN) return this.found(r as Route, error);
			const d = this.tables.get(RT_TABLE_DEFAULT)?.lookup(daddr, tos, oif, RT_SCOPE_UNIVERSE);
			if (d === undefined || routeError(d.type) === EAGAIN) return ENETUNREACH;
			return this.found(d, routeError(d.type));
		}
		for (let i = 0; i < this.rules.length; i++) {
			const rule = this.rules[i];
			if (!matches(rule, daddr, saddr, tos, mark, iif, oifName, this)) continue;
			if (rule.action === FR_ACT_NOP) continue;
			if (rule.action === FR_ACT_GOTO) {
				i = gotoIndex(this.rules, i) - 1;
				continue;
			}
			if (rule.action === FR_ACT_UNREACHABLE) return ENETUNREACH;
			if (rule.action === FR_ACT_PROHIBIT) return EACCES;
			if (rule.action === FR_ACT_BLACKHOLE) return EINVAL;
			const r = this.tables.get(rule.table)?.lookup(daddr, tos, oif, RT_SCOPE_UNIVERSE);
			if (r === undefined) continue;
			const error = routeError(r.type);
			if (error === EAGAIN) continue;
			if (error === 0 && r.prefixLen <= rule.suppressPrefixLen) continue;
			return this.found(r, error);
		}
		return ENETUNREACH;
	}
	/**
	 * Asks the trie of the local table. While there are no rules of one's own it is main's too: the longer prefix wins over both, the
	 * local table only between equals (net/ipv4/fib_trie.c, fib_trie_table; fib_unmerge ends it).
	 */
	private localTrie(addr: number, tos: number, oif: number): Route | undefined {
		const r = this.local.lookup(addr, tos, oif, RT_SCOPE_UNIVERSE);
		if (this.custom || (r !== undefined && r.prefixLen === 32)) return r;
		const m = this.main.lookup(addr, tos, oif, RT_SCOPE_UNIVERSE);
		return m !== undefined && (r === undefined || m.prefixLen > r.prefixLen) ? m : r;
	}
	private found(route: Route, error: number): number {
		this.route = route;
		this.type = route.type;
		return error;
	}
	/** RTN_* of an address as the local table sees it (inet_addr_type); `dev` restricts to that device's addresses. */
	addressType(addr: number, dev: number): number {
		if (addr === 0 || addr === -1) return RTN_BROADCAST;
		if (addr >>> 28 === 0xe) return RTN_MULTICAST;
		// the kernel makes the table with its first entry; until then it says this
		if (this.local.changes === 0) return RTN_BROADCAST;
		const r = this.localTrie(addr, 0, -1);
		if (r === undefined || routeError(r.type) !== 0) return RTN_UNICAST;
		if (dev >= 0 && r.dev !== null && r.dev.id !== dev) return RTN_UNICAST;
		return r.type;
	}
	isLocal(addr: number): boolean {
		return this.localTrie(addr, 0, -1)?.type === RTN_LOCAL;
	}
}

/** fib_rules_require_fldissect, of one rule */
export function looksAtFlow(r: FlowRule): boolean {
	return r.ipproto !== 0 || r.sportTo !== 0 || r.dportTo !== 0;
}
export function matchesFlow(r: FlowRule, protocol: number, sport: number, dport: number): boolean {
	return (
		(r.ipproto === 0 || r.ipproto === protocol) &&
		(r.sportTo === 0 || (sport >= r.sportFrom && sport <= r.sportTo)) &&
		(r.dportTo === 0 || (dport >= r.dportFrom && dport <= r.dportTo))
	);
}
/** Protocols whose header begins with two ports (proto_ports_offset); AH's stand elsewhere and are not looked at. */
export const PORTS_FIRST: ReadonlySet<number> = new Set([
	ipv4.IPPROTO_TCP,
	ipv4.IPPROTO_UDP,
	ipv4.IPPROTO_DCCP,
	ipv4.IPPROTO_ESP,
	ipv4.IPPROTO_SCTP,
	ipv4.IPPROTO_UDPLITE,
]);
function matches(
	r: FibRule,
	daddr: number,
	saddr: number,
	tos: number,
	mark: number,
	iif: NetDevice | null,
	oifName: string,
	flow: Fib,
): boolean {
	const ok =
		((saddr ^ r.src) & prefixMask(r.srcLen)) === 0 &&
		((daddr ^ r.dst) & prefixMask(r.dstLen)) === 0 &&
		(r.tos === 0 || r.tos === (tos & 0x1c)) &&
		((mark ^ r.mark) & r.markMask) === 0 &&
		(r.iif === "" || (iif === null ? r.iif === "lo" : r.iif === iif.name)) &&
		(r.oif === "" || r.oif === oifName) &&
		matchesFlow(r, flow.flowProtocol, flow.flowSport, flow.flowDport);
	return ok !== r.invert;
}
