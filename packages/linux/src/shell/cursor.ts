import { ShellSyntaxError } from "./errors.ts";

/** Thrown after an error was recorded behind which nothing can be read (an open quote). */
export class Unreadable extends Error {}

/** How deep `$(…)`, `${…}` and compound commands may nest; a bound for hostile input. */
const MAX_DEPTH = 100;

/** A place in a script's text, and the errors found so far. */
export class Cursor {
	readonly text: string;
	readonly file: string;
	readonly lineOffset: number;
	readonly errors: ShellSyntaxError[];
	pos = 0;
	depth: number;
	/** Line of text[0]; not 1 for the inside of backquotes and here-documents. */
	private readonly firstLine: number;
	private readonly lineStarts: number[] = [0];

	constructor(
		text: string,
		file: string,
		lineOffset: number,
		firstLine = 1,
		errors: ShellSyntaxError[] = [],
		depth = 0,
	) {
		this.text = text;
		this.file = file;
		this.lineOffset = lineOffset;
		this.firstLine = firstLine;
		this.errors = errors;
		this.depth = depth;
		for (let at = text.indexOf("\n"); at >= 0; at = text.indexOf("\n", at + 1)) this.lineStarts.push(at + 1);
	}

	/** A cursor on text that stands inside this one, its first line being `line`. */
	inner(text: string, line: number): Cursor {
		return new Cursor(text, this.file, this.lineOffset, line, this.errors, this.depth);
	}

	private row(pos: number): number {
		let low = 0;
		let high = this.lineStarts.length - 1;
		while (low < high) {
			const middle = (low + high + 1) >> 1;
			if (this.lineStarts[middle]! <= pos) low = middle;
			else high = middle - 1;
		}
		return low;
	}

	line(pos = this.pos): number {
		return this.firstLine + this.row(pos);
	}

	column(pos = this.pos): number {
		return pos - this.lineStarts[this.row(pos)]! + 1;
	}

	get atEnd(): boolean {
		return this.pos >= this.text.length;
	}

	/** The character `ahead` of here, "" past the end. */
	peek(ahead = 0): string {
		return this.text.charAt(this.pos + ahead);
	}

	startsWith(text: string): boolean {
		return this.text.startsWith(text, this.pos);
	}

	/** Steps over backslash-newline, which a shell removes before it looks at anything. */
	skipContinuations(): void {
		while (this.startsWith("\\\n")) this.pos += 2;
	}

	error(pos: number, construct: string, message: string): void {
		const line = this.line(pos) + this.lineOffset;
		this.errors.push(new ShellSyntaxError(this.file, line, this.column(pos), construct, message));
	}

	unreadable(pos: number, construct: string, message: string): never {
		this.error(pos, construct, message);
		throw new Unreadable(message);
	}

	/** Runs `read` one level deeper. */
	nested<T>(pos: number, read: () => T): T {
		if (this.depth >= MAX_DEPTH) {
			this.unreadable(pos, this.text.slice(pos, pos + 2), `nested more than ${MAX_DEPTH} deep`);
		}
		this.depth++;
		try {
			return read();
		} finally {
			this.depth--;
		}
	}
}
