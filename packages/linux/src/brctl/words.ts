/** How `brctl` fails and how it reads numbers. */

export class BrctlError extends Error {
	/** `text` without the line feed. */
	constructor(text: string) {
		super(text);
		this.name = "BrctlError";
	}
}

/** `%lf` of strtotimeval: whole seconds and a fraction; undefined when there is no number. */
export function seconds(text: string): number | undefined {
	const m = /^\s*[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d+)?/i.exec(text);
	return m === null ? undefined : Number(m[0]);
}
/** `%i` of sscanf; undefined when there is no number. */
export function integer(text: string): number | undefined {
	const m = /^\s*([-+]?)(0x[0-9a-f]+|\d+)/i.exec(text);
	if (m === null) return undefined;
	const digits = m[2]!;
	const size = /^0[0-7]+$/.test(digits) ? Number.parseInt(digits, 8) : Number(digits);
	return m[1] === "-" ? -size : size;
}
