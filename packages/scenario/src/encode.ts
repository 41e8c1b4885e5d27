/** Messages of `schema/trace.proto` as bytes (the protobuf wire format; proto3: fields that are zero or empty are left out). */
import type { Writer } from "protobufjs/minimal.js";
import type { DeviceName, NetnsName, TraceHeader, TraceNames } from "./record.ts";

export const VARINT = 0;
export const FIXED64 = 1;
export const BYTES = 2;
/** A field's tag: number and wire type. */
export function tag(field: number, wire: number): number {
	return (field << 3) | wire;
}

export interface TextName {
	readonly id: number;
	readonly text: string;
}

function sint(w: Writer, field: number, value: number): void {
	if (value !== 0) w.uint32(tag(field, VARINT)).sint32(value);
}
function uint(w: Writer, field: number, value: number): void {
	if (value !== 0) w.uint32(tag(field, VARINT)).uint32(value);
}
function double(w: Writer, field: number, value: number): void {
	if (value !== 0) w.uint32(tag(field, FIXED64)).double(value);
}
function string(w: Writer, field: number, value: string): void {
	if (value !== "") w.uint32(tag(field, BYTES)).string(value);
}
function message(w: Writer, field: number, body: () => void): void {
	w.uint32(tag(field, BYTES)).fork();
	body();
	w.ldelim();
}
function netns(w: Writer, n: NetnsName): void {
	sint(w, 1, n.id);
	string(w, 2, n.name);
}
function device(w: Writer, d: DeviceName): void {
	sint(w, 1, d.id);
	string(w, 2, d.name);
	sint(w, 3, d.netns);
	sint(w, 4, d.ifindex);
}
function names(w: Writer, n: TraceNames, texts: readonly TextName[]): void {
	for (const x of n.netns) message(w, 1, () => netns(w, x));
	for (const x of n.devices) message(w, 2, () => device(w, x));
	for (const x of texts)
		message(w, 3, () => {
			uint(w, 1, x.id);
			string(w, 2, x.text);
		});
}

/** Append one length-delimited Envelope with a Header. */
export function encodeHeader(w: Writer, h: TraceHeader): void {
	w.fork();
	message(w, 1, () => {
		uint(w, 1, h.version);
		double(w, 2, h.seed);
		string(w, 3, h.lab);
		message(w, 4, () => names(w, h.names, []));
	});
	w.ldelim();
}
/** Append one length-delimited Envelope with Names. */
export function encodeNames(w: Writer, n: TraceNames, texts: readonly TextName[]): void {
	w.fork();
	message(w, 3, () => names(w, n, texts));
	w.ldelim();
}
/** Append one length-delimited Envelope with an End. */
export function encodeEnd(w: Writer, records: number): void {
	w.fork();
	message(w, 4, () => double(w, 1, records));
	w.ldelim();
}
/** Append one length-delimited Envelope with a Record; `text` is a Text.id, 0 none. */
export function encodeRecord(
	w: Writer,
	kind: number,
	serial: number,
	time: number,
	netnsId: number,
	dev: number,
	a: number,
	b: number,
	c: number,
	d: number,
	text: number,
): void {
	w.fork();
	w.uint32(tag(2, BYTES)).fork();
	uint(w, 1, kind);
	uint(w, 2, serial);
	double(w, 3, time);
	sint(w, 4, netnsId);
	sint(w, 5, dev);
	sint(w, 6, a);
	sint(w, 7, b);
	sint(w, 8, c);
	sint(w, 9, d);
	uint(w, 10, text);
	w.ldelim();
	w.ldelim();
}
