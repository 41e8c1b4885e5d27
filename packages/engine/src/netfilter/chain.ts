/**
 * Chains, and the private copy of a table on which changes are made before they are committed as a whole. The split is the
 * tool's own: what libiptc refuses is refused by a verb here, what the kernel refuses is refused by the commit.
 */
import { type Rule, ruleKey } from "./rule.ts";
import { NF_ACCEPT, NF_DROP } from "./types.ts";

export type Errno = "ENOENT" | "EINVAL" | "EEXIST" | "ENOTEMPTY" | "EMLINK" | "E2BIG" | "ELOOP" | "ERANGE";
/** The step that failed, as libiptc's error texts distinguish it. */
export type Verb =
	| "append"
	| "insert"
	| "replace"
	| "delete"
	| "deleteNum"
	| "check"
	| "flush"
	| "newChain"
	| "rename"
	| "deleteChain"
	| "policy"
	| "zero"
	| "zeroNum"
	| "list"
	| "commit";

export class XtError extends Error {
	readonly verb: Verb;
	readonly errno: Errno;
	constructor(verb: Verb, errno: Errno, message: string) {
		super(`${errno}: ${message}`);
		this.name = "XtError";
		this.verb = verb;
		this.errno = errno;
	}
}

/** One rule in a chain. The rule never changes; its counters live in the table at `slot` while the entry is committed. */
export class RuleEntry {
	readonly rule: Rule;
	/** Counters it starts with. */
	readonly packets: number;
	readonly bytes: number;
	/** The entry whose counters it goes on with, when only the name of a chain changed. */
	readonly from: RuleEntry | null;
	/** Index of its counters in the table, 0 not committed. */
	slot = 0;
	/** Table version that last held it. */
	version = 0;
	constructor(rule: Rule, packets = 0, bytes = 0, from: RuleEntry | null = null) {
		this.rule = rule;
		this.packets = packets;
		this.bytes = bytes;
		this.from = from;
	}
}

export class Chain {
	readonly name: string;
	/** Hook number of a base chain, -1 of a user chain. */
	readonly hook: number;
	/** NF_ACCEPT or NF_DROP; meaningful for base chains. */
	policy: number = NF_ACCEPT;
	entries: RuleEntry[];
	/** Index of the policy's counters in the table, 0 for user chains. */
	readonly slot: number;
	constructor(name: string, hook: number, slot: number, entries: RuleEntry[] = []) {
		this.name = name;
		this.hook = hook;
		this.slot = slot;
		this.entries = entries;
	}
	copy(name: string = this.name): Chain {
		const c = new Chain(name, this.hook, this.slot, this.entries.slice());
		c.policy = this.policy;
		return c;
	}
}

/** Counters to be set by the commit. */
export interface CounterChange {
	readonly of: RuleEntry | Chain;
	readonly packets: number;
	readonly bytes: number;
}

/** Order of `strcmp`: libiptc keeps user chains sorted. Names are ASCII in practice; otherwise code units decide. */
function before(a: string, b: string): boolean {
	return a < b;
}

/** Names that stand for verdicts and so for no chain. */
const VERDICT_NAMES: readonly string[] = ["ACCEPT", "DROP", "QUEUE", "RETURN"];

export class TableDraft {
	/** Version of the table it was taken from. */
	readonly version: number;
	/** Base chains in hook order, then user chains sorted by name. */
	readonly chains: Chain[];
	readonly counterChanges: CounterChange[] = [];
	changed = false;
	private readonly own: Set<Chain> = new Set();

	constructor(version: number, chains: readonly Chain[]) {
		this.version = version;
		this.chains = chains.slice();
	}

	/** The chain of that name, to read. */
	chain(name: string): Chain | undefined {
		return this.chains.find((c) => c.name === name);
	}
	isBuiltin(name: string): boolean {
		const c = this.chain(name);
		return c !== undefined && c.hook >= 0;
	}
	/** Number of rules that jump or go to the chain. */
	references(name: string): number {
		let n = 0;
		for (const c of this.chains)
			for (const e of c.entries) {
				const t = e.rule.target;
				if (t.type === "jump" && t.chain === name) n++;
			}
		return n;
	}

