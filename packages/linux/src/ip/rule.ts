/**
 * `ip rule` and `ip -6 rule`: changes and text (iprule.c of iproute2; net/core/fib_rules.c for what is refused and which preference
 * a rule gets). What differs between the families is a `RuleFamily`.
 */
import { prefixMask } from "@hookline/engine/ip/address";
import {
	type FibRule,
	type FlowRule,
	FR_ACT_GOTO,
	FR_ACT_NOP,
	FR_ACT_TO_TBL,
	RT_TABLE_MAIN,
} from "@hookline/engine/ip/fib-rules";
import type { Netns } from "@hookline/engine/ip/netns";
import { formatAddress, isIpv6 } from "../address-text.ts";
import { protocolName, routeTypeName, tableName } from "./names.ts";
import { ipprotoName, parseRuleWords, type RuleWords } from "./rule-parse.ts";
import { type Family, prefixValue } from "./values.ts";
import { answers, fail, kernelError, type Words } from "./words.ts";

/** `A` is an address: a number, or four words. */
interface Prefix<A> {
	readonly addr: A;
	readonly length: number;
}
export interface RuleFamily<A> {
	/** The address of no bits, and how many an address has. */
	readonly any: A;
	readonly bits: number;
	parse(words: Words, family: Family, show: boolean): RuleWords<Prefix<A>>;
	rules(ns: Netns): {
		readonly rules: readonly FibRule<A>[];
		addRule(rule: FibRule<A>): void;
		removeRule(rule: FibRule<A>): void;
	};
	format(addr: A): string;
	/** Are the first `length` bits equal? */
	samePrefix(a: A, b: A, length: number): boolean;
	/** What this family alone refuses in a new rule. */
	check(r: RuleWords<Prefix<A>>): void;
}
export const RULES_4: RuleFamily<number> = {
	any: 0,
	bits: 32,
	parse: (words, family, show) =>
		parseRuleWords(
			words,
			// an IPv6 prefix does not make it an IPv6 rule; the kernel refuses its length
			(word, which) =>
				family === 0 && isIpv6(word) ? kernelError(`Invalid ${which} address`) : prefixValue(word, family),
			show,
		),
	rules: (ns) => ns.fib,
	format: formatAddress,
	samePrefix: (a, b, length) => ((a ^ b) & prefixMask(length)) === 0,
	check(r) {
		if ((r.tos ?? 0) & ~0x1c) kernelError("Invalid dsfield (tos): ECN bits must be 0");
	},
};

function checkRange(range: readonly [number, number] | undefined, name: string): void {
	if (range !== undefined && (range[0] === 0 || range[1] === 0 || range[0] > range[1] || range[1] === 0xffff))
		kernelError(`Invalid ${name} range`);
}

export function addRule<A>(family: RuleFamily<A>, ns: Netns, r: RuleWords<Prefix<A>>): void {
	family.check(r);
	const fib = family.rules(ns);
	const mark = r.mark ?? 0;
	const action = r.action ?? FR_ACT_TO_TBL;
	const pref = r.pref ?? automaticPreference(fib.rules);
	checkFlow(r, pref);
	const rule: FibRule<A> = {
		pref,
		action,
		table: action === FR_ACT_TO_TBL ? r.table || RT_TABLE_MAIN : 0,
		src: r.from?.addr ?? family.any,
		srcLen: r.from?.length ?? 0,
		dst: r.to?.addr ?? family.any,
		dstLen: r.to?.length ?? 0,
		tos: r.tos ?? 0,
		mark,
		markMask: r.markMask ?? (mark === 0 ? 0 : -1),
		iif: r.iif ?? "",
		oif: r.oif ?? "",
		invert: r.not ?? false,
		...flowOf(r),
		protocol: r.protocol ?? 3,
	};
	const { src: _src, dst: _dst, protocol: _protocol, ...plain } = rule;
	const equal = (a: FibRule<A>): boolean =>
		(Object.keys(plain) as (keyof typeof plain)[]).every((k) => a[k] === rule[k]) &&
		family.samePrefix(a.src, rule.src, family.bits) &&
		family.samePrefix(a.dst, rule.dst, family.bits);
	if (fib.rules.some(equal)) answers("File exists");
	fib.addRule(rule);
	ns.core.generation++;
}
/** One below the first rule that is not the very first (fib_default_rule_pref). */
function automaticPreference(rules: readonly { readonly pref: number }[]): number {
	const second = rules[1];
	return second === undefined || second.pref === 0 ? 0 : second.pref - 1;
}
export function deleteRule<A>(family: RuleFamily<A>, ns: Netns, r: RuleWords<Prefix<A>>): void {
	const fib = family.rules(ns);
	const rule = fib.rules.find((x) => fits(family, x, r) && (r.action === undefined || x.action === r.action));
	if (rule === undefined) throw answers("No such file or directory");
	fib.removeRule(rule);
	ns.core.generation++;
}
/** Everything but preference 0 goes. */
export function flushRules<A>(family: RuleFamily<A>, ns: Netns, r: RuleWords<Prefix<A>>): void {
	const fib = family.rules(ns);
	for (const rule of [...fib.rules])
		if (rule.pref !== 0 && (r.protocol === undefined || rule.protocol === r.protocol)) fib.removeRule(rule);
	ns.core.generation++;
}
function fits<A>(family: RuleFamily<A>, x: FibRule<A>, r: RuleWords<Prefix<A>>): boolean {
	const same = (prefix: Prefix<A> | undefined, addr: A, length: number): boolean =>
		prefix === undefined ||
		prefix.length === 0 ||
		(prefix.length === length && family.samePrefix(prefix.addr, addr, family.bits));
	return (
		same(r.from, x.src, x.srcLen) &&
		same(r.to, x.dst, x.dstLen) &&
		(!r.tos || r.tos === x.tos) &&
		(!r.mark || r.mark === x.mark) &&
		(r.markMask === undefined || r.markMask === x.markMask) &&
		(r.iif === undefined || r.iif === x.iif) &&
		(r.oif === undefined || r.oif === x.oif) &&
		(!r.table || r.table === x.table) &&
		fitsFlow(x, r) &&
		(r.pref === undefined || r.pref === x.pref)
	);
}

