import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { checksum, fold, pseudoSum4, sum, update16, update32 } from "../../src/wire/checksum.ts";
import { DNS, hex, SYN, viewOf } from "./bytes.ts";

/** Ones'-complement sum with big integers, word by word: RFC 1071 §1 taken literally. */
function naiveSum(bytes: Uint8Array, start = 0): number {
	let s = BigInt(start);
	for (let i = 0; i < bytes.length; i += 2) s += BigInt((bytes[i] << 8) | (bytes[i + 1] ?? 0));
	while (s > 0xffffn) s = (s & 0xffffn) + (s >> 16n);
	return Number(s);
}

describe("checksum", () => {
	test("RFC 1071 §3: 00 01 f2 03 f4 f5 f6 f7 sums to ddf2", () => {
		const v = viewOf(hex("0001f203f4f5f6f7"));
		expect(sum(v, 0, 8, 0)).toBe(0xddf2);
		expect(checksum(v, 0, 8)).toBe(0x220d);
	});
	test("fold takes any sum of 32,768 words", () => {
		fc.assert(
			fc.property(fc.integer({ min: 0, max: 0x7fffffff }), (s) => {
				expect(fold(s)).toBe(s === 0 ? 0 : ((s - 1) % 0xffff) + 1);
			}),
		);
	});
	test("equals the naive sum at every alignment and length, odd ones too", () => {
		const bytes = Uint8Array.from({ length: 96 }, (_, i) => (i * 167 + 251) & 255);
		const v = viewOf(bytes);
		for (let from = 0; from < 16; from++)
			for (let to = from; to <= bytes.length; to++)
				expect(sum(v, from, to, 0), `[${from},${to})`).toBe(naiveSum(bytes.subarray(from, to)));
	});
	test("equals the naive sum on random bytes with a start", () => {
		fc.assert(
			fc.property(fc.uint8Array({ maxLength: 2000 }), fc.nat(15), fc.nat(0xffff), (bytes, offset, start) => {
				const shifted = new Uint8Array(bytes.length + offset);
				shifted.set(bytes, offset);
				expect(sum(viewOf(shifted), offset, shifted.length, start)).toBe(naiveSum(bytes, start));
			}),
		);
	});
	test("is exact for 65,535 bytes of ff", () => {
		const bytes = new Uint8Array(65_535).fill(0xff);
		expect(sum(viewOf(bytes), 0, bytes.length, 0xffff)).toBe(naiveSum(bytes, 0xffff));
	});
	test("pseudo header: the sums of captured UDP and TCP packets come out as ffff (RFC 768, RFC 9293 §3.1)", () => {
		for (const [frame, protocol] of [
			[DNS, 17],
			[SYN, 6],
		] as const) {
			const v = viewOf(frame);
			expect(sum(v, 34, frame.length, pseudoSum4(v, 26, protocol, frame.length - 34))).toBe(0xffff);
		}
	});
	test("pseudo header equals its 12 bytes summed", () => {
		fc.assert(
			fc.property(fc.uint8Array({ minLength: 8, maxLength: 8 }), fc.nat(255), fc.nat(0xffff), (a, p, n) => {
				expect(pseudoSum4(viewOf(a), 0, p, n)).toBe(naiveSum(Uint8Array.of(...a, 0, p, n >> 8, n & 255)));
			}),
		);
	});
});

describe("incremental update (RFC 1624)", () => {
	test("RFC 1624 §4: the example whose new checksum is 0000, not ffff", () => {
		expect(update16(0xdd2f, 0x5555, 0x3285)).toBe(0x0000);
	});
	const words = fc.uint8Array({ minLength: 8, maxLength: 64 }).map((b) => b.subarray(0, b.length & ~3));
	/** Corners 0000 and ffff come often. */
	const word16 = fc.oneof(fc.constantFrom(0, 0xffff, 1, 0xfffe), fc.nat(0xffff));
	const word32 = fc.oneof(fc.constantFrom(0, -1, 1, -2, 0xffff, -65536), fc.integer());

	test("update16 = from scratch", () => {
		fc.assert(
			fc.property(words, fc.nat(100), word16, word16, (bytes, at, first, next) => {
				const v = viewOf(bytes);
				const o = (at % (bytes.length >> 1)) << 1;
				v.setUint16(o, first);
				// at least one other word is not 0, as in any header: else there is no unique representation of zero
				v.setUint16(o === 0 ? 2 : 0, 0x4500);
				const before = checksum(v, 0, bytes.length);
				v.setUint16(o, next);
				expect(update16(before, first, next)).toBe(checksum(v, 0, bytes.length));
			}),
			{ numRuns: 1000 },
		);
	});
	test("update32 = from scratch", () => {
		fc.assert(
			fc.property(words, fc.nat(100), word32, word32, (bytes, at, first, next) => {
				const v = viewOf(bytes);
				const o = (at % (bytes.length >> 2)) << 2;
				v.setInt32(o, first);
				v.setUint16(o === 0 ? 4 : 0, 0x4500);
				const before = checksum(v, 0, bytes.length);
				v.setInt32(o, next);
				expect(update32(before, first, next)).toBe(checksum(v, 0, bytes.length));
			}),
			{ numRuns: 1000 },
		);
	});
	test("a word that stays leaves the checksum, ffff stays ffff's equal", () => {
		fc.assert(
			fc.property(fc.nat(0xfffe), word16, (check, w) => {
				expect(update16(check, w, w)).toBe(check);
			}),
		);
	});
});
