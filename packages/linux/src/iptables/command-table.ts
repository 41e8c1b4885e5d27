/** What an iptables command line may hold: its commands, its options, and which go together. */

import type { Rule } from "@hookline/engine/netfilter/rule";
import type { IpSets } from "@hookline/engine/netfilter/set-list";
import type { NfFamily } from "@hookline/engine/netfilter/types";
import type { Loaded, OptionSpec } from "./extension.ts";
import { OTHER_TARGETS } from "./extensions.ts";
import type { ArgKind, LongOption } from "./options.ts";
import { targetsOf } from "./targets.ts";
import { ToolError } from "./values.ts";

/** Letters of the commands; `d` and `z` are -D and -Z with a rule number. */
export type CommandLetter =
	| "A"
	| "C"
	| "D"
	| "d"
	| "I"
	| "R"
	| "L"
	| "S"
	| "F"
	| "Z"
	| "z"
	| "N"
	| "X"
	| "P"
	| "E";

export interface Command {
	/** Empty when the line is for the other family's tool only. */
	readonly letters: ReadonlySet<CommandLetter>;
	readonly table: string;
	readonly chain: string | undefined;
	readonly number: number;
	readonly newName: string;
	readonly policy: string;
	/** One rule for each pair of addresses, without its target when that is the name of a chain. */
	readonly rules: readonly Rule[];
	/** What `-j` or `-g` named, empty without. */
	readonly jump: string;
	readonly goto: boolean;
	/** The name is a target's, so no chain is needed. */
	readonly isTarget: boolean;
	readonly counters: { readonly packets: number; readonly bytes: number } | undefined;
	readonly verbose: boolean;
	readonly numeric: boolean;
	readonly exact: boolean;
	readonly lineNumbers: boolean;
}

/** What an option word stands for: a letter of iptables itself, or an option of an extension. */
export type Meaning = string | { readonly loaded: Loaded<unknown>; readonly spec: OptionSpec };

export const SHORT: ReadonlyMap<string, readonly [Meaning, ArgKind]> = new Map([
	...[..."ACDEIMNPRcdgijmopstW"].map((c): [string, [Meaning, ArgKind]] => [c, [c, "required"]]),
	...[..."FLSXZhw"].map((c): [string, [Meaning, ArgKind]] => [c, [c, "optional"]]),
	...[..."Vfnvx46"].map((c): [string, [Meaning, ArgKind]] => [c, [c, "none"]]),
]);
export const LONG: readonly LongOption<Meaning>[] = (
	[
		"append A",
		"delete D",
		"check C",
		"insert I",
		"replace R",
		"list L",
		"list-rules S",
		"flush F",
		"zero Z",
		"new-chain N",
		"delete-chain X",
		"rename-chain E",
		"policy P",
		"source s",
		"destination d",
		"src s",
		"dst d",
		"protocol p",
		"in-interface i",
		"jump j",
		"table t",
		"match m",
		"numeric n",
		"out-interface o",
		"verbose v",
		"wait w",
		"wait-interval W",
		"exact x",
		"fragments f",
		"version V",
		"help h",
		"line-numbers 0",
		"modprobe M",
		"set-counters c",
		"goto g",
		"ipv4 4",
		"ipv6 6",
	] as const
).map((text) => {
	const [name, letter] = text.split(" ");
	return { name, value: letter, arg: SHORT.get(letter)?.[1] ?? "none" };
});

/** Options in the order of the tool's table, and for each command those that it refuses. */
export const OPTION_ORDER = "nsdpjvxio0cf";
export const REFUSED: Readonly<Record<CommandLetter, string>> = {
	I: "nx0",
	D: "nx0c",
	d: "nsdpjxio0cf",
	R: "nx0",
	A: "nx0",
	L: "sdpjiocf",
	F: "nsdpjxio0cf",
	Z: "nsdpjxio0cf",
	z: "nsdpjxio0cf",
	N: "nsdpjxio0cf",
	X: "nsdpjxio0cf",
	P: "nsdpjxio0f",
	E: "nsdpjxio0cf",
	S: "nsdpjxio0cf",
	C: "nx0c",
};
/** Longest name of a chain or target, plus one. */
export const NAME_MAX = 29;
export const STANDARD: readonly string[] = ["ACCEPT", "DROP", "RETURN"];

/** A name that the tool knows as a target. */
export function isTargetName(name: string, family: NfFamily): boolean {
	return STANDARD.includes(name) || targetsOf(family).has(name) || OTHER_TARGETS[family].has(name);
}

/** Protocols that an IPv6 rule cannot ask for with `-p` (is_exthdr): routing, fragment, AH, destination options. */
export const EXTENSION_HEADERS: readonly number[] = [43, 44, 51, 60];

export interface ParseOptions {
	readonly family: NfFamily;
	/** A line of iptables-restore: the table is given. */
	readonly restore?: string;
	/** The namespace's sets; without, there are none. */
	readonly sets?: IpSets;
	/** Warnings. */
	err(text: string): void;
}
/** A name for a new chain. */
export function checkChainName(name: string, family: NfFamily): void {
	if (name.length >= NAME_MAX)
		throw new ToolError(`chain name \`${name}' too long (must be under ${NAME_MAX} chars)`);
	if (name.startsWith("-") || name.startsWith("!"))
		throw new ToolError(`chain name not allowed to start with \`${name[0]}'`);
	// an empty name fits the standard target
	if (name === "" || isTargetName(name, family))
		throw new ToolError("chain name may not clash with target name");
	if (/\s/.test(name)) throw new ToolError(`Invalid chain name \`${name}'`);
}
