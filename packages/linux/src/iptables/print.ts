/** Rules as `iptables -S` and `iptables-save` write them. */

import type { AddrMask, IfaceSpec, Match, Rule } from "@hookline/engine/netfilter/rule";
import { isAnyMask, TABLE_NAMES } from "@hookline/engine/netfilter/rule";
import type { XtTable } from "@hookline/engine/netfilter/table";
import type { Xtables } from "@hookline/engine/netfilter/tables";
import type { NfFamily } from "@hookline/engine/netfilter/types";
import { join, not, printMatchBasic } from "./matches.ts";
import { printMatchConntrack } from "./matches-conntrack.ts";
import { printMatchLists } from "./matches-lists.ts";
import { printMatchMore } from "./matches-more.ts";
import { printMatch6 } from "./matches6.ts";
import { protocolName } from "./names.ts";
import { printTargetOptions } from "./targets.ts";
import { printAddress, printMask } from "./values.ts";

function printSide(option: string, a: AddrMask): string {
	if (isAnyMask(a.mask) && !a.not) return "";
	return `${not(a.not)}${option} ${printAddress(a.addr)}${printMask(a.mask)}`;
}
function printIface(option: string, i: IfaceSpec): string {
	return i.name === "" || i.name === "+" ? "" : `${not(i.not)}${option} ${i.name}`;
}
export function printMatch(m: Match, family: NfFamily): string {
	return join("-m", m.type, printMatchOptions(m, family));
}
/** What follows `-m NAME`. */
function printMatchOptions(m: Match, family: NfFamily): string {
	const known = printMatchBasic(m) ?? printMatchConntrack(m) ?? printMatchMore(m) ?? printMatch6(m);
	return known ?? printMatchLists(m, family) ?? "";
}
/** The family of a rule is that of its addresses. */
export function familyOf(r: Rule): NfFamily {
	return typeof r.src.addr === "number" ? 4 : 6;
}
/** The target, with its `-j` or `-g`; empty for a rule that only counts. */
export function printTarget(r: Rule): string {
	const t = r.target;
	if (t.type === "none") return "";
	if (t.type === "jump") return `${t.goto ? "-g" : "-j"} ${t.chain}`;
	return join("-j", t.type === "CT" && t.alias ? "NOTRACK" : t.type, printTargetOptions(t, familyOf(r)));
}
/** `-A CHAIN …`; `counters` goes where `iptables -S -v` puts it. */
export function printRule(chain: string, r: Rule, counters = ""): string {
	return join(
		`-A ${chain}`,
		printSide("-s", r.src),
		printSide("-d", r.dst),
		printIface("-i", r.in),
		printIface("-o", r.out),
		r.proto !== 0 && `${not(r.protoNot)}-p ${protocolName(r.proto)}`,
		r.frag.on && `${not(r.frag.not)}-f`,
		...r.matches.map((m) => printMatch(m, familyOf(r))),
		counters,
		printTarget(r),
	);
}

/** The rule that a trace record names: table id, chain id and rule number from 1; undefined when it is gone. */
export function describeRule(
	tables: Xtables,
	tableId: number,
	chainId: number,
	index: number,
): string | undefined {
	const t: XtTable | undefined = tables.peek(TABLE_NAMES[tableId]);
	const chain = t?.chains[chainId];
	const entry = chain?.entries[index - 1];
	if (chain === undefined || entry === undefined) return undefined;
	return printRule(chain.name, entry.rule);
}
