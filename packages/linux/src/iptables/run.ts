/** The `iptables` command: one command line against the tables of one namespace. */
import { type TableDraft, type Verb, XtError } from "@hookline/engine/netfilter/chain";
import { type Rule, TABLE_NAMES, type TableName } from "@hookline/engine/netfilter/rule";
import type { XtTable } from "@hookline/engine/netfilter/table";
import type { Xtables } from "@hookline/engine/netfilter/tables";
import { NF_DROP } from "@hookline/engine/netfilter/types";
import { parseCommand, VersionWanted } from "./command.ts";
import type { Command } from "./command-table.ts";
import { listTable, ruleLine } from "./list.ts";
import { printRule } from "./print.ts";
import { toolOf } from "./tool.ts";
import { ToolError, Unsupported } from "./values.ts";

/** The tables of a namespace. */
export type IptablesModel = Xtables;
export interface IptablesIo {
	out(text: string): void;
	err(text: string): void;
}
export const VERSION = "v1.8.9 (legacy)";

const ERRNO_TEXT: Readonly<Record<XtError["errno"], string>> = {
	ENOENT: "No chain/target/match by that name",
	EINVAL: "Invalid argument",
	EEXIST: "File exists",
	ENOTEMPTY: "Directory not empty",
	EMLINK: "Too many links",
	E2BIG: "Argument list too long",
	ELOOP: "Too many levels of symbolic links",
	ERANGE: "Numerical result out of range",
};
const VERB_TEXT: Partial<Record<`${Verb} ${XtError["errno"]}`, string>> = {
	"newChain EEXIST": "Chain already exists",
	"insert E2BIG": "Index of insertion too big",
	"replace E2BIG": "Index of replacement too big",
	"deleteNum E2BIG": "Index of deletion too big",
	"zeroNum E2BIG": "Index of counter too big",
	"delete ENOENT": "Bad rule (does a matching rule exist in that chain?)",
	"check ENOENT": "Bad rule (does a matching rule exist in that chain?)",
	"policy ENOENT": "Bad built-in chain name",
	"policy EINVAL": "Bad policy name",
};
/** iptc_strerror. */
export function errorText(e: XtError): string {
	return VERB_TEXT[`${e.verb} ${e.errno}`] ?? ERRNO_TEXT[e.errno];
}
/** What a ToolError prints; `line` is that of a restore file. */
export function printToolError(program: string, e: ToolError, line?: number): string {
	let text = e.bare ? e.message : `${program} ${VERSION}: ${e.message}`;
	if (text !== "") text += "\n";
	if (e.status === 3) return `${text}Perhaps ${program} or your kernel needs to be upgraded.\n`;
	if (e.status !== 2) return text;
	if (line !== undefined) text += `Error occurred at line: ${line}\n`;
	return `${text}Try \`${program} -h' or '${program} --help' for more information.\n`;
}
export function isTableName(name: string): name is TableName {
	return (TABLE_NAMES as readonly string[]).includes(name);
}

/** Run `iptables`, or `ip6tables` on a model of that family, with the words after the command's name; the exit status. */
export function runIptables(argv: readonly string[], model: IptablesModel, io: IptablesIo): number {
	const { family, name } = toolOf(model.family);
	try {
		const command = parseCommand(argv, { family, sets: model.lists.sets, err: (text) => io.err(text) });
		if (!isTableName(command.table))
			throw new ToolError(
				`can't initialize ${name} table \`${command.table}': Table does not exist (do you need to insmod?)`,
				3,
			);
		const table = model.table(command.table);
		const draft = table.begin();
		apply(command, draft, table, io);
		table.commit(draft);
		return 0;
	} catch (e) {
		if (e instanceof VersionWanted) {
			io.out(`${name} ${VERSION}\n`);
			return 0;
		}
		if (e instanceof ToolError) {
			io.err(printToolError(name, e));
			return e.status;
		}
		if (e instanceof XtError) {
			const hint = e.errno === "EINVAL" ? " Run `dmesg' for more information." : "";
			io.err(`${name}: ${errorText(e)}.${hint}\n`);
			return 1;
		}
		if (e instanceof Unsupported) {
			io.err(`${name}: ${e.message} by this emulation\n`);
			return 2;
		}
		throw e;
	}
}

