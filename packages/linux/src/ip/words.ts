/** The words of a command line as they are read, one behind the other, and how reading them can fail. */

import { NotSupported } from "../not-supported.ts";

/** Stands for a word that is known only at run time; it fits everywhere. No shell word contains a NUL. */
export const UNKNOWN = "\0";

/** The command ends with this text on its error output and this status. */
export class IpError extends Error {
	readonly status: number;
	/** The text with its newline. */
	readonly text: string;
	/** Set when the command line itself is wrong in a way that can be told before it runs. */
	readonly problem: string | undefined;

	constructor(status: number, text: string, problem?: string) {
		super(text.trimEnd());
		this.name = "IpError";
		this.status = status;
		this.text = text;
		this.problem = problem;
	}
}
/** A keyword is known only at run time: nothing behind it can be judged before. */
export class StopCheck extends Error {}

export function fail(status: number, text: string): never {
	throw new IpError(status, `${text}\n`);
}
/** The real tool has it, this one does not. */
export function unsupported(what: string): never {
	throw new NotSupported(`${what} is not supported`);
}
/** The kernel refused, with its own words (extended ack). */
export function kernelError(text: string): never {
	return fail(2, `Error: ${text}.`);
}
/** The kernel refused with an error number, here as text. */
export function answers(text: string): never {
	return fail(2, `RTNETLINK answers: ${text}`);
}
/** invarg of iproute2. Some of its messages bring a newline of their own: `blank`. */
export function badArgument(message: string, word: string, blank = false): never {
	return fail(255, `Error: argument "${word}" is wrong: ${message}${blank ? "\n" : ""}`);
}
export function garbage(key: string, word: string): never {
	throw new IpError(
		255,
		`Error: either "${key}" is duplicate, or "${word}" is a garbage.\n`,
		`unexpected word "${word}"`,
	);
}
export function unknownCommand(word: string, object: string): never {
	throw new IpError(
		255,
		`Command "${word}" is unknown, try "ip ${object} help".\n`,
		`unknown command "${word}" of ip ${object}`,
	);
}
export function noDevice(name: string): never {
	return fail(1, `Cannot find device "${name}"`);
}

/** Is `word` an abbreviation of `keyword` (iproute2's `matches`)? */
export function abbreviates(word: string, keyword: string): boolean {
	return word !== "" && keyword.startsWith(word);
}

export class Words {
	private readonly words: readonly string[];
	private index = 0;
	/** A word not known yet was taken for a value, on a guess. */
	unsure = false;

	constructor(words: readonly string[]) {
		this.words = words;
	}
	get done(): boolean {
		return this.index >= this.words.length;
	}
	/** The next word, which stays; "" at the end. */
	get head(): string {
		return this.words[this.index] ?? "";
	}
	/** The word behind `head`. */
	get second(): string | undefined {
		return this.words[this.index + 1];
	}
	/** The words that are left. */
	get rest(): string[] {
		return this.words.slice(this.index);
	}
	/** A value: the command line must go on. */
	value(): string {
		const word = this.words[this.index++];
		if (word === undefined) return fail(255, 'Command line is not complete. Try option "help"');
		return word;
	}
	/**
	 * A word that decides how to go on. `open`: it may as well be the value that needs no keyword, so a word that is not known
	 * yet is taken for that, and from then on the line is not judged for its grammar.
	 */
	keyword(open = false): string {
		const word = this.value();
		if (word !== UNKNOWN) return word;
		if (!open) throw new StopCheck();
		this.unsure = true;
		return word;
	}
	skip(): void {
		this.index++;
	}
	/** Take `head` if it is `keyword`. */
	take(keyword: string): boolean {
		if (this.head !== keyword) return false;
		this.index++;
		return true;
	}
}
