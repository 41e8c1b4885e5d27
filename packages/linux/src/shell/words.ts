/**
 * Words: quoting, `$A`, `${A}`, `${A:-word}`, `$(…)`, backquotes (POSIX XCU 2.2, 2.6).
 * Three contexts differ in what a quote and a backslash mean:
 *
 *   context   ends at            `'`      `"`      backslash escapes
 *   word      blank, operator    quotes   quotes   any character
 *   double    `"`                itself   ends     $ ` " \ newline
 *   here      end of the text    itself   itself   $ ` \ newline
 *
 * The word of `${A:-word}` ends at `}` and otherwise takes the context around it.
 */
import type { Cursor } from "./cursor.ts";
import type { List, Part, Word } from "./syntax.ts";

/** Reads the commands inside `$(…)` up to the `)`, or the whole text of backquotes. */
export type ReadCommands = (cursor: Cursor, closer: ")" | "") => List;

type Context = "word" | "double" | "here";

const NAME_START = /[A-Za-z_]/;
const NAME_CHAR = /[A-Za-z0-9_]/;
/** Variables that a real shell fills in by itself and that have no meaning here. */
const SHELL_OWN = new Set(["LINENO", "PPID", "RANDOM", "SECONDS", "IFS", "PWD", "OLDPWD", "OPTIND"]);
const SPECIAL = new Map([
	["#", "the number of positional parameters"],
	["@", "the positional parameters"],
	["*", "the positional parameters"],
	["$", "the shell's process id"],
	["!", "the process id of a background command"],
	["-", "the shell's option flags"],
]);

/** Reads one word at the cursor, which stands on its first character. */
export function readWord(cursor: Cursor, commands: ReadCommands): Word {
	const start = cursor.pos;
	const parts = new WordReader(cursor, commands).read("word", isWordEnd);
	return { parts, line: cursor.line(start), column: cursor.column(start) };
}

/** Reads the text of a here-document whose delimiter was not quoted. */
export function readHereText(cursor: Cursor, commands: ReadCommands): Part[] {
	return new WordReader(cursor, commands).read("here", () => false);
}

export function isWordEnd(char: string): boolean {
	return char === "" || " \t\n;&|<>()".includes(char);
}

function isBraceEnd(char: string): boolean {
	return char === "}";
}

class WordReader {
	private readonly cursor: Cursor;
	private readonly commands: ReadCommands;
	private parts: Part[] = [];
	private plain = "";

	constructor(cursor: Cursor, commands: ReadCommands) {
		this.cursor = cursor;
		this.commands = commands;
	}

	read(context: Context, isEnd: (char: string) => boolean): Part[] {
		this.readUntil(context, isEnd);
		this.flush(context !== "word");
		return this.parts;
	}

	private readUntil(context: Context, isEnd: (char: string) => boolean): void {
		const cursor = this.cursor;
		for (;;) {
			cursor.skipContinuations();
			const char = cursor.peek();
			if (char === "" || isEnd(char)) return;
			if (char === "\\") this.backslash(context, isEnd);
			else if (char === "$") this.dollar(context);
			else if (char === "`") this.backquotes(context);
			else if (char === "'" && context === "word") this.singleQuotes();
			else if (char === '"' && context === "word") this.doubleQuotes();
			else if (char === '"' && isEnd === isBraceEnd) {
				cursor.pos++; // quotes inside "${A:-…}" only mark what is quoted already
			} else {
				this.plain += char;
				cursor.pos++;
			}
		}
	}

	private flush(quoted: boolean): void {
		if (this.plain !== "") this.parts.push({ kind: "text", text: this.plain, quoted });
		this.plain = "";
	}

	private backslash(context: Context, isEnd: (char: string) => boolean): void {
		const cursor = this.cursor;
		const next = cursor.peek(1);
		cursor.pos += next === "" ? 1 : 2;
		if (context === "word") {
			this.flush(false);
			this.parts.push({ kind: "text", text: next === "" ? "\\" : next, quoted: true });
			return;
		}
		const inBraces = isEnd === isBraceEnd;
		const escapable =
			next !== "" &&
			("$`\\".includes(next) ||
				(next === '"' && (context === "double" || inBraces)) ||
				(next === "}" && inBraces));
		this.plain += escapable ? next : `\\${next}`;
	}

