/** Jobs on several threads: the results of one, in the order of the jobs, and errors that say whose they are. */
import { LabError } from "hookline";
import { describe, expect, test } from "vitest";
import { type LabJob, type LabResult, runLabJob } from "../src/lab-job.ts";
import { type Job, JobError, poolResults, runPool } from "../src/pool.ts";
import { SCENES } from "./labs.ts";

const LABS: LabJob[] = SCENES.slice(0, 3).flatMap((scene) =>
	[1, 256].map((vector) => ({
		lab: scene.lab,
		file: `${scene.name}.sh`,
		inject: scene.inject,
		observe: scene.observe,
		until: 100e6,
		options: { seed: 7, vector },
	})),
);
const module = new URL("./pool-jobs.ts", import.meta.url).href;
const call = (name: string, argument: unknown): Job => ({ module, export: name, argument });

function linesOf({ captures }: LabResult): string[] {
	return Object.entries(captures).flatMap(([at, frames]) =>
		frames.map((f) => `${at} ${f.time} ${f.direction} ${Buffer.from(f.bytes).toString("hex")}`),
	);
}

describe("runPool", () => {
	test("labs give what they give in this thread, with vectors of any size", async () => {
		const outcomes = await runPool(LABS, { threads: 3 });
		outcomes.forEach((o, i) => {
			expect(o).toMatchObject({ ok: true, index: i });
			if (!o.ok) return;
			const expected = runLabJob(LABS[i]);
			expect(linesOf(expected).length).toBeGreaterThan(100);
			expect(linesOf(o.value as LabResult)).toEqual(linesOf(expected));
			expect((o.value as LabResult).counters).toEqual(expected.counters);
			expect((o.value as LabResult).state).toEqual(expected.state);
		});
	});
	test("results come in the order of the jobs, whichever ends first", async () => {
		const jobs = [80, 5, 40, 1, 20].map((ms) => call("after", ms));
		const outcomes = await runPool(jobs, { threads: 2 });
		expect(outcomes.map((o) => o.ok && o.value)).toEqual([80, 5, 40, 1, 20]);
	});
	test("an error carries its job, and stops no other", async () => {
		const bad: LabJob = { lab: "ip netns add a\nfrobnicate\n", file: "bad.sh" };
		const failing: LabJob = { lab: "ip netns add a\nip netns add a\n", file: "failing.sh" };
		const jobs: Job[] = [bad, call("fail", "no"), failing, call("nothing", 0), call("after", 1)];
		const outcomes = await runPool(jobs, { threads: 2 });
		const errors = outcomes.map((o) => (o.ok ? null : o.error));
		expect(errors.slice(0, 4).every((e) => e instanceof JobError)).toBe(true);
		expect(errors[0]).toMatchObject({ job: bad, index: 0, cause: { file: "bad.sh", line: 2 } });
		expect(errors[0]?.message).toContain("job 0 (bad.sh): ");
		expect(errors[1]).toMatchObject({ index: 1, cause: { name: "TypeError", message: "no" } });
		expect(errors[2]?.message).toContain("failing.sh failed with 1");
		expect(errors[3]?.message).toContain('exports no function "nothing"');
		expect(outcomes[4]).toMatchObject({ ok: true, value: 1 });
		expect(() => runLabJob(bad)).toThrow(LabError);
	});
	test("a thread that ends takes one job with it", async () => {
		const jobs = [call("end", 3), call("after", 1), call("end", 4), call("after", 2)];
		const outcomes = await runPool(jobs, { threads: 1 });
		expect(outcomes.map((o) => (o.ok ? o.value : o.error.message.replace(/.*: /, "")))).toEqual([
			"its thread ended with 3",
			1,
			"its thread ended with 4",
			2,
		]);
	});
	test("jobs are taken as they are needed, and the rest is left when nobody asks any more", async () => {
		let taken = 0;
		let closed = false;
		function* jobs(): Generator<Job> {
			try {
				for (;;) {
					taken++;
					yield call("after", 1);
				}
			} finally {
				closed = true;
			}
		}
		let seen = 0;
		for await (const o of poolResults(jobs(), { threads: 2 })) {
			expect(o.ok).toBe(true);
			expect(taken).toBeLessThanOrEqual(seen + 4);
			if (++seen === 10) break;
		}
		expect(closed).toBe(true);
		await expect(runPool([], { threads: 0 })).rejects.toThrow(RangeError);
		expect(await runPool([], { threads: 2 })).toEqual([]);
	});
});
