/**
 * The grammar of a lab file: the part of POSIX sh (XCU 2.10) made of simple commands, `;` `&&` `||`, `for`,
 * assignments, redirections and here-documents. Every other construct is read too, as far as needed to
 * report it by name and go on, so that one pass finds all errors.
 */
import { Cursor, Unreadable } from "./cursor.ts";
import { ShellSyntaxError } from "./errors.ts";
import { readCompound, refusedWord } from "./refused.ts";
import type { AndOr, Assignment, Command, ForLoop, List, Redirection, Script, Word } from "./syntax.ts";
import { type Token, Tokens } from "./tokens.ts";
import { assignmentName, assignmentValue, bareText, refusedInWord } from "./words.ts";

export interface Parsed {
	readonly script: Script;
	/** In the order of the file. The script may run only when there are none. */
	readonly errors: readonly ShellSyntaxError[];
}

/**
 * Parses a script. Never throws. `lineOffset` is added to the lines of errors, for text that begins inside a
 * file.
 */
export function parseScript(text: string, file: string, lineOffset = 0): Parsed {
	const carriage = text.indexOf("\r\n");
	if (carriage >= 0) {
		const line = lineOffset + text.slice(0, carriage).split("\n").length;
		const error = new ShellSyntaxError(file, line, 1, "\\r", "lines end in CR LF; a shell wants LF alone");
		return { script: { file, lineOffset, list: [] }, errors: [error] };
	}
	const cursor = new Cursor(text, file, lineOffset);
	let list: List = [];
	try {
		list = readCommands(cursor, "");
	} catch (error) {
		if (!(error instanceof Unreadable)) throw error;
	}
	const errors = [...cursor.errors].sort((a, b) => a.line - b.line);
	return { script: { file, lineOffset, list }, errors };
}

function readCommands(cursor: Cursor, closer: ")" | ""): List {
	const parser = new Parser(new Tokens(cursor, readCommands));
	const list = parser.list(closer === ")" ? [")"] : []);
	parser.tokens.release();
	return list;
}

const NAME = /^[A-Za-z_][A-Za-z0-9_]*$/;
const REDIRECTIONS = new Set([">", ">>", "<", "<<", "<<-", ">&"]);
const REFUSED_REDIRECTIONS = new Map([
	["<<<", "here-strings (<<<) are not POSIX sh and are not supported"],
	["<(", "process substitution <(…) is not POSIX sh and is not supported"],
	[">(", "process substitution >(…) is not POSIX sh and is not supported"],
	["&>", "&> is not POSIX sh and is not supported; write >FILE 2>&1"],
	["&>>", "&>> is not POSIX sh and is not supported; write >>FILE 2>&1"],
	["<&", "duplicating an input (<&) is not supported"],
	["<>", "opening for reading and writing (<>) is not supported"],
	[">|", ">| is not supported; write >"],
]);

export class Parser {
	readonly tokens: Tokens;

	constructor(tokens: Tokens) {
		this.tokens = tokens;
	}

	/** Reads commands up to one of `closers` (reserved words or operators), which it leaves, or to the end. */
	list(closers: readonly string[]): List {
		const list: AndOr[] = [];
		for (;;) {
			this.skipNewlines();
			const token = this.tokens.peek();
			if (token.kind === "end" || this.isOneOf(token, closers)) return list;
			const before = token.pos;
			const andOr = this.andOr();
			if (andOr !== undefined) list.push(andOr);
			this.separator(closers, before);
		}
	}

	private separator(closers: readonly string[], before: number): void {
		const token = this.tokens.peek();
		if (token.kind === "end" || token.kind === "newline" || this.isOneOf(token, closers)) return;
		if (token.kind === "operator" && token.text === ";" && token.pos > before) {
			this.tokens.take();
			const next = this.tokens.peek();
			if (next.kind === "operator" && next.text === ";") this.unexpected(next);
		} else if (token.kind === "operator" && token.text === "&" && token.pos > before) {
			this.refuse(token.pos, "&", "background commands (&) are not supported");
			this.tokens.take();
		} else this.unexpected(token);
	}

	private andOr(): AndOr | undefined {
		const first = this.pipeline();
		if (first === undefined) return undefined;
		const rest: { operator: "&&" | "||"; command: Command }[] = [];
		for (;;) {
			const token = this.tokens.peek();
			if (token.kind !== "operator" || (token.text !== "&&" && token.text !== "||")) break;
			this.tokens.take();
			this.skipNewlines();
			const command = this.pipeline();
			if (command === undefined) break;
			rest.push({ operator: token.text, command });
		}
		return { first, rest };
	}

