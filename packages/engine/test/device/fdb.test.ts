import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { FDB_EXT_LEARNED, FDB_LOCAL, FDB_STATIC, Fdb, hash, MAX_ENTRIES } from "../../src/device/fdb.ts";
import { NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE, VxlanFdb } from "../../src/device/vxlan-fdb.ts";

/** 48 stations, half of which share four homes in a table of 64 rows, so that runs form and deletions must shift them. */
const STATIONS: [number, number][] = [];
for (let lo = 0, crowded = 0, other = 0; STATIONS.length < 48; lo++) {
	const home = hash(2, lo) & 63;
	if (home >= 61 || home === 0 ? crowded < 24 : other < 24) {
		STATIONS.push([2, lo]);
		if (home >= 61 || home === 0) crowded++;
		else other++;
	}
}

const station = fc.nat(STATIONS.length - 1);
const op = fc.oneof(
	{
		weight: 6,
		arbitrary: fc.record({
			op: fc.constant("set" as const),
			station,
			port: fc.integer({ min: 1, max: 4 }),
			flags: fc.constantFrom(0, 0, 0, FDB_LOCAL | FDB_STATIC, FDB_STATIC, FDB_EXT_LEARNED),
		}),
	},
	{ weight: 5, arbitrary: fc.record({ op: fc.constant("remove" as const), station }) },
	{ weight: 4, arbitrary: fc.record({ op: fc.constant("find" as const), station }) },
	{ weight: 2, arbitrary: fc.record({ op: fc.constant("touch" as const), station }) },
	{
		weight: 2,
		arbitrary: fc.record({ op: fc.constant("wait" as const), ns: fc.constantFrom(1, 50e9, 149e9, 300e9) }),
	},
	{
		weight: 1,
		arbitrary: fc.record({ op: fc.constant("flush" as const), port: fc.integer({ min: 1, max: 4 }) }),
	},
);

describe("Fdb", () => {
	test("equals a Map over thousands of operations with ageing", () => {
		fc.assert(
			fc.property(fc.array(op, { minLength: 100, maxLength: 1000, size: "max" }), (ops) => {
				const clock = new Float64Array(1);
				const fdb = new Fdb(clock);
				const model = new Map<number, { port: number; flags: number; updated: number }>();
				const alive = (s: number) => {
					const e = model.get(s);
					if (e === undefined) return undefined;
					return e.flags !== 0 || e.updated + 300e9 > clock[0] ? e : undefined;
				};
				const check = (s: number): void => {
					const [hi, lo] = STATIONS[s];
					const row = fdb.find(hi, lo);
					const e = alive(s);
					if (e === undefined) {
						expect(row).toBe(-1);
						return;
					}
					expect([fdb.hi[row], fdb.lo[row], fdb.port[row], fdb.flags[row], fdb.updated[row]]).toEqual([
						hi,
						lo,
						e.port,
						e.flags,
						e.updated,
					]);
				};
				for (const o of ops) {
					if (o.op === "set") {
						const [hi, lo] = STATIONS[o.station];
						expect(fdb.set(hi, lo, o.port, o.flags)).toBeGreaterThanOrEqual(0);
						model.set(o.station, { port: o.port, flags: o.flags, updated: clock[0] });
					} else if (o.op === "remove") {
						const [hi, lo] = STATIONS[o.station];
						expect(fdb.remove(hi, lo)).toBe(alive(o.station) !== undefined);
						model.delete(o.station);
					} else if (o.op === "find") check(o.station);
					else if (o.op === "touch") {
						const [hi, lo] = STATIONS[o.station];
						const row = fdb.find(hi, lo);
						const e = alive(o.station);
						expect(row >= 0).toBe(e !== undefined);
						if (e !== undefined) fdb.updated[row] = e.updated = clock[0];
					} else if (o.op === "wait") clock[0] += o.ns;
					else {
						fdb.removeIf((row) => fdb.port[row] === o.port && (fdb.flags[row] & FDB_LOCAL) === 0);
						for (const [s, e] of [...model])
							if (e.port === o.port && (e.flags & FDB_LOCAL) === 0) model.delete(s);
					}
				}
				const living = STATIONS.flatMap(([hi, lo], s) => (alive(s) === undefined ? [] : [`${hi} ${lo}`]));
				expect(
					fdb
						.rows()
						.map((r) => `${fdb.hi[r]} ${fdb.lo[r]}`)
						.sort(),
				).toEqual(living.sort());
				for (let s = 0; s < STATIONS.length; s++) check(s);
				expect(fdb.count).toBe(living.length);
			}),
			{ numRuns: 60 },
		);
	});
	test("a table that is full learns nothing more until its entries have aged", () => {
		const clock = new Float64Array(1);
		const fdb = new Fdb(clock);
		for (let i = 0; i < MAX_ENTRIES; i++) fdb.set(2, i, 1, 0);
		expect(fdb.count).toBe(MAX_ENTRIES);
		expect(fdb.set(2, -5, 1, 0)).toBe(-1);
		expect(fdb.find(2, -5)).toBe(-1);
		expect(fdb.find(2, MAX_ENTRIES - 1)).toBeGreaterThanOrEqual(0);
		expect(fdb.set(2, 7, 3, 0)).toBeGreaterThanOrEqual(0); // a known one may still move
		clock[0] = 300e9;
		expect(fdb.set(2, -5, 1, 0)).toBeGreaterThanOrEqual(0);
		expect(fdb.count).toBe(1);
	});
	test("aged stations do not make the table grow", () => {
		const clock = new Float64Array(1);
		const fdb = new Fdb(clock);
		for (let round = 0; round < 100; round++) {
			for (let i = 0; i < 30; i++) fdb.set(2, round * 1000 + i, 1, 0);
			clock[0] += 300e9;
		}
		expect(fdb.hi.length).toBeLessThanOrEqual(128);
	});
});

