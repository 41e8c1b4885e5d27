/**
 * One table of one namespace: its chains, its counters, its compiled form, and the walk over it (ipt_do_table). Changes are made
 * on a draft and committed as a whole, as the legacy tool replaces a table; a refused commit changes nothing.
 */
import type { FramePool } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import { T_POLICY, T_RULE, TABLE6 } from "../trace/kinds.ts";
import { LEARNING } from "../trace/trace.ts";
import { Chain, type Errno, hooksOf, type RuleEntry, TableDraft, XtError } from "./chain.ts";
import {
	compile,
	F_FRAG,
	F_IN,
	F_INV_DST,
	F_INV_FRAG,
	F_INV_IN,
	F_INV_OUT,
	F_INV_PROTO,
	F_INV_SRC,
	F_LIVE,
	F_OUT,
	F_PROTO,
	F_RARE,
	ifaceFits,
	NO_NAME,
	type Program,
	R_ARG,
	R_CHAIN,
	R_DADDR,
	R_DMASK,
	R_FLAGS,
	R_IN,
	R_INDEX,
	R_KIND,
	R_OPS,
	R_OPS_END,
	R_OUT,
	R_PROTO,
	R_SADDR,
	R_SLOT,
	R_SMASK,
	ROW,
} from "./compile.ts";
import { checkMatch, matchUsesConntrack } from "./match.ts";
import { matchOps } from "./match-eval.ts";
import { HOTDROP, MATCH } from "./match-verdict.ts";
import { isUnconditional, type Rule, TABLE_NAMES, type TableName } from "./rule.ts";
import { checkTarget, type NatTargets, targetUsesConntrack } from "./target.ts";
import { runTarget, XT_CONTINUE } from "./target-eval.ts";
import { isLiveTarget, K_END, K_GOTO, K_JUMP, K_NONE, K_POLICY, K_RETURN, K_VERDICT } from "./target-ops.ts";
import {
	type CtView,
	HOOK_NAMES,
	NF_DROP,
	NF_INET_FORWARD,
	NF_INET_LOCAL_IN,
	NF_INET_LOCAL_OUT,
	NF_INET_POST_ROUTING,
	NF_INET_PRE_ROUTING,
	type NfFamily,
	type NfHost,
	type TableRunner,
} from "./types.ts";
import type { XtLists } from "./xt-lists.ts";

/** Base chains of each table, in hook order. */
const HOOKS_OF_TABLE: Readonly<Record<TableName, readonly number[]>> = {
	raw: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_OUT],
	mangle: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING],
	nat: [NF_INET_PRE_ROUTING, NF_INET_LOCAL_IN, NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING],
	filter: [NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT],
	security: [NF_INET_LOCAL_IN, NF_INET_FORWARD, NF_INET_LOCAL_OUT],
};

/** Verdict words of T_RULE records beyond NF_*. */
const TRACE_RETURN = 3;
const TRACE_JUMP = 4;
const TRACE_CONTINUE = 5;

/** Counters read at one moment. */
export interface Counters {
	readonly packets: number;
	readonly bytes: number;
}

/** Number of `-j` and `-m` parts of the committed rules that need connection tracking. */
function conntrackUsersOf(chains: readonly Chain[]): number {
	let n = 0;
	for (const c of chains)
		for (const e of c.entries) {
			for (const m of e.rule.matches) if (matchUsesConntrack(m)) n++;
			if (targetUsesConntrack(e.rule.target)) n++;
		}
	return n;
}

/** Index behind the last rule of a chain that can be reached: an unconditional verdict ends it. */
function reachable(c: Chain): number {
	for (let i = 0; i < c.entries.length; i++) {
		const t = c.entries[i].rule.target.type;
		if ((t === "ACCEPT" || t === "DROP" || t === "RETURN") && isUnconditional(c.entries[i].rule))
			return i + 1;
	}
	return c.entries.length;
}

export class XtTable implements TableRunner {
	readonly name: TableName;
	readonly family: NfFamily;
	/** Number of the table in trace records. */
	readonly id: number;
	readonly hookMask: number;
	readonly core: Core;
	readonly pool: FramePool;
	readonly host: NfHost;
	readonly ct: CtView;
	readonly nat: NatTargets;
	readonly lists: XtLists;
	/** Base chains in hook order, then user chains by name. The index is the trace's chain id. */
	chains: readonly Chain[];
	/** Grows with every commit. */
	version = 1;
	/** Parts of the rules that need connection tracking. */
	conntrackUsers = 0;
	/** Told by how much `conntrackUsers` changed. */
	onConntrackUsers: ((delta: number) => void) | null = null;

	/** Pairs packets, bytes by slot; slot 0 takes what nobody reads. */
	protected counts: Float64Array = new Float64Array(64);
	private slots: number;
	private readonly freeSlots: number[] = [];
	private program: Program | null = null;

