/** Rare frames before a measurement: many kinds of ends, and what is measured afterwards passes as if they had not been. */
import { pathNamed } from "@hookline/bench/throughput/labs";
import { poison } from "@hookline/bench/throughput/poison";
import { Source } from "@hookline/bench/throughput/source";
import { Lab } from "hookline";
import { expect, test } from "vitest";

test.each(["bridge", "nat", "vxlan"] as const)("%s", (name) => {
	const path = pathNamed(name);
	const send = (before: (lab: Lab) => void): { frames: Uint8Array[]; reasons: number } => {
		const lab = new Lab({ err: () => {} });
		expect(lab.run(path.lab(path.rules), { errexit: true })).toBe(0);
		before(lab);
		const frames: Uint8Array[] = [];
		lab.device(path.sink).sink((b) => frames.push(b.slice()));
		const source = new Source(lab.device(path.source).dev, path, 64, 300);
		source.burst(300);
		lab.runUntilIdle();
		source.close();
		return { frames, reasons: Object.keys(lab.counters().droppedBy).length };
	};
	const clean = send(() => {});
	const poisoned = send((lab) => poison(lab, path));
	expect(clean.frames.length).toBe(300);
	expect(poisoned.frames).toEqual(clean.frames);
	expect(poisoned.reasons).toBeGreaterThan(5);
});
