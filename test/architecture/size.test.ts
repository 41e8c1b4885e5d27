/** A file has one idea, and so an end. */
import { expect, test } from "vitest";
import { SOURCES } from "./sources.ts";

const MOST = 400;

test(`no file in packages/*/src has more than ${MOST} lines`, () => {
	const long = SOURCES.filter((s) => s.pkg !== "bench")
		.map((s) => ({ path: s.path, lines: s.text.replace(/\n$/, "").split("\n").length }))
		.filter((s) => s.lines > MOST)
		.map((s) => `${s.path}: ${s.lines}`);
	expect(long).toEqual([]);
});