	append(chain: string, rule: Rule, packets = 0, bytes = 0): void {
		this.write(chain, "append").entries.push(new RuleEntry(rule, packets, bytes));
	}
	/** Insert before rule `number` (from 1); one past the end appends. */
	insert(chain: string, rule: Rule, number = 1, packets = 0, bytes = 0): void {
		const c = this.need(chain, "insert");
		if (number > c.entries.length + 1)
			throw new XtError("insert", "E2BIG", `${chain} has no place ${number}`);
		this.write(chain, "insert").entries.splice(number - 1, 0, new RuleEntry(rule, packets, bytes));
	}
	replace(chain: string, number: number, rule: Rule, packets = 0, bytes = 0): void {
		const c = this.need(chain, "replace");
		if (number > c.entries.length) throw new XtError("replace", "E2BIG", `${chain} has no rule ${number}`);
		this.write(chain, "replace").entries[number - 1] = new RuleEntry(rule, packets, bytes);
	}
	/** Delete the first rule that is the same. */
	delete(chain: string, rule: Rule): void {
		const at = this.indexOf(chain, rule, "delete");
		this.write(chain, "delete").entries.splice(at, 1);
	}
	/** Throws unless the chain holds such a rule. */
	check(chain: string, rule: Rule): void {
		this.indexOf(chain, rule, "check");
	}
	deleteNumber(chain: string, number: number): void {
		const c = this.need(chain, "deleteNum");
		if (number > c.entries.length) throw new XtError("deleteNum", "E2BIG", `${chain} has no rule ${number}`);
		this.write(chain, "deleteNum").entries.splice(number - 1, 1);
	}
	/** Empty one chain, or all. */
	flush(chain?: string): void {
		for (const c of chain === undefined ? this.chains.slice() : [this.need(chain, "flush")])
			this.write(c.name, "flush").entries = [];
	}
	newChain(name: string): void {
		if (this.chain(name) !== undefined || VERDICT_NAMES.includes(name))
			throw new XtError("newChain", "EEXIST", `chain ${name}`);
		this.changed = true;
		const c = new Chain(name, -1, 0);
		this.own.add(c);
		this.place(c);
	}
	/** Delete an empty user chain to which nothing jumps. */
	deleteChain(name: string): void {
		const c = this.need(name, "deleteChain");
		if (c.hook >= 0) throw new XtError("deleteChain", "EINVAL", `chain ${name} is built in`);
		if (this.references(name) > 0) throw new XtError("deleteChain", "EMLINK", `rules jump to chain ${name}`);
		if (c.entries.length > 0) throw new XtError("deleteChain", "ENOTEMPTY", `chain ${name} has rules`);
		this.changed = true;
		this.chains.splice(this.chains.indexOf(c), 1);
	}
	/** Delete all user chains; stops at the first that cannot go. */
	deleteChains(): void {
		for (const c of this.chains.filter((c) => c.hook < 0)) this.deleteChain(c.name);
	}
	rename(name: string, to: string): void {
		if (this.chain(to) !== undefined) throw new XtError("rename", "EEXIST", `chain ${to}`);
		const c = this.chain(name);
		if (c === undefined || c.hook >= 0) throw new XtError("rename", "ENOENT", `user chain ${name}`);
		this.changed = true;
		this.chains.splice(this.chains.indexOf(c), 1);
		const renamed = c.copy(to);
		this.own.add(renamed);
		this.place(renamed);
		for (const d of this.chains.slice()) {
			if (!d.entries.some((e) => e.rule.target.type === "jump" && e.rule.target.chain === name)) continue;
			const w = this.write(d.name, "rename");
			w.entries = w.entries.map((e) => {
				const t = e.rule.target;
				if (t.type !== "jump" || t.chain !== name) return e;
				return new RuleEntry({ ...e.rule, target: { ...t, chain: to } }, e.packets, e.bytes, e);
			});
		}
	}
	/** `policy` is "ACCEPT" or "DROP"; anything else is EINVAL. Without counters the chain keeps its own. */
	setPolicy(chain: string, policy: string, counters?: { packets: number; bytes: number }): void {
		const c = this.chain(chain);
		if (c === undefined || c.hook < 0) throw new XtError("policy", "ENOENT", `base chain ${chain}`);
		if (policy !== "ACCEPT" && policy !== "DROP") throw new XtError("policy", "EINVAL", `policy ${policy}`);
		const w = this.write(chain, "policy");
		w.policy = policy === "DROP" ? NF_DROP : NF_ACCEPT;
		if (counters !== undefined) this.counterChanges.push({ of: w, ...counters });
	}
	/** Counters of a chain's rules and policy to zero; of all chains without a name. */
	zero(chain?: string): void {
		for (const c of chain === undefined ? this.chains : [this.need(chain, "zero")]) {
			this.changed = true;
			for (const e of c.entries) this.counterChanges.push({ of: e, packets: 0, bytes: 0 });
			if (c.hook >= 0) this.counterChanges.push({ of: c, packets: 0, bytes: 0 });
		}
	}
	zeroNumber(chain: string, number: number): void {
		const c = this.need(chain, "zeroNum");
		if (number > c.entries.length) throw new XtError("zeroNum", "E2BIG", `${chain} has no rule ${number}`);
		this.changed = true;
		this.counterChanges.push({ of: c.entries[number - 1], packets: 0, bytes: 0 });
	}

