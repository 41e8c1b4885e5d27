/** Many cases, a few at a time. */
import { existsSync, readdirSync } from "node:fs";
import { availableParallelism } from "node:os";
import { basename, join, resolve } from "node:path";
import { parseArgs } from "node:util";

/** Calls `work` on every item, `jobs` at a time, begun in order. Rejects with the first error, when all that was begun has ended. */
export async function inParallel<T>(
	items: readonly T[],
	jobs: number,
	work: (item: T) => Promise<void>,
): Promise<void> {
	const rest = [...items];
	const worker = async (): Promise<void> => {
		for (let item = rest.shift(); item !== undefined; item = rest.shift()) await work(item);
	};
	const results = await Promise.allSettled(Array.from({ length: Math.min(jobs, items.length) }, worker));
	for (const r of results) if (r.status === "rejected") throw r.reason;
}

/** Cases below a folder; none when there is no such folder. */
export function casesBelow(dir: string): string[] {
	if (!existsSync(dir)) return [];
	return readdirSync(dir)
		.sort()
		.map((name) => join(dir, name))
		.filter((path) => existsSync(join(path, "case.json")));
}

export function caseName(dir: string): string {
	return basename(resolve(dir));
}

/** Wrong use of a command: its message is for people, and ends it with status 2. */
export class UsageError extends Error {}

type Options = NonNullable<NonNullable<Parameters<typeof parseArgs>[0]>["options"]>;
export interface Arguments {
	readonly values: Readonly<Record<string, string | boolean | undefined>>;
	readonly positionals: readonly string[];
	/** A whole number of at least `least`; `fallback` when it was not given. Throws UsageError. */
	count(name: string, least: number, fallback: number): number;
}
/** Throws UsageError for an option that there is not. `--jobs` is always one. */
export function parse(options: Options): Arguments {
	let parsed: { values: Record<string, unknown>; positionals: string[] };
	try {
		parsed = parseArgs({
			options: { help: { type: "boolean", short: "h" }, jobs: { type: "string" }, ...options },
			allowPositionals: true,
		});
	} catch (e) {
		throw new UsageError((e as Error).message);
	}
	const values = parsed.values as Record<string, string | boolean | undefined>;
	return {
		values,
		positionals: parsed.positionals.filter((p) => p !== "--"),
		count(name, least, fallback) {
			const text = values[name];
			if (text === undefined) return fallback;
			const n = Number(text);
			if (!Number.isInteger(n) || n < least)
				throw new UsageError(`--${name} ${text}: expected a whole number of at least ${least}`);
			return n;
		},
	};
}

export function defaultJobs(): number {
	return availableParallelism();
}

/** Run a command's main function; its number is the exit status. */
export async function command(main: () => Promise<number>): Promise<void> {
	try {
		process.exitCode = await main();
	} catch (e) {
		if (!(e instanceof Error)) throw e;
		process.stderr.write(`${e instanceof UsageError ? `${e.message}; see --help` : e.message}\n`);
		process.exitCode = 2;
	}
}
