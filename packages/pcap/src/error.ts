/**
 * A capture that cannot be read (or read further). Every whole record before `offset` is good.
 * `offset` counts bytes from the start of the file and names the start of the record, block or header that is wrong
 * or cut short; the message repeats it and says what was expected.
 */
export class CaptureError extends Error {
	readonly offset: number;

	constructor(offset: number, message: string) {
		super(`byte ${offset}: ${message}`);
		this.name = "CaptureError";
		this.offset = offset;
	}
}

/** The error for a file that ends inside the thing that `input` stands at. */
export function truncated(input: { offset: number; length: number }, expected: string): CaptureError {
	const { offset, length } = input;
	return new CaptureError(
		offset,
		`the file ends at byte ${offset + length}, ${length} bytes into what begins here; expected ${expected}`,
	);
}