	private pipeline(): Command | undefined {
		let token = this.tokens.peek();
		while (token.kind === "word" && token.plain === "!") {
			this.refuse(token.pos, "!", "negation with ! is not supported");
			this.tokens.take();
			token = this.tokens.peek();
		}
		const first = this.command();
		const piped: Command[] = [];
		for (token = this.tokens.peek(); first !== undefined; token = this.tokens.peek()) {
			if (token.kind !== "operator" || (token.text !== "|" && token.text !== "|&")) break;
			this.refuse(token.pos, token.text, `pipes (${token.text}) are not supported`);
			this.tokens.take();
			this.skipNewlines();
			const command = this.command();
			if (command === undefined) break;
			piped.push(command);
		}
		if (first === undefined || piped.length === 0) return first;
		const lists = [first, ...piped].map((command) => [{ first: command, rest: [] }]);
		return { kind: "refused", lists, line: first.line };
	}

	/** undefined after an error: the rest of the line has been skipped. */
	command(): Command | undefined {
		const token = this.tokens.peek();
		const cursor = this.tokens.cursor;
		if (token.kind === "word" && token.plain === "for") return cursor.nested(token.pos, () => this.forLoop());
		if (token.kind === "word" || (token.kind === "operator" && token.text === "(")) {
			const compound = cursor.nested(token.pos, () => readCompound(this, token));
			if (compound !== undefined) {
				while (this.redirection([])) {}
				return compound;
			}
		}
		if (token.kind === "word" && token.plain !== undefined && refusedWord(token.plain)) {
			this.unexpected(token);
			return undefined;
		}
		return this.simple();
	}

	private simple(): Command | undefined {
		const start = this.tokens.peek();
		const assignments: Assignment[] = [];
		const words: Word[] = [];
		const redirections: Redirection[] = [];
		for (;;) {
			const token = this.tokens.peek();
			if (token.kind === "word") {
				this.tokens.take();
				const name = assignmentName(token.word);
				const assigns = name !== undefined && words.length === 0;
				const exported = name !== undefined && words.length > 0 && bareText(words[0]!) === "export";
				this.checkWord(token, name !== undefined && (assigns || exported) ? name : undefined);
				if (assigns) {
					assignments.push({ name, value: assignmentValue(token.word, name), line: token.word.line });
				} else words.push(token.word);
			} else if (!this.redirection(redirections)) {
				if (token.kind === "operator" && token.text === "(" && assignments.length > 0 && words.length === 0) {
					this.refuse(token.pos, "(", "arrays are not POSIX sh and are not supported");
					this.skipLine();
				}
				break;
			}
		}
		if (assignments.length + words.length + redirections.length === 0) {
			this.unexpected(start);
			return undefined;
		}
		const cursor = this.tokens.cursor;
		const [line, column] = [cursor.line(start.pos), cursor.column(start.pos)];
		return { kind: "simple", assignments, words, redirections, line, column };
	}

