import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Netem, type NetemOptions } from "../../src/device/netem.ts";
import { DROP } from "../../src/frame/drop.ts";
import { expectWhole, load, MS, machine, udpFrame, vethPair } from "./lab.ts";

function wire(options: NetemOptions) {
	const m = machine();
	const [a, b] = vethPair(m, m.root, "a", m.addNetns("n"), "b");
	const netem = new Netem(a, options);
	a.netem = netem;
	b.absorb = true;
	const arrivals: { time: number; length: number }[] = [];
	b.addTap((f, d) => {
		if (d === 0) arrivals.push({ time: m.core.clock[0], length: m.core.pool.len[f] });
	});
	return {
		m,
		a,
		b,
		netem,
		arrivals,
		send: (n: number) => a.transmit(load(a, udpFrame(1, 2, "10.0.0.1", "10.0.0.2", n))),
	};
}

describe("Netem", () => {
	test("delay alone: each frame later by it, order kept", () => {
		const { m, arrivals, send } = wire({ delay: 5 * MS, rate: 0 });
		send(60);
		send(61);
		m.core.runUntil(1 * MS);
		send(62);
		m.core.runUntilIdle();
		expect(arrivals).toEqual([
			{ time: 5 * MS, length: 60 },
			{ time: 5 * MS, length: 61 },
			{ time: 6 * MS, length: 62 },
		]);
		expectWhole(m);
	});
	test("rate: 1,250 bytes at 1 Mbit/s take 10 ms each on top of the delay, one after the other", () => {
		const { m, arrivals, send } = wire({ delay: 1 * MS, rate: 1e6 });
		for (let i = 0; i < 3; i++) send(1250);
		m.core.runUntil(100 * MS);
		send(1250); // the wire has been idle: it starts anew
		m.core.runUntilIdle();
		expect(arrivals.map((x) => x.time / MS)).toEqual([11, 21, 31, 111]);
		expectWhole(m);
	});
	test("limit: the newest are dropped, and counted", () => {
		const { m, a, netem, arrivals, send } = wire({ delay: 1 * MS, rate: 0, limit: 3 });
		for (let i = 0; i < 5; i++) send(60 + i);
		expect(netem.length).toBe(3);
		expect(netem.frames().map((f) => m.core.pool.len[f])).toEqual([60, 61, 62]);
		expect(m.core.pool.dropped[DROP.QDISC_DROP]).toBe(2);
		expect(a.stats[7]).toBe(2);
		m.core.runUntilIdle();
		expect(arrivals.map((x) => x.length)).toEqual([60, 61, 62]);
		expectWhole(m);
	});
	test("a queue that is taken away loses what waits", () => {
		const { m, a, netem, arrivals, send } = wire({ delay: 1 * MS, rate: 0 });
		send(60);
		send(60);
		a.netem = null;
		netem.destroy();
		send(61);
		m.core.runUntilIdle();
		expect(arrivals).toEqual([{ time: 0, length: 61 }]);
		expect(m.core.pool.dropped[DROP.QDISC_DROP]).toBe(2);
		expectWhole(m);
	});
	test("a device that is down when the frame is due sends nothing", () => {
		const { m, a, arrivals, send } = wire({ delay: 1 * MS, rate: 0 });
		send(60);
		a.setUp(false);
		m.core.runUntilIdle();
		expect(arrivals).toEqual([]);
		expectWhole(m);
	});
	test("equals sch_netem's rule for random arrivals", () => {
		fc.assert(
			fc.property(
				fc.array(fc.tuple(fc.nat(300_000), fc.integer({ min: 60, max: 1514 })), {
					minLength: 1,
					maxLength: 40,
				}),
				fc.constantFrom(0, 50_000, 1_000_000),
				fc.constantFrom(0, 1e6, 1e8, 1e9),
				(frames, delay, rate) => {
					const { m, arrivals, send } = wire({ delay, rate });
					// netem_enqueue: time_to_send = now + delay when the queue is empty; else the delay that is left after the last
					// one's time_to_send; plus the frame's own time on the wire
					const queue: number[] = [];
					const expected: { time: number; length: number }[] = [];
					let now = 0;
					let last = 0;
					for (const [gap, length] of frames) {
						now += gap;
						m.core.runUntil(now);
						while (queue.length > 0 && queue[0] <= now) queue.shift();
						send(length);
						const own = rate === 0 ? 0 : Math.floor((length * 1e9) / (rate / 8));
						const time =
							rate !== 0 && queue.length > 0
								? last + Math.max(0, delay - (last - now)) + own
								: now + delay + own;
						last = time;
						queue.push(time);
						expected.push({ time, length });
					}
					m.core.runUntilIdle();
					expect(arrivals).toEqual(expected);
					expectWhole(m);
				},
			),
			{ numRuns: 40 },
		);
	});
});