	private singleQuotes(): void {
		const cursor = this.cursor;
		const start = cursor.pos;
		const end = cursor.text.indexOf("'", start + 1);
		if (end < 0) cursor.unreadable(start, "'", "Syntax error: Unterminated quoted string");
		this.flush(false);
		this.parts.push({ kind: "text", text: cursor.text.slice(start + 1, end), quoted: true });
		cursor.pos = end + 1;
	}

	private doubleQuotes(): void {
		const cursor = this.cursor;
		const start = cursor.pos++;
		this.flush(false);
		const before = this.parts.length;
		this.readUntil("double", (char) => char === '"');
		if (cursor.atEnd) cursor.unreadable(start, '"', "Syntax error: Unterminated quoted string");
		cursor.pos++;
		this.flush(true);
		if (this.parts.length === before) this.parts.push({ kind: "text", text: "", quoted: true });
	}

	private dollar(context: Context): void {
		const cursor = this.cursor;
		const start = cursor.pos++;
		const quoted = context !== "word";
		cursor.skipContinuations();
		const next = cursor.peek();
		if (NAME_START.test(next)) {
			this.flush(quoted);
			this.variable(start, this.name(), quoted);
		} else if (next === "{") {
			this.flush(quoted);
			cursor.pos++;
			cursor.nested(start, () => this.braces(start, context));
		} else if (next === "(") {
			this.flush(quoted);
			if (cursor.peek(1) === "(") this.arithmetic(start);
			else cursor.nested(start, () => this.substitution(start, quoted));
		} else if (next === "?") {
			this.flush(quoted);
			cursor.pos++;
			this.parts.push({ kind: "variable", name: "?", quoted, line: cursor.line(start) });
		} else if (next !== "" && (/[0-9]/.test(next) || SPECIAL.has(next))) {
			cursor.pos++;
			this.refuseSpecial(start, next);
		} else if (context === "word" && (next === "'" || next === '"')) {
			cursor.error(start, `$${next}`, `$${next}…${next} is not POSIX sh and is not supported`);
		} else if (next === "[") {
			cursor.error(start, "$[", "arithmetic $[…] is not supported");
		} else {
			this.plain += "$";
		}
	}

	private name(): string {
		const cursor = this.cursor;
		let name = "";
		while (NAME_CHAR.test(cursor.peek())) {
			name += cursor.peek();
			cursor.pos++;
			cursor.skipContinuations();
		}
		return name;
	}

	private refuseSpecial(start: number, char: string): void {
		const what = SPECIAL.get(char) ?? "positional parameters";
		this.cursor.error(start, `$${char}`, `$${char} (${what}) is not supported`);
	}

	private variable(
		start: number,
		name: string,
		quoted: boolean,
		otherwise?: { emptyToo: boolean; parts: Part[] },
	): void {
		if (SHELL_OWN.has(name)) {
			this.cursor.error(start, `$${name}`, `$${name}, which the shell itself sets, is not supported`);
		}
		const part = { kind: "variable", name, quoted, line: this.cursor.line(start) } as const;
		this.parts.push(otherwise === undefined ? part : { ...part, otherwise });
	}

	/** After `${`. */
	private braces(start: number, context: Context): void {
		const cursor = this.cursor;
		const quoted = context !== "word";
		const first = cursor.peek();
		const name = NAME_START.test(first) ? this.name() : first;
		const known = name === "?" || NAME_START.test(name);
		if (!NAME_START.test(first)) cursor.pos++;
		if (known && cursor.peek() === "}") {
			cursor.pos++;
			if (name === "?") this.parts.push({ kind: "variable", name, quoted, line: cursor.line(start) });
			else this.variable(start, name, quoted);
			return;
		}
		const operator = cursor.startsWith(":-") ? ":-" : cursor.peek() === "-" ? "-" : "";
		const supported = known && operator !== "";
		cursor.pos += operator.length;
		const inner = new WordReader(cursor, this.commands);
		const parts = inner.read(context, isBraceEnd);
		if (cursor.atEnd) cursor.unreadable(start, "${", "Syntax error: Missing '}'");
		cursor.pos++;
		if (supported) this.variable(start, name, quoted, { emptyToo: operator === ":-", parts });
		else {
			const construct = cursor.text.slice(start, cursor.pos);
			cursor.error(
				start,
				construct,
				`${construct} is not supported: of the expansions there are $A, \${A} and \${A:-word}`,
			);
		}
	}

