/**
 * Rules as rows: once per change the chains of a table become one Int32Array with a row per rule, chain after chain, and a
 * closing row per chain (its policy, or the return to the caller). What a row cannot hold, the matches' ops hold.
 */
import type { Core } from "../ring/core.ts";
import type { Chain } from "./chain.ts";
import { jiffies } from "./jiffies.ts";
import { ProgramLists } from "./list-ops.ts";
import { matchIsLive } from "./match.ts";
import { encodeMatch, type OpContext } from "./match-ops.ts";
import { encodeMatch6, maskedWords } from "./match-ops6.ts";
import { type AddrMask, type IfaceSpec, ipv4, isAnyMask, type Rule } from "./rule.ts";
import { encodeTarget, encodeTarget6, K_END, K_GOTO, K_JUMP, K_POLICY } from "./target-ops.ts";
import { NF_INET_NUMHOOKS } from "./types.ts";
import type { XtLists } from "./xt-lists.ts";

/** Words of a row. */
export const ROW = 16;
export const R_FLAGS = 0;
/** Of IPv6, R_SADDR and R_DADDR are where the eight words of address and mask stand in the ops, 0 none. */
export const R_SADDR = 1;
export const R_SMASK = 2;
export const R_DADDR = 3;
export const R_DMASK = 4;
export const R_PROTO = 5;
/** Interface words: a name id, or the complement of a wildcard's index. */
export const R_IN = 6;
export const R_OUT = 7;
/** K_* and its argument: a verdict, the row to go on with, or the index of the target's words. */
export const R_KIND = 8;
export const R_ARG = 9;
/** Index of the counters. */
export const R_SLOT = 10;
export const R_OPS = 11;
export const R_OPS_END = 12;
/** For the trace: chain number in the table's list, rule number from 1. */
export const R_CHAIN = 13;
export const R_INDEX = 14;

export const F_INV_SRC = 1 << 0;
export const F_INV_DST = 1 << 1;
export const F_INV_IN = 1 << 2;
export const F_INV_OUT = 1 << 3;
export const F_INV_PROTO = 1 << 4;
export const F_PROTO = 1 << 5;
export const F_FRAG = 1 << 6;
export const F_INV_FRAG = 1 << 7;
export const F_IN = 1 << 8;
export const F_OUT = 1 << 9;
/** A match looks at what other packets change, or at the packet's length: not the same for all packets of a flow. */
export const F_LIVE: number = 1 << 10;
/** One of the rarer conditions is set; without it a row is addresses and protocol only. */
export const F_RARE: number = F_FRAG | F_IN | F_OUT;

/** Name id that stands for "no device". */
export const NO_NAME = -2;

export class Program {
	rows: Int32Array = new Int32Array(0);
	/** Words of matches and targets. */
	ops: Int32Array = new Int32Array(0);
	/** What the ops of rule-lists.ts's matches refer to. */
	readonly lists: ProgramLists = new ProgramLists();
	/** What limit and statistic remember. */
	state: Float64Array = new Float64Array(0);
	/** First row of the base chain by hook, -1 none. */
	readonly entry: Int32Array = new Int32Array(NF_INET_NUMHOOKS).fill(-1);
	/** Policy row of the base chain by hook. */
	readonly policy: Int32Array = new Int32Array(NF_INET_NUMHOOKS).fill(-1);
	/** Return rows; never deeper than there are user chains, as there are no loops. */
	stack: Int32Array = new Int32Array(0);
	/** Wildcards by index: the letters before `+`. */
	readonly prefixes: string[] = [];
	/** wild[index * wildStride + name id] is 1 when the name fits; grows with `core.names`. */
	wild: Uint8Array = new Uint8Array(0);
	wildStride = 0;
	/** Names for which `wild` is filled in. */
	namesSeen = 0;

	/** Bring `wild` up to date after new interface names appeared. */
	learnNames(names: readonly string[]): void {
		const n = names.length;
		if (n > this.wildStride) {
			const stride = Math.max(16, n * 2);
			this.wild = new Uint8Array(this.prefixes.length * stride);
			this.wildStride = stride;
			this.namesSeen = 0;
		}
		for (let w = 0; w < this.prefixes.length; w++)
			for (let i = this.namesSeen; i < n; i++)
				this.wild[w * this.wildStride + i] = names[i].startsWith(this.prefixes[w]) ? 1 : 0;
		this.namesSeen = n;
	}
}

/** Does the name id (or NO_NAME) fit the interface word? */
export function ifaceFits(p: Program, word: number, nameId: number): boolean {
	if (word >= 0) return word === nameId;
	// without a device only the bare `+` fits, which is never asked for
	return nameId >= 0 && p.wild[~word * p.wildStride + nameId] === 1;
}

class Compiler implements OpContext {
	readonly program: Program = new Program();
	readonly jiffies: number;
	/** The first word is nobody's, so that index 0 can mean "none". */
	readonly ops: number[] = [0];
	readonly startRow: Map<string, number>;
	private readonly states: number[] = [];
	readonly lists: XtLists;
	readonly family: number;
	readonly clock: Float64Array;
	private readonly core: Core;

