import { In6Table } from "@hookline/engine/ring/in6";
import fc from "fast-check";
import { expect, test } from "vitest";

const word = fc.integer({ min: -0x80000000, max: 0x7fffffff });
// few distinct words, so that addresses repeat and collide in three of four words
const address = fc.tuple(
	fc.oneof(fc.integer({ min: 0, max: 2 }), word),
	word,
	fc.constant(0),
	fc.integer({ min: 0, max: 3 }),
);

test("handles are one to one with addresses, and keep their words", () => {
	fc.assert(
		fc.property(fc.array(address, { maxLength: 600 }), (list) => {
			const table = new In6Table();
			const model = new Map<string, number>();
			for (const [a, b, c, d] of list) {
				const key = `${a},${b},${c},${d}`;
				expect(table.find(a, b, c, d)).toBe((a | b | c | d) === 0 ? 0 : (model.get(key) ?? -1));
				const handle = table.intern(a, b, c, d);
				expect(handle).toBe(model.get(key) ?? handle);
				model.set(key, handle);
			}
			expect(new Set(model.values()).size).toBe(model.size);
			for (const [key, handle] of model) expect(table.get(handle).join()).toBe(key);
		}),
	);
});

test(":: is handle 0, and bytes read back as they were written", () => {
	const table = new In6Table();
	const view = new DataView(new ArrayBuffer(40));
	expect(table.internAt(view, 0)).toBe(0);
	view.setInt32(3, 0x20010db8);
	view.setInt32(15, 1);
	const handle = table.internAt(view, 3);
	expect(table.equals(handle, view, 3)).toBe(true);
	expect(table.equals(handle, view, 4)).toBe(false);
	table.write(handle, view, 20);
	expect(table.findAt(view, 20)).toBe(handle);
});
