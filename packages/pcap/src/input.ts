const MIN_CAPACITY = 1 << 16;

/**
 * The unread bytes of a file that arrives in chunks.
 *
 * Bytes are only ever appended: when the array is full the unread rest moves to a new one, and the old one is never
 * written again. So a record's data can be a plain view, valid for as long as somebody holds it, without a copy per record.
 * Capacity grows with the bytes that came, never with a length that a (maybe corrupt) file claims.
 */
export class Input {
	bytes: Uint8Array;
	view: DataView;
	/** Index of the first unread byte in `bytes`. */
	pos: number;
	/** Index after the last byte in `bytes`. */
	end: number;
	/** Offset in the file of `bytes[0]`. */
	base: number;

	/** With `whole`, reads that array in place; it must not change while records of it are in use. */
	constructor(whole?: Uint8Array) {
		// A Node Buffer comes in as a plain Uint8Array, so that views of it are plain too.
		this.bytes = whole ? new Uint8Array(whole.buffer, whole.byteOffset, whole.byteLength) : new Uint8Array(0);
		this.view = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
		this.pos = 0;
		this.end = this.bytes.length;
		this.base = 0;
	}

	/** Number of unread bytes. */
	get length(): number {
		return this.end - this.pos;
	}

	/** Offset in the file of the first unread byte. */
	get offset(): number {
		return this.base + this.pos;
	}

	/** Appends a copy of `chunk`. */
	push(chunk: Uint8Array): void {
		if (this.end + chunk.length > this.bytes.length) this.#grow(chunk.length);
		this.bytes.set(chunk, this.end);
		this.end += chunk.length;
	}

	#grow(more: number): void {
		const rest = this.end - this.pos;
		// Doubling keeps a big record in small chunks linear; a chunk above the rest pays for its own move.
		const need = rest + more;
		const next = new Uint8Array(Math.max(MIN_CAPACITY, more >= rest ? need : 2 * need));
		next.set(this.bytes.subarray(this.pos, this.end));
		this.base += this.pos;
		this.bytes = next;
		this.view = new DataView(next.buffer);
		this.pos = 0;
		this.end = rest;
	}
}
