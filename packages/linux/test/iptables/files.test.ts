/**
 * Whole files of iptables-save as people have them, where they lie beside the repository: loaded and printed back as the real tool
 * does. What it printed is kept as a digest, since the files are not ours to keep, and asked again where the tool is at hand.
 */
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { model, run } from "./model.ts";
import { normalize, realToolMissing, runReal, type Step } from "./real.ts";

const SHARED = fileURLToPath(new URL("../../../../../shared/", import.meta.url));
const FOLDERS = [
	"iptables-dumps",
	"iptables-moby-golden",
	"iptables-moby-golden/integration",
	"iptables-moby-golden/user-chain",
];
/** By file: the first 16 digits of the SHA-256 of what iptables 1.8.9 (legacy) printed on Linux 6.18. */
const recorded: Readonly<Record<string, string>> = JSON.parse(
	readFileSync(fileURLToPath(new URL("files.json", import.meta.url)), "utf8"),
);

const there = FOLDERS.filter((folder) => existsSync(SHARED + folder));
for (const folder of FOLDERS)
	if (!there.includes(folder)) console.warn(`SKIPPED: no files of iptables-save at ${SHARED}${folder}`);
const files = there.flatMap((folder) =>
	readdirSync(SHARED + folder)
		.filter((name) => /\.save$|(ipv)?[46]\.golden$/.test(name))
		.map((name) => `${folder}/${name}`),
);
function stepsOf(file: string): Pick<Step, "words" | "stdin">[] {
	const tool = /ip6tables|v6\.save$|6\.golden$/.test(file) ? "ip6tables" : "iptables";
	const stdin = readFileSync(SHARED + file, "utf8");
	return [
		{ words: [`${tool}-restore`, "--test"], stdin },
		{ words: [`${tool}-save`] },
		{ words: [`${tool}-restore`], stdin },
		{ words: [`${tool}-save`] },
		{ words: [`${tool}-restore`, "-c"], stdin },
		{ words: [`${tool}-save`, "-c"] },
		{ words: [`${tool}-restore`, "-n", "-w", "5"], stdin },
		{ words: [`${tool}-save`, "-t", "filter"] },
	];
}
function text(steps: readonly Step[]): string {
	return steps.map((s) => `$ ${s.words.join(" ")}\n${normalize(s.text)}[exit ${s.status}]\n`).join("");
}
function ours(file: string): string {
	const steps = stepsOf(file);
	const m = model(steps[0].words[0].startsWith("ip6") ? 6 : 4);
	return text(steps.map((s) => ({ ...s, ...run(m, s.words, s.stdin) })));
}
const digest = (s: string): string => createHash("sha256").update(s).digest("hex").slice(0, 16);
/** What we say of a match, target or option that we do not have; its line and its name, for the test to look at. */
function unsupported(said: string): { line: number; word: string } | undefined {
	const m = /(?:match|target|option) (\S+)(?: of \S+)? is not supported by this emulation, line (\d+)/.exec(
		said,
	);
	return m === null ? undefined : { word: m[1], line: Number(m[2]) };
}

const missing = realToolMissing();
if (missing !== undefined) console.warn(`SKIPPED: the files are not tried with the real tool: ${missing}`);
describe("files of iptables-save", () => {
	for (const file of files)
		it(file, () => {
			const said = ours(file);
			const lacking = unsupported(said);
			if (lacking !== undefined) {
				const line = readFileSync(SHARED + file, "utf8").split("\n")[lacking.line - 1];
				expect(line.split(/\s+/)).toContain(lacking.word);
				console.warn(`NOT LOADED: ${file} wants ${lacking.word} in line ${lacking.line}`);
				return;
			}
			if (missing === undefined) {
				const real = text(runReal(stepsOf(file)));
				expect(said).toBe(real);
			}
			expect(digest(said), `the digest of\n${said}`).toBe(recorded[file]);
		});
});
