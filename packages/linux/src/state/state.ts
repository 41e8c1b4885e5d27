/** Everything that a namespace knows at one instant, as the real tools would print it: fdb, neighbours, connections, rules, links. */
import type { Machine } from "@hookline/engine/ip/machine";
import type { Xtables } from "@hookline/engine/netfilter/tables";
import { bridgeFdbLines } from "../bridge/fdb-list.ts";
import { saveAll } from "../iptables/save.ts";
import { conntrackLines } from "./conntrack.ts";
import { linkLines } from "./links.ts";
import { neighLines } from "./neigh.ts";

/** Of all namespaces, the root first, the others by name. Every line without blanks at its end. */
export function stateText(machine: Machine): string[] {
	const names = [...machine.named.keys()].sort(byCodeUnit);
	const out: string[] = [];
	for (const [name, ns] of [
		["root", machine.root] as const,
		...names.map((n) => [n, machine.named.get(n)!] as const),
	]) {
		const put = (title: string, lines: readonly string[]): void => {
			out.push(`== ${name}: ${title}`, ...lines);
		};
		put("bridge fdb", bridgeFdbLines(ns).map(trim).sort(byCodeUnit));
		put("ip neigh", neighLines(ns).sort(byCodeUnit));
		put("conntrack", conntrackLines(machine, ns).sort(byCodeUnit));
		put("iptables-save -c", rules(ns.xtables));
		put("ip6tables-save -c", rules(ns.xtables6));
		put("links", linkLines(ns, !machine.ipv6).sort(byCodeUnit));
	}
	return out;
}

function rules(tables: Xtables): string[] {
	return saveAll(tables, true)
		.split("\n")
		.filter((line) => line !== "" && !line.startsWith("#"))
		.map((line) => line.trimEnd());
}
function trim(line: string): string {
	return line.trim();
}
function byCodeUnit(a: string, b: string): number {
	return a < b ? -1 : a > b ? 1 : 0;
}
