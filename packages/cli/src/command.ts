/** A command of `hookline`, as its table holds it. */
import type { Io } from "./io/console.ts";

export interface Command {
	readonly name: string;
	/** Behind `hookline NAME `. */
	readonly usage: string;
	/** One line for the table. */
	readonly about: string;
	/** What `--help` prints below usage and about. */
	readonly help: string;
	/** Returns the exit status. Throws UsageError, Failure, LabProblems. */
	run(args: readonly string[], io: Io): number | Promise<number>;
}
