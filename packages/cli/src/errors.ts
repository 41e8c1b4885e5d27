/** What ends a command early, and with which exit status. */
import type { LabError } from "@hookline/linux/shell/errors";

/** The command line asks for something that there is not: one line with the usage, status 2. */
export class UsageError extends Error {}

/** The work could not be done: the message on stderr, status 1. */
export class Failure extends Error {}

/** A lab file that cannot run; `problems` are all of its lines that say why. Status 2. */
export class LabProblems extends Error {
	readonly problems: readonly LabError[];

	constructor(problems: readonly LabError[]) {
		super(problems.map(String).join("\n"));
		this.problems = problems;
	}
}

/** The message of anything thrown. */
export function messageOf(error: unknown): string {
	return error instanceof Error ? error.message : String(error);
}
