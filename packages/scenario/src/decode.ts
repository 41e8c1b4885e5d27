/** Bytes as messages of `schema/trace.proto`. Unknown fields are skipped; every function throws on bytes that are no message. */
import protobuf from "protobufjs/minimal.js";
import { BYTES, FIXED64, type TextName, tag, VARINT } from "./encode.ts";
import type { DeviceName, NetnsName, TraceHeader, TraceNames } from "./record.ts";

type Reader = protobuf.Reader;

export interface RawRecord {
	readonly kind: number;
	readonly serial: number;
	readonly time: number;
	readonly netns: number;
	readonly dev: number;
	readonly a: number;
	readonly b: number;
	readonly c: number;
	readonly d: number;
	/** Text.id, 0 none. */
	readonly text: number;
}
export interface RawNames extends TraceNames {
	readonly texts: readonly TextName[];
}
export type Envelope =
	| { readonly what: "header"; readonly header: TraceHeader; readonly texts: readonly TextName[] }
	| { readonly what: "record"; readonly record: RawRecord }
	| { readonly what: "names"; readonly names: RawNames }
	| { readonly what: "end"; readonly records: number }
	/** Of a later minor addition: nothing that this version knows. */
	| { readonly what: "unknown" };

const S1 = tag(1, VARINT);
const S2 = tag(2, VARINT);
const S3 = tag(3, VARINT);
const S4 = tag(4, VARINT);
const B1 = tag(1, BYTES);
const B2 = tag(2, BYTES);
const B3 = tag(3, BYTES);
const B4 = tag(4, BYTES);

/** Read the fields of a nested message that begins with its length; `field` says whether it knew the tag and read the value. */
function nested(r: Reader, field: (tag: number) => boolean): void {
	const length = r.uint32();
	const end = r.pos + length;
	if (end > r.len) throw new RangeError("a message is longer than what holds it");
	fields(r, end, field);
}
function fields(r: Reader, end: number, field: (tag: number) => boolean): void {
	while (r.pos < end) {
		const t = r.uint32();
		if (t >>> 3 === 0) throw new RangeError("field number 0");
		if (!field(t)) r.skipType(t & 7);
	}
	if (r.pos !== end) throw new RangeError("a field reaches beyond its message");
}

function netns(r: Reader): NetnsName {
	let id = 0;
	let name = "";
	nested(r, (t) => {
		if (t === S1) id = r.sint32();
		else if (t === B2) name = r.string();
		else return false;
		return true;
	});
	return { id, name };
}
function device(r: Reader): DeviceName {
	const d = { id: 0, name: "", netns: 0, ifindex: 0 };
	nested(r, (t) => {
		if (t === S1) d.id = r.sint32();
		else if (t === B2) d.name = r.string();
		else if (t === S3) d.netns = r.sint32();
		else if (t === S4) d.ifindex = r.sint32();
		else return false;
		return true;
	});
	return d;
}
function text(r: Reader): TextName {
	const x = { id: 0, text: "" };
	nested(r, (t) => {
		if (t === S1) x.id = r.uint32();
		else if (t === B2) x.text = r.string();
		else return false;
		return true;
	});
	return x;
}
function names(r: Reader): RawNames {
	const n = { netns: [] as NetnsName[], devices: [] as DeviceName[], texts: [] as TextName[] };
	nested(r, (t) => {
		if (t === B1) n.netns.push(netns(r));
		else if (t === B2) n.devices.push(device(r));
		else if (t === B3) n.texts.push(text(r));
		else return false;
		return true;
	});
	return n;
}
function header(r: Reader): Envelope {
	let version = 0;
	let seed = 0;
	let lab = "";
	let known: RawNames = { netns: [], devices: [], texts: [] };
	nested(r, (t) => {
		if (t === S1) version = r.uint32();
		else if (t === tag(2, FIXED64)) seed = r.double();
		else if (t === B3) lab = r.string();
		else if (t === B4) known = names(r);
		else return false;
		return true;
	});
	return {
		what: "header",
		header: { version, seed, lab, names: { netns: known.netns, devices: known.devices } },
		texts: known.texts,
	};
}
function record(r: Reader): RawRecord {
	const x = { kind: 0, serial: 0, time: 0, netns: 0, dev: 0, a: 0, b: 0, c: 0, d: 0, text: 0 };
	nested(r, (t) => {
		switch (t) {
			case S1:
				x.kind = r.uint32();
				break;
			case S2:
				x.serial = r.uint32();
				break;
			case tag(3, FIXED64):
				x.time = r.double();
				break;
			case S4:
				x.netns = r.sint32();
				break;
			case tag(5, VARINT):
				x.dev = r.sint32();
				break;
			case tag(6, VARINT):
				x.a = r.sint32();
				break;
			case tag(7, VARINT):
				x.b = r.sint32();
				break;
			case tag(8, VARINT):
				x.c = r.sint32();
				break;
			case tag(9, VARINT):
				x.d = r.sint32();
				break;
			case tag(10, VARINT):
				x.text = r.uint32();
				break;
			default:
				return false;
		}
		return true;
	});
	return x;
}

function end(r: Reader): number {
	let records = 0;
	nested(r, (t) => {
		if (t !== tag(1, FIXED64)) return false;
		records = r.double();
		return true;
	});
	return records;
}

/** One Envelope, without its length in front. */
export function decodeEnvelope(bytes: Uint8Array): Envelope {
	const r = new protobuf.Reader(bytes);
	let found: Envelope = { what: "unknown" };
	fields(r, bytes.length, (t) => {
		if (t === B1) found = header(r);
		else if (t === B2) found = { what: "record", record: record(r) };
		else if (t === B3) found = { what: "names", names: names(r) };
		else if (t === B4) found = { what: "end", records: end(r) };
		else return false;
		return true;
	});
	return found;
}
