/**
 * A million random and mutated frames into every kind of device: nothing throws, no slot leaks, the account is right.
 * The seed is fixed; a failure names the frame.
 */
import { describe, expect, test } from "vitest";
import { DELIVERED } from "../../src/frame/delivery.ts";
import { toHex } from "../wire/bytes.ts";
import { Fuzzer } from "./fuzzer.ts";
import { expectBalanced, expectWhole, MS } from "./lab.ts";
import { SCENES, type Scene } from "./scenes.ts";

const TOTAL = 1_000_000;
/** Of each part, how many go through a debug pool. */
const DEBUG_PART = 15_000;

function run(scene: Scene, seed: number, frames: number): void {
	const { m, doors } = scene;
	const { pool } = m.core;
	const fuzz = new Fuzzer(seed, scene.macs, scene.addresses);
	for (let i = 0; i < frames; i++) {
		const door = fuzz.pick(doors);
		const bytes = fuzz.frame(door.near);
		try {
			door.how(door.dev, bytes);
			if (fuzz.below(4) !== 0) m.core.settle();
			if (fuzz.below(64) === 0) m.core.runUntil(m.core.clock[0] + fuzz.below(50) * MS);
			if (fuzz.below(20_000) === 0) m.core.runUntilIdle();
			// somebody pulls a cable, and plugs it in again soon after
			if (fuzz.below(2_000) === 0) fuzz.pick(doors).dev.setUp(false);
			if (fuzz.below(50) === 0) for (const d of doors) d.dev.setUp(true);
		} catch (cause) {
			throw new Error(`frame ${i}, ${door.how.name} at ${door.dev.name}: ${toHex(bytes)}`, { cause });
		}
		if ((i & 1023) === 0 || i === frames - 1) {
			const ended = pool.deliveredTotal + pool.droppedTotal + pool.inUse;
			if (ended !== pool.born[0] + pool.born[1]) throw new Error(`the account is wrong after frame ${i}`);
		}
	}
	expect(pool.born[0]).toBe(frames);
	// it is no fuzzing of the path if hardly a frame gets past the door
	for (const to of scene.reaches) expect(pool.delivered[DELIVERED[to]], to).toBeGreaterThan(frames / 1000);
	expectBalanced(m);
	expectWhole(m);
}

describe("fuzz", () => {
	SCENES.forEach(({ name, make }, i) => {
		test(`${name}, with a debug pool`, { timeout: 60_000 }, () => {
			run(make({ debug: true, small: 2048 }), 1000 + i, DEBUG_PART);
		});
		test(name, { timeout: 60_000 }, () => {
			run(make({ debug: false, small: 4096 }), i + 1, TOTAL / SCENES.length - DEBUG_PART);
		});
	});
	test("devices removed and namespaces taken away under traffic", { timeout: 60_000 }, () => {
		for (let seed = 0; seed < 60; seed++) {
			const scene = SCENES[seed % SCENES.length].make({ debug: true, small: 512 });
			const { m, doors } = scene;
			const fuzz = new Fuzzer(7000 + seed, scene.macs, scene.addresses);
			const log: string[] = [];
			try {
				for (let i = 0; i < 400; i++) {
					const door = fuzz.pick(doors);
					const home = m.all().find((ns) => ns.devices.includes(door.dev));
					if (fuzz.below(120) === 0 && home !== undefined && !door.dev.loopback) {
						log.push(`remove ${home.name}:${door.dev.name}`);
						m.removeDevice(home, door.dev);
					} else if (fuzz.below(300) === 0 && m.named.size > 0) {
						const name = fuzz.pick([...m.named.keys()]);
						log.push(`remove netns ${name}`);
						m.removeNetns(name);
					} else if (home !== undefined) door.how(door.dev, fuzz.frame(door.near));
					if (fuzz.below(3) !== 0) m.core.settle();
					if (fuzz.below(20) === 0) m.core.runUntil(m.core.clock[0] + fuzz.below(4000) * MS);
				}
				expectWhole(m);
			} catch (cause) {
				throw new Error(`seed ${seed}, ${SCENES[seed % SCENES.length].name}: ${log.join(", ")}`, { cause });
			}
		}
	});
});
