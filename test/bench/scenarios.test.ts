/** Every scenario of the benchmark, once and short: each checks its own frames and its own account, and throws. */
import { PATHS } from "@hookline/bench/throughput/labs";
import { measure } from "@hookline/bench/throughput/measure";
import { jobsOf, PATH_NAMES } from "@hookline/bench/throughput/rows";
import { findScenario, SCENARIOS } from "@hookline/bench/throughput/scenarios/list";
import { measureScenario } from "@hookline/bench/throughput/scenarios/run";
import type { Traffic } from "@hookline/bench/throughput/scenarios/scenario";
import { Watch } from "@hookline/bench/throughput/scenarios/watch";
import { describe, expect, test } from "vitest";

describe.each([
	{ vector: 1, frame: 64, flows: 40 },
	{ vector: 256, frame: 1500, flows: 300 },
])("vectors of $vector, $frame bytes, $flows flows", (job) => {
	test.each(SCENARIOS.map((s) => s.name))("%s", async (path) => {
		expect((await measureScenario({ ...job, path, count: 1000 })).nsPerPacket).toBeGreaterThan(0);
	});
	test.each(PATHS.map((p) => p.name))("%s", async (path) => {
		expect((await measure({ ...job, path, count: 1000 })).nsPerPacket).toBeGreaterThan(0);
	});
});

test.each(["tcp-bridge", "tcp-nat"])("%s: a burst of one flow stays within its windows", async (path) => {
	const job = { frame: 1500, flows: 1, count: 1000, vector: 256 };
	expect((await measureScenario({ ...job, path })).nsPerPacket).toBeGreaterThan(0);
});

describe("a run ends when", () => {
	const build = (): Traffic => {
		const chain = findScenario("chain-1");
		if (chain === undefined) throw new Error("no chain-1");
		return chain.build({ frame: 64, flows: 1, vector: 256 });
	};
	const close = (traffic: Traffic): void => {
		for (const { set } of traffic.streams) set.close();
	};
	test("a frame arrives damaged", () => {
		const traffic = build();
		const watch = new Watch(traffic);
		traffic.step();
		watch.check();
		traffic.streams[0].set.heads[8] ^= 1;
		traffic.step();
		close(traffic);
		expect(() => watch.check()).toThrow(/damaged/);
	});
	test("a frame does not arrive", () => {
		const traffic = build();
		const watch = new Watch(traffic);
		traffic.lab.run("ip netns exec r1 iptables -A FORWARD -j DROP");
		traffic.step();
		close(traffic);
		expect(() => watch.check()).toThrow(/256 frames did not arrive/);
	});
	test("a frame arrives that nobody sent", () => {
		const traffic = build();
		const watch = new Watch(traffic);
		traffic.lab.device("d:left").receive(new Uint8Array(60));
		close(traffic);
		expect(() => watch.check()).toThrow(/too many/);
	});
});

describe("rows", () => {
	test("all is every path once", () => {
		const names = jobsOf(["all", "bridge"], [64], [1000], undefined).map((j) => j.path.name);
		expect(new Set(names)).toEqual(new Set(PATH_NAMES));
		expect(names.filter((n) => n === "bridge")).toHaveLength(1);
	});
	test("frames are kept within what a path takes", () => {
		const frames = (path: string) => jobsOf([path], [60, 9000], [1], undefined).map((j) => j.frame);
		expect(frames("vxlan")).toEqual([60, 1464]);
		expect(frames("fragments-nat")).toEqual([600, 1514]);
	});
	test("a scenario has its own rules and flows", () => {
		const jobs = jobsOf(["grow-10", "rules-100"], [64], [7], [1000]);
		expect(jobs.map((j) => [j.path.name, j.flows, j.rules])).toEqual([
			["grow-10", 10_000, 4],
			["rules-100", 7, 100],
		]);
	});
	test("an unknown name is refused, with those that there are", () => {
		expect(() => jobsOf(["moon"], [64], [1], undefined)).toThrow(
			/no path "moon"; there are: all bridge nat vxlan/,
		);
	});
});