	constructor(core: Core, startRow: Map<string, number>, lists: XtLists, family: number) {
		this.core = core;
		this.startRow = startRow;
		this.lists = lists;
		this.family = family;
		this.clock = core.clock;
		this.jiffies = jiffies(core.clock);
	}
	get own(): ProgramLists {
		return this.program.lists;
	}
	iface(name: string): number {
		if (!name.endsWith("+")) return this.core.nameId(name);
		const prefix = name.slice(0, -1);
		const at = this.program.prefixes.indexOf(prefix);
		return ~(at >= 0 ? at : this.program.prefixes.push(prefix) - 1);
	}
	state(...values: number[]): number {
		return this.states.push(...values) - values.length;
	}
	finish(): Program {
		this.program.ops = Int32Array.from(this.ops);
		this.program.state = Float64Array.from(this.states);
		this.program.learnNames(this.core.names);
		return this.program;
	}
	row(rows: Int32Array, at: number, r: Rule, slot: number): void {
		let flags = 0;
		if (r.src.not) flags |= F_INV_SRC;
		if (r.dst.not) flags |= F_INV_DST;
		if (r.proto !== 0) flags |= F_PROTO | (r.protoNot ? F_INV_PROTO : 0);
		if (r.frag.on) flags |= F_FRAG | (r.frag.not ? F_INV_FRAG : 0);
		if (this.family === 6) {
			rows[at + R_SADDR] = this.address6(r.src);
			rows[at + R_DADDR] = this.address6(r.dst);
		} else {
			rows[at + R_SMASK] = ipv4(r.src.mask);
			rows[at + R_SADDR] = ipv4(r.src.addr) & rows[at + R_SMASK];
			rows[at + R_DMASK] = ipv4(r.dst.mask);
			rows[at + R_DADDR] = ipv4(r.dst.addr) & rows[at + R_DMASK];
		}
		rows[at + R_PROTO] = r.proto;
		flags |= this.side(rows, at + R_IN, r.in, F_IN, F_INV_IN);
		flags |= this.side(rows, at + R_OUT, r.out, F_OUT, F_INV_OUT);
		rows[at + R_FLAGS] = flags;
		rows[at + R_SLOT] = slot;
		rows[at + R_OPS] = this.ops.length;
		for (const m of r.matches) {
			if (matchIsLive(m) || m.type === "length") rows[at + R_FLAGS] |= F_LIVE;
			for (const words of this.family === 6 ? encodeMatch6(m, this) : [encodeMatch(m, this)]) {
				if (words === null) continue;
				words[1] = this.ops.length + words.length;
				this.ops.push(...words);
			}
		}
		rows[at + R_OPS_END] = this.ops.length;
		const t = r.target;
		if (t.type === "jump") {
			rows[at + R_KIND] = t.goto ? K_GOTO : K_JUMP;
			rows[at + R_ARG] = this.startRow.get(t.chain) ?? -1;
		} else {
			const words =
				this.family === 6 ? encodeTarget6(t, this.lists, this.core.in6) : encodeTarget(t, this.lists);
			rows[at + R_KIND] = words[0];
			rows[at + R_ARG] = words.length > 2 ? this.ops.length : (words[1] ?? 0);
			if (words.length > 2) this.ops.push(...words.slice(1));
		}
	}
	/** Where the words of an address and its mask stand in the ops; 0 when every address fits. */
	private address6(spec: AddrMask): number {
		if (isAnyMask(spec.mask) && !spec.not) return 0;
		return this.ops.push(...maskedWords(spec.addr, spec.mask)) - ADDRESS6_WORDS;
	}
	/** Set an interface word and return its flags. A bare `+` fits even where there is no device; inverted it fits nothing. */
	private side(rows: Int32Array, at: number, spec: IfaceSpec, has: number, inv: number): number {
		if (spec.name === "" || (spec.name === "+" && !spec.not)) return 0;
		if (spec.name === "+") {
			rows[at] = NEVER;
			return has;
		}
		rows[at] = this.iface(spec.name);
		return has | (spec.not ? inv : 0);
	}
}
const ADDRESS6_WORDS = 8;
/** A name id that no interface ever has. */
const NEVER = 0x7fff_ffff;

/** The rows of a table. Every jump's chain exists. */
export function compile(core: Core, chains: readonly Chain[], lists: XtLists, family: number): Program {
	const startRow = new Map<string, number>();
	let total = 0;
	for (const c of chains) {
		startRow.set(c.name, total * ROW);
		total += c.entries.length + 1;
	}
	const compiler = new Compiler(core, startRow, lists, family);
	const rows = new Int32Array(total * ROW);
	const { program } = compiler;
	program.rows = rows;
	program.stack = new Int32Array(chains.length + 1);
	let at = 0;
	chains.forEach((c, number) => {
		if (c.hook >= 0) program.entry[c.hook] = at;
		c.entries.forEach((e, i) => {
			compiler.row(rows, at, e.rule, e.slot);
			rows[at + R_CHAIN] = number;
			rows[at + R_INDEX] = i + 1;
			at += ROW;
		});
		rows[at + R_CHAIN] = number;
		rows[at + R_SLOT] = c.slot;
		rows[at + R_KIND] = c.hook >= 0 ? K_POLICY : K_END;
		rows[at + R_ARG] = c.policy;
		if (c.hook >= 0) program.policy[c.hook] = at;
		at += ROW;
	});
	return compiler.finish();
}
