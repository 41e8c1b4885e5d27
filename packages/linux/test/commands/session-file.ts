/** Several sessions in one file: `## NAME`, `# COMMAND` of its lab, `$ COMMAND`, and the answer's lines. */
import type { Answer } from "./session.ts";

export interface Session {
	readonly name: string;
	readonly lab: readonly string[];
	readonly answers: readonly Answer[];
}

export function readSessions(text: string): Session[] {
	const out: { name: string; lab: string[]; answers: { command: string; answer: string }[] }[] = [];
	for (const line of text.replace(/\n$/, "").split("\n")) {
		const now = out.at(-1);
		if (line.startsWith("## ")) out.push({ name: line.slice(3), lab: [], answers: [] });
		else if (now === undefined) continue;
		else if (line.startsWith("$ ")) now.answers.push({ command: line.slice(2), answer: "" });
		else if (line.startsWith("# ") && now.answers.length === 0) now.lab.push(line.slice(2));
		else if (now.answers.length > 0) now.answers.at(-1)!.answer += `${line}\n`;
	}
	// the blank line before the next session is none of the answer
	for (const { answers } of out) {
		const last = answers.at(-1);
		if (last !== undefined) last.answer = last.answer.replace(/\n$/, "");
	}
	return out;
}

export function writeSession({ name, lab, answers }: Session): string {
	const asked = answers.map(({ command, answer }) => `$ ${command}\n${answer}`).join("");
	return `## ${name}\n${lab.map((line) => `# ${line}\n`).join("")}${asked}\n`;
}