describe("VxlanFdb", () => {
	test("finds by the whole MAC, high bits and sign included", () => {
		const fdb = new VxlanFdb(new Float64Array(1));
		fdb.create(0xffff, -1, NUD_PERMANENT, 0);
		fdb.create(0, 0, NUD_PERMANENT, 0);
		expect(fdb.create(0x0242, 1, NUD_REACHABLE, 0)).toBe(fdb.find(0x0242, 1));
		expect(fdb.find(0x0242, -1)).toBeUndefined();
		expect(fdb.find(0xffff, -1)?.hi).toBe(0xffff);
		expect(fdb.find(0, 0)?.lo).toBe(0);
		expect(fdb.size).toBe(3);
		expect(fdb.remove(0, 0)).toBe(true);
		expect(fdb.remove(0, 0)).toBe(false);
		expect(fdb.size).toBe(2);
	});
	test("learned entries age after 300 s without a refresh, permanent and noarp ones never", () => {
		const clock = new Float64Array(1);
		const fdb = new VxlanFdb(clock);
		fdb.start();
		fdb.create(2, 1, NUD_REACHABLE, 0);
		fdb.create(2, 2, NUD_PERMANENT, 0);
		fdb.create(2, 3, NUD_NOARP | NUD_REACHABLE, 0);
		const refreshed = fdb.create(2, 4, NUD_REACHABLE, 0);
		clock[0] = 299e9;
		if (refreshed !== undefined) refreshed.updated = clock[0];
		expect(fdb.list().length).toBe(4);
		clock[0] = 300e9;
		expect(fdb.find(2, 1)).toBeUndefined();
		expect(fdb.list().map((e) => e.lo)).toEqual([2, 3, 4]);
		clock[0] = 600e9;
		expect(fdb.list().map((e) => e.lo)).toEqual([2, 3]);
	});
	test("the collector comes 10 s after the device is up, then when the next entry is due, or after 10 s", () => {
		const clock = new Float64Array(1);
		const fdb = new VxlanFdb(clock);
		fdb.ageing[0] = 1e9;
		fdb.start();
		fdb.create(2, 1, NUD_REACHABLE, 0);
		clock[0] = 9.9e9;
		const late = fdb.create(2, 2, NUD_REACHABLE, 0);
		expect(fdb.find(2, 1)).toBeDefined();
		clock[0] = 10e9;
		expect([fdb.find(2, 1), fdb.find(2, 2)]).toEqual([undefined, late]);
		clock[0] = 10.9e9;
		expect(fdb.find(2, 2)).toBeUndefined();
		fdb.create(2, 3, NUD_REACHABLE, 0);
		clock[0] = 20e9;
		expect(fdb.find(2, 3)).toBeDefined();
		clock[0] = 20.9e9;
		expect(fdb.find(2, 3)).toBeUndefined();
	});
	test("without an ageing time nothing ages; a device that goes down forgets what it learned", () => {
		const clock = new Float64Array(1);
		const fdb = new VxlanFdb(clock);
		fdb.ageing[0] = 0;
		fdb.start();
		fdb.create(2, 9, NUD_REACHABLE, 0);
		fdb.create(2, 8, NUD_PERMANENT, 0);
		clock[0] = 1e15;
		expect(fdb.find(2, 9)).toBeDefined();
		fdb.stop();
		expect(fdb.list().map((e) => e.lo)).toEqual([8]);
	});
});
