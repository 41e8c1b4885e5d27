/**
 * The sets of a namespace (net/netfilter/ipset/ip_set_core.c): each has a number, by which rules refer to it, and a name. What
 * cannot be done throws SetError with the kernel's reason.
 */
import { HashSet, type SetOptions } from "./set-hash.ts";

/** Sets that a namespace has room for at first (CONFIG_IP_SET_MAX); it grows by 64 (IP_SET_INC). */
const IP_SET_MAX_LIMIT = 65_534;

export type SetFault =
	| "ENOENT"
	| "EEXIST"
	| "EEXIST_TYPE"
	| "EBUSY"
	| "REFERENCED"
	| "TYPE_MISMATCH"
	| "ENOENT_2"
	| "MAX_SETS";
export class SetError extends Error {
	readonly fault: SetFault;
	constructor(fault: SetFault, name: string) {
		super(`${fault}: set ${name}`);
		this.name = "SetError";
		this.fault = fault;
	}
}

export class IpSets {
	private readonly sets: (HashSet | null)[] = [];
	/** Rules that name the set, by number. */
	private readonly refs: number[] = [];
	private readonly clock: Float64Array;

	constructor(clock: Float64Array) {
		this.clock = clock;
	}
	/** The set's number, -1 none. */
	indexOf(name: string): number {
		return this.sets.findIndex((s) => s !== null && s.name === name);
	}
	find(name: string): HashSet | undefined {
		return this.sets.find((s) => s !== null && s.name === name) ?? undefined;
	}
	/** The set of a number; null when there is none. */
	at(index: number): HashSet | null {
		return this.sets[index] ?? null;
	}
	/** All sets, by number. */
	list(): HashSet[] {
		return this.sets.filter((s) => s !== null);
	}
	references(name: string): number {
		return this.refs[this.indexOf(name)] ?? 0;
	}
	/** With `exist`, one of the same name and making is left as it is. */
	create(name: string, options: SetOptions, exist: boolean): void {
		const there = this.find(name);
		if (there !== undefined) {
			if (exist && sameMaking(there.options, options)) return;
			throw new SetError("EEXIST", name);
		}
		let index = this.sets.indexOf(null);
		if (index < 0) index = this.sets.length;
		if (index >= IP_SET_MAX_LIMIT) throw new SetError("MAX_SETS", name);
		this.sets[index] = new HashSet(name, options, this.clock);
		this.refs[index] = 0;
	}
	destroy(name: string): void {
		const index = this.need(name);
		if (this.refs[index] > 0) throw new SetError("EBUSY", name);
		this.sets[index] = null;
	}
	/** All, or none when a rule names one. */
	destroyAll(): void {
		if (this.refs.some((n) => n > 0)) throw new SetError("EBUSY", "");
		this.sets.length = this.refs.length = 0;
	}
	rename(name: string, to: string): void {
		const index = this.need(name);
		if (this.refs[index] > 0) throw new SetError("REFERENCED", name);
		if (this.find(to) !== undefined) throw new SetError("EEXIST_TYPE", to);
		(this.sets[index] as HashSet).name = to;
	}
	/** The numbers, and with them the rules, keep the names; what is behind them changes places. */
	swap(name: string, other: string): void {
		const a = this.need(name);
		const b = this.indexOf(other);
		if (b < 0) throw new SetError("ENOENT_2", other);
		const from = this.sets[a] as HashSet;
		const to = this.sets[b] as HashSet;
		if (from.options.type !== to.options.type || from.options.family !== to.options.family)
			throw new SetError("TYPE_MISMATCH", name);
		this.sets[a] = to;
		this.sets[b] = from;
		to.name = name;
		from.name = other;
	}
	/** A rule names the set. */
	get(name: string): void {
		const index = this.indexOf(name);
		if (index >= 0) this.refs[index]++;
	}
	/** One rule fewer does. */
	put(name: string): void {
		const index = this.indexOf(name);
		if (index >= 0) this.refs[index]--;
	}
	private need(name: string): number {
		const index = this.indexOf(name);
		if (index < 0) throw new SetError("ENOENT", name);
		return index;
	}
}

/** mtype_same_set */
function sameMaking(a: SetOptions, b: SetOptions): boolean {
	return (
		a.type === b.type &&
		a.family === b.family &&
		a.maxelem === b.maxelem &&
		a.timeout === b.timeout &&
		a.counters === b.counters &&
		a.comment === b.comment &&
		a.netmask === b.netmask
	);
}
