/** Errors on their way between threads: a structured clone keeps neither their class nor what a class has added. */

export interface PlainError {
	readonly name: string;
	readonly message: string;
	readonly stack: string;
	/** Own fields that can be cloned: strings and numbers, such as `file` and `line` of a LabError. */
	readonly fields: Readonly<Record<string, string | number>>;
}

export function plainError(error: unknown): PlainError {
	if (!(error instanceof Error))
		return { name: "Error", message: String(error), stack: String(error), fields: {} };
	const fields = Object.entries(error).filter(
		(e): e is [string, string | number] => typeof e[1] === "string" || typeof e[1] === "number",
	);
	return {
		name: error.name,
		message: error.message,
		stack: error.stack ?? String(error),
		fields: Object.fromEntries(fields),
	};
}
/** An Error with the name, the message, the stack and the fields that it had in the other thread. */
export function reviveError(plain: PlainError): Error {
	const error = Object.assign(new Error(plain.message), plain.fields);
	error.name = plain.name;
	error.stack = plain.stack;
	return error;
}
