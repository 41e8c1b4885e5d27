/** Where a command writes to, so that it also runs inside another program. */
export interface Io {
	out(text: string): void;
	err(text: string): void;
	/** Write colours to `out`. */
	readonly colour: boolean;
	/** Someone watches `err`: show progress there. */
	readonly interactive: boolean;
}

/** The process's own streams. Colours and progress only on a terminal; NO_COLOR is obeyed. */
export function processIo(): Io {
	return {
		out: (text) => void process.stdout.write(text),
		err: (text) => void process.stderr.write(text),
		colour: process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "",
		interactive: process.stderr.isTTY === true,
	};
}
