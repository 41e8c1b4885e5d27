/**
 * Word expansion (POSIX XCU 2.6): variables and command substitution, field splitting by the default IFS,
 * quote removal. The same code serves a run, where every value is known, and a check, where the output of
 * `$(…)` is not: there an unknown piece makes its whole field `undefined`.
 */
import type { List, Part, Word } from "./syntax.ts";
import { assignmentName, assignmentValue, bareText } from "./words.ts";

export interface Expansions {
	/** The value; null when not set; undefined when known only at run time. */
	variable(name: string): string | null | undefined;
	/** The value of a variable that is not set and has no `:-`: "" or, under `set -u`, the end of the shell. */
	unset(name: string, line: number): string | undefined;
	/** What the commands print, without the newlines at the end. */
	commands(list: List): string | undefined;
	/** An expansion came out as something the language does not have. */
	refuse(line: number, construct: string, message: string): void;
}

/** The fields that the words of a command (or of `for … in`) expand to. */
export function expandFields(words: readonly Word[], using: Expansions): (string | undefined)[] {
	const fields: (string | undefined)[] = [];
	// `export A=$B` assigns, so the value is not split (POSIX 2024 "declaration utility", dash, bash)
	const assigns = words[0] !== undefined && bareText(words[0]) === "export";
	for (const word of words) {
		const name = assigns ? assignmentName(word) : undefined;
		if (name !== undefined) {
			const value = expandText(assignmentValue(word, name), using);
			fields.push(value === undefined ? undefined : `${name}=${value}`);
			continue;
		}
		const splitter = new Splitter(fields);
		expandInto(word.parts, splitter, using, word.line, true);
		splitter.end();
	}
	return fields;
}

/** Expansion without splitting: assignments, redirections, here-documents. */
export function expandText(parts: readonly Part[], using: Expansions): string | undefined {
	let text: string | undefined = "";
	for (const part of parts) {
		const value = part.kind === "text" ? part.text : valueOfPart(part, using);
		// keep going after an unknown piece: the later ones have effects and errors of their own
		text = text === undefined || value === undefined ? undefined : text + value;
	}
	return text;
}

function expandInto(
	parts: readonly Part[],
	into: Splitter,
	using: Expansions,
	line: number,
	outermost: boolean,
): void {
	for (const part of parts) {
		if (part.kind === "text") {
			// bare text is split only inside ${A:-a b}; a bare word has no blanks
			if (part.quoted || outermost) into.add(part.text);
			else into.split(part.text);
			continue;
		}
		const chosen = part.quoted ? undefined : otherwiseOf(part, using);
		if (chosen !== undefined) {
			expandInto(chosen, into, using, line, false);
			continue;
		}
		const value = valueOfPart(part, using);
		if (value === undefined || part.quoted) into.add(value);
		else {
			const pattern = /[*?]/.exec(value)?.[0];
			if (pattern !== undefined) {
				using.refuse(
					line,
					pattern,
					`an unquoted expansion contains ${pattern}, and file name patterns are not supported; put it in double quotes`,
				);
			}
			into.split(value);
		}
	}
}

/** The parts of `:-word` when the variable is known to want them. */
function otherwiseOf(part: Part, using: Expansions): readonly Part[] | undefined {
	if (part.kind !== "variable" || part.otherwise === undefined) return undefined;
	const value = using.variable(part.name);
	if (value === undefined) return undefined;
	return value === null || (value === "" && part.otherwise.emptyToo) ? part.otherwise.parts : undefined;
}

function valueOfPart(part: Exclude<Part, { kind: "text" }>, using: Expansions): string | undefined {
	if (part.kind === "commands") return using.commands(part.list);
	const otherwise = otherwiseOf(part, using);
	if (otherwise !== undefined) return expandText(otherwise, using);
	const value = using.variable(part.name);
	return value === null ? using.unset(part.name, part.line) : value;
}

/** Collects the fields of one word. */
class Splitter {
	private readonly fields: (string | undefined)[];
	private field: string | undefined = "";
	private open = false;

	constructor(fields: (string | undefined)[]) {
		this.fields = fields;
	}

	/** Text that stays in the field; undefined makes the field unknown. */
	add(text: string | undefined): void {
		this.field = this.field === undefined || text === undefined ? undefined : this.field + text;
		this.open = true;
	}

	/** Text that is cut at blanks, tabs and newlines. */
	split(text: string): void {
		const pieces = text.split(/[ \t\n]+/);
		for (const [index, piece] of pieces.entries()) {
			if (index > 0) this.end();
			if (piece !== "") this.add(piece);
		}
	}

	end(): void {
		if (this.open) this.fields.push(this.field);
		this.field = "";
		this.open = false;
	}
}
