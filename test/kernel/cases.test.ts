/** Every recorded case gives the kernel's frames, in the kernel's order, whatever the size of the vectors. */
import { type CaseResult, runCase } from "hookline";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { expectAccount } from "../account.ts";
import { caseNames, loadCase, loadGolden } from "./case-files.ts";
import { Comparer, hex } from "./normalise.ts";

/** Beside the default of 256. */
const VECTORS = [1, 2, 7];

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

	it("gives the same bytes with vectors of any size", () => {
		for (const vector of VECTORS) {
			const other = runCase(files, { vector });
			expectAccount(other.lab);
			expect(textOf(other), `vector ${vector}`).toBe(textOf(result));
		}
	});
});

function textOf({ captures }: CaseResult): string {
	return [...captures]
		.map(([port, frames]) => `${port}\n${frames.map((f) => `${f.time} ${hex(f.bytes)}`).join("\n")}`)
		.join("\n");
}
