import { describe, expect, test } from "vitest";
import { DROP } from "../../src/frame/drop.ts";
import { Core } from "../../src/ring/core.ts";
import { Random } from "../../src/ring/random.ts";

/** A core with receive sides that log and deliver. */
function logged(options: ConstructorParameters<typeof Core>[0] = {}) {
	const core = new Core({ small: 64, big: 2, debug: true, ...options });
	const log: string[] = [];
	const device = (name: string, then: (f: number) => void = () => {}): number =>
		core.targets.push({
			transmit: () => false,
			takes: true,
			loopback: false,
			process(vec, n) {
				for (let i = 0; i < n; i++) {
					log.push(`${core.clock[0]} ${name} ${core.pool.mark[vec[i]]}`);
					then(vec[i]);
					core.pool.deliver(vec[i], 6);
				}
			},
		}) - 1;
	const frame = (mark: number): number => {
		const f = core.pool.inject(60);
		core.pool.mark[f] = mark;
		return f;
	};
	return { core, log, device, frame };
}

describe("Core", () => {
	test("all events of one instant fire before the ring is served again", () => {
		const { core, log, device, frame } = logged();
		const a = device("a");
		const h = core.events.register({
			onTimer(arg) {
				log.push(`${core.clock[0]} event ${arg}`);
				core.netifRx(a, frame(arg));
				if (arg === 1) core.events.schedule(core.clock[0], h, 9);
			},
		});
		core.events.schedule(100, h, 1);
		core.events.schedule(100, h, 2);
		core.events.schedule(200, h, 3);
		core.runUntil(250);
		expect(log).toEqual([
			"100 event 1",
			"100 event 2",
			"100 event 9",
			"100 a 1",
			"100 a 2",
			"100 a 9",
			"200 event 3",
			"200 a 3",
		]);
		expect(core.clock[0]).toBe(250);
		expect(core.pool.inUse).toBe(0);
	});
	test("what a namespace draws does not depend on what others have drawn", () => {
		const draws = (others: number): number[] => {
			const { core } = logged({ seed: 5 });
			for (let i = 0; i < others; i++) core.chance(i % 3).i32();
			return [0, 1, 2].map(() => core.chance(7).i32());
		};
		expect(draws(10)).toEqual(draws(0));
		const { core } = logged({ seed: 5 });
		expect(new Set([core.random.i32(), ...[0, 1, 2, 3].map((n) => core.chance(n).i32())]).size).toBe(5);
	});
	test("an event that a frame schedules for now fires after the ring is empty", () => {
		const { core, log, device, frame } = logged();
		const h = core.events.register({ onTimer: (arg) => log.push(`event ${arg}`) });
		const a = device("a", () => core.events.schedule(core.clock[0], h, 7));
		core.netifRx(a, frame(1));
		core.netifRx(a, frame(2));
		core.runUntil(0);
		expect(log).toEqual(["0 a 1", "0 a 2", "event 7", "event 7"]);
	});
	test("runUntil stops at its time, later events wait; runUntilIdle takes them", () => {
		const { core } = logged();
		const fired: number[] = [];
		const h = core.events.register({ onTimer: (arg) => fired.push(arg) });
		for (const t of [10, 20, 30]) core.events.schedule(t, h, t);
		core.runUntil(20);
		expect(fired).toEqual([10, 20]);
		expect(core.clock[0]).toBe(20);
		core.runUntil(5);
		expect(core.clock[0]).toBe(20);
		expect(core.runUntilIdle()).toBe(true);
		expect(fired).toEqual([10, 20, 30]);
		expect(core.clock[0]).toBe(30);
	});
	test("runUntilIdle says when it does not come to rest", () => {
		const { core } = logged();
		const h = core.events.register({ onTimer: () => core.events.schedule(core.clock[0] + 1, h, 0) });
		core.events.schedule(0, h, 0);
		expect(core.runUntilIdle(50)).toBe(false);
	});
	test("settle from within a visit returns at once, and a visit that throws leaves the core usable", () => {
		const { core, log, device, frame } = logged();
		const b = device("b");
		const a = device("a", (f) => {
			core.netifRx(b, frame(5));
			core.settle();
			log.push("after settle");
			if (core.pool.mark[f] !== 2) return;
			// the device that throws has the frame until then, so it ends it
			core.pool.drop(f, DROP.NOT_SPECIFIED);
			throw new Error("broken");
		});
		core.netifRx(a, frame(1));
		core.settle();
		expect(log).toEqual(["0 a 1", "after settle", "0 b 5"]);
		core.netifRx(a, frame(2));
		expect(() => core.settle()).toThrow("broken");
		log.length = 0;
		core.settle();
		expect(log).toEqual(["0 b 5"]);
	});
	test("frames for a device that is gone end as DEV_READY, frames beyond the backlog as CPU_BACKLOG", () => {
		const { core, device, frame } = logged();
		const a = device("a");
		core.ring.maxBacklog = 2;
		const taken = [1, 2, 3, 4].map((m) => core.netifRx(a, frame(m)));
		expect(taken).toEqual([true, true, true, false]);
		core.targets[a] = null;
		core.settle();
		expect(core.pool.dropped[DROP.CPU_BACKLOG]).toBe(1);
		expect(core.pool.dropped[DROP.DEV_READY]).toBe(3);
		expect(core.pool.inUse).toBe(0);
	});
	test("the vector size is 1..256", () => {
		for (const vector of [0, 257, 1.5, Number.NaN])
			expect(() => new Core({ vector, small: 1, big: 1 })).toThrow(RangeError);
	});
	test("equal names have equal numbers", () => {
		const { core } = logged();
		expect([core.nameId("lo"), core.nameId("eth0"), core.nameId("lo")]).toEqual([0, 1, 0]);
	});
});

describe("Random", () => {
	const first = (seed: number, n = 1000): number[] => {
		const r = new Random(seed);
		return Array.from({ length: n }, () => r.i32());
	};
	test("same seed, same numbers; another seed, others", () => {
		expect(first(1)).toEqual(first(1));
		expect(first(1)).not.toEqual(first(2));
	});
	test("no seed gives a stuck generator, 0 and -1 included", () => {
		for (const seed of [0, -1, 1, 0x7fffffff, -0x80000000])
			expect(new Set(first(seed)).size, `seed ${seed}`).toBeGreaterThan(990);
	});
	test("below(n) is in [0, n) and meets all of a small range", () => {
		const r = new Random(3);
		const seen = new Set(Array.from({ length: 400 }, () => r.below(7)));
		expect([...seen].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
	});
	// A regression guard, not a standard: these numbers decide what recorded labs draw, so they must not change unnoticed.
	test("regression: the first numbers of seed 1", () => {
		expect(first(1, 4)).toMatchInlineSnapshot(`
			[
			  -2128247129,
			  -493618594,
			  348472735,
			  -2059432499,
			]
		`);
	});
});
