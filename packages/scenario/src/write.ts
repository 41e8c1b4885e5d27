/** Write a trace file as a stream: memory is one chunk and the table of texts, however long the recording. */
import protobuf from "protobufjs/minimal.js";
import { encodeEnd, encodeHeader, encodeNames, encodeRecord } from "./encode.ts";
import { MAX_TEXTS, TRACE_VERSION, type TraceNames, type TraceRecord } from "./record.ts";

const CHUNK = 65_536;
const NOTHING: TraceNames = { netns: [], devices: [] };

export interface TraceWriterOptions {
	readonly seed: number;
	/** Name of the lab file. */
	readonly lab: string;
	readonly names: TraceNames;
}

export class TraceWriter {
	/** Records written. */
	records = 0;
	private w: protobuf.Writer = new protobuf.Writer();
	private readonly sink: (chunk: Uint8Array) => void;
	private readonly texts: Map<string, number> = new Map();
	private readonly textOf: string[] = [];
	private nextText = 1;

	/** `sink` gets the file's bytes in order, in chunks that are its own to keep. */
	constructor(sink: (chunk: Uint8Array) => void, options: TraceWriterOptions) {
		this.sink = sink;
		const { seed, lab, names } = options;
		encodeHeader(this.w, { version: TRACE_VERSION, seed, lab, names });
	}
	/** Namespaces and devices that are new, or have a new name. */
	names(names: TraceNames): void {
		if (names.netns.length === 0 && names.devices.length === 0) return;
		encodeNames(this.w, names, []);
		this.flushIfFull();
	}
	record(r: TraceRecord): void {
		this.row(r.kind, r.serial, r.time, r.netns, r.dev, r.a, r.b, r.c, r.d, r.text);
	}
	/** The same without an object. */
	row(
		kind: number,
		serial: number,
		time: number,
		netns: number,
		dev: number,
		a: number,
		b: number,
		c: number,
		d: number,
		text: string,
	): void {
		const id = text === "" ? 0 : this.textId(text);
		encodeRecord(this.w, kind, serial, time, netns, dev, a, b, c, d, id);
		this.records++;
		this.flushIfFull();
	}
	/** The recording is over: write the End and hand on what is buffered. A file without it is read as cut short. */
	end(): void {
		encodeEnd(this.w, this.records);
		this.flush();
	}
	/** Hand on what is buffered. */
	flush(): void {
		if (this.w.len === 0) return;
		const chunk = this.w.finish();
		this.w = new protobuf.Writer();
		this.sink(chunk);
	}
	private flushIfFull(): void {
		if (this.w.len >= CHUNK) this.flush();
	}
	private textId(text: string): number {
		const known = this.texts.get(text);
		if (known !== undefined) return known;
		const id = this.nextText;
		this.nextText = id === MAX_TEXTS ? 1 : id + 1;
		const old = this.textOf[id];
		if (old !== undefined) this.texts.delete(old);
		this.textOf[id] = text;
		this.texts.set(text, id);
		encodeNames(this.w, NOTHING, [{ id, text }]);
		return id;
	}
}
