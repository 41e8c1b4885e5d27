/** `ip -6 rule` (iprule.c of iproute2; net/core/fib_rules.c, net/ipv6/fib6_rules.c). */
import { FR_ACT_TO_TBL, RT_TABLE_MAIN } from "@hookline/engine/ip/fib-rules";
import type { Netns } from "@hookline/engine/ip/netns";
import type { FibRule6 } from "@hookline/engine/ip6/fib6-rules";
import type { In6 } from "@hookline/engine/ring/in6";
import { formatAddress6, samePrefix6 } from "../address6-text.ts";
import { protocolName } from "../ip/names.ts";
import { checkFlow, fitsFlow, flowOf, flowWords, parseRuleWords, type RuleWords } from "../ip/rule.ts";
import { answers, type Words } from "../ip/words.ts";
import { ANY, type Prefix6Value, prefix6Value } from "./values.ts";

export type Rule6Request = RuleWords<Prefix6Value>;

export function parseRule6(words: Words, show: boolean): Rule6Request {
	return parseRuleWords(words, prefix6Value, show);
}
export function addRule6(ns: Netns, r: Rule6Request): void {
	const { fib } = ns.ip6;
	const mark = r.mark ?? 0;
	const action = r.action ?? FR_ACT_TO_TBL;
	const second = fib.rules[1];
	const pref = r.pref ?? (second === undefined || second.pref === 0 ? 0 : second.pref - 1);
	checkFlow(r, pref);
	const rule: FibRule6 = {
		pref,
		action,
		table: action === FR_ACT_TO_TBL ? r.table || RT_TABLE_MAIN : 0,
		src: r.from?.addr ?? ANY,
		srcLen: r.from?.length ?? 0,
		dst: r.to?.addr ?? ANY,
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
	const key = (x: FibRule6): string => JSON.stringify({ ...x, protocol: 0 });
	if (fib.rules.some((x) => key(x) === key(rule))) answers("File exists");
	fib.addRule(rule);
	ns.core.generation++;
}
export function deleteRule6(ns: Netns, r: Rule6Request): void {
	const rule = ns.ip6.fib.rules.find((x) => fits(x, r) && (r.action === undefined || x.action === r.action));
	if (rule === undefined) throw answers("No such file or directory");
	ns.ip6.fib.removeRule(rule);
	ns.core.generation++;
}
/** Everything but preference 0 goes. */
export function flushRules6(ns: Netns, r: Rule6Request): void {
	for (const rule of [...ns.ip6.fib.rules])
		if (rule.pref !== 0 && (r.protocol === undefined || rule.protocol === r.protocol))
			ns.ip6.fib.removeRule(rule);
	ns.core.generation++;
}
function fits(x: FibRule6, r: Rule6Request): boolean {
	const same = (prefix: Prefix6Value | undefined, addr: In6, length: number): boolean =>
		prefix === undefined ||
		prefix.length === 0 ||
		(prefix.length === length && samePrefix6(prefix.addr, addr, 128));
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
export function showRules6(ns: Netns, r: Rule6Request, details: boolean): string {
	const inside = (prefix: Prefix6Value | undefined, addr: In6, length: number): boolean =>
		prefix === undefined ||
		prefix.length === 0 ||
		(length !== 0 && samePrefix6(addr, prefix.addr, prefix.length));
	const { from, to, ...others } = r;
	return ns.ip6.fib.rules
		.filter((x) => inside(from, x.src, x.srcLen) && inside(to, x.dst, x.dstLen) && fits(x, others))
		.map((x) => ruleLine(ns, x, details))
		.join("");
}
function ruleLine(ns: Netns, x: FibRule6, details: boolean): string {
	const prefix = (addr: In6, length: number): string =>
		formatAddress6(addr) + (length === 128 ? "" : `/${length}`);
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
	] as const)
		if (name !== "") s += `${key} ${name} ${ns.device(name) === undefined ? "[detached] " : ""}`;
	s += flowWords(x, ns.ip6.fib.rules);
	if (details) s += ` proto ${protocolName(x.protocol === 3 ? 0 : x.protocol)}`;
	return `${s}\n`;
}
