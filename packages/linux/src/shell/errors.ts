/**
 * A lab line that cannot be carried out: a construct outside the lab file's language, or a command or option
 * that the machine does not have. Mistakes that the real tool would refuse at run time are not `LabError`s;
 * those print the tool's text and give its status.
 */
export class LabError extends Error {
	readonly file: string;
	/** 1-based line in `file`. */
	readonly line: number;
	/** The command line as far as it is known, or the construct's name (`while`, `|`, `$((`). */
	readonly command: string;

	constructor(file: string, line: number, command: string, message: string) {
		super(message);
		this.name = "LabError";
		this.file = file;
		this.line = line;
		this.command = command;
	}

	/** `FILE:LINE: command: what is wrong` */
	override toString(): string {
		return `${this.file}:${this.line}: ${this.command}: ${this.message}`;
	}
}

/** A construct that the lab file's language does not have, or text that no shell would read. */
export class ShellSyntaxError extends LabError {
	/** 1-based column in the line. */
	readonly column: number;

	constructor(file: string, line: number, column: number, construct: string, message: string) {
		super(file, line, construct, message);
		this.name = "ShellSyntaxError";
		this.column = column;
	}
}
