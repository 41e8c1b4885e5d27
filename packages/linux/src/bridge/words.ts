/** Reading a command line of `bridge`, and how it fails: its text on standard error and its status. */

export class BridgeError extends Error {
	readonly status: number;

	/** `text` without the line feed. */
	constructor(text: string, status = 255) {
		super(text);
		this.name = "BridgeError";
		this.status = status;
	}
}
/** The kernel refused with an error number, here as text. */
export function answers(text: string): BridgeError {
	return new BridgeError(`RTNETLINK answers: ${text}`);
}
/** The kernel refused with its own words (extended ack). */
export function kernelError(text: string, status = 255): BridgeError {
	return new BridgeError(`Error: ${text}.`, status);
}
export function noDevice(name: string): BridgeError {
	return new BridgeError(`Cannot find device "${name}"`);
}

export class BridgeWords {
	private readonly words: readonly string[];
	private at = 0;

	constructor(words: readonly string[]) {
		this.words = words;
	}
	/** The next word, or undefined at the end. */
	next(): string | undefined {
		return this.words[this.at++];
	}
	/** The value of a keyword. */
	value(): string {
		const word = this.words[this.at++];
		if (word === undefined) throw new BridgeError('Command line is not complete. Try option "help"');
		return word;
	}
}

/** `word` is a beginning of `full` (iproute2's matches). */
export function abbreviates(word: string, full: string): boolean {
	return word !== "" && full.startsWith(word);
}