	constructor(
		name: TableName,
		core: Core,
		host: NfHost,
		ct: CtView,
		nat: NatTargets,
		lists: XtLists,
		family: NfFamily = 4,
	) {
		this.name = name;
		this.family = family;
		this.id = TABLE_NAMES.indexOf(name) + (family === 6 ? TABLE6 : 0);
		this.core = core;
		this.pool = core.pool;
		this.host = host;
		this.ct = ct;
		this.nat = nat;
		this.lists = lists;
		const hooks = HOOKS_OF_TABLE[name];
		this.hookMask = hooks.reduce((mask, h) => mask | (1 << h), 0);
		this.chains = hooks.map((h, i) => new Chain(HOOK_NAMES[h], h, i + 1));
		this.slots = hooks.length + 1;
	}

	/** A private copy to change. */
	begin(): TableDraft {
		return new TableDraft(this.version, this.chains);
	}
	/** Change and commit: all of `change` happens, or nothing and an XtError is thrown. */
	edit(change: (draft: TableDraft) => void): void {
		const draft = this.begin();
		change(draft);
		this.commit(draft);
	}
	/** Why the kernel would refuse the draft: throws XtError ELOOP, EINVAL or ERANGE. */
	validate(draft: TableDraft): void {
		const names = new Set(draft.chains.map((c) => c.name));
		const builtin = new Set(draft.chains.filter((c) => c.hook >= 0).map((c) => c.name));
		for (const c of draft.chains)
			for (const { rule } of c.entries)
				if (rule.target.type === "jump" && builtin.has(rule.target.chain))
					throw new XtError("commit", "EINVAL", `a jump to ${rule.target.chain} in table ${this.name}`);
		const hooks = hooksOf(draft.chains, reachable);
		for (const c of draft.chains) {
			const live = reachable(c);
			const bits = hooks.get(c.name) ?? 0;
			for (let i = 0; i < c.entries.length; i++) {
				const wrong = this.refusal(c.entries[i].rule, i < live ? bits : 0, names);
				if (wrong === null) continue;
				throw new XtError(
					"commit",
					wrong.errno,
					`${wrong.what} of rule ${i + 1} of ${c.name} in table ${this.name}`,
				);
			}
		}
	}
	/** Why a rule that `hooks` reach cannot stand; null when it can. */
	private refusal(
		rule: Rule,
		hooks: number,
		chains: ReadonlySet<string>,
	): { readonly errno: Errno; readonly what: string } | null {
		for (const m of rule.matches) {
			const errno = checkMatch(m, rule, hooks, this.name, this.family);
			if (errno !== null) return { errno, what: `match ${m.type}` };
		}
		const t = rule.target;
		const gone = this.lists.missing(rule.matches, t);
		if (gone !== null) return { errno: gone, what: "a set" };
		const errno = checkTarget(rule, this.name, hooks, this.family);
		if (errno !== null) return { errno, what: `target ${t.type}` };
		return t.type === "jump" && !chains.has(t.chain) ? { errno: "ENOENT", what: `chain ${t.chain}` } : null;
	}
	/** Make the draft the table. Throws as `validate` does, and when the table has changed since the draft was taken. */
	commit(draft: TableDraft): void {
		if (draft.version !== this.version) throw new Error(`table ${this.name} changed under a draft`);
		if (!draft.changed) return;
		this.validate(draft);
		this.core.flows.fold();
		const old = this.chains;
		this.version++;
		this.lists.take(draft.chains, this.family);
		this.lists.giveBack(old, this.family);
		for (const c of draft.chains) for (const e of c.entries) this.adopt(e);
		for (const c of old)
			for (const e of c.entries)
				if (e.version !== this.version) {
					this.freeSlots.push(e.slot);
					e.slot = 0;
				}
		// libiptc sends a changed table with its policies' counters at zero, unless it was told others
		for (const c of draft.chains) if (c.slot !== 0) this.counts[2 * c.slot] = this.counts[2 * c.slot + 1] = 0;
		for (const { of, packets, bytes } of draft.counterChanges)
			if (of.slot !== 0) {
				this.counts[2 * of.slot] = packets;
				this.counts[2 * of.slot + 1] = bytes;
			}
		this.chains = draft.chains;
		this.program = null;
		this.core.generation++;
		const users = conntrackUsersOf(this.chains);
		const delta = users - this.conntrackUsers;
		this.conntrackUsers = users;
		if (delta !== 0 && this.onConntrackUsers !== null) this.onConntrackUsers(delta);
	}
	/** Counters of a committed rule, or of a base chain's policy. */
	counters(of: RuleEntry | Chain): Counters {
		this.core.flows.fold();
		return { packets: this.counts[2 * of.slot], bytes: this.counts[2 * of.slot + 1] };
	}

