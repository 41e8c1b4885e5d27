/** Every recorded case gives the kernel's frames, in the kernel's order, whatever the size of the vectors. */
import { runCase } from "hookline";
import { describe, expect, it } from "vitest";
import { expectAccount } from "../account.ts";
import { caseNames, loadCase, loadGolden } from "./case-files.ts";
import { Comparer, hex } from "./normalise.ts";

const VECTORS = [1, 2, 7, 256];

describe.each(caseNames())("%s", (name) => {
	const golden = loadGolden(name);
	const files = loadCase(name);

	it("gives the kernel's frames", () => {
		const result = runCase(files, { debug: true });
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
		const { state } = runCase(files);
		const golden = loadGolden(name).state;
		// "*" stands for a word that differed between runs on the kernel
		golden.forEach((line, i) => {
			const pattern = new RegExp(
				`^${line.replace(/[.*+?^${}()|[\]\\]/g, "\\$&").replaceAll("\\*", "[^ =]*")}$`,
			);
			if (!pattern.test(state[i] ?? "")) expect(`line ${i + 1}: ${state[i]}`).toBe(`line ${i + 1}: ${line}`);
		});
		expect(state.length).toBe(golden.length);
	});

	it("gives the same bytes with vectors of any size", () => {
		const texts = VECTORS.map((vector) => {
			const result = runCase(files, { vector });
			expectAccount(result.lab);
			return [...result.captures]
				.map(([port, frames]) => `${port}\n${frames.map((f) => `${f.time} ${hex(f.bytes)}`).join("\n")}`)
				.join("\n");
		});
		for (const text of texts) expect(text).toBe(texts[0]);
	});
});
