/** `ip rule` (iprule.c of iproute2, net/core/fib_rules.c for what is refused and which preference a rule gets). */

import { prefixMask } from "@hookline/engine/ip/address";
import {
	type FibRule,
	type FlowRule,
	FR_ACT_BLACKHOLE,
	FR_ACT_GOTO,
	FR_ACT_NOP,
	FR_ACT_PROHIBIT,
	FR_ACT_TO_TBL,
	FR_ACT_UNREACHABLE,
	RT_TABLE_MAIN,
} from "@hookline/engine/ip/fib-rules";
import type { Netns } from "@hookline/engine/ip/netns";
import { formatAddress, isIpv6 } from "../address-text.ts";
import { parseNumber, parseRouteType, parseTable, protocolName, routeTypeName, tableName } from "./names.ts";
import {
	type Family,
	isInterfaceName,
	namedValue,
	numberValue,
	type PrefixValue,
	prefixValue,
} from "./values.ts";
import {
	abbreviates,
	answers,
	badArgument,
	fail,
	kernelError,
	UNKNOWN,
	unsupported,
	type Words,
} from "./words.ts";

/** The words of a rule; `P` is a prefix of the family. */
export interface RuleWords<P> {
	from?: P;
	to?: P;
	tos?: number;
	mark?: number;
	markMask?: number;
	iif?: string;
	oif?: string;
	table?: number;
	pref?: number;
	not?: boolean;
	/** FR_ACT_* */
	action?: number;
	protocol?: number;
	ipproto?: number;
	sport?: readonly [number, number];
	dport?: readonly [number, number];
	suppressPrefixLen?: number;
	target?: number;
}
export type RuleRequest = RuleWords<PrefixValue>;

const ACTIONS = [FR_ACT_BLACKHOLE, FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT];
const OTHERS = ["realms", "suppress_ifgroup", "sup_group", "uidrange"];
const MORE = ["tun_id", "l3mdev", "nat", "map-to"];

/** `show`: the words select rules; else they describe one. */
export function parseRule(words: Words, family: Family, show: boolean): RuleRequest {
	const prefix = (word: string, which: "source" | "dest"): PrefixValue =>
		// an IPv6 prefix does not make it an IPv6 rule; the kernel refuses its length
		family === 0 && isIpv6(word) ? kernelError(`Invalid ${which} address`) : prefixValue(word, family);
	return parseRuleWords(words, prefix, show);
}
export function parseRuleWords<P>(
	words: Words,
	prefix: (word: string, which: "source" | "dest") => P,
	show: boolean,
): RuleWords<P> {
	const r: RuleWords<P> = {};
	while (!words.done) {
		const key = words.keyword();
		if (key === "not") r.not = true;
		else if (key === "from") r.from = prefix(words.value(), "source");
		else if (key === "to") r.to = prefix(words.value(), "dest");
		else if (abbreviates(key, "preference") || abbreviates(key, "order") || abbreviates(key, "priority"))
			r.pref = numberValue(words.value(), show ? "invalid preference\n" : "preference value is invalid");
		else if (key === "tos" || abbreviates(key, "dsfield"))
			r.tos = numberValue(words.value(), "TOS value is invalid", 255);
		else if (key === "fwmark") parseMark(r, words.value());
		else if (abbreviates(key, "protocol"))
			r.protocol = numberValue(words.value(), '"protocol" value is invalid', 255);
		else if (abbreviates(key, "table") || key === "lookup")
			r.table = namedValue(words.value(), parseTable, "invalid table ID", 254);
		else if (key === "dev" || key === "iif") r.iif = interfaceValue(words.value(), key);
		else if (key === "oif") r.oif = interfaceValue(words.value(), key);
		else if (key === "ipproto") r.ipproto = ipprotoValue(words.value());
		else if (key === "sport") r.sport = portRange(words.value());
		else if (key === "dport") r.dport = portRange(words.value());
		else if (key === "suppress_prefixlength" || key === "sup_pl")
			r.suppressPrefixLen = numberValue(words.value(), "suppress_prefixlength value is invalid");
		else if (key === "goto") {
			r.target = numberValue(words.value(), "invalid target");
			r.action = FR_ACT_GOTO;
		} else if (key === "nop") r.action = FR_ACT_NOP;
		else if (OTHERS.includes(key) || MORE.includes(key)) unsupported(`ip rule option ${key}`);
		else {
			const word = key === "type" ? words.value() : key;
			const type = parseRouteType(word);
			if (type === undefined) badArgument("Failed to parse rule type", word);
			else if (type === FR_ACT_TO_TBL) r.action = type;
			else if (ACTIONS.includes(type)) r.action = type;
			else unsupported(`ip rule type ${word}`);
		}
	}
	return r;
}
function parseMark(r: RuleWords<unknown>, word: string): void {
	if (word === UNKNOWN) return;
	const [mark = "", mask] = word.split("/");
	r.mark = (parseNumber(mark) ?? badArgument("fwmark value is invalid", word, true)) | 0;
	if (mask !== undefined)
		r.markMask = (parseNumber(mask) ?? badArgument("fwmask value is invalid", mask, true)) | 0;
}
const IPPROTO_NAMES: readonly (readonly [string, number])[] = [
	["icmp", 1],
	["igmp", 2],
	["tcp", 6],
	["udp", 17],
	["dccp", 33],
	["gre", 47],
	["esp", 50],
	["ah", 51],
	["ipv6-icmp", 58],
	["ospf", 89],
	["ipcomp", 108],
	["sctp", 132],
	["udplite", 136],
];
/** inet_proto_a2n, inet_proto_n2a */
function ipprotoValue(word: string): number {
	if (word === UNKNOWN) return 1;
	const known = IPPROTO_NAMES.find(([name]) => name === word)?.[1] ?? parseNumber(word, 255);
	return known ?? badArgument('Invalid "ipproto" value\n', word);
}
function ipprotoName(number: number): string {
	return IPPROTO_NAMES.find(([, n]) => n === number)?.[0] ?? `ipproto-${number}`;
}
/** Whether the range makes sense is the kernel's to say. */
function portRange(word: string): readonly [number, number] {
	if (word === UNKNOWN) return [1, 1];
	const parts = /^(\d+)(?:-(\d+))?$/.exec(word);
	if (parts === null) return badArgument("invalid port range", word);
	const from = Number(parts[1]) & 0xffff;
	const to = parts[2] === undefined ? from : Number(parts[2]) & 0xffff;
	return [from, to];
}
function checkRange(range: readonly [number, number] | undefined, name: string): void {
	if (range !== undefined && (range[0] === 0 || range[1] === 0 || range[0] > range[1] || range[1] === 0xffff))
		kernelError(`Invalid ${name} range`);
}
function interfaceValue(word: string, key: string): string {
	if (word !== UNKNOWN && !isInterfaceName(word)) badArgument(`"${key}" not a valid ifname`, word);
	return word;
}