	protected compiled(): Program {
		let p = this.program;
		if (p === null) {
			p = compile(this.core, this.chains, this.lists, this.family);
			this.program = p;
		}
		if (p.namesSeen !== this.core.names.length) p.learnNames(this.core.names);
		return p;
	}
	/** ipt_do_table. */
	run(hook: number, f: number, inDev: number, outDev: number): number {
		const p = this.compiled();
		const rows = p.rows;
		const counts = this.counts;
		const pool = this.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const saddr = view.getInt32(nh + 12);
		const daddr = view.getInt32(nh + 16);
		const proto = view.getUint8(nh + 9);
		let bytes = view.getUint16(nh + 2);
		const tracing = this.core.trace.on !== 0;
		let depth = 0;
		let r = p.entry[hook];
		for (;;) {
			const flags = rows[r + R_FLAGS];
			if (
				((saddr & rows[r + R_SMASK]) !== rows[r + R_SADDR]) !== ((flags & F_INV_SRC) !== 0) ||
				((daddr & rows[r + R_DMASK]) !== rows[r + R_DADDR]) !== ((flags & F_INV_DST) !== 0) ||
				((flags & F_RARE) !== 0 && !this.rare(p, r, flags, f, inDev, outDev)) ||
				((flags & F_PROTO) !== 0 && (proto !== rows[r + R_PROTO]) !== ((flags & F_INV_PROTO) !== 0))
			) {
				r += ROW;
				continue;
			}
			const ops = rows[r + R_OPS];
			const opsEnd = rows[r + R_OPS_END];
			if (ops < opsEnd) {
				if (tracing && (flags & F_LIVE) !== 0) this.core.flows.recorder.veto();
				const m = matchOps(this, p, ops, opsEnd, f, inDev, outDev);
				if (m !== MATCH) {
					if (m === HOTDROP) return NF_DROP;
					r += ROW;
					continue;
				}
			}
			const slot = rows[r + R_SLOT] << 1;
			counts[slot]++;
			counts[slot + 1] += bytes;
			const kind = rows[r + R_KIND];
			const arg = rows[r + R_ARG];
			let verdict = XT_CONTINUE;
			let next = r + ROW;
			switch (kind) {
				case K_NONE:
					break;
				case K_VERDICT:
				case K_POLICY:
					verdict = arg;
					break;
				case K_RETURN:
				case K_END:
					next = depth === 0 ? p.policy[hook] : p.stack[--depth];
					break;
				case K_JUMP:
					p.stack[depth++] = next;
					next = arg;
					break;
				case K_GOTO:
					next = arg;
					break;
				default:
					if (tracing && isLiveTarget(kind)) this.core.flows.recorder.veto();
					verdict = runTarget(this, p, kind, arg, hook, f, inDev, outDev);
					// TCPMSS may have added its option
					bytes = view.getUint16(nh + 2);
			}
			if (tracing && kind !== K_END) this.record(rows, r, kind, verdict, f, inDev, outDev, bytes);
			if (verdict !== XT_CONTINUE) return verdict;
			r = next;
		}
	}
	/** Interfaces and fragments. */
	protected rare(p: Program, r: number, flags: number, f: number, inDev: number, outDev: number): boolean {
		const rows = p.rows;
		const nameIdOf = this.core.nameIdOf;
		if ((flags & F_IN) !== 0) {
			const fits = ifaceFits(p, rows[r + R_IN], inDev < 0 ? NO_NAME : nameIdOf[inDev]);
			if (fits === ((flags & F_INV_IN) !== 0)) return false;
		}
		if ((flags & F_OUT) !== 0) {
			const fits = ifaceFits(p, rows[r + R_OUT], outDev < 0 ? NO_NAME : nameIdOf[outDev]);
			if (fits === ((flags & F_INV_OUT) !== 0)) return false;
		}
		if ((flags & F_FRAG) === 0) return true;
		const later = (this.pool.view.getUint16(this.pool.nh[f] + 6) & 0x1fff) !== 0;
		return later !== ((flags & F_INV_FRAG) !== 0);
	}
	protected record(
		rows: Int32Array,
		r: number,
		kind: number,
		verdict: number,
		f: number,
		inDev: number,
		outDev: number,
		bytes: number,
	): void {
		if (this.core.trace.on === LEARNING) {
			this.core.flows.recorder.count(f, this.counts, 2 * rows[r + R_SLOT], bytes);
			return;
		}
		const dev = inDev >= 0 ? inDev : outDev;
		if (kind === K_POLICY) {
			this.core.trace.add(T_POLICY, f, dev, this.id, rows[r + R_CHAIN], 0, verdict);
			return;
		}
		let word = verdict;
		if (verdict === XT_CONTINUE) {
			if (kind === K_RETURN) word = TRACE_RETURN;
			else word = kind === K_JUMP || kind === K_GOTO ? TRACE_JUMP : TRACE_CONTINUE;
		}
		this.core.trace.add(T_RULE, f, dev, this.id, rows[r + R_CHAIN], rows[r + R_INDEX], word);
	}
	/** The entry is part of the table from now on: give it counters. */
	private adopt(e: RuleEntry): void {
		e.version = this.version;
		if (e.slot !== 0) return;
		e.slot = this.freeSlots.pop() ?? this.slots++;
		if (2 * this.slots > this.counts.length) {
			const grown = new Float64Array(this.counts.length * 2);
			grown.set(this.counts);
			this.counts = grown;
		}
		const from = e.from;
		const live = from !== null && from.slot !== 0 ? this.counters(from) : e;
		this.counts[2 * e.slot] = live.packets;
		this.counts[2 * e.slot + 1] = live.bytes;
	}
}
