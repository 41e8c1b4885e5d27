/** The words of `ip rule`, of either family (iprule.c of iproute2). */
import {
	FR_ACT_BLACKHOLE,
	FR_ACT_GOTO,
	FR_ACT_NOP,
	FR_ACT_PROHIBIT,
	FR_ACT_TO_TBL,
	FR_ACT_UNREACHABLE,
} from "@hookline/engine/ip/fib-rules";
import { parseNumber, parseRouteType, parseTable } from "./names.ts";
import { isInterfaceName, namedValue, numberValue } from "./values.ts";
import { abbreviates, badArgument, UNKNOWN, unsupported, type Words } from "./words.ts";

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
const ACTIONS = [FR_ACT_BLACKHOLE, FR_ACT_UNREACHABLE, FR_ACT_PROHIBIT];
const OTHERS = ["realms", "suppress_ifgroup", "sup_group", "uidrange"];
const MORE = ["tun_id", "l3mdev", "nat", "map-to"];

/** `show`: the words select rules; else they describe one. */
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
export function ipprotoName(number: number): string {
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
function interfaceValue(word: string, key: string): string {
	if (word !== UNKNOWN && !isInterfaceName(word)) badArgument(`"${key}" not a valid ifname`, word);
	return word;
}