/** Do to the draft what the command says; prints what it lists. Throws ToolError and XtError. */
export function apply(command: Command, draft: TableDraft, table: XtTable, io: IptablesIo): void {
	const { chain = "", number, letters } = command;
	const rules = command.rules.map((r) => resolve(r, command, draft, io));
	const { packets = 0, bytes = 0 } = command.counters ?? {};
	const has = letters.has.bind(letters);
	if (command.verbose) for (const r of rules) io.out(ruleLine(r));
	if (has("A")) for (const r of rules) draft.append(chain, r, packets, bytes);
	else if (has("I")) for (const r of rules) draft.insert(chain, r, number, packets, bytes);
	else if (has("R")) draft.replace(chain, number, rules[0], packets, bytes);
	else if (has("D") || has("C")) for (const r of rules) remove(chain, r, has("C"), draft);
	else if (has("d")) draft.deleteNumber(chain, number);
	else if (has("F")) {
		if (command.verbose && command.chain === undefined) each(draft, io, "Flushing chain");
		draft.flush(command.chain);
	} else if (has("N")) draft.newChain(chain);
	else if (has("X")) {
		if (command.verbose) {
			const names = draft.chains.filter((c) => c.hook < 0).map((c) => c.name);
			for (const name of command.chain === undefined ? names : [chain]) io.out(`Deleting chain \`${name}'\n`);
		}
		if (command.chain === undefined) draft.deleteChains();
		else draft.deleteChain(chain);
	} else if (has("E")) draft.rename(chain, command.newName);
	else if (has("P")) draft.setPolicy(chain, command.policy, command.counters);
	else if (has("L") || has("S")) {
		if (has("L")) listTable(command, draft, table, io);
		else listRules(command, draft, table, io);
		if (has("Z")) {
			if (command.verbose) each(draft, io, "Zeroing chain", command.chain);
			draft.zero(command.chain);
		}
		if (has("z")) draft.zeroNumber(chain, number);
	} else if (has("Z")) {
		if (command.verbose) each(draft, io, "Zeroing chain", command.chain);
		draft.zero(command.chain);
	} else if (has("z")) draft.zeroNumber(chain, number);
}
function each(draft: TableDraft, io: IptablesIo, what: string, only?: string): void {
	for (const c of draft.chains) if (only === undefined || c.name === only) io.out(`${what} \`${c.name}'\n`);
}
/** Give the rule its target when that is a chain of this table. */
function resolve(r: Rule, command: Command, draft: TableDraft, io: IptablesIo): Rule {
	const { jump } = command;
	if (jump === "") return r;
	if (draft.chain(jump) !== undefined) {
		if (command.isTarget) io.err(`Warning: using chain ${jump}, not extension\n`);
		return { ...r, target: { type: "jump", chain: jump, goto: command.goto } };
	}
	if (command.isTarget) return r;
	if (command.goto) throw new ToolError(`goto '${jump}' is not a chain`);
	throw new ToolError(`Couldn't load target \`${jump}':No such file or directory\n`);
}
function remove(chain: string, r: Rule, dry: boolean, draft: TableDraft): void {
	try {
		if (dry) draft.check(chain, r);
		else draft.delete(chain, r);
	} catch (e) {
		// the tool forgets that it was deleting once it has looked its target up
		const plain = ["none", "ACCEPT", "DROP", "RETURN"].includes(r.target.type);
		if (e instanceof XtError && !plain && draft.chain(chain) !== undefined)
			throw new XtError("list", "ENOENT", e.message);
		throw e;
	}
}
/** `-S`. */
function listRules(command: Command, draft: TableDraft, table: XtTable, io: IptablesIo): void {
	const only = command.chain;
	const chains = draft.chains.filter((c) => only === undefined || c.name === only);
	if (chains.length === 0) throw new XtError("list", "ENOENT", `no chain ${only}`);
	const count = (of: Parameters<XtTable["counters"]>[0]) => {
		const { packets, bytes } = table.counters(of);
		return `-c ${packets} ${bytes}`;
	};
	if (command.number === 0) {
		for (const c of chains)
			if (c.hook < 0) io.out(`-N ${c.name}\n`);
			else {
				const policy = c.policy === NF_DROP ? "DROP" : "ACCEPT";
				io.out(`-P ${c.name} ${policy}${command.verbose ? ` ${count(c)}` : ""}\n`);
			}
	}
	for (const c of chains)
		c.entries.forEach((e, i) => {
			if (command.number !== 0 && command.number !== i + 1) return;
			io.out(`${printRule(c.name, e.rule, command.verbose ? count(e) : "")}\n`);
		});
}
