/** Our command against what the real tool printed, and the recordings against the real tool where it is at hand. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { model, run } from "./model.ts";
import { normalize, realToolMissing, runReal, type Step } from "./real.ts";

interface Session {
	readonly name: string;
	readonly steps: readonly Step[];
}
/** iptables 1.8.9 (legacy) on Linux 6.18, each session in a fresh network namespace. */
const sessions = ["recorded.json", "recorded-more.json", "recorded-lists.json"].flatMap((file): Session[] =>
	JSON.parse(readFileSync(fileURLToPath(new URL(file, import.meta.url)), "utf8")),
);
const show = (s: Step): string => `$ ${s.words.join(" ")}\n${normalize(s.text)}[exit ${s.status}]`;

describe("recorded sessions of the real tool", () => {
	for (const { name, steps } of sessions)
		it(name, () => {
			const models = { iptables: model(4), ip6tables: model(6) };
			const ours = steps.map((s) => {
				const m = s.words[0].startsWith("ip6") ? models.ip6tables : models.iptables;
				return { ...s, ...run(m, s.words, s.stdin) };
			});
			expect(ours.map(show).join("\n")).toBe(steps.map(show).join("\n"));
		});
});

const missing = realToolMissing();
if (missing !== undefined)
	console.warn(`SKIPPED: the recordings are not compared with the real tool: ${missing}`);
describe.skipIf(missing !== undefined)("the recordings are what the real tool prints", () => {
	for (const { name, steps } of sessions)
		it(name, () => {
			expect(runReal(steps).map(show).join("\n")).toBe(steps.map(show).join("\n"));
		});
});