/** A selection shows the rules whose addresses lie in its prefixes and that are equal otherwise. */
export function showRules<A>(
	family: RuleFamily<A>,
	ns: Netns,
	r: RuleWords<Prefix<A>>,
	details: boolean,
): string {
	const inside = (prefix: Prefix<A> | undefined, addr: A, length: number): boolean =>
		prefix === undefined ||
		prefix.length === 0 ||
		(length !== 0 && family.samePrefix(addr, prefix.addr, prefix.length));
	const { from, to, ...others } = r;
	return family
		.rules(ns)
		.rules.filter(
			(x) => inside(from, x.src, x.srcLen) && inside(to, x.dst, x.dstLen) && fits(family, x, others),
		)
		.map((x) => ruleLine(family, ns, x, details))
		.join("");
}
function ruleLine<A>(family: RuleFamily<A>, ns: Netns, x: FibRule<A>, details: boolean): string {
	const prefix = (addr: A, length: number): string =>
		family.format(addr) + (length === family.bits ? "" : `/${length}`);
	let s = `${x.pref}:\t${x.invert ? "not " : ""}from ${x.srcLen === 0 ? "all" : prefix(x.src, x.srcLen)} `;
	if (x.dstLen !== 0) s += `to ${prefix(x.dst, x.dstLen)} `;
	if (x.tos !== 0) s += `tos 0x${x.tos.toString(16).padStart(2, "0")} `;
	if (x.mark !== 0 || x.markMask !== 0) {
		s += `fwmark 0x${(x.mark >>> 0).toString(16)}`;
		s += x.markMask === -1 ? " " : `/0x${(x.markMask >>> 0).toString(16)} `;
	}
	for (const [key, name] of [
		["iif", x.iif],
		["oif", x.oif],
	] as const) {
		if (name !== "") s += `${key} ${name} ${ns.device(name) === undefined ? "[detached] " : ""}`;
	}
	s += flowWords(x, family.rules(ns).rules);
	if (details) s += ` proto ${protocolName(x.protocol === 3 ? 0 : x.protocol)}`;
	return `${s}\n`;
}
/** The end of a rule's line, from `ipproto` on. `rules`: where a goto may lead. */
function flowWords(
	x: FlowRule & { readonly action: number; readonly table: number },
	rules: readonly { readonly pref: number }[],
): string {
	let s = "";
	if (x.ipproto !== 0) s += `ipproto ${ipprotoName(x.ipproto)} `;
	if (x.sportTo !== 0) s += `sport ${range(x.sportFrom, x.sportTo)} `;
	if (x.dportTo !== 0) s += `dport ${range(x.dportFrom, x.dportTo)} `;
	if (x.action === FR_ACT_TO_TBL) {
		s += `lookup ${tableName(x.table)}`;
		if (x.suppressPrefixLen >= 0) s += ` suppress_prefixlength ${x.suppressPrefixLen}`;
	} else if (x.action === FR_ACT_GOTO) {
		s += `goto ${x.target}`;
		if (!rules.some((r) => r.pref === x.target)) s += " [unresolved]";
	} else s += x.action === FR_ACT_NOP ? "nop" : routeTypeName(x.action);
	return s;
}
/** What the words say about protocol, ports, prefixes to pass over and where to go on. */
function flowOf(r: RuleWords<unknown>): FlowRule {
	return {
		ipproto: r.ipproto ?? 0,
		sportFrom: r.sport?.[0] ?? 0,
		sportTo: r.sport?.[1] ?? 0,
		dportFrom: r.dport?.[0] ?? 0,
		dportTo: r.dport?.[1] ?? 0,
		suppressPrefixLen: r.suppressPrefixLen ?? -1,
		target: r.target ?? 0,
	};
}
function fitsFlow(x: FlowRule, r: RuleWords<unknown>): boolean {
	return (
		(!r.ipproto || r.ipproto === x.ipproto) &&
		(r.sport === undefined || (r.sport[0] === x.sportFrom && r.sport[1] === x.sportTo)) &&
		(r.dport === undefined || (r.dport[0] === x.dportFrom && r.dport[1] === x.dportTo)) &&
		(r.suppressPrefixLen === undefined || r.suppressPrefixLen === x.suppressPrefixLen) &&
		(r.target === undefined || r.target === x.target)
	);
}
/** What the kernel refuses in rules of both families (fib_nl2rule). */
function checkFlow(r: RuleWords<unknown>, pref: number): void {
	checkRange(r.sport, "sport");
	checkRange(r.dport, "dport");
	if (r.action === FR_ACT_GOTO && (r.target ?? 0) <= pref) kernelError("Backward goto not supported");
}
function range(from: number, to: number): string {
	return from === to ? String(from) : `${from}-${to}`;
}
export function requireArguments(verb: "del" | "delete"): never {
	return fail(1, `"ip rule ${verb}" requires arguments.`);
}
