/**
 * What the rules of a namespace share and name: lists of recently seen addresses, hashlimit's tables, sets. A list lives as long
 * as a committed rule names it, so the commit of a table takes what its new rules name before it gives back what the old named.
 */
import type { Chain, Errno } from "./chain.ts";
import { HashlimitTable } from "./hashlimit.ts";
import { RecentList } from "./recent.ts";
import type { Match, Target } from "./rule.ts";
import type { HashlimitMatch, RecentMatch } from "./rule-lists.ts";
import { IpSets } from "./set-list.ts";

export class XtLists {
	readonly sets: IpSets;
	readonly recent: Map<string, RecentList> = new Map();
	/** By family and name. */
	readonly hashlimit: Map<string, HashlimitTable> = new Map();
	private readonly clock: Float64Array;

	constructor(clock: Float64Array) {
		this.clock = clock;
		this.sets = new IpSets(clock);
	}
	/** The rules of these chains name their lists from now on. */
	take(chains: readonly Chain[], family: number): void {
		for (const c of chains)
			for (const { rule } of c.entries) {
				for (const m of rule.matches) {
					if (m.type === "recent") this.takeRecent(m);
					else if (m.type === "hashlimit") this.takeHashlimit(m, family);
					else if (m.type === "set") this.sets.get(m.set);
				}
				for (const name of setsOf(rule.target)) this.sets.get(name);
			}
	}
	/** The rules of these chains are gone. */
	giveBack(chains: readonly Chain[], family: number): void {
		for (const c of chains)
			for (const { rule } of c.entries) {
				for (const m of rule.matches) {
					if (m.type === "recent") {
						const list = this.recent.get(m.name);
						if (list !== undefined && --list.refs === 0) this.recent.delete(m.name);
					} else if (m.type === "hashlimit") {
						const key = tableKey(m, family);
						const table = this.hashlimit.get(key);
						if (table !== undefined && --table.refs === 0) this.hashlimit.delete(key);
					} else if (m.type === "set") this.sets.put(m.set);
				}
				for (const name of setsOf(rule.target)) this.sets.put(name);
			}
	}
	/** Why a rule cannot name what it names; null when it can. */
	missing(matches: readonly Match[], target: Target): Errno | null {
		for (const m of matches) if (m.type === "set" && this.sets.indexOf(m.set) < 0) return "ENOENT";
		for (const name of setsOf(target)) if (this.sets.indexOf(name) < 0) return "ENOENT";
		return null;
	}
	recentOf(m: RecentMatch): RecentList {
		return this.recent.get(m.name) as RecentList;
	}
	hashlimitOf(m: HashlimitMatch, family: number): HashlimitTable {
		return this.hashlimit.get(tableKey(m, family)) as HashlimitTable;
	}
	private takeRecent(m: RecentMatch): void {
		let list = this.recent.get(m.name);
		if (list === undefined) {
			const mask = Int32Array.from(typeof m.mask === "number" ? [m.mask, 0, 0, 0] : m.mask);
			list = new RecentList(m.name, mask, m.hitCount);
			this.recent.set(m.name, list);
		} else list.widen(m.hitCount);
		list.refs++;
	}
	private takeHashlimit(m: HashlimitMatch, family: number): void {
		const key = tableKey(m, family);
		let table = this.hashlimit.get(key);
		if (table === undefined) {
			table = new HashlimitTable(m, this.clock);
			this.hashlimit.set(key, table);
		}
		table.refs++;
	}
}

function tableKey(m: HashlimitMatch, family: number): string {
	return `${family} ${m.name}`;
}
const NONE: readonly string[] = [];
/** Sets that a target names; most name none, and a table is asked for all of its rules at each change. */
function setsOf(t: Target): readonly string[] {
	if (t.type !== "SET") return NONE;
	return [t.add, t.del].flatMap((of) => (of === undefined ? [] : [of.set]));
}
