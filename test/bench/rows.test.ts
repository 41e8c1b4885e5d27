import { besideOf, measureRow } from "@hookline/bench/peers/beside";
import { missingText } from "@hookline/bench/peers/open";
import { missingPeer, type Peer } from "@hookline/bench/peers/peer";
import { steadyLine } from "@hookline/bench/peers/steady";
import { pathNamed } from "@hookline/bench/throughput/labs";
import type { Worker } from "@hookline/bench/throughput/ours";
import { type BenchRow, growthOf, jobsOf, rowOf } from "@hookline/bench/throughput/rows";
import { growthText, headline, line } from "@hookline/bench/throughput/table";
import { expect, test } from "vitest";

const job = { path: pathNamed("nat"), frame: 64, flows: 1000, rules: 10, count: 1 };
const oursJob = { path: "nat", frame: 64, flows: 1000, rules: 10, count: 1, vector: 256 };

/** Answers in turn; `log` gets who was asked. */
function fakes(log: string[]): {
	worker: Worker;
	peer(name: Peer["name"], figures: (number | Error)[]): Peer;
} {
	let i = 0;
	return {
		worker: {
			measure: async () => {
				log.push("ours");
				return { nsPerPacket: [100, 120, 110][i++ % 3], gcPer10M: 0, rss: 64e6 };
			},
			remove: () => {},
		},
		peer: (name, figures) => ({
			name,
			missing: undefined,
			refuses: () => undefined,
			measure: async () => {
				log.push(name);
				const f = figures.shift();
				if (f instanceof Error) throw f;
				return { ns: f as number };
			},
			remove: () => {},
		}),
	};
}

test("starts come in turn", async () => {
	const log: string[] = [];
	const { worker, peer } = fakes(log);
	const peers = [peer("c", [20, 22, 24]), peer("kernel", [3000, 3100, 3300])];
	const row = rowOf(job, await measureRow(worker, oursJob, peers, job, 3, () => {}));
	expect(log.join(" ")).toBe("ours c kernel ours c kernel ours c kernel");
	expect(row).toEqual({
		path: "nat",
		frame: 64,
		flows: 1000,
		rules: 10,
		nsPerPacket: { median: 110, min: 100, max: 120 },
		mpps: 1000 / 110,
		gcPer10M: 0,
		rssMB: 64,
		against: {
			c: { median: 22, min: 20, max: 24, ratio: 5 },
			kernel: { median: 3100, min: 3000, max: 3300, ratio: 3100 / 110 },
		},
	});
	expect(line(row, ["c", "kernel"])).toMatch(/ 22\.0 +5\.00 +3100 +28\.18 {2}c must, kernel must, gc aim\n$/);
});
test("a peer that fails has no figure in the row, and a reason", async () => {
	const log: string[] = [];
	const { worker, peer } = fakes(log);
	const peers = [peer("c", [20, new Error("7 frames lost"), 20]), missingPeer("ovs", "not installed")];
	const row = rowOf(job, await measureRow(worker, oursJob, peers, job, 3, () => {}));
	expect(log.join(" ")).toBe("ours c ours c ours");
	expect(row.against).toEqual({ c: null, ovs: null });
	expect(row.reasons).toEqual({ c: "7 frames lost", ovs: "not installed" });
	expect(line(row, ["c", "ovs"])).toMatch(/ - +- +- +- {2}gc aim\n$/);
	expect(missingText(peers)).toBe("*** NOT COMPARED with ovs: not installed\n");
});
test("the kernel's sender is apart", () => {
	const figures = [
		{ ns: 3000, senderNs: 1500 },
		{ ns: 3200, senderNs: 1700 },
	];
	expect(besideOf("kernel", 100, figures)).toEqual({
		median: 3100,
		min: 3000,
		max: 3200,
		ratio: 31,
		sender: 1600,
	});
});
test("rows: rules only where a path has any, no frame longer than the path carries", () => {
	const jobs = jobsOf(["bridge", "nat", "vxlan"], [64, 1500], [1], [10, 1000]);
	expect(jobs.map((j) => `${j.path.name} ${j.frame} ${j.rules}`)).toEqual([
		"bridge 64 0",
		"bridge 1500 0",
		"nat 64 10",
		"nat 64 1000",
		"nat 1500 10",
		"nat 1500 1000",
		"vxlan 64 0",
		"vxlan 1464 0",
	]);
	expect(() => jobsOf(["moon"], [64], [1], undefined)).toThrow('no path "moon"');
});
test("more flows, more rules: ratios of rows alike in all else", () => {
	const row = (flows: number, rules: number, ns: number): BenchRow => ({
		path: "nat",
		frame: 64,
		flows,
		rules,
		nsPerPacket: { median: ns, min: ns, max: ns },
		mpps: 1,
		gcPer10M: 0,
		rssMB: 1,
		against: {},
	});
	const growth = growthOf([row(1, 10, 90), row(1000, 10, 100), row(1000, 1000, 160), row(100_000, 10, 150)]);
	expect(growth.map((g) => [g.of, g.beside, g.ratio])).toEqual([
		["flows", 10, 1.5],
		["rules", 1000, 1.6],
	]);
	expect(growthText(growth)).toMatch(
		/10 rules +100,000 flows ÷ 1,000 +1\.50 {2}aim\n.*1,000 flows +1,000 rules ÷ 10 +1\.60 {2}MISSED\n/,
	);
});
test("without peers the table is ours alone", () => {
	expect(headline([]).trim().split(/ +/)).toEqual(
		"path frame flows rules ours min max Mpps gc/10M RSS".split(" "),
	);
});
test("steadiness: each start over the one of C beside it", () => {
	// the machine is twice as slow for two rounds; the fourth start of ours alone is 1.2 times as slow
	const machine = [1, 2, 2, 1, 1, 1];
	const rounds = machine.map((m, i) => ({
		clean: 100 * m * (i === 3 ? 1.2 : 1),
		poisoned: 103 * m,
		unwatched: 99 * m * (i === 3 ? 1.2 : 1),
		c: 20 * m,
	}));
	expect(steadyLine("nat", 64, 1000, rounds).trim().split(/ +/).join(" ")).toBe(
		"nat 64 1000 110 103 20.0 1.818 1.200 (MISSED) 1.030 0.858 to 1.030 1.010 1.010 to 1.010",
	);
});
