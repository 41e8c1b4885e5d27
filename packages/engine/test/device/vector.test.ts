/** The batch is invisible: bursts of fuzzed frames give the same frames, in the same order, for every vector size. */
import { describe, expect, test } from "vitest";
import { Fuzzer } from "./fuzzer.ts";
import { expectWhole, MS } from "./lab.ts";
import { SCENES, type Scene } from "./scenes.ts";

/** Everything that arrives anywhere but at bridge ports (a tap there would switch vectors off), with time and place. */
function observe(scene: Scene): { log: string[]; digest: () => string } {
	const { m } = scene;
	const { pool, clock } = m.core;
	const log: string[] = [];
	for (const ns of m.all())
		for (const dev of ns.devices) {
			if (dev.master !== null) continue;
			dev.addTap((f, direction) => {
				let h = 0;
				for (let i = pool.off[f]; i < pool.off[f] + pool.len[f]; i++)
					h = Math.imul(h ^ pool.bytes[i], 0x01000193);
				log.push(`${clock[0]} ${ns.name}:${dev.name} ${direction} ${pool.len[f]} ${h}`);
			});
		}
	return { log, digest: () => [...pool.born, ...pool.delivered, ...pool.dropped].join(" ") };
}
function run(index: number, vector: number): { log: string[]; digest: string } {
	const scene = SCENES[index].make({ debug: false, small: 4096, vector });
	const { m, doors } = scene;
	const seen = observe(scene);
	const fuzz = new Fuzzer(500 + index, scene.macs, scene.addresses);
	for (let burst = 0; burst < 300; burst++) {
		for (let n = 1 + fuzz.below(60); n > 0; n--) {
			const door = fuzz.pick(doors);
			// runs for one device, as well as mixtures
			for (let k = fuzz.below(3) === 0 ? 10 : 1; k > 0; k--) door.how(door.dev, fuzz.frame(door.near));
		}
		m.core.settle();
		m.core.runUntil(m.core.clock[0] + fuzz.below(500) * MS);
	}
	expectWhole(m);
	return { log: seen.log, digest: seen.digest() };
}

describe("vectors of 1, 2, 7 and 256", () => {
	SCENES.forEach(({ name }, index) => {
		test(name, () => {
			const one = run(index, 1);
			expect(one.log.length).toBeGreaterThan(1000);
			for (const vector of [2, 7, 256]) {
				const other = run(index, vector);
				const at = one.log.findIndex((line, i) => line !== other.log[i]);
				expect(at < 0 ? "same" : `${at}: ${other.log[at]}`, `vector ${vector}`).toBe(
					at < 0 ? "same" : `${at}: ${one.log[at]}`,
				);
				expect(other.log.length).toBe(one.log.length);
				expect(other.digest).toBe(one.digest);
			}
		});
	});
});
