/** On random walks short ways and vectors are invisible: frames and their times, state, counters, ages and traces are those of the long way, frame by frame. */
import { afterAll, describe, expect, it } from "vitest";
import { difference, drawWalk, take } from "./walk.ts";
import { BRIDGED } from "./walk-bridged.ts";
import { VXLAN } from "./walk-vxlan.ts";

const SETTINGS = [
	{ flowCache: "off", vector: 256 },
	{ flowCache: "eager", vector: 256 },
	{ flowCache: "on", vector: 7 },
	{ flowCache: "eager", vector: 1 },
] as const;
const SEEDS = Array.from({ length: 30 }, (_, i) => i + 1);

describe.each([
	["bridges, a router, NAT", BRIDGED],
	["a tunnel in a tunnel", VXLAN],
])("%s", (_, ground) => {
	let served = 0;
	it.each(SEEDS)("seed %i", (seed) => {
		const walk = drawWalk(seed, ground);
		const long = take(walk, { flowCache: "off", vector: 1 });
		expect(long.served).toBe(0);
		for (const settings of SETTINGS) {
			const walked = take(walk, settings);
			served += walked.served;
			const found = difference(long.lines, walked.lines);
			if (found !== undefined) expect.fail(`${JSON.stringify(settings)}: ${found}`);
		}
	});
	// without short ways the walks would say nothing
	afterAll(() => expect(served).toBeGreaterThan(0));
});
