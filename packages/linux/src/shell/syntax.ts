/**
 * The tree of a parsed script. All lines are 1-based lines of the text that was parsed; `Script.lineOffset`
 * leads from there to the file (a script given to `sh -c` begins in the middle of one).
 */

/** A piece of a word. `quoted` pieces are not split and have no special characters. */
export type Part =
	| { readonly kind: "text"; readonly text: string; readonly quoted: boolean }
	| {
			readonly kind: "variable";
			readonly name: string;
			readonly quoted: boolean;
			readonly line: number;
			/** `${A:-word}` (`emptyToo`) or `${A-word}` */
			readonly otherwise?: { readonly emptyToo: boolean; readonly parts: readonly Part[] };
	  }
	| { readonly kind: "commands"; readonly list: List; readonly quoted: boolean; readonly line: number };

export interface Word {
	readonly parts: readonly Part[];
	readonly line: number;
	/** 1-based. */
	readonly column: number;
}

export interface Redirection {
	readonly kind: "read" | "write" | "append" | "duplicate" | "here";
	readonly fd: 0 | 1 | 2;
	/** The path, or the here-document's text; its parts are filled in when the document has been read. */
	readonly target: { parts: readonly Part[] };
	/** `duplicate`: the descriptor that is copied. */
	readonly from?: 1 | 2;
	readonly line: number;
}

export interface Assignment {
	readonly name: string;
	readonly value: readonly Part[];
	readonly line: number;
}

export interface SimpleCommand {
	readonly kind: "simple";
	readonly assignments: readonly Assignment[];
	readonly words: readonly Word[];
	readonly redirections: readonly Redirection[];
	readonly line: number;
	readonly column: number;
}

export interface ForLoop {
	readonly kind: "for";
	readonly variable: string;
	readonly words: readonly Word[];
	readonly body: List;
	readonly redirections: readonly Redirection[];
	readonly line: number;
}

/** A construct that was refused with an error; kept so that the commands in it are checked too. */
export interface Refused {
	readonly kind: "refused";
	readonly lists: readonly List[];
	readonly line: number;
}

export type Command = SimpleCommand | ForLoop | Refused;

/** `first && second || third`, evaluated from the left. */
export interface AndOr {
	readonly first: Command;
	readonly rest: readonly { readonly operator: "&&" | "||"; readonly command: Command }[];
}

export type List = readonly AndOr[];

export interface Script {
	readonly file: string;
	/** File line minus line of the parsed text. */
	readonly lineOffset: number;
	readonly list: List;
}
