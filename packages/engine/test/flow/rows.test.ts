import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { FlowRows, hashKey, PROBES } from "../../src/flow/rows.ts";
import { Sightings } from "../../src/flow/sightings.ts";
import { F_CT, F_WAY, FLOW, K_DADDR, K_DEV, K_MAC, K_MISC, K_PORTS, K_SADDR } from "../../src/flow/words.ts";

/** A frame's bytes as far as a key goes, from few values, so that keys often meet. */
const keys = fc.record({
	dev: fc.integer({ min: 1, max: 3 }),
	mac: fc.integer({ min: 0, max: 2 }),
	saddr: fc.integer({ min: -3, max: 3 }),
	ports: fc.integer({ min: 0, max: 400 }),
});
type Key = typeof keys extends fc.Arbitrary<infer T> ? T : never;

const hashOf = (k: Key): number => hashKey(k.dev, k.mac, k.saddr, 7, k.ports);
const MISC = 64 << 8;

function write(rows: FlowRows, k: Key, version: number, ct: number): boolean {
	const r = rows.place(hashOf(k), version);
	if (r < 0) return false;
	const { words } = rows;
	words[r + K_DEV] = k.dev;
	words[r + K_MISC] = MISC | (version << 16);
	words[r + K_MAC] = words[r + K_MAC + 1] = 0;
	words[r + K_MAC + 2] = k.mac;
	words[r + K_SADDR] = k.saddr;
	words[r + K_DADDR] = 7;
	words[r + K_PORTS] = k.ports;
	words[r + F_WAY] = 0;
	words[r + F_CT] = ct;
	rows.chain(r);
	return true;
}
/** As the cache looks for a key: a few rows from its hash on, up to one that was never written. */
function find(rows: FlowRows, k: Key, version: number): number {
	const { words, mask } = rows;
	for (let i = 0; i < PROBES; i++) {
		const r = ((hashOf(k) + i) & mask) * FLOW;
		if (words[r + K_DEV] === 0) return -1;
		if (words[r + K_DEV] !== k.dev || words[r + K_MISC] !== (MISC | (version << 16))) continue;
		if (words[r + K_MAC + 2] === k.mac && words[r + K_SADDR] === k.saddr && words[r + K_PORTS] === k.ports)
			return r;
	}
	return -1;
}

describe("the table of flows", () => {
	it("finds what was written under this version and not forgotten with its connection, as a map would", () => {
		const step = fc.oneof(
			{ weight: 20, arbitrary: fc.record({ write: keys, ct: fc.integer({ min: 0, max: 9 }) }) },
			{ weight: 2, arbitrary: fc.record({ forget: fc.integer({ min: 1, max: 9 }) }) },
			{ weight: 1, arbitrary: fc.constant("new version" as const) },
		);
		fc.assert(
			fc.property(fc.array(step, { maxLength: 300 }), (steps) => {
				const rows = new FlowRows();
				let version = 1;
				let model = new Map<string, { k: Key; ct: number }>();
				for (const s of steps) {
					if (s === "new version") {
						version++;
						model = new Map();
					} else if ("forget" in s) {
						rows.forget(s.forget);
						for (const [name, { ct }] of model) if (ct === s.forget) model.delete(name);
					} else if (!model.has(JSON.stringify(s.write))) {
						if (write(rows, s.write, version, s.ct))
							model.set(JSON.stringify(s.write), { k: s.write, ct: s.ct });
					}
				}
				for (const { k } of model.values()) {
					const r = find(rows, k, version);
					expect(r).toBeGreaterThanOrEqual(0);
					expect(rows.words[r + K_PORTS]).toBe(k.ports);
				}
				const absent: Key = { dev: 3, mac: 2, saddr: 3, ports: 401 };
				expect(find(rows, absent, version)).toBe(-1);
				for (const s of steps)
					if (typeof s === "object" && "write" in s && !model.has(JSON.stringify(s.write)))
						expect(find(rows, s.write, version)).toBe(-1);
			}),
		);
	});
	it("has room for many when it has grown, and knows them by their connections", () => {
		const rows = new FlowRows();
		for (let i = 0; i < 4; i++) rows.grow();
		const all = Array.from({ length: 20_000 }, (_, i) => ({ dev: 1, mac: 0, saddr: i, ports: i }));
		for (const [i, k] of all.entries()) expect(write(rows, k, 1, 1 + (i % 7))).toBe(true);
		for (const k of all) expect(find(rows, k, 1)).toBeGreaterThanOrEqual(0);
		rows.forget(3);
		for (const [i, k] of all.entries()) expect(find(rows, k, 1) >= 0, String(i)).toBe(i % 7 !== 2);
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