	/** At the `(` of `$(`. */
	private substitution(start: number, quoted: boolean): void {
		const cursor = this.cursor;
		cursor.pos++;
		const list = this.commands(cursor, ")");
		if (cursor.peek() !== ")")
			cursor.unreadable(start, "$(", 'Syntax error: end of file unexpected (expecting ")")');
		cursor.pos++;
		this.parts.push({ kind: "commands", list, quoted, line: cursor.line(start) });
	}

	/** At the first `(` of `$((`; steps over it. */
	private arithmetic(start: number): void {
		const cursor = this.cursor;
		cursor.error(start, "$((", "arithmetic $((…)) is not supported");
		let depth = 0;
		do {
			if (cursor.atEnd) cursor.unreadable(start, "$((", "Syntax error: Missing '))'");
			if (cursor.peek() === "(") depth++;
			else if (cursor.peek() === ")") depth--;
			cursor.pos++;
		} while (depth > 0);
	}

	/** The text between backquotes loses one level of backslashes and is then read as a script. */
	private backquotes(context: Context): void {
		const cursor = this.cursor;
		const start = cursor.pos++;
		const quoted = context !== "word";
		this.flush(quoted);
		let text = "";
		while (cursor.peek() !== "`") {
			if (cursor.atEnd) cursor.unreadable(start, "`", "Syntax error: EOF in backquote substitution");
			const next = cursor.peek(1);
			if (cursor.peek() === "\\" && next !== "" && ("$`\\".includes(next) || (quoted && next === '"'))) {
				text += next;
				cursor.pos += 2;
			} else {
				text += cursor.peek();
				cursor.pos++;
			}
		}
		cursor.pos++;
		const line = cursor.line(start);
		const list = cursor.nested(start, () => this.commands(cursor.inner(text, line), ""));
		this.parts.push({ kind: "commands", list, quoted, line });
	}
}

/**
 * The characters that an unquoted word would have special meaning for and that are not in the language:
 * patterns, braces, tilde. Returns [construct, message], or undefined when the word is fine.
 *
 * A bracket expression alone (`[fd00::2]:8080`) is taken as it stands: a shell leaves it so unless a file of
 * just that name lies in the current directory.
 */
export function refusedInWord(parts: readonly Part[], assignment: boolean): [string, string] | undefined {
	// quoted text and expansions become a letter that means nothing
	const shape = parts.map((part) => (part.kind === "text" && !part.quoted ? part.text : "x")).join("");
	if (/^~/.test(shape) || (assignment && /:~/.test(shape))) {
		return ["~", "tilde expansion (~) is not supported; quote it if it is meant as it stands"];
	}
	if (assignment) return undefined;
	const pattern = /[*?]/.exec(shape);
	if (pattern !== null) {
		return [
			pattern[0],
			`file name patterns (${pattern[0]}) are not supported; quote it if it is meant as it stands`,
		];
	}
	const braces = /\{[^{}]*(,|\.\.)[^{}]*\}/.exec(shape);
	if (braces !== null) {
		return [braces[0], "brace expansion {a,b} is not POSIX sh and is not supported"];
	}
	return undefined;
}

const ASSIGNMENT = /^([A-Za-z_][A-Za-z0-9_]*)=/;

/** The `name=` that a word begins with, when it is one and is not quoted. */
export function assignmentName(word: Word): string | undefined {
	const first = word.parts[0];
	return first?.kind === "text" && !first.quoted ? ASSIGNMENT.exec(first.text)?.[1] : undefined;
}

/** What stands after `name=`. */
export function assignmentValue(word: Word, name: string): Word["parts"] {
	const [first, ...rest] = word.parts;
	const text = first?.kind === "text" ? first.text.slice(name.length + 1) : "";
	return text === "" ? rest : [{ kind: "text", text, quoted: false }, ...rest];
}

/** The word's text when it holds neither quotes nor expansions. */
export function bareText(word: Word): string | undefined {
	const part = word.parts[0];
	return word.parts.length === 1 && part?.kind === "text" && !part.quoted ? part.text : undefined;
}
