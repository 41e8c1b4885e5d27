/** A lab in parts gives what it gives in one piece: the same frames at the same times, the same account, the same state. */
import { stateText } from "@hookline/linux/state/state";
import { Lab, type LabCounters } from "hookline";
import { afterEach, describe, expect, test } from "vitest";
import { type SplitLab, type SplitOptions, splitLab } from "../src/split.ts";
import { drawScene } from "./drawn.ts";
import { SCENES, type Scene } from "./labs.ts";

interface Seen {
	/** Frames on the wires when the traffic begins. */
	readonly heldAtStart?: number;
	/** `TIME DIRECTION BYTES` by NETNS:DEV. */
	readonly frames: Record<string, string[]>;
	readonly counters: LabCounters;
	readonly state: readonly string[];
}
const open: SplitLab[] = [];
afterEach(async () => {
	for (const lab of open.splice(0)) await lab.close();
});
async function split(text: string, options: SplitOptions): Promise<SplitLab> {
	const lab = await splitLab(text, options);
	open.push(lab);
	return lab;
}
function line(f: { time: number; direction: string; bytes: Uint8Array }): string {
	return `${f.time} ${f.direction} ${Buffer.from(f.bytes).toString("hex")}`;
}

/** In one piece, by the library alone: nothing of this package takes part. */
function whole(scene: Scene, vector: number): Seen {
	let errors = "";
	const lab = new Lab({ vector, seed: 3, err: (t) => (errors += t) });
	expect(lab.run(scene.lab, { errexit: true }), errors).toBe(0);
	const heldAtStart = lab.counters().held;
	const frames: Record<string, string[]> = {};
	const offs = scene.observe.map((at) => {
		const list: string[] = [];
		frames[at] = list;
		return lab.device(at).tap((f) => list.push(line(f)));
	});
	const steps = scene.inject
		.flatMap((x, number) =>
			Array.from({ length: x.count ?? 1 }, (_, i) => ({
				x,
				number,
				time: (x.time ?? 0) + i * (x.every ?? 0),
			})),
		)
		.sort((a, b) => a.time - b.time || a.number - b.number);
	for (const { x, time } of steps) {
		lab.runUntil(time);
		const refused = lab.device(x.at).transmitBurst(x.bytes instanceof Uint8Array ? [x.bytes] : x.bytes);
		expect(refused.filter((r) => r !== undefined)).toEqual([]);
	}
	lab.runUntil(scene.until);
	for (const off of offs) off();
	return { heldAtStart, frames, counters: lab.counters(), state: stateText(lab.machine) };
}
async function inParts(scene: Scene, options: SplitOptions): Promise<Seen> {
	const lab = await split(scene.lab, { seed: 3, ...options });
	for (const at of scene.observe) lab.observe(at);
	for (const x of scene.inject) lab.inject(x);
	// in several goes: what is on the wires then must survive it
	for (const t of [1e6, 7.5e6, 7.5e6, 60e6]) await lab.runUntil(t);
	const half = await lab.counters();
	expect(half.injected + half.generated).toBe(half.delivered + half.dropped + half.held);
	await lab.runUntil(scene.until);
	expect(await lab.refused()).toEqual([]);
	expect(await lab.doubts()).toEqual([]);
	const frames: Record<string, string[]> = {};
	const captures = await lab.captures();
	for (const at of scene.observe) frames[at] = (captures.get(at) ?? []).map(line);
	return { frames, counters: await lab.counters(), state: await lab.state() };
}

describe.each(SCENES)("$name", (scene) => {
	const expected = whole(scene, 256);

	test("shows what it should", () => {
		expect(expected.heldAtStart).toBe(scene.heldAtStart ?? 0);
		for (const name of scene.expects)
			expect(
				expected.counters.droppedBy[name] ?? expected.counters[name as "generated"],
				name,
			).toBeGreaterThan(0);
		for (const at of scene.observe) expect(expected.frames[at].length, at).toBeGreaterThan(0);
	});
	test.each([
		{ threads: 1 },
		{ threads: 2 },
		{ threads: 3 },
		{ threads: 3, vector: 1 },
		{ threads: 2, ringBytes: 1 << 18 },
	])("%o", async (options) => {
		const seen = await inParts(scene, options);
		for (const at of scene.observe) expect(seen.frames[at], at).toEqual(expected.frames[at]);
		expect(seen.counters).toEqual(expected.counters);
		expect(seen.state).toEqual(expected.state);
	});
});

/** With DRAWN=FROM-TO in the environment, other seeds than those. */
const [from, to] = (process.env["DRAWN"] ?? "1-14").split("-").map(Number);

test.each(Array.from({ length: to - from + 1 }, (_, i) => from + i))("a drawn lab, seed %i", async (seed) => {
	const scene = drawScene(seed);
	const expected = whole(scene, 256);
	// each part has a host, the others are dealt out
	const threads = 2 + (seed % Math.min(3, scene.hosts.length - 1));
	const parts = Array.from({ length: threads }, (_, p) =>
		scene.hosts.filter((_, i) => (i < threads ? i : (i * 7 + seed) % threads) === p).flat(),
	);
	const seen = await inParts(scene, { threads, parts });
	for (const at of scene.observe) expect(seen.frames[at], at).toEqual(expected.frames[at]);
	expect(seen.counters).toEqual(expected.counters);
	expect(seen.state).toEqual(expected.state);
});
