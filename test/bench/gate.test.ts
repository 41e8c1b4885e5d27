import { judge } from "@hookline/bench/gate/judge";
import { expect, test } from "vitest";

test("the first attempt that is good enough ends it", async () => {
	const seen = [30, 19, 5];
	const attempt = async () => seen.shift() as number;
	expect(await judge(10, attempt)).toEqual({ passed: true, best: 19, attempts: 2 });
});
test("it fails only when every attempt is too slow", async () => {
	const seen = [31, 25, 40];
	const attempt = async () => seen.shift() as number;
	expect(await judge(10, attempt, 3)).toEqual({ passed: false, best: 25, attempts: 3 });
});
