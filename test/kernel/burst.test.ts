/**
 * The batch is invisible: each case's own frames, put in again as bursts of 300 at one instant with flows and ports mixed, give
 * the same captures whatever the size of the vectors.
 */
import { Lab } from "hookline";
import { describe, expect, it } from "vitest";
import { expectAccount } from "../account.ts";
import { caseNames, loadCase } from "./case-files.ts";
import { hex } from "./normalise.ts";

const BURST = 300;
const VECTORS = [1, 2, 7, 256];

/** Everything that is seen at the watched ports when the case's frames come as bursts. */
function burst(name: string, vector: number): string {
	const { lab: text, file, definition, capture } = loadCase(name);
	const lab = new Lab({ vector, ipv6: definition.ipv6 ?? false });
	expect(lab.run(text, { file, errexit: true })).toBe(0);
	const seen: string[] = [];
	for (const { netns, dev } of definition.observe)
		lab
			.netns(netns)
			.device(dev)
			.tap((f) => seen.push(`${netns}.${dev}.${f.direction} ${f.time} ${hex(f.bytes)}`));
	const frames = definition.inject
		.filter((e) => e.pcap !== undefined && e.dev !== undefined)
		.flatMap((e) =>
			capture(e.pcap as string).map((f) => ({
				device: lab.netns(e.netns).device(e.dev as string),
				bytes: f.bytes,
			})),
		);
	// mixed: a fixed stride through all ports' frames, repeats included, changed ports so that flows multiply
	const rounds = Math.ceil(Math.max(frames.length * 2, BURST) / BURST);
	for (let round = 0; round < rounds; round++) {
		for (let i = 0; i < BURST; i++) {
			const { device, bytes } = frames[((round * BURST + i) * 7) % frames.length];
			device.enqueueTransmit(bytes);
		}
		lab.machine.core.settle();
		lab.runFor(1e6);
	}
	lab.runFor(5e9);
	expectAccount(lab);
	return seen.join("\n");
}

/** A case whose traffic is all of sockets has no frames to repeat. */
const withFrames = caseNames().filter((name) =>
	loadCase(name).definition.inject.some((e) => e.pcap !== undefined),
);

describe.each(withFrames)("%s", (name) => {
	it("as bursts gives the same captures with vectors of 1, 2, 7 and 256", () => {
		const first = burst(name, VECTORS[0]);
		expect(first.length).toBeGreaterThan(0);
		for (const v of VECTORS.slice(1)) expect(burst(name, v)).toBe(first);
	});
});
