/** Every recorded case gives the kernel's frames, in the kernel's order, whatever the size of the vectors, and with short ways or without. */
import { type CaseResult, runCase } from "hookline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccount } from "../account.ts";
import { caseNames, loadCase, loadGolden } from "./case-files.ts";
import { Comparer, hex } from "./normalise.ts";

/** Beside the default. */
const SETTINGS = [
	{ vector: 1, flowCache: "off" },
	{ vector: 2, flowCache: "eager" },
	{ vector: 7, flowCache: "on" },
	{ vector: 256, flowCache: "eager" },
] as const;

describe.each(caseNames())("%s", (name) => {
	const golden = loadGolden(name);
	const files = loadCase(name);
	let result: CaseResult;
	beforeAll(() => {
		result = runCase(files, { debug: true });
	});
	// a lab is large
	afterAll(() => {
		result = undefined as never;
	});

	it("gives the kernel's frames", () => {
		const comparer = new Comparer(golden.random);
		for (const [port, expected] of golden.frames) {
			const seen = result.captures.get(port) ?? [];
			expected.forEach((frame, i) => {
				const other = seen[i]?.bytes;
				if (other === undefined || !comparer.same(port, i, frame, other))
					expect(`${port} frame ${i}: ${other === undefined ? "missing" : hex(other)}`).toBe(
						`${port} frame ${i}: ${hex(frame)}`,
					);
			});
			expect(seen.length, port).toBe(expected.length);
		}
		expectAccount(result.lab);
	});

	it("ends in the kernel's state", () => {
		const { state } = result;
		// "*" stands for a word that differed between runs on the kernel
		golden.state.forEach((line, i) => {
			const pattern = new RegExp(
				`^${line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\\*", "[^ =]*")}$`,
			);
			if (!pattern.test(state[i] ?? "")) expect(`line ${i + 1}: ${state[i]}`).toBe(`line ${i + 1}: ${line}`);
		});
		expect(state.length).toBe(golden.state.length);
	});

	it("gives the same bytes with vectors of any size, and with short ways or without", () => {
		for (const settings of SETTINGS) {
			const other = runCase(files, settings);
			expectAccount(other.lab);
			expect(textOf(other), JSON.stringify(settings)).toBe(textOf(result));
		}
	});
});

function textOf({ captures, state }: CaseResult): string {
	const frames = [...captures].map(
		([port, seen]) => `${port}\n${seen.map((f) => `${f.time} ${hex(f.bytes)}`).join("\n")}`,
	);
	return [...frames, ...state].join("\n");
}
