import { median, medianInterval, spread, worstOverMedian } from "@hookline/bench/throughput/spread";
import { expect, test } from "vitest";

test("the middle and the ends", () => {
	expect(spread([5, 1, 3])).toEqual({ median: 3, min: 1, max: 5 });
	expect(spread([4, 1, 3, 2])).toEqual({ median: 2.5, min: 1, max: 4 });
	expect(median([7])).toBe(7);
	expect(() => spread([])).toThrow(RangeError);
});
test("the list stays as it was", () => {
	const list = [3, 1, 2];
	median(list);
	expect(list).toEqual([3, 1, 2]);
});
test("the worst start", () => expect(worstOverMedian([10, 11, 10, 10, 13])).toBe(1.3));

// Ranks of the 95 % interval of a median, as tables of the sign test have them (Conover, Practical Nonparametric Statistics, table A3)
test.each([
	[6, 1],
	[8, 1],
	[9, 2],
	[12, 3],
	[15, 4],
	[20, 6],
	[25, 8],
	[30, 10],
])("95 %% interval of the median of %i values: rank %i from each end", (n, rank) => {
	const values = Array.from({ length: n }, (_, i) => i + 1);
	expect(medianInterval(values)).toEqual([rank, n + 1 - rank]);
});
test("too few values for an interval", () => expect(medianInterval([1, 2, 3, 4, 5])).toBeUndefined());
