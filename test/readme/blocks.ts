/** Fenced code blocks of a Markdown file: language, `key=value` words behind it, text, and where they stand. */
import { readFileSync, writeFileSync } from "node:fs";

export interface Block {
	readonly language: string;
	readonly words: Readonly<Record<string, string>>;
	/** With its line feeds, without the fences. */
	readonly text: string;
	/** Line of the opening fence, from 1. */
	readonly line: number;
}

/** The blocks in order. Throws when one is not closed. */
export function readBlocks(path: string): Block[] {
	const blocks: Block[] = [];
	const lines = readFileSync(path, "utf8").split("\n");
	for (let i = 0; i < lines.length; i++) {
		const open = /^```(\w+)(.*)$/.exec(lines[i]);
		if (open === null) continue;
		const end = lines.indexOf("```", i + 1);
		if (end < 0) throw new Error(`${path}:${i + 1}: the block is not closed`);
		const words = Object.fromEntries(
			open[2]
				.trim()
				.split(/\s+/)
				.filter(Boolean)
				.map((w) => w.split("=", 2) as [string, string]),
		);
		blocks.push({
			language: open[1],
			words,
			text: lines
				.slice(i + 1, end)
				.map((l) => `${l}\n`)
				.join(""),
			line: i + 1,
		});
		i = end;
	}
	return blocks;
}

/** Put another text into the block that begins at `line`. */
export function replaceBlock(path: string, line: number, text: string): void {
	const lines = readFileSync(path, "utf8").split("\n");
	const end = lines.indexOf("```", line);
	lines.splice(line, end - line, ...text.replace(/\n$/, "").split("\n"));
	writeFileSync(path, lines.join("\n"));
}
