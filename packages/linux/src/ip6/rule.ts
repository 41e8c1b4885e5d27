/** What `ip -6 rule` has of its own (net/ipv6/fib6_rules.c). */
import type { In6 } from "@hookline/engine/ring/in6";
import { formatAddress6, samePrefix6 } from "../address6-text.ts";
import type { RuleFamily } from "../ip/rule.ts";
import { parseRuleWords } from "../ip/rule-parse.ts";
import { ANY, prefix6Value } from "./values.ts";

export const RULES_6: RuleFamily<In6> = {
	any: ANY,
	bits: 128,
	parse: (words, _family, show) => parseRuleWords(words, prefix6Value, show),
	rules: (ns) => ns.ip6.fib,
	format: formatAddress6,
	samePrefix: samePrefix6,
	check() {},
};
