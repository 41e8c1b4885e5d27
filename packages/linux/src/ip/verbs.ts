/** The commands of `ip`'s objects by name and abbreviation, and what one call is given. */
import type { CommandContext } from "../context.ts";
import type { Options } from "./options.ts";
import { abbreviates, type Words } from "./words.ts";

/** One run, or with `ctx` null one check. */
export interface Call {
	readonly ctx: CommandContext | null;
	readonly words: Words;
	readonly options: Options;
}
type Verbs<T extends string> = readonly (readonly [string, T])[];
/** What changes an address or a neighbour. */
export const CHANGE_VERBS: Verbs<"add" | "change" | "replace" | "del"> = [
	["add", "add"],
	["change", "change"],
	["chg", "change"],
	["replace", "replace"],
	["delete", "del"],
];
/** What changes a route. */
export const ROUTE_VERBS: Verbs<"add" | "change" | "replace" | "prepend" | "append" | "del"> = [
	["add", "add"],
	["change", "change"],
	["chg", "change"],
	["replace", "replace"],
	["prepend", "prepend"],
	["append", "append"],
	["test", "add"],
	["delete", "del"],
];

export function isShow(verb: string): boolean {
	return abbreviates(verb, "show") || abbreviates(verb, "lst") || abbreviates(verb, "list");
}
export function pick<T extends string>(verb: string, verbs: Verbs<T>): T | undefined {
	return verbs.find(([name]) => abbreviates(verb, name))?.[1];
}
export function out(call: Call, text: (ctx: CommandContext) => string): number {
	if (call.ctx !== null) call.ctx.io.out(text(call.ctx));
	return 0;
}
