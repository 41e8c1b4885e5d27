/** Tables of integer keys against a Map, and hash:net against a search through all its networks. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { HashSet, SET_EXTRA, SET_KEY, SET_NO, SET_NOMATCH, SET_OK } from "../../src/netfilter/set-hash.ts";
import { WordTable } from "../../src/netfilter/word-table.ts";

it("finds what was inserted and not removed, each under its own row", () => {
	const key = fc.tuple(fc.integer({ min: -3, max: 3 }), fc.integer({ min: 0, max: 7 }));
	fc.assert(
		fc.property(fc.array(fc.tuple(fc.boolean(), key), { maxLength: 200 }), (steps) => {
			const table = new WordTable(2, 2);
			const rows = new Map<string, number>();
			for (const [insert, words] of steps) {
				const k = Int32Array.from(words);
				const row = table.find(k);
				expect(row).toBe(rows.get(words.join()) ?? -1);
				if (insert && row < 0) rows.set(words.join(), table.insert(k));
				else if (!insert && row >= 0) {
					table.remove(row);
					rows.delete(words.join());
				}
			}
			expect(table.count).toBe(rows.size);
			expect(new Set(rows.values()).size).toBe(rows.size);
			for (const [words, row] of rows)
				expect(table.find(Int32Array.from(words.split(",").map(Number)))).toBe(row);
		}),
	);
});

it("hash:net answers with the longest prefix", () => {
	const net = fc.record({
		addr: fc.integer({ min: 0, max: 255 }),
		length: fc.integer({ min: 24, max: 32 }),
		nomatch: fc.boolean(),
	});
	fc.assert(
		fc.property(fc.array(net, { maxLength: 12 }), fc.integer({ min: 0, max: 255 }), (nets, asked) => {
			const set = new HashSet(
				"n",
				{
					type: "hash:net",
					family: 4,
					hashsize: 64,
					maxelem: 100,
					bucketsize: 12,
					initval: 0,
					netmask: undefined,
					timeout: undefined,
					counters: false,
					comment: false,
				},
				new Float64Array(1),
			);
			const key = new Int32Array(SET_KEY);
			const all = new Map<string, { from: number; length: number; nomatch: boolean }>();
			for (const { addr, length, nomatch } of nets) {
				const from = addr - (addr % 2 ** (32 - length));
				key[0] = from;
				key[SET_EXTRA] = length;
				set.add(key, -1, 0, 0, "", nomatch, true);
				all.set(`${from}/${length}`, { from, length, nomatch });
			}
			const holding = [...all.values()]
				.filter((n) => asked >= n.from && asked < n.from + 2 ** (32 - n.length))
				.sort((a, b) => b.length - a.length)[0];
			key[0] = asked;
			key[SET_EXTRA] = 32;
			const wanted = holding === undefined ? SET_NO : holding.nomatch ? SET_NOMATCH : SET_OK;
			expect(set.test(key, -1, new Float64Array(0), -1)).toBe(wanted);
		}),
	);
});
