import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlowRows, hashKey } from "../../src/flow/rows.ts";
import { Sightings } from "../../src/flow/sightings.ts";
import { F_CT, FLOW_SHIFT, FORGOTTEN, K_DEV, K_PORTS } from "../../src/flow/words.ts";

const hashOf = (ports: number): number => hashKey(1, 2, 3, 4, ports);

function write(rows: FlowRows, ports: number, ct: number): boolean {
	const r = rows.place(hashOf(ports));
	if (r < 0) return false;
	rows.words[r + K_DEV] = 1;
	rows.words[r + K_PORTS] = ports;
	rows.words[r + F_CT] = ct;
	rows.chain(r);
	return true;
}
/** As the cache looks for a key. */
function find(rows: FlowRows, ports: number): number {
	const { index, mask, words } = rows;
	const hash = hashOf(ports);
	for (let i = hash & mask; index[2 * i] !== 0; i = (i + 1) & mask) {
		const r = (index[2 * i] - 1) << FLOW_SHIFT;
		if (index[2 * i + 1] === hash && words[r + K_PORTS] === ports && words[r + K_DEV] !== FORGOTTEN) return r;
	}
	return -1;
}

describe("the table of flows", () => {
	it("finds what was written and not forgotten with its connection, as a map would", () => {
		const step = fc.oneof(
			{
				weight: 20,
				arbitrary: fc.record({
					write: fc.integer({ min: 0, max: 4000 }),
					ct: fc.integer({ min: 0, max: 9 }),
				}),
			},
			{ weight: 2, arbitrary: fc.record({ forget: fc.integer({ min: 1, max: 99 }) }) },
			{ weight: 1, arbitrary: fc.constant("clear" as const) },
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
				const rows = new FlowRows();
				const model = new Map<number, number>();
				for (const s of steps) {
					if (s === "clear") {
						rows.clear();
						model.clear();
					} else if ("forget" in s) {
						rows.forget(s.forget);
						for (const [ports, ct] of model) if (ct === s.forget) model.delete(ports);
					} else if (!model.has(s.write)) {
						expect(write(rows, s.write, s.ct)).toBe(true);
						model.set(s.write, s.ct);
					}
				}
				for (const s of steps)
					if (typeof s === "object" && "write" in s)
						expect(find(rows, s.write) >= 0).toBe(model.has(s.write));
			}),
		);
	});
	it("grows, and keeps its flows and their connections", () => {
		const rows = new FlowRows();
		for (let i = 0; i < 20_000; i++) expect(write(rows, i, 1 + (i % 7))).toBe(true);
		for (let i = 0; i < 20_000; i++) expect(rows.words[find(rows, i) + K_PORTS]).toBe(i);
		rows.forget(3);
		for (let i = 0; i < 20_000; i++) expect(find(rows, i) >= 0, String(i)).toBe(i % 7 !== 2);
		rows.clear();
		expect(find(rows, 0)).toBe(-1);
	});
	it("says when there are as many as may be", () => {
		const rows = new FlowRows();
		let n = 0;
		while (write(rows, n, 0)) n++;
		expect(n).toBe(1 << 19);
	});
});

describe("sightings", () => {
	it("wants a flow at its second packet, twice again when it was refused, and then no more", () => {
		const s = new Sightings();
		expect(s.sees(0x1234)).toBe(false);
		expect(s.sees(0x1234)).toBe(true);
		s.refuse(0x1234);
		expect(s.sees(0x1234)).toBe(true);
		s.refuse(0x1234);
		expect(s.sees(0x1234)).toBe(false);
		s.clear();
		expect(s.sees(0x1234)).toBe(false);
		expect(s.sees(0x1234)).toBe(true);
	});
	it("comes to know more flows than it has places, when they come one after the other again and again", () => {
		const s = new Sightings();
		const known = new Set<number>();
		for (let round = 0; round < 40; round++)
			for (let i = 0; i < 100_000; i++) {
				const hash = Math.imul(i + 1, 0x9e3779b1);
				if (!known.has(i) && s.sees(hash)) known.add(i);
			}
		expect(known.size).toBeGreaterThan(99_000);
	});
});
