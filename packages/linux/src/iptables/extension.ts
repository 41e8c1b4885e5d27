/**
 * What an extension (a match or a target) tells the command parser: its options, and how their values become an object and text
 * again. The rules on how often and with what an option may be given are the tool's (libxtables' guided option parser).
 */
import type { NfFamily } from "@hookline/engine/netfilter/types";
import { ToolError, toInteger } from "./values.ts";

export interface OptionSpec {
	readonly name: string;
	/** Number of words that follow. */
	readonly args: 0 | 1;
	/** May stand behind `!`. */
	readonly not?: boolean;
	readonly required?: boolean;
	/** Options that cannot stand beside it. */
	readonly excl?: readonly string[];
	/** Option that must stand beside it. */
	readonly also?: string;
	/** Another spelling of this option. */
	readonly aliasOf?: string;
	/** The emulation does not have it. */
	readonly unsupported?: boolean;
}
/** What is known of the rule when an option is read. */
export interface RuleSoFar {
	readonly family: NfFamily;
	readonly proto: number;
	readonly protoNot: boolean;
	/** Take one more word of the command line, as `--tcp-flags` does; undefined when there is none. */
	nextWord(): string | undefined;
	/** The family of a set of this name; undefined: there is none. */
	setFamily(name: string): NfFamily | undefined;
	/** Say something and go on. */
	warn(text: string): void;
}
export interface Parser<T> {
	/** One option; `value` is empty for those without. Throws ToolError. */
	option(name: string, value: string, not: boolean, cx: RuleSoFar): void;
	/** All options have been read. */
	finish(cx: RuleSoFar): T;
}
export interface Extension<T> {
	readonly name: string;
	readonly options: readonly OptionSpec[];
	/** It counts its options itself, with texts of its own. */
	readonly unguided?: boolean;
	start(): Parser<T>;
}

export function byName<T>(all: readonly Extension<T>[]): ReadonlyMap<string, Extension<T>> {
	return new Map(all.map((e) => [e.name, e]));
}

/** An extension in use on a command line. */
export class Loaded<T> {
	readonly ext: Extension<T>;
	private readonly parser: Parser<T>;
	private readonly given: Set<string> = new Set();
	constructor(ext: Extension<T>) {
		this.ext = ext;
		this.parser = ext.start();
	}
	option(spec: OptionSpec, value: string, not: boolean, cx: RuleSoFar): void {
		const name = spec.aliasOf ?? spec.name;
		if (this.ext.unguided !== true) {
			if (this.given.has(name)) this.fail(`option "--${spec.name}" can only be used once.\n`);
			if (not && spec.not !== true) this.fail(`option "--${spec.name}" cannot be inverted.\n`);
			this.given.add(name);
		}
		this.parser.option(name, value, not, cx);
	}
	/** The extension's own check comes before what its options demand. */
	finish(cx: RuleSoFar): T {
		const result = this.parser.finish(cx);
		for (const o of this.ext.options) {
			if (this.ext.unguided === true || o.aliasOf !== undefined) continue;
			if (o.required === true && !this.given.has(o.name))
				this.fail(`option "--${o.name}" must be specified\n`);
			if (!this.given.has(o.name)) continue;
			if (o.also !== undefined && !this.given.has(o.also))
				this.fail(`option "--${o.name}" also requires "--${o.also}".\n`);
			for (const x of o.excl ?? [])
				if (this.given.has(x)) this.fail(`option "--${o.name}" cannot be used together with "--${x}".\n`);
		}
		return result;
	}
	private fail(text: string): never {
		throw new ToolError(`${this.ext.name}: ${text}`);
	}
}

/** A number for an option of a guided extension. */
export function parseUint(ext: string, option: string, text: string, min: number, max: number): number {
	const n = toInteger(text, min, max);
	if (n === undefined)
		throw new ToolError(`${ext}: bad value for option "--${option}", or out of range (${min}-${max}).\n`);
	return n;
}
/** `a[:b]` of numbers. */
export function parseUintRange(
	ext: string,
	option: string,
	text: string,
	max: number,
): { min: number; max: number } {
	const [low, high, more] = text.split(":");
	const bad = (near: string): never => {
		throw new ToolError(
			`${ext}: bad value for option "--${option}" near "${near}", or out of range (0-${max}).\n`,
		);
	};
	const min = low === "" && high !== undefined ? 0 : (toInteger(low, 0, max) ?? bad(text));
	if (more !== undefined)
		throw new ToolError(`${ext}: Too many components for option "--${option}" (max: 2)\n`);
	if (high === undefined) return { min, max: min };
	return { min, max: high === "" ? max : (toInteger(high, 0, max) ?? bad(high)) };
}
/** `value[/mask]` of 32 bits, signed. */
export function parseMark(ext: string, option: string, text: string): { value: number; mask: number } {
	const slash = text.indexOf("/");
	const bad = (): never => {
		throw new ToolError(`${ext}: bad integer value for option "--${option}", or out of range.\n`);
	};
	const value = toInteger(slash < 0 ? text : text.slice(0, slash), 0, 0xffff_ffff) ?? bad();
	const mask = slash < 0 ? 0xffff_ffff : (toInteger(text.slice(slash + 1), 0, 0xffff_ffff) ?? bad());
	return { value: value | 0, mask: mask | 0 };
}

export type HopsOp = "eq" | "ne" | "lt" | "gt";
/** The matches on TTL and hop limit, which differ in their names. */
export function hopsMatch<T>(
	name: string,
	none: string,
	make: (op: HopsOp, hops: number) => T,
): Extension<T> {
	const names = ["lt", "gt", "eq"].map((op) => `${name}-${op}`);
	return {
		name,
		options: [
			...names.map((n) => ({
				name: n,
				args: 1 as const,
				not: n === `${name}-eq`,
				excl: names.filter((x) => x !== n),
			})),
			{ name, args: 1, not: true, aliasOf: `${name}-eq` },
		],
		start() {
			let m: T | undefined;
			return {
				option(option, value, not) {
					const op = option === names[2] ? (not ? "ne" : "eq") : option === names[0] ? "lt" : "gt";
					m ??= make(op, parseUint(name, option, value, 0, 255));
				},
				finish() {
					if (m === undefined) throw new ToolError(none);
					return m;
				},
			};
		},
	};
}
