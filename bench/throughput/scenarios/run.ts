/**
 * One measurement of a scenario: connections are made and every flow goes through once, and each frame that arrives is compared, byte for byte, with
 * one that was written and summed from scratch; then a fixed number of frames is timed. The frame account must be right at both ends.
 */
import { PerformanceObserver } from "node:perf_hooks";
import type { Job, Measurement } from "../measure.ts";
import { findScenario } from "./list.ts";
import type { Traffic } from "./scenario.ts";
import { Watch } from "./watch.ts";

/** Events that may have come to wait during a run: what waits depends on the lab, never on how many frames went through. */
const MORE_EVENTS = 64;

/** Throws when a frame is lost, damaged, out of order, or one too many. */
export async function measureScenario(job: Job): Promise<Measurement> {
	const scenario = findScenario(job.path);
	if (scenario === undefined) throw new Error(`no scenario "${job.path}"`);
	const frame = Math.max(scenario.minFrame, Math.min(job.frame, scenario.maxFrame));
	const traffic = scenario.build({ frame, flows: job.flows, vector: job.vector });
	const { lab } = traffic;
	const watch = new Watch(traffic);
	traffic.open?.();
	watch.check();
	const account = new Account(traffic);
	for (let i = 0; i < traffic.round; i++) traffic.step();
	watch.end();
	account.check(traffic.round);

	for (const sink of traffic.sinks) sink.absorb();
	const steps = Math.ceil(job.count / traffic.injected);
	const warm = Math.max(Math.ceil(Math.min(300_000, job.count) / traffic.injected), traffic.round);
	for (let i = 0; i < warm; i++) traffic.step();
	let collections = 0;
	const observer = new PerformanceObserver((list) => {
		collections += list.getEntries().length;
	});
	observer.observe({ entryTypes: ["gc"] });
	const t0 = process.cpuUsage();
	for (let i = 0; i < steps; i++) traffic.step();
	const t1 = process.cpuUsage(t0);
	await new Promise((resolve) => setTimeout(resolve, 20));
	observer.disconnect();
	account.check(traffic.round + warm + steps);
	traffic.check?.();
	for (const { set } of traffic.streams) set.close();
	if (lab.counters().held !== 0)
		throw new Error(`frames that nobody ended: ${JSON.stringify(lab.counters())}`);
	const frames = steps * traffic.injected;
	return {
		nsPerPacket: ((t1.user + t1.system) * 1000) / frames,
		gcPer10M: (collections * 1e7) / frames,
		rss: process.memoryUsage().rss,
	};
}

/** Where all frames are and went, from one moment on: each step's frames went in, arrived, and were dropped, and no other. */
class Account {
	private readonly traffic: Traffic;
	private readonly before: ReturnType<Traffic["lab"]["counters"]>;
	private readonly events: number;

	constructor(traffic: Traffic) {
		this.traffic = traffic;
		this.before = traffic.lab.counters();
		this.events = traffic.lab.machine.core.events.length;
	}
	/** Throws unless everything is as it must be after so many steps. */
	check(steps: number): void {
		const { traffic, before } = this;
		const now = traffic.lab.counters();
		const wrong = (what: string, is: number, should: number): void => {
			if (is !== should)
				throw new Error(`${what}: ${is}, not ${should}, after ${steps} steps: ${JSON.stringify(now)}`);
		};
		wrong("injected", now.injected - before.injected, steps * traffic.injected);
		wrong("arrived", (now.deliveredTo.sink ?? 0) - (before.deliveredTo.sink ?? 0), steps * traffic.arrived);
		const reasons = new Set([...Object.keys(now.droppedBy), ...Object.keys(traffic.dropped ?? {})]);
		const perStep = (traffic.dropped ?? {}) as Readonly<Record<string, number>>;
		for (const reason of reasons)
			wrong(
				`dropped (${reason})`,
				(now.droppedBy[reason] ?? 0) - (before.droppedBy[reason] ?? 0),
				steps * (perStep[reason] ?? 0),
			);
		wrong("held", now.held, before.held);
		const events = traffic.lab.machine.core.events.length;
		if (events > this.events + MORE_EVENTS)
			throw new Error(`${events} events wait after ${steps} steps, ${this.events} before: they pile up`);
		wrong("the account", now.delivered + now.dropped + now.held, now.injected + now.generated);
	}
}