	private need(name: string, verb: Verb): Chain {
		const c = this.chain(name);
		if (c === undefined) throw new XtError(verb, "ENOENT", `no chain ${name}`);
		return c;
	}
	/** The chain of that name as this draft's own copy. */
	private write(name: string, verb: Verb): Chain {
		const c = this.need(name, verb);
		this.changed = true;
		if (this.own.has(c)) return c;
		const copy = c.copy();
		this.own.add(copy);
		this.chains[this.chains.indexOf(c)] = copy;
		return copy;
	}
	private indexOf(chain: string, rule: Rule, verb: Verb): number {
		const c = this.need(chain, verb);
		const key = ruleKey(rule);
		const at = c.entries.findIndex((e) => ruleKey(e.rule) === key);
		if (at < 0) throw new XtError(verb, "ENOENT", `${chain} has no such rule`);
		return at;
	}
	private place(c: Chain): void {
		let i = this.chains.length;
		while (i > 0 && this.chains[i - 1].hook < 0 && before(c.name, this.chains[i - 1].name)) i--;
		this.chains.splice(i, 0, c);
	}
}

/**
 * Which hooks reach which chain (mark_source_chains): bits by chain name. A rule behind an unconditional verdict reaches
 * nothing. Throws ELOOP when a chain that some hook reaches jumps, however indirectly, to itself.
 */
export function hooksOf(chains: readonly Chain[], last: (c: Chain) => number): Map<string, number> {
	const byName = new Map(chains.map((c) => [c.name, c]));
	const bits = new Map<string, number>(chains.map((c) => [c.name, 0]));
	const onPath = new Set<Chain>();
	const visit = (c: Chain, bit: number): void => {
		if (onPath.has(c)) throw new XtError("commit", "ELOOP", `chain ${c.name} reaches itself`);
		const had = bits.get(c.name) ?? 0;
		if ((had & bit) !== 0) return;
		bits.set(c.name, had | bit);
		onPath.add(c);
		const end = last(c);
		for (let i = 0; i < end; i++) {
			const t = c.entries[i].rule.target;
			if (t.type !== "jump") continue;
			const to = byName.get(t.chain);
			if (to !== undefined) visit(to, bit);
		}
		onPath.delete(c);
	};
	for (const c of chains) if (c.hook >= 0) visit(c, 1 << c.hook);
	return bits;
}
