/** Read a trace file as a stream. Every whole record before damage is delivered; then the damage is an error with its place. */
import { decodeEnvelope, type Envelope } from "./decode.ts";
import type { TextName } from "./encode.ts";
import { MAX_TEXTS, TRACE_VERSION, type TraceHeader, type TraceNames, type TraceRecord } from "./record.ts";

/** Longest message, bytes: a header that names 65,536 devices is shorter. */
const MAX_MESSAGE = 8 << 20;

/** The file is no trace, of another version, damaged or cut short. `offset` is the first byte of the bad message. */
export class TraceFormatError extends Error {
	readonly offset: number;
	constructor(offset: number, message: string) {
		super(`byte ${offset}: ${message}`);
		this.name = "TraceFormatError";
		this.offset = offset;
	}
}

export interface TraceReaderEvents {
	readonly onHeader?: (header: TraceHeader) => void;
	readonly onNames?: (names: TraceNames) => void;
	readonly onRecord?: (record: TraceRecord) => void;
}

export class TraceReader {
	/** Undefined until it has been read. */
	header: TraceHeader | undefined;
	/** Records read. */
	records = 0;
	private readonly events: TraceReaderEvents;
	private readonly texts: Map<number, string> = new Map();
	private rest: Uint8Array = new Uint8Array(0);
	/** Offset in the file of `rest[0]`. */
	private offset = 0;
	private ended = false;
	private failed: TraceFormatError | undefined;

	constructor(events: TraceReaderEvents) {
		this.events = events;
	}
	/** The next bytes of the file. Throws TraceFormatError; after that every call throws the same. */
	push(chunk: Uint8Array): void {
		if (this.failed !== undefined) throw this.failed;
		let bytes = chunk;
		if (this.rest.length > 0) {
			bytes = new Uint8Array(this.rest.length + chunk.length);
			bytes.set(this.rest);
			bytes.set(chunk, this.rest.length);
		}
		let at = 0;
		for (;;) {
			const body = this.lengthAt(bytes, at);
			if (body === undefined || body.start + body.length > bytes.length) break;
			this.message(bytes.subarray(body.start, body.start + body.length), this.offset + at);
			at = body.start + body.length;
		}
		this.rest = bytes.slice(at);
		this.offset += at;
	}
	/** The file is over. Throws TraceFormatError when it ends within a message or without its End. */
	end(): void {
		if (this.failed !== undefined) throw this.failed;
		if (this.rest.length > 0)
			this.fail(this.offset, `the file ends within a message, of which ${this.rest.length} bytes are here`);
		if (this.header === undefined) this.fail(0, "the file is empty: expected a trace's header");
		if (!this.ended)
			this.fail(this.offset, `the file is cut short: it has no end after ${this.records} records`);
	}
	/** The varint before a message; undefined when it is not all here. */
	private lengthAt(bytes: Uint8Array, at: number): { start: number; length: number } | undefined {
		let length = 0;
		for (let i = 0; i < 4; i++) {
			if (at + i >= bytes.length) return undefined;
			const byte = bytes[at + i];
			length |= (byte & 0x7f) << (7 * i);
			if (byte < 0x80) {
				if (length > MAX_MESSAGE) break;
				return { start: at + i + 1, length };
			}
		}
		return this.fail(this.offset + at, `${this.notTrace()}a message longer than ${MAX_MESSAGE} bytes`);
	}
	private message(bytes: Uint8Array, offset: number): void {
		let e: Envelope;
		try {
			e = decodeEnvelope(bytes);
		} catch (error) {
			this.fail(
				offset,
				`${this.notTrace()}damaged message of ${bytes.length} bytes: ${(error as Error).message}`,
			);
		}
		if (this.header === undefined) {
			if (e.what !== "header") this.fail(offset, "not a trace: its first message is no header");
			const { version } = e.header;
			if (version !== TRACE_VERSION)
				this.fail(offset, `a trace of version ${version}; this reads version ${TRACE_VERSION}`);
			this.learn(e.texts, offset);
			this.header = e.header;
			this.events.onHeader?.(e.header);
			return;
		}
		if (this.ended) this.fail(offset, "something follows the end of the trace");
		if (e.what === "header") this.fail(offset, "a second header");
		if (e.what === "names") {
			this.learn(e.names.texts, offset);
			const { netns, devices } = e.names;
			if (netns.length > 0 || devices.length > 0) this.events.onNames?.({ netns, devices });
		} else if (e.what === "record") {
			const { text, ...fields } = e.record;
			const words = text === 0 ? "" : this.texts.get(text);
			if (words === undefined)
				this.fail(offset, `a record refers to text ${text}, which was not given before`);
			this.records++;
			this.events.onRecord?.({ ...fields, text: words });
		} else if (e.what === "end") {
			if (e.records !== this.records)
				this.fail(offset, `${this.records} records are here, and the end says ${e.records}`);
			this.ended = true;
		}
	}
	private learn(texts: readonly TextName[], offset: number): void {
		for (const { id, text } of texts) {
			if (id < 1 || id > MAX_TEXTS) this.fail(offset, `text number ${id} is not 1..${MAX_TEXTS}`);
			this.texts.set(id, text);
		}
	}
	private notTrace(): string {
		return this.header === undefined ? "not a trace: " : "";
	}
	private fail(offset: number, message: string): never {
		this.failed = new TraceFormatError(offset, message);
		throw this.failed;
	}
}
