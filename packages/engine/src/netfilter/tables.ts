/** The tables of one namespace. A table exists, and has its hooks, from the moment it is first asked for (as the legacy tool's). */
import type { Core } from "../ring/core.ts";
import type { TableName } from "./rule.ts";
import { XtTable } from "./table.ts";
import { XtTable6 } from "./table6.ts";
import type { NatTargets } from "./target.ts";
import type { CtView, NfFamily, NfHost, TableRunner } from "./types.ts";
import { XtLists } from "./xt-lists.ts";

/** What the namespace's hook list is told. */
export interface TablePlug {
	setTable(name: TableName, runner: TableRunner): void;
	/** A rule needs connection tracking (nf_ct_netns_get). */
	ctGet(): void;
	/** One rule fewer needs it. */
	ctPut(): void;
}

export class Xtables {
	readonly core: Core;
	private readonly host: NfHost;
	private readonly ct: CtView;
	private readonly nat: NatTargets;
	private readonly plug: TablePlug;
	/** What the rules share and name. */
	readonly lists: XtLists;
	private readonly tables: Map<TableName, XtTable> = new Map();

	/** Of which all its tables are. */
	readonly family: NfFamily;

	/** Both families of a namespace share `lists`. */
	constructor(
		core: Core,
		host: NfHost,
		ct: CtView,
		nat: NatTargets,
		plug: TablePlug,
		family: NfFamily = 4,
		lists: XtLists = new XtLists(core.clock),
	) {
		this.family = family;
		this.core = core;
		this.host = host;
		this.ct = ct;
		this.nat = nat;
		this.plug = plug;
		this.lists = lists;
	}
	/** The table, loaded if it was not. */
	table(name: TableName): XtTable {
		let t = this.tables.get(name);
		if (t === undefined) {
			const Table = this.family === 6 ? XtTable6 : XtTable;
			t = new Table(name, this.core, this.host, this.ct, this.nat, this.lists, this.family);
			t.onConntrackUsers = (delta) => {
				for (let i = 0; i < delta; i++) this.plug.ctGet();
				for (let i = 0; i > delta; i--) this.plug.ctPut();
			};
			this.tables.set(name, t);
			this.plug.setTable(name, t);
		}
		return t;
	}
	/** The table if it is loaded. */
	peek(name: TableName): XtTable | undefined {
		return this.tables.get(name);
	}
	/** Loaded tables, the newest first (/proc/net/ip_tables_names). */
	loaded(): TableName[] {
		return [...this.tables.keys()].reverse();
	}
}
