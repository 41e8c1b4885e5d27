/** Matches that remember packets. */
import { expect, it } from "vitest";
import { HZ } from "../../src/netfilter/jiffies.ts";
import { limitCredits } from "../../src/netfilter/match.ts";
import { type Match, rule } from "../../src/netfilter/rule.ts";
import { NF_INET_FORWARD } from "../../src/netfilter/types.ts";
import { PLAIN, World } from "./rule-frames.ts";

/** Which of the packets sent at these times (ms) match. */
function at(match: Match, times: readonly number[]): number[] {
	const w = new World();
	const t = w.table("filter");
	t.edit((d) => d.append("FORWARD", rule({ matches: [match] })));
	const f = w.frame(PLAIN);
	let last = 0;
	return times.filter((ms) => {
		w.core.clock[0] = ms * 1e6;
		t.run(NF_INET_FORWARD, f, 1, 2);
		const { packets } = t.counters(t.chains[1].entries[0]);
		const hit = packets > last;
		last = packets;
		return hit;
	});
}

it("limit lets a burst through and then one packet each period", () => {
	const limit: Match = { type: "limit", avg: 10_000, burst: 3 };
	expect(at(limit, [0, 1, 2, 3, 500, 999, 1000, 1001, 2100, 2200, 9000, 9001, 9002, 9003])).toEqual([
		0, 1, 2, 1000, 2100, 9000, 9001, 9002,
	]);
});
it("limit refuses what overflows 32 bits, as 1/day with a burst of 5 does", () => {
	const t = new World().table("filter");
	const day: Match = { type: "limit", avg: 864_000_000, burst: 5 };
	expect(() => t.edit((d) => d.append("FORWARD", rule({ matches: [day] })))).toThrow("ERANGE");
	expect(limitCredits(10_000)).toBe(HZ * 128);
});
it("statistic nth begins with --packet and goes on every n", () => {
	const nth = (every: number, packet: number, not = false): Match => {
		return { type: "statistic", mode: "nth", probability: 0, every, packet, not };
	};
	const seven = [0, 1, 2, 3, 4, 5, 6];
	expect(at(nth(3, 0), seven)).toEqual([0, 3, 6]);
	expect(at(nth(3, 2), seven)).toEqual([2, 5]);
	expect(at(nth(3, 2, true), seven)).toEqual([0, 1, 3, 4, 6]);
	expect(at(nth(1, 0), seven)).toEqual(seven);
});
it("statistic random matches never at 0, always at 1, and about half at one half", () => {
	const random = (probability: number): Match => {
		return { type: "statistic", mode: "random", probability, every: 0, packet: 0, not: false };
	};
	const many = Array.from({ length: 2000 }, (_x, i) => i);
	expect(at(random(0), many)).toHaveLength(0);
	expect(at(random(0x8000_0000), many)).toHaveLength(2000);
	expect(Math.abs(at(random(0x4000_0000), many).length - 1000)).toBeLessThan(150);
});
it("a change of the table fills the bucket again", () => {
	const w = new World();
	const t = w.table("filter");
	t.edit((d) => d.append("FORWARD", rule({ matches: [{ type: "limit", avg: 600_000, burst: 1 }] })));
	const f = w.frame(PLAIN);
	const hits = () => {
		t.run(NF_INET_FORWARD, f, 1, 2);
		return t.counters(t.chains[1].entries[0]).packets;
	};
	expect([hits(), hits()]).toEqual([1, 1]);
	t.edit((d) => d.append("INPUT", rule()));
	expect(hits()).toBe(2);
});