	private checkWord(token: Token & { kind: "word" }, assigned: string | undefined): void {
		const parts = assigned === undefined ? token.word.parts : assignmentValue(token.word, assigned);
		const refused = refusedInWord(parts, assigned !== undefined);
		if (refused !== undefined) this.refuse(token.pos, ...refused);
		if (assigned === "IFS") this.refuse(token.pos, "IFS=", "setting IFS is not supported");
		if (/^[A-Za-z_]\w*(\+|\[[^\]]*\])=/.test(token.plain ?? "")) {
			this.refuse(
				token.pos,
				token.plain!,
				"only NAME=VALUE assigns in POSIX sh; += and arrays are not supported",
			);
		}
	}

	/** Reads one redirection into `into`; false when there is none. */
	redirection(into: Redirection[]): boolean {
		const token = this.tokens.peek();
		if (token.kind !== "operator") return false;
		const refused = REFUSED_REDIRECTIONS.get(token.text);
		if (refused === undefined && !REDIRECTIONS.has(token.text)) return false;
		this.tokens.take();
		if (refused !== undefined) this.refuse(token.pos, token.text, refused);
		const operand = this.tokens.peek();
		if (operand.kind !== "word") {
			this.unexpected(operand);
			return true;
		}
		this.tokens.take();
		if (token.text === "<(" || token.text === ">(") {
			this.skipLine();
			return true;
		}
		if (refused !== undefined) return true;
		const input = token.text.startsWith("<");
		const fd = Number(token.fd ?? (input ? 0 : 1));
		if (input ? fd !== 0 : fd !== 1 && fd !== 2) {
			this.refuse(
				token.pos,
				`${token.fd}${token.text}`,
				`redirecting descriptor ${fd} with ${token.text} is not supported`,
			);
		}
		const line = this.tokens.cursor.line(token.pos);
		const slot = fd as 0 | 1 | 2;
		if (token.text === ">&") this.duplicate(token, operand, slot, into);
		else if (token.text === "<<" || token.text === "<<-") {
			const target = { parts: [] };
			into.push({ kind: "here", fd: slot, target, line });
			this.expectHere(token, operand.word, target);
		} else {
			const refusedIn = refusedInWord(operand.word.parts, false);
			if (refusedIn !== undefined) this.refuse(operand.pos, ...refusedIn);
			const kind = input ? "read" : token.text === ">" ? "write" : "append";
			into.push({ kind, fd: slot, target: { parts: operand.word.parts }, line });
		}
		return true;
	}

	private duplicate(
		token: Token & { kind: "operator" },
		operand: Token & { kind: "word" },
		fd: 0 | 1 | 2,
		into: Redirection[],
	): void {
		if (operand.plain !== "1" && operand.plain !== "2") {
			const text = `>&${operand.plain ?? "…"}`;
			this.refuse(token.pos, text, `${text} is not supported; there are >&1 and >&2`);
			return;
		}
		const from = operand.plain === "1" ? 1 : 2;
		into.push({ kind: "duplicate", fd, target: { parts: [] }, from, line: operand.word.line });
	}

	private expectHere(token: Token & { kind: "operator" }, word: Word, target: Redirection["target"]): void {
		let delimiter = "";
		for (const part of word.parts) {
			if (part.kind === "text") delimiter += part.text;
			else this.refuse(token.pos, "<<", "an expansion in the delimiter of a here-document is not supported");
		}
		const literal = word.parts.some((part) => part.quoted);
		this.tokens.expectHere({ target, delimiter, stripTabs: token.text === "<<-", literal, pos: token.pos });
	}

	private forLoop(): ForLoop | undefined {
		const start = this.tokens.take();
		const variable = this.tokens.take();
		if (variable.kind !== "word" || variable.plain === undefined || !NAME.test(variable.plain)) {
			this.refuse(variable.pos, "for", "Syntax error: Bad for loop variable");
			this.skipLine();
			return undefined;
		}
		if (variable.plain === "IFS") this.refuse(variable.pos, "IFS", "setting IFS is not supported");
		this.skipNewlines();
		const words: Word[] = [];
		if (this.isOneOf(this.tokens.peek(), ["in"])) {
			this.tokens.take();
			for (let token = this.tokens.peek(); token.kind === "word"; token = this.tokens.peek()) {
				this.tokens.take();
				this.checkWord(token, undefined);
				words.push(token.word);
			}
		} else this.refuse(start.pos, "for", "for without in (over the positional parameters) is not supported");
		const end = this.tokens.peek();
		if (end.kind === "operator" && end.text === ";") this.tokens.take();
		const body = this.block("do", "done");
		if (body === undefined) return undefined;
		const redirections: Redirection[] = [];
		while (this.redirection(redirections)) {}
		const line = this.tokens.cursor.line(start.pos);
		return { kind: "for", variable: variable.plain, words, body, redirections, line };
	}

	/** `opener LIST closer`, after newlines; undefined after an error. */
	block(opener: string, closer: string): List | undefined {
		this.skipNewlines();
		if (!this.expect(opener)) return undefined;
		const list = this.list([closer]);
		return this.expect(closer) ? list : undefined;
	}

	/** Takes the reserved word or operator; otherwise records an error, skips the line and returns false. */
	expect(text: string): boolean {
		const token = this.tokens.peek();
		if (this.isOneOf(token, [text])) {
			this.tokens.take();
			return true;
		}
		this.unexpected(token, text);
		return false;
	}

	isOneOf(token: Token, texts: readonly string[]): boolean {
		const text = token.kind === "word" ? token.plain : token.kind === "operator" ? token.text : undefined;
		return text !== undefined && texts.includes(text);
	}

	skipNewlines(): void {
		while (this.tokens.peek().kind === "newline") this.tokens.take();
	}

	skipLine(): void {
		for (
			let token = this.tokens.peek();
			token.kind !== "end" && token.kind !== "newline";
			token = this.tokens.peek()
		) {
			this.tokens.take();
		}
	}

	refuse(pos: number, construct: string, message: string): void {
		this.tokens.cursor.error(pos, construct, message);
	}

	/** Records the error that a shell reports here, and skips the rest of the line. */
	unexpected(token: Token, expected?: string): void {
		const what =
			token.kind === "end"
				? "end of file"
				: token.kind === "newline"
					? "newline"
					: token.kind === "operator"
						? `"${token.text}"`
						: token.plain !== undefined && refusedWord(token.plain)
							? `"${token.plain}"`
							: "word";
		const construct =
			token.kind === "operator" ? token.text : token.kind === "word" ? (token.plain ?? "word") : what;
		const hint = expected === undefined ? "" : ` (expecting "${expected}")`;
		this.refuse(token.pos, construct, `Syntax error: ${what} unexpected${hint}`);
		this.skipLine();
	}
}
