/** The engine, the capture reader and the whole library run where there is no Node: bundled for a browser, in a bare context. */
import { readFileSync } from "node:fs";
import { createContext, runInContext } from "node:vm";
import { build } from "esbuild";
import { describe, expect, test } from "vitest";
import { ROOT } from "./sources.ts";

async function bundle(contents: string): Promise<{ code: string; inputs: string[] }> {
	const result = await build({
		stdin: { contents, resolveDir: `${ROOT}test/architecture`, loader: "ts" },
		bundle: true,
		write: false,
		metafile: true,
		platform: "browser",
		format: "iife",
		globalName: "result",
		target: "es2023",
		conditions: ["source"],
		logLevel: "silent",
	});
	const external = Object.values(result.metafile.outputs).flatMap((o) =>
		o.imports.filter((i) => i.external).map((i) => i.path),
	);
	expect(external).toEqual([]);
	return { code: result.outputFiles[0].text, inputs: Object.keys(result.metafile.inputs) };
}
/** Run in a context with what every browser and every worker has, and no Node. */
function runBare(code: string): Record<string, unknown> {
	const context = createContext({ TextEncoder, TextDecoder, console: { log() {}, warn() {}, error() {} } });
	const missing = runInContext("typeof process + typeof Buffer + typeof require + typeof global", context);
	expect(missing).toBe("undefined".repeat(4));
	runInContext(code, context);
	return runInContext("result", context) as Record<string, unknown>;
}

describe("in a browser", () => {
	test("the engine: a frame crosses a veth pair", async () => {
		const { code, inputs } = await bundle(`
			import { Machine } from "@hookline/engine/ip/machine";
			import { Veth } from "@hookline/engine/device/veth";
			const m = new Machine({ small: 64, big: 2 });
			const n = m.addNetns("n");
			const [a, b] = Veth.pair(m.core, "a", 0x0200, 1, "b", 0x0200, 2);
			m.root.attach(a);
			n.attach(b);
			a.setUp(true);
			b.setUp(true);
			b.absorb = true;
			const { pool } = m.core;
			const f = pool.inject(60);
			pool.bytes.fill(0xff, pool.off[f], pool.off[f] + 60);
			a.transmit(f);
			m.core.runUntilIdle();
			export const account = [...pool.born, pool.deliveredTotal, pool.droppedTotal, pool.inUse].join(" ");
		`);
		expect(inputs.filter((i) => i.includes("node_modules"))).toEqual([]);
		expect(runBare(code)["account"]).toBe("1 0 1 0 0");
	});
	test("pcap: a capture is read", async () => {
		const { code, inputs } = await bundle(`
			import { readCapture } from "@hookline/pcap";
			const bytes = new Uint8Array([${[...new Uint8Array(readFileSync(`${ROOT}test/captures/zeek-arp-who-has.pcap`))].join(",")}]);
			const { records, error, format } = readCapture(bytes);
			export const answer = [format, error, ...records.map((r) => r.data.length)].join(" ");
		`);
		expect(inputs.filter((i) => i.includes("node_modules"))).toEqual([]);
		expect(runBare(code)["answer"]).toBe("pcap  42 60");
	});
	test("the library: a lab answers a ping", async () => {
		const { code } = await bundle(`
			import { Lab } from "hookline";
			const lab = new Lab({ seed: 1, frames: 256, bigFrames: 4 });
			lab.run([
				"ip netns add c1",
				"ip link add v1 type veth peer name eth0 netns c1",
				"ip addr add 10.0.0.1/24 dev v1",
				"ip link set v1 up",
				"ip netns exec c1 ip addr add 10.0.0.2/24 dev eth0",
				"ip netns exec c1 ip link set eth0 up",
			].join("\\n"));
			const frames: number[] = [];
			lab.netns("c1").device("eth0").tap((f) => frames.push(f.bytes.length));
			lab.netns(".").device("v1").transmit(Uint8Array.from(
				// who has 10.0.0.2? Tell 10.0.0.1
				[255,255,255,255,255,255, 2,0,0,0,0,1, 8,6, 0,1,8,0,6,4,0,1, 2,0,0,0,0,1, 10,0,0,1, 0,0,0,0,0,0, 10,0,0,2]));
			lab.runUntilIdle();
			const c = lab.counters();
			export const seen = frames.join(" ");
			export const balance = c.injected + c.generated - c.delivered - c.dropped - c.held;
			export const held = c.held;
		`);
		const result = runBare(code);
		expect(result["seen"]).toBe("42 42");
		expect([result["balance"], result["held"]]).toEqual([0, 0]);
	});
});
