/** A namespace that has nothing but its tables. */

import { CtTable } from "@hookline/engine/netfilter/ct-table";
import { Xtables } from "@hookline/engine/netfilter/tables";
import type { NatTargets } from "@hookline/engine/netfilter/target";
import type { CtView, NfFamily, NfHost } from "@hookline/engine/netfilter/types";
import { Core } from "@hookline/engine/ring/core";
import { runIptablesRestore } from "../../src/iptables/restore.ts";
import { runIptables } from "../../src/iptables/run.ts";
import { runIptablesSave } from "../../src/iptables/save.ts";

const host: NfHost = {
	id: 0,
	addrType: () => 1,
	masqueradeAddress: () => 0,
	firstAddress: () => 0,
	reject: () => {},
	defrag: (f) => f,
	routeAgain: () => 0,
	mtuTo: () => 1500,
	nextHop: () => 0,
	rpfilter: () => true,
	conntrackMax: 65536,
};
const ct: CtView = {
	status: () => 0,
	getMark: () => 0,
	setMark: () => {},
	protocol: () => 0,
	src: () => 0,
	dst: () => 0,
	sport: () => 0,
	dport: () => 0,
	expiresIn: () => 0,
	table: new CtTable(new Float64Array(1)),
};
const nat: NatTargets = {
	setup: () => 1,
	setMasqueradeDevice: () => {},
	masquerade: () => 1,
	redirect: () => 1,
};

export interface Model {
	readonly tables: Xtables;
	/** Tables that were plugged in, in order. */
	readonly plugged: string[];
	/** Rules that hold connection tracking. */
	users: number;
}
export function model(family: NfFamily = 4): Model {
	const m = { plugged: [] as string[], users: 0 };
	const tables = new Xtables(
		new Core({ small: 8, big: 1 }),
		host,
		ct,
		nat,
		{
			setTable: (name) => m.plugged.push(name),
			ctGet: () => m.users++,
			ctPut: () => m.users--,
		},
		family,
	);
	return Object.assign(m, { tables });
}
/** Runs `iptables`, `iptables-save` or `iptables-restore`, or those of ip6tables on a model of that family; both outputs in the order in which they came. */
export function run(m: Model, words: readonly string[], stdin = ""): { text: string; status: number } {
	let text = "";
	const io = {
		stdin,
		out: (t: string) => {
			text += t;
		},
		err: (t: string) => {
			text += t;
		},
		readFile: () => undefined,
	};
	const [command, ...argv] = words;
	const status = command.endsWith("-save")
		? runIptablesSave(argv, m.tables, io)
		: command.endsWith("-restore")
			? runIptablesRestore(argv, m.tables, io)
			: runIptables(argv, m.tables, io);
	return { text, status };
}