export function addRule(ns: Netns, r: RuleRequest): void {
	if ((r.tos ?? 0) & ~0x1c) kernelError("Invalid dsfield (tos): ECN bits must be 0");
	const mark = r.mark ?? 0;
	const pref = r.pref ?? automaticPreference(ns);
	checkFlow(r, pref);
	const rule: FibRule = {
		pref,
		action: r.action ?? FR_ACT_TO_TBL,
		table: (r.action ?? FR_ACT_TO_TBL) === FR_ACT_TO_TBL ? r.table || RT_TABLE_MAIN : 0,
		src: r.from?.addr ?? 0,
		srcLen: r.from?.length ?? 0,
		dst: r.to?.addr ?? 0,
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
	const equal = (a: FibRule): boolean =>
		(Object.keys(rule) as (keyof FibRule)[]).every((k) => k === "protocol" || a[k] === rule[k]);
	if (ns.fib.rules.some(equal)) answers("File exists");
	ns.fib.addRule(rule);
	ns.core.generation++;
}
/** One below the first rule that is not the very first (fib_default_rule_pref). */
function automaticPreference(ns: Netns): number {
	const second = ns.fib.rules[1];
	return second === undefined || second.pref === 0 ? 0 : second.pref - 1;
}
export function deleteRule(ns: Netns, r: RuleRequest): void {
	const rule = ns.fib.rules.find((x) => fits(x, r) && (r.action === undefined || x.action === r.action));
	if (rule === undefined) answers("No such file or directory");
	else {
		ns.fib.removeRule(rule);
		ns.core.generation++;
	}
}
/** Everything but preference 0 goes. */
export function flushRules(ns: Netns, r: RuleRequest): void {
	for (const rule of [...ns.fib.rules]) {
		if (rule.pref !== 0 && (r.protocol === undefined || rule.protocol === r.protocol))
			ns.fib.removeRule(rule);
	}
	ns.core.generation++;
}
function fits(x: FibRule, r: RuleRequest): boolean {
	const same = (prefix: PrefixValue | undefined, addr: number, length: number): boolean =>
		prefix === undefined || prefix.length === 0 || (prefix.length === length && prefix.addr === addr);
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

/** A selection of `ip rule show`: the rule's source lies in the prefix, the rest is equal. */
function shows(x: FibRule, r: RuleRequest): boolean {
	const inside = (prefix: PrefixValue | undefined, addr: number, length: number): boolean =>
		prefix === undefined ||
		prefix.length === 0 ||
		(length !== 0 && ((addr ^ prefix.addr) & prefixMask(prefix.length)) === 0);
	if (!inside(r.from, x.src, x.srcLen) || !inside(r.to, x.dst, x.dstLen)) return false;
	const { from: _from, to: _to, ...others } = r;
	return fits(x, others);
}
export function showRules(ns: Netns, r: RuleRequest, details: boolean): string {
	return ns.fib.rules
		.filter((x) => shows(x, r))
		.map((x) => ruleLine(ns, x, details))
		.join("");
}
function ruleLine(ns: Netns, x: FibRule, details: boolean): string {
	const prefix = (addr: number, length: number): string =>
		formatAddress(addr) + (length === 32 ? "" : `/${length}`);
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
	s += flowWords(x, ns.fib.rules);
	if (details) s += ` proto ${protocolName(x.protocol === 3 ? 0 : x.protocol)}`;
	return `${s}\n`;
}
/** The end of a rule's line that both families have, from `ipproto` on. `rules`: where a goto may lead. */
export function flowWords(
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
export function flowOf(r: RuleWords<unknown>): FlowRule {
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
export function fitsFlow(x: FlowRule, r: RuleWords<unknown>): boolean {
	return (
		(!r.ipproto || r.ipproto === x.ipproto) &&
		(r.sport === undefined || (r.sport[0] === x.sportFrom && r.sport[1] === x.sportTo)) &&
		(r.dport === undefined || (r.dport[0] === x.dportFrom && r.dport[1] === x.dportTo)) &&
		(r.suppressPrefixLen === undefined || r.suppressPrefixLen === x.suppressPrefixLen) &&
		(r.target === undefined || r.target === x.target)
	);
}
/** What the kernel refuses in rules of both families (fib_nl2rule). */
export function checkFlow(r: RuleWords<unknown>, pref: number): void {
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
