/** What a lab file asks of iptables and cannot get, found without running anything. */
import type { NfFamily } from "@hookline/engine/netfilter/types";
import { matchesOf, OTHER_MATCHES, OTHER_TARGETS } from "./extensions.ts";
import { targetsOf } from "./targets.ts";

type Word = string | undefined;

/** Problems of an `iptables` command line; undefined words are known only at run time. */
export function checkIptables(argv: readonly Word[], family: NfFamily = 4): string[] {
	const problems: string[] = [];
	const missing = new Set<string>();
	for (let i = 0; i < argv.length; i++) {
		const word = argv[i];
		if (word === undefined) continue;
		const name = argv[i + 1];
		if (word === "-m" || word === "--match") {
			i++;
			if (name !== undefined && !matchesOf(family).has(name) && OTHER_MATCHES[family].has(name))
				problems.push(`match ${name} is not supported`);
		} else if (word === "-j" || word === "--jump") {
			i++;
			if (name === undefined) continue;
			if (OTHER_TARGETS[family].has(name)) problems.push(`target ${name} is not supported`);
			for (const o of targetsOf(family).get(name)?.options ?? [])
				if (o.unsupported === true) missing.add(`--${o.name}`);
		} else if (word === "-p" || word === "--protocol") {
			i++;
			if (name !== undefined && ["sctp", "dccp", "esp", "ah"].includes(name) && asksForPorts(argv))
				problems.push(`match ${name} is not supported`);
		} else if (word === "-h" || word === "--help")
			problems.push("the help text of iptables is not supported");
		else if (missing.has(word)) problems.push(`option ${word} is not supported`);
	}
	return problems;
}
/** Options that would bring in the protocol's match. */
function asksForPorts(argv: readonly Word[]): boolean {
	const multiport = argv.includes("multiport");
	return (
		!multiport &&
		argv.some(
			(w) => w !== undefined && /^--(sport|dport|source-port|destination-port|[ae]hspi|espspi)$/.test(w),
		)
	);
}
