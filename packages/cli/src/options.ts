/** Arguments of one command. */
import { type ParseArgsConfig, parseArgs } from "node:util";
import { messageOf, UsageError } from "./errors.ts";
import type { LabSettings } from "./io/lab-file.ts";

type Options = NonNullable<ParseArgsConfig["options"]>;

/** What `parse` gives for a set of options. */
export type Parsed<T extends Options> = ReturnType<
	typeof parseArgs<{ args: string[]; options: T; allowPositionals: true; strict: true }>
>;

/** node:util's parseArgs, strict; what it refuses becomes a UsageError of one line. */
export function parse<T extends Options>(args: readonly string[], options: T): Parsed<T> {
	try {
		return parseArgs({ args: [...args], options, allowPositionals: true, strict: true });
	} catch (error) {
		const [first] = messageOf(error).split("\n");
		throw new UsageError(first.replace(/\. To specify.*$/, "").replace(/\.$/, ""));
	}
}

/** A whole number of `min`..`max`, or undefined when the option is absent. */
export function wholeNumber(
	name: string,
	text: string | undefined,
	min: number,
	max: number,
): number | undefined {
	if (text === undefined) return undefined;
	const n = Number(text);
	if (!/^\d+$/.test(text) || n < min || n > max)
		throw new UsageError(`--${name} ${text}: expected a whole number of ${min} to ${max}`);
	return n;
}

export const CHANCE_OPTIONS = { seed: { type: "string" }, vector: { type: "string" } } as const;
export const LAB_OPTIONS = { ...CHANCE_OPTIONS, ipv6: { type: "boolean" } } as const;

/** `--seed`, `--vector` and `--ipv6` as the lab takes them. */
export function labSettings(values: { seed?: string; vector?: string; ipv6?: boolean }): LabSettings {
	const seed = wholeNumber("seed", values.seed, 0, 0xffffffff);
	const vector = wholeNumber("vector", values.vector, 1, 256);
	return {
		...(seed === undefined ? {} : { seed }),
		...(vector === undefined ? {} : { vector }),
		...(values.ipv6 ? { ipv6: true } : {}),
	};
}

/** The only positional argument of a command. */
export function one(positionals: readonly string[], what: string): string {
	if (positionals.length === 0) throw new UsageError(`${what} is missing`);
	if (positionals.length > 1) throw new UsageError(`unexpected argument "${positionals[1]}"`);
	return positionals[0];
}

/** At least one positional argument. */
export function some(positionals: readonly string[], what: string): readonly string[] {
	if (positionals.length === 0) throw new UsageError(`${what} is missing`);
	return positionals;
}
