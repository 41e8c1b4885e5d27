import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Ring } from "../../src/ring/ring.ts";

/** The kernel's two queues, as arrays: enqueue_to_backlog refuses above the bound, process_backlog takes the input queue over. */
class Backlog {
	input: [number, number][] = [];
	process: [number, number][] = [];
	readonly max: number;
	constructor(max: number) {
		this.max = max;
	}
	push(dev: number, frame: number): boolean {
		if (this.input.length > this.max) return false;
		this.input.push([dev, frame]);
		return true;
	}
	/** One packet, as process_backlog serves them. */
	shift(): [number, number] | undefined {
		if (this.process.length === 0) {
			this.process = this.input;
			this.input = [];
		}
		return this.process.shift();
	}
}

const step = fc.oneof(
	{ weight: 3, arbitrary: fc.record({ op: fc.constant("push" as const), dev: fc.nat(2), times: fc.nat(9) }) },
	{
		weight: 2,
		arbitrary: fc.record({ op: fc.constant("shift" as const), max: fc.integer({ min: 1, max: 8 }) }),
	},
);

describe("Ring", () => {
	test("equals the kernel's two queues, whatever the vector size", () => {
		fc.assert(
			fc.property(fc.array(step, { maxLength: 60 }), fc.nat(20), (steps, bound) => {
				const ring = new Ring(4);
				ring.maxBacklog = bound;
				const model = new Backlog(bound);
				const out = new Int32Array(256);
				let frame = 0;
				for (const s of steps) {
					if (s.op === "push") {
						for (let i = 0; i < s.times; i++, frame++)
							expect(ring.push(s.dev, frame)).toBe(model.push(s.dev, frame));
					} else if (ring.count > 0) {
						const dev = ring.headDev;
						const n = ring.shiftRun(out, s.max);
						expect(n).toBeGreaterThan(0);
						for (let i = 0; i < n; i++) expect(model.shift()).toEqual([dev, out[i]]);
					}
					expect(ring.count).toBe(model.input.length + model.process.length);
				}
			}),
			{ numRuns: 500 },
		);
	});
	test("a run is the longest one: it ends at another device, at `max`, or at the spliced part's end", () => {
		const ring = new Ring();
		for (const [dev, f] of [
			[1, 10],
			[1, 11],
			[2, 12],
			[1, 13],
		])
			ring.push(dev, f);
		const out = new Int32Array(256);
		expect(ring.shiftRun(out, 256)).toBe(2);
		ring.push(1, 14);
		expect(ring.shiftRun(out, 256)).toBe(1);
		expect(ring.shiftRun(out, 256)).toBe(1); // 13 was spliced, 14 was not
		expect(out[0]).toBe(13);
		expect(ring.shiftRun(out, 256)).toBe(1);
		expect(out[0]).toBe(14);
		expect(ring.count).toBe(0);
	});
	test("the default bound: 1,001 frames wait before one is refused (netdev_max_backlog 1000, qlen > max)", () => {
		const ring = new Ring();
		for (let f = 0; f <= 1000; f++) expect(ring.push(0, f)).toBe(true);
		expect(ring.push(0, 1001)).toBe(false);
		ring.shiftRun(new Int32Array(256), 1);
		// what was taken over counts no more
		for (let f = 0; f <= 1000; f++) expect(ring.push(0, f)).toBe(true);
		expect(ring.push(0, 9)).toBe(false);
		expect(ring.count).toBe(2001);
	});
	test("serving with feedback gives one sequence for vectors of 1, 2, 7 and 256", () => {
		// every served frame below a limit queues two more for other devices, so that the bound is met again and again
		const served = (max: number): string => {
			const ring = new Ring(8);
			ring.maxBacklog = 12;
			const out = new Int32Array(256);
			const log: string[] = [];
			let next = 5;
			for (let f = 0; f < 5; f++) ring.push(f & 1, f);
			while (ring.count > 0) {
				const dev = ring.headDev;
				const n = ring.shiftRun(out, max);
				for (let i = 0; i < n; i++) {
					log.push(`${dev}:${out[i]}`);
					if (next < 400)
						for (let k = 0; k < 2; k++, next++)
							if (!ring.push((next >> 2) % 3, next)) log.push(`refused ${next}`);
				}
			}
			return log.join(" ");
		};
		const one = served(1);
		expect(one).toContain("refused");
		for (const max of [2, 7, 256]) expect(served(max)).toBe(one);
	});
});
