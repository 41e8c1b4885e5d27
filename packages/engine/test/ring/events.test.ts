import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { EventQueue } from "../../src/ring/events.ts";

describe("EventQueue", () => {
	test("fires in order of time; at one instant wires by their number, then timers as they were scheduled", () => {
		const wire = fc.option(fc.constantFrom(0, 1, 65_535), { freq: 3 });
		const op = fc.option(fc.tuple(fc.nat(20), fc.nat(2), wire), { freq: 3 });
		fc.assert(
			fc.property(fc.array(op, { maxLength: 400 }), (ops) => {
				const queue = new EventQueue();
				const fired: string[] = [];
				const handlers = [0, 1, 2].map((n) =>
					queue.register({ onTimer: (arg) => fired.push(`${n}:${arg}`) }),
				);
				const model: { time: number; order: number; label: string }[] = [];
				let order = 0;
				const fireOne = () => {
					model.sort((a, b) => a.time - b.time || a.order - b.order);
					expect(queue.nextTime).toBe(model[0].time);
					queue.fire();
					expect(fired.pop()).toBe(model.shift()?.label);
					expect(fired).toEqual([]);
				};
				for (const o of ops) {
					if (o !== null) {
						const [time, n, device] = o;
						// a wire has one event at a time
						if (device !== null && model.some((m) => m.time === time && m.order === device - 65_536))
							continue;
						if (device === null) queue.schedule(time, handlers[n], order);
						else queue.scheduleWire(time, device, handlers[n], order);
						model.push({ time, order: device === null ? order : device - 65_536, label: `${n}:${order}` });
						order++;
					} else if (model.length > 0) fireOne();
					expect(queue.length).toBe(model.length);
				}
				while (model.length > 0) fireOne();
				expect(queue.nextTime).toBe(Number.POSITIVE_INFINITY);
			}),
			{ numRuns: 300 },
		);
	});
	test("a silenced handler is not called, for old events and new ones", () => {
		const queue = new EventQueue();
		const log: number[] = [];
		const [a, b] = [0, 1].map(() => queue.register({ onTimer: (arg) => log.push(arg) }));
		expect(queue.registered).toBe(2);
		queue.schedule(1, a, 1);
		queue.schedule(1, b, 2);
		queue.silence(a);
		queue.schedule(2, a, 3);
		while (queue.length > 0) queue.fire();
		expect(log).toEqual([2]);
	});
	test("a handler may schedule, at its own instant too", () => {
		const queue = new EventQueue();
		const log: number[] = [];
		const h = queue.register({
			onTimer(arg) {
				log.push(arg);
				if (arg < 3) queue.schedule(5, h, arg + 1);
			},
		});
		queue.schedule(5, h, 0);
		queue.schedule(5, h, 10);
		while (queue.length > 0) queue.fire();
		expect(log).toEqual([0, 10, 1, 2, 3]);
	});
});
