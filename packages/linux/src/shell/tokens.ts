import type { Cursor } from "./cursor.ts";
import type { Part, Word } from "./syntax.ts";
import { type ReadCommands, readHereText, readWord } from "./words.ts";

export type Token =
	/** `plain`: the word's text when nothing in it is quoted or expanded; only such a word can be reserved. */
	| { readonly kind: "word"; readonly pos: number; readonly word: Word; readonly plain: string | undefined }
	/** `fd`: the digits directly before a redirection operator. */
	| {
			readonly kind: "operator";
			readonly pos: number;
			readonly text: string;
			readonly fd: string | undefined;
	  }
	| { readonly kind: "newline"; readonly pos: number }
	| { readonly kind: "end"; readonly pos: number };

/** A here-document whose text begins after the next newline. */
export interface PendingHere {
	readonly target: { parts: readonly Part[] };
	readonly delimiter: string;
	readonly stripTabs: boolean;
	readonly literal: boolean;
	readonly pos: number;
}

/** Longest first. The ones the language lacks are here so that they can be named. */
const OPERATORS = [
	"&>>",
	"<<-",
	"<<<",
	";;&",
	"&&",
	"||",
	"|&",
	"&>",
	";;",
	";&",
	"<<",
	">>",
	">&",
	"<&",
	"<>",
	">|",
	"<(",
	">(",
	";",
	"&",
	"|",
	"(",
	")",
	"<",
	">",
];

/** Cuts a script into tokens, one ahead; reads the here-documents when it passes the newline before them. */
export class Tokens {
	readonly cursor: Cursor;
	private readonly commands: ReadCommands;
	private readonly pending: PendingHere[] = [];
	private ahead: Token | undefined;

	constructor(cursor: Cursor, commands: ReadCommands) {
		this.cursor = cursor;
		this.commands = commands;
	}

	peek(): Token {
		this.ahead ??= this.read();
		return this.ahead;
	}

	take(): Token {
		const token = this.peek();
		this.ahead = undefined;
		return token;
	}

	/** To be called after taking the delimiter and before the next `peek`. */
	expectHere(here: PendingHere): void {
		this.pending.push(here);
	}

	/** Gives the cursor back, standing on the token ahead. */
	release(): void {
		this.cursor.pos = this.peek().pos;
		const open = this.pending[0];
		if (open !== undefined) this.unended(open);
	}

	private read(): Token {
		const cursor = this.cursor;
		this.skipBlanks();
		const pos = cursor.pos;
		const char = cursor.peek();
		if (char === "") {
			const open = this.pending[0];
			if (open !== undefined) this.unended(open);
			return { kind: "end", pos };
		}
		if (char === "\n") {
			cursor.pos++;
			for (const here of this.pending.splice(0)) this.readHere(here);
			return { kind: "newline", pos };
		}
		const digits = /^[0-9]+(?=[<>])/.exec(cursor.text.slice(pos, pos + 8))?.[0];
		if (digits !== undefined) cursor.pos += digits.length;
		const text = OPERATORS.find((operator) => cursor.startsWith(operator));
		if (text !== undefined) {
			cursor.pos += text.length;
			return { kind: "operator", pos, text, fd: digits };
		}
		const word = readWord(cursor, this.commands);
		const first = word.parts[0];
		const single = word.parts.length === 1 && first?.kind === "text" && !first.quoted;
		return { kind: "word", pos, word, plain: single ? first.text : undefined };
	}

	private skipBlanks(): void {
		const cursor = this.cursor;
		for (;;) {
			cursor.skipContinuations();
			const char = cursor.peek();
			if (char === " " || char === "\t") cursor.pos++;
			else if (char === "#") {
				const end = cursor.text.indexOf("\n", cursor.pos);
				cursor.pos = end < 0 ? cursor.text.length : end;
			} else return;
		}
	}

	private unended(here: PendingHere): never {
		return this.cursor.unreadable(
			here.pos,
			"<<",
			`the here-document has no line "${here.delimiter}" at its end`,
		);
	}

	private readHere(here: PendingHere): void {
		const cursor = this.cursor;
		const line = cursor.line();
		let body = "";
		// a line that the one before is continued onto cannot be the delimiter
		let continued = false;
		for (;;) {
			if (cursor.atEnd) this.unended(here);
			const newline = cursor.text.indexOf("\n", cursor.pos);
			const end = newline < 0 ? cursor.text.length : newline;
			let text = cursor.text.slice(cursor.pos, end);
			cursor.pos = newline < 0 ? end : end + 1;
			if (here.stripTabs && !continued) text = text.replace(/^\t+/, "");
			if (text === here.delimiter && !continued) break;
			continued = !here.literal && /(^|[^\\])(\\\\)*\\$/.test(text);
			body += newline < 0 ? text : `${text}\n`;
		}
		here.target.parts = here.literal
			? [{ kind: "text", text: body, quoted: true }]
			: readHereText(cursor.inner(body, line), this.commands);
	}
}
