import { atLeast, atMost, ratioOf, verdictOf } from "@hookline/bench/peers/musts";
import { expect, test } from "vitest";

test("bounds include their ends", () => {
	const bound = { must: 5, aim: 2.5 };
	expect([2.5, 2.51, 5, 5.01].map((x) => atMost(bound, x))).toEqual(["aim", "must", "must", "MISSED"]);
	const other = { must: 15, aim: 30 };
	expect([30, 29.9, 15, 14.9].map((x) => atLeast(other, x))).toEqual(["aim", "must", "must", "MISSED"]);
});
test("which way a ratio goes", () => {
	expect(ratioOf("kernel", 100, 3000)).toBe(30);
	expect(ratioOf("ovs", 100, 70)).toBe(0.7);
	expect(ratioOf("c", 500, 100)).toBe(5);
});
test.each([
	["kernel", "bridge", 1, 0, 30, "must"],
	["kernel", "nat", 1000, 10, 30, "aim"],
	["kernel", "vxlan", 1000, 0, 34.9, "MISSED"],
	["c", "nat", 1000, 10, 5.1, "MISSED"],
	["c", "vxlan", 1000, 0, 3.5, "aim"],
	["ovs", "bridge", 1000, 0, 0.7, "must"],
	["ovs", "nat", 1000, 10, 0.99, "MISSED"],
	// nothing is set down for these
	["c", "bridge", 1000, 0, 20, undefined],
	["c", "nat", 100_000, 10, 20, undefined],
	["ovs", "nat", 1, 10, 9, undefined],
	["kernel", "nat", 1000, 1000, 9, undefined],
] as const)("%s, %s, %i flows, %i rules, %f: %s", (peer, path, flows, rules, ratio, verdict) => {
	expect(verdictOf(peer, path, flows, rules, ratio)).toBe(verdict);
});
