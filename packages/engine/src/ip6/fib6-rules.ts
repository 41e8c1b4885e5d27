/** IPv6 policy routing: the rules, in order of preference, choose the table (net/ipv6/fib6_rules.c). */
import { EACCES, EAGAIN, EINVAL, ENETUNREACH } from "../ip/errno.ts";
import {
	type FibRule,
	FR_ACT_BLACKHOLE,
	FR_ACT_GOTO,
	FR_ACT_NOP,
	FR_ACT_PROHIBIT,
	FR_ACT_TO_TBL,
	FR_ACT_UNREACHABLE,
	gotoIndex,
	insertRule,
	kernelRule,
	looksAtFlow,
	matchesFlow,
	RT_TABLE_LOCAL,
	RT_TABLE_MAIN,
} from "../ip/fib-rules.ts";
import type { In6 } from "../ring/in6.ts";
import { type Fib6Host, FibTable6, type Route6, routeError6 } from "./fib6.ts";
import { ANY, maskWord } from "./kinds.ts";

export type FibRule6 = FibRule<In6>;

export function defaultRules6(): FibRule6[] {
	return [kernelRule(0, RT_TABLE_LOCAL, ANY), kernelRule(32766, RT_TABLE_MAIN, ANY)];
}

/** What a route is looked for (struct flowi6). */
export class Flow6 {
	/** Words 0..3: destination, 4..7: source. */
	readonly w: Int32Array = new Int32Array(8);
	/** Names of the devices, "" when none is given; "lo" as iif for the namespace's own packets. */
	iif = "";
	oif = "";
	tclass = 0;
	mark = 0;
	/** Transport protocol and ports, 0 unknown. An ICMPv6 message has its type and code where the destination port stands. */
	protocol = 0;
	sport = 0;
	dport = 0;

	setTransport(protocol: number, sport: number, dport: number): void {
		this.protocol = protocol;
		this.sport = sport;
		this.dport = dport;
	}
	setDestination(a: In6): void {
		for (let i = 0; i < 4; i++) this.w[i] = a[i];
	}
	setSource(a: In6): void {
		for (let i = 0; i < 4; i++) this.w[4 + i] = a[i];
	}
	destination(): In6 {
		return [this.w[0], this.w[1], this.w[2], this.w[3]];
	}
	source(): In6 {
		return [this.w[4], this.w[5], this.w[6], this.w[7]];
	}
	hasSource(): boolean {
		return (this.w[4] | this.w[5] | this.w[6] | this.w[7]) !== 0;
	}
}

/** All tables and rules of a namespace. `lookup` answers in the field `route`. */
export class Fib6 {
	readonly tables: Map<number, FibTable6> = new Map();
	rules: FibRule6[] = defaultRules6();
	readonly local: FibTable6;
	readonly main: FibTable6;
	/** Rules were added or removed: the short way is not valid. */
	custom = false;
	/** Some rule looks at protocols or ports: packets that arrive are looked into (fib6_rules_early_flow_dissect). */
	needsFlow = false;
	/** The route found, undefined when there is none. */
	route: Route6 | undefined = undefined;
	private readonly host: Fib6Host;

	constructor(host: Fib6Host) {
		this.host = host;
		this.local = this.table(RT_TABLE_LOCAL);
		this.main = this.table(RT_TABLE_MAIN);
	}
	table(id: number): FibTable6 {
		let t = this.tables.get(id);
		if (t === undefined) {
			t = new FibTable6(id, this.host);
			this.tables.set(id, t);
		}
		return t;
	}
	addRule(rule: FibRule6): void {
		insertRule(this.rules, rule);
		this.changed();
	}
	removeRule(rule: FibRule6): void {
		this.rules = this.rules.filter((r) => r !== rule);
		this.changed();
	}
	private changed(): void {
		this.custom = true;
		this.needsFlow = this.rules.some(looksAtFlow);
	}
	/** fib6_rule_lookup: 0 and the answer in `route`, or an errno (of a route that leads nowhere, or ENETUNREACH). */
	lookup(flow: Flow6, oif: number, strict: boolean, reachable: boolean): number {
		this.route = undefined;
		if (!this.custom) {
			const { w } = flow;
			let r = this.local.lookup(w, 0, oif, strict, reachable);
			if (r === undefined || routeError6(r.type) === EAGAIN) {
				r = this.main.lookup(w, 0, oif, strict, reachable);
				if (r === undefined || routeError6(r.type) === EAGAIN) return ENETUNREACH;
			}
			this.route = r;
			return routeError6(r.type);
		}
		for (let i = 0; i < this.rules.length; i++) {
			const rule = this.rules[i];
			if (!matches(rule, flow) || rule.action === FR_ACT_NOP) continue;
			if (rule.action === FR_ACT_GOTO) {
				i = gotoIndex(this.rules, i) - 1;
				continue;
			}
			if (rule.action === FR_ACT_UNREACHABLE) return ENETUNREACH;
			if (rule.action === FR_ACT_PROHIBIT) return EACCES;
			if (rule.action === FR_ACT_BLACKHOLE) return EINVAL;
			const r = this.tables.get(rule.table)?.lookup(flow.w, 0, oif, strict, reachable);
			if (r === undefined) continue;
			const error = routeError6(r.type);
			if (error === EAGAIN || (error === 0 && r.prefixLen <= rule.suppressPrefixLen)) continue;
			this.route = r;
			return error;
		}
		return ENETUNREACH;
	}
	/** The route whose gateway a redirect came from (ip6_route_redirect): in the tables in the order of the rules. */
	firstFrom(flow: Flow6, from: (r: Route6) => boolean): Route6 | undefined {
		for (const rule of this.rules) {
			if (rule.action !== FR_ACT_TO_TBL || !matches(rule, flow)) continue;
			const r = this.tables.get(rule.table)?.firstFrom(flow.w, from);
			if (r !== undefined) return r;
		}
		return undefined;
	}
}

function inPrefix(w: Int32Array, o: number, p: In6, length: number): boolean {
	for (let i = 0; 32 * i < length; i++) if (((w[o + i] ^ p[i]) & maskWord(length, i)) !== 0) return false;
	return true;
}
/** fib6_rule_match */
function matches(r: FibRule6, flow: Flow6): boolean {
	const ok =
		inPrefix(flow.w, 0, r.dst, r.dstLen) &&
		inPrefix(flow.w, 4, r.src, r.srcLen) &&
		(r.tos === 0 || r.tos === flow.tclass) &&
		((flow.mark ^ r.mark) & r.markMask) === 0 &&
		(r.iif === "" || r.iif === flow.iif) &&
		(r.oif === "" || r.oif === flow.oif) &&
		matchesFlow(r, flow.protocol, flow.sport, flow.dport);
	return ok !== r.invert;
}
