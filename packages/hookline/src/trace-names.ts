/** What a lab's trace records number, by name: namespaces, devices, rules. */
import { TABLE_NAMES } from "@hookline/engine/netfilter/rule";
import { T_POLICY, T_RULE, TABLE6 } from "@hookline/engine/trace/kinds";
import { printRule } from "@hookline/linux/iptables/print";
import type { DeviceName, NetnsName, TraceNames } from "@hookline/scenario/record";
import type { Lab } from "./lab.ts";

/** All namespaces and devices that exist now. */
export function traceNames(lab: Lab): TraceNames {
	const all = lab.machine.all();
	return {
		netns: all.map(({ id, name }): NetnsName => ({ id, name })),
		devices: all.flatMap((ns) =>
			ns.devices.map(({ id, name, ifindex }): DeviceName => ({ id, name, netns: ns.id, ifindex })),
		),
	};
}

/** Words of rules and policies, as `iptables -S` has them; each rule is put into words once. */
export class RuleNames {
	private readonly lab: Lab;
	private readonly known: Map<string, string> = new Map();
	private generation = -1;

	constructor(lab: Lab) {
		this.lab = lab;
	}
	/**
	 * `nat POSTROUTING 1: -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE` for a T_RULE record, `filter FORWARD` for a T_POLICY, empty
	 * for any other kind and for a rule that is gone. `netns` is a namespace id; the rest are the record's fields.
	 */
	of(kind: number, netns: number, table: number, chain: number, index: number): string {
		if (kind !== T_RULE && kind !== T_POLICY) return "";
		const { generation } = this.lab.machine.core;
		if (generation !== this.generation) {
			this.known.clear();
			this.generation = generation;
		}
		const key = `${kind} ${netns} ${table} ${chain} ${index}`;
		let text = this.known.get(key);
		if (text === undefined) {
			text = this.find(kind, netns, table, chain, index);
			this.known.set(key, text);
		}
		return text;
	}
	private find(kind: number, netns: number, tableId: number, chainId: number, index: number): string {
		const ns = this.lab.machine.all().find((n) => n.id === netns);
		const six = tableId >= TABLE6;
		const table = TABLE_NAMES[six ? tableId - TABLE6 : tableId];
		const chain = (six ? ns?.xtables6 : ns?.xtables)?.peek(table)?.chains[chainId];
		const name = six ? `ip6 ${table}` : table;
		if (chain === undefined) return "";
		if (kind === T_POLICY) return `${name} ${chain.name}`;
		const entry = chain.entries[index - 1];
		if (entry === undefined) return "";
		const words = printRule(chain.name, entry.rule).slice(`-A ${chain.name}`.length).trim();
		return `${name} ${chain.name} ${index}${words === "" ? "" : `: ${words}`}`;
	}
}
