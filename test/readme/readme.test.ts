/**
 * The examples of README.md do what stands there.
 *
 *   ```sh file=NAME     is written as NAME
 *   ```console          each `$ hookline …` runs, and prints what follows; `…` stands for any text within a line
 *   ```ts file=NAME     is written as NAME and run; the ```text block behind it is what it prints
 *   ```ts test=NAME     is written as NAME; its tests are tests here
 *
 * What is TypeScript is written as .mts, so that neither the type check nor the list of tests takes the copies for sources.
 * All files lie in one folder, with a copy of test/captures. With README_UPDATE=1 the shown output is written anew.
 */
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, it } from "vitest";
import { type Block, readBlocks, replaceBlock } from "./blocks.ts";

const ROOT = new URL("../../", import.meta.url).pathname;
const README = join(ROOT, "README.md");
const OUT = join(ROOT, "test/readme/out/readme");
const UPDATE = process.env["README_UPDATE"] === "1";

rmSync(OUT, { recursive: true, force: true });
mkdirSync(OUT, { recursive: true });
cpSync(join(ROOT, "test/captures"), join(OUT, "test/captures"), { recursive: true });
const blocks = readBlocks(README);
for (const { words, text } of blocks) {
	const name = words["file"] ?? words["test"];
	if (name !== undefined) writeFileSync(written(name), text);
}
function written(name: string): string {
	return join(OUT, name.replace(/\.ts$/, ".mts"));
}

/** Runs a module of this checkout from source; everything it prints, without blanks at the ends of lines. */
function run(module: string, args: readonly string[]): string {
	const loader = new URL("../../node_modules/tsx/dist/loader.mjs", import.meta.url).href;
	const { stdout, stderr, error, status } = spawnSync(
		process.execPath,
		["--conditions=source", "--import", loader, module, ...args],
		{ cwd: OUT, encoding: "utf8", env: { ...process.env, NO_COLOR: "1" }, timeout: 100_000 },
	);
	if (error !== undefined) throw error;
	// 2 says that something is not there, which an example may show; anything else is no output to be shown
	if (status !== 0 && status !== 2)
		throw new Error(`${module} ${args.join(" ")}: status ${status}\n${stdout}${stderr}`);
	return (stdout + stderr).replaceAll(/ +$/gm, "");
}

/** Words of a command line; quotes keep blanks together. */
function wordsOf(line: string): string[] {
	return Array.from(line.matchAll(/(?:'[^']*'|"[^"]*"|[^\s'"])+/g), ([w]) => w.replaceAll(/['"]/g, ""));
}

/** A console block as it should read: its commands, each with what it prints now. */
function replayed(block: Block): string {
	const commands = block.text.match(/^\$ (?:.*\\\n)*.*$/gm) ?? [];
	return commands
		.map((command) => {
			const [program, ...args] = wordsOf(command.slice(2).replaceAll("\\\n", " "));
			if (program !== "hookline")
				throw new Error(`README.md:${block.line}: only hookline can be run, not ${program}`);
			return `${command}\n${run(join(ROOT, "packages/cli/src/main.ts"), args)}`;
		})
		.join("");
}

function expectShown(block: Block, actual: string): void {
	if (UPDATE) {
		replaceBlock(README, block.line, withWildcards(actual, block.text));
		return;
	}
	expect(withWildcards(actual, block.text)).toBe(block.text);
}

/** `actual`, but lines that fit a line with `…` at the same place read as that line. */
function withWildcards(actual: string, shown: string): string {
	const patterns = shown.split("\n");
	return actual
		.split("\n")
		.map((line) => patterns.find((p) => p.includes("…") && fits(p, line)) ?? line)
		.join("\n");
}
function fits(pattern: string, line: string): boolean {
	const parts = pattern.split("…").map((p) => p.replaceAll(/[.*+?^${}()|[\]\\]/g, "\\$&"));
	return new RegExp(`^${parts.join(".*")}$`).test(line);
}

// from the end, so that an update does not move the lines of what is still to come
for (const [i, block] of [...blocks.entries()].reverse()) {
	const place = `README.md:${block.line}`;
	if (block.language === "console")
		it(`${place}: the commands print what is shown`, () => expectShown(block, replayed(block)));
	else if (block.language === "ts" && block.words["file"] !== undefined)
		it(`${place}: ${block.words["file"]} prints what is shown`, () => {
			const shown = blocks[i + 1];
			expect(shown?.language, "a text block with the output behind it").toBe("text");
			expectShown(shown, run(written(block.words["file"]), []));
		});
	else if (block.language === "ts" && block.words["test"] !== undefined)
		await import(written(block.words["test"]));
}
it("README.md has its examples", () => {
	expect(blocks.filter((b) => b.language === "console").length).toBeGreaterThanOrEqual(3);
	expect(blocks.filter((b) => b.language === "ts").length).toBeGreaterThanOrEqual(2);
});
