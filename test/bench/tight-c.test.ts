/** The C program does what the engine does: the same frames in, the same bytes at the sink and on the wire between the hosts. */
import { type TightC, tightC } from "@hookline/bench/peers/tight-c";
import { pathNamed } from "@hookline/bench/throughput/labs";
import { Source } from "@hookline/bench/throughput/source";
import { Lab } from "hookline";
import { afterAll, expect, test } from "vitest";

const c: TightC | undefined = await tightC();
if (c === undefined)
	console.warn("SKIPPED: the C program beside the engine, for there is no C compiler (cc)");
afterAll(() => c?.remove());

/** A tunnel's outer header: IP identification and sum, source port and UDP sum are each program's own. */
const FREE = [18, 19, 24, 25, 34, 35, 40, 41];

test.skipIf(c === undefined).each([
	["bridge", 64, 300, 0],
	["bridge", 1500, 3, 0],
	["nat", 64, 300, 10],
	["nat", 61, 5, 1],
	["nat", 1500, 3, 300],
	["vxlan", 64, 300, 0],
	["vxlan", 1464, 3, 0],
] as const)("%s, %i bytes, %i flows, %i rules", async (name, frame, flows, rules) => {
	const path = pathNamed(name);
	const lab = new Lab({ err: (t) => process.stderr.write(t) });
	expect(lab.run(path.lab(rules), { file: `${name}.sh`, errexit: true })).toBe(0);
	const sink: Uint8Array[] = [];
	const wire: Uint8Array[] = [];
	lab.device(path.sink).sink((b) => sink.push(b.slice()));
	if (name !== "bridge")
		lab.device("h1:eth0").tap((f) => {
			if (f.direction === "tx") wire.push(f.copy());
		});
	const source = new Source(lab.device(path.source).dev, path, frame, flows);
	source.burst(flows);
	lab.runUntilIdle();
	source.close();

	const theirs = await (c as TightC).frames({ path, frame, flows, rules });
	expect(sink.length).toBe(flows);
	expect(theirs.sink.map(hex)).toEqual(sink.map(hex));
	const outer = (frames: readonly Uint8Array[]) => (name === "vxlan" ? frames.map(masked) : frames).map(hex);
	expect(outer(theirs.wire)).toEqual(outer(wire));
});
const hex = (frame: Uint8Array): string => Buffer.from(frame).toString("hex");
function masked(frame: Uint8Array): Uint8Array {
	const copy = frame.slice();
	for (const at of FREE) copy[at] = 0;
	return copy;
}
