/** The hand-written encoder and decoder against protobufjs's own reading of `schema/trace.proto`. */
import { readFileSync } from "node:fs";
import * as kinds from "@hookline/engine/trace/kinds";
import fc from "fast-check";
import protobuf from "protobufjs";
import minimal from "protobufjs/minimal.js";
import { describe, expect, test } from "vitest";
import { decodeEnvelope } from "../src/decode.ts";
import { encodeEnd, encodeHeader, encodeNames, encodeRecord } from "../src/encode.ts";

const proto = readFileSync(new URL("../schema/trace.proto", import.meta.url), "utf8");
const root = protobuf.parse(proto, { keepCase: true }).root;
const Envelope = root.lookupType("hookline.trace.v1.Envelope");

const int = fc.oneof(
	fc.constant(0),
	fc.constant(-1),
	fc.constant(-(2 ** 31)),
	fc.constant(2 ** 31 - 1),
	fc.integer(),
);
const uint = fc.oneof(fc.constant(0), fc.constant(2 ** 32 - 1), fc.nat());
const time = fc.oneof(fc.constant(0), fc.nat(), fc.double({ min: 0, max: 1e18, noNaN: true }));
const record = fc.record({
	kind: fc.integer({ min: 0, max: 40 }),
	serial: uint,
	time: time.map((t) => t + 0),
	netns: int,
	dev: int,
	a: int,
	b: int,
	c: int,
	d: int,
	text: uint,
});
const names = fc.record({
	netns: fc.array(fc.record({ id: int, name: fc.string({ unit: "grapheme" }) }), { maxLength: 4 }),
	devices: fc.array(fc.record({ id: int, name: fc.string(), netns: int, ifindex: int }), { maxLength: 4 }),
	texts: fc.array(fc.record({ id: uint, text: fc.string({ unit: "grapheme" }) }), { maxLength: 4 }),
});
type Fields = Record<string, unknown>;
const plain = (bytes: Uint8Array): Fields =>
	Envelope.toObject(Envelope.decodeDelimited(bytes), {
		defaults: true,
		arrays: true,
		enums: Number,
		oneofs: true,
	});
/** Without the length in front. */
const body = (bytes: Uint8Array): Uint8Array => {
	const r = new minimal.Reader(bytes);
	return r.bytes();
};
const written = (write: (w: minimal.Writer) => void): Uint8Array => {
	const w = new minimal.Writer();
	write(w);
	return w.finish();
};

describe("trace.proto", () => {
	test("records", () => {
		fc.assert(
			fc.property(record, (r) => {
				const bytes = written((w) =>
					encodeRecord(w, r.kind, r.serial, r.time, r.netns, r.dev, r.a, r.b, r.c, r.d, r.text),
				);
				const { time: time_ns, ...rest } = r;
				expect(plain(bytes).record).toEqual({ ...rest, time_ns });
				const theirs = Envelope.encode(Envelope.fromObject({ record: { ...rest, time_ns } })).finish();
				expect(decodeEnvelope(theirs)).toEqual({ what: "record", record: r });
				expect(decodeEnvelope(body(bytes))).toEqual({ what: "record", record: r });
			}),
			{ numRuns: 300 },
		);
	});
	test("names", () => {
		fc.assert(
			fc.property(names, (n) => {
				const bytes = written((w) => encodeNames(w, n, n.texts));
				expect(plain(bytes).names).toEqual(n);
				const theirs = Envelope.encode(Envelope.fromObject({ names: n })).finish();
				expect(decodeEnvelope(theirs)).toEqual({ what: "names", names: n });
			}),
		);
	});
	test("headers", () => {
		fc.assert(
			fc.property(names, fc.nat(), fc.string({ unit: "grapheme" }), (n, seed, lab) => {
				const header = { version: 1, seed, lab, names: { netns: n.netns, devices: n.devices } };
				const bytes = written((w) => encodeHeader(w, header));
				expect(plain(bytes).header).toEqual({ ...header, names: { ...header.names, texts: [] } });
				const theirs = Envelope.encode(Envelope.fromObject({ header })).finish();
				expect(decodeEnvelope(theirs)).toEqual({ what: "header", header, texts: [] });
			}),
		);
	});
	test("ends", () => {
		fc.assert(
			fc.property(fc.maxSafeNat(), (records) => {
				const bytes = written((w) => encodeEnd(w, records));
				expect(plain(bytes).end).toEqual({ records });
				const theirs = Envelope.encode(Envelope.fromObject({ end: { records } })).finish();
				expect(decodeEnvelope(theirs)).toEqual({ what: "end", records });
			}),
		);
	});
	test("fields of a later version are skipped", () => {
		const later = proto
			.replace("sint32 d = 9;", "sint32 d = 9; string remark = 99; fixed32 e = 98;")
			.replace("End end = 4;", "End end = 4; Record twin = 77;");
		const Later = protobuf.parse(later, { keepCase: true }).root.lookupType("hookline.trace.v1.Envelope");
		const bytes = Later.encode(
			Later.fromObject({ record: { kind: 4, a: 98, remark: "new", e: 7 } }),
		).finish();
		expect(decodeEnvelope(bytes)).toMatchObject({ what: "record", record: { kind: 4, a: 98, d: 0 } });
		expect(decodeEnvelope(Later.encode(Later.fromObject({ twin: { kind: 4 } })).finish())).toEqual({
			what: "unknown",
		});
	});
	test("the schema's kinds are the engine's", () => {
		const values = root.lookupEnum("hookline.trace.v1.Kind").values;
		const engine = Object.entries(kinds).filter(([name]) => name.startsWith("T_"));
		expect(Object.keys(values).length).toBe(kinds.TRACE_KINDS);
		for (const [name, number] of engine) expect([name, values[name.slice(2)]]).toEqual([name, number]);
	});
	test("random bytes are a message or an error, never a hang", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 64 }), (bytes) => {
				try {
					decodeEnvelope(bytes);
				} catch (e) {
					expect(e).toBeInstanceOf(Error);
				}
			}),
			{ numRuns: 2000 },
		);
	});
});
