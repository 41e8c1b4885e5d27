import type { LabError } from "./errors.ts";

/** A place in a lab file; lines count from 1. */
export interface Where {
	readonly file: string;
	readonly line: number;
}

/** What a command reads and writes. */
export interface CommandIo {
	/**
	 * Standard input as a whole. Reading this property consumes it: commands of one shell share the shell's
	 * input, and the second reader finds the end of file. Read it once, and only if the real command would.
	 */
	readonly stdin: string;
	out(text: string): void;
	err(text: string): void;
	/** Exported variables, for a command that starts a shell itself (`ip netns exec NS sh -c …`). */
	readonly env?: ReadonlyMap<string, string>;
}

/** The emulated machine as the shell sees it. */
export interface ShellHost {
	/**
	 * Runs one command of the emulated machine; argv[0] is the command word.
	 * Returns its exit status, or undefined when there is no such command (the shell prints `not found`, 127).
	 */
	run(argv: readonly string[], io: CommandIo, where: Where): number | undefined;
	/**
	 * Static problems of a command line: unknown command, unknown option…; an undefined word is known only at
	 * run time. A command that starts a shell passes on what `checkProgram` found.
	 */
	check(argv: readonly (string | undefined)[], where: Where): (string | LabError)[];
	/** The file's text, or undefined: no such file. */
	readFile(path: string): string | undefined;
	/**
	 * `append` false with empty text: open for writing and truncate; `append` true with empty text: open for
	 * appending. Text then comes with `append` true, one call for each write(2).
	 * Returns what is wrong (at opening `Directory nonexistent`, `Permission denied`; at writing
	 * `Invalid argument`), or undefined when fine.
	 */
	writeFile(path: string, text: string, append: boolean): string | undefined;
	/** Lets `ns` nanoseconds of virtual time pass. */
	sleep(ns: number): void;
}
