/** `ipset` and rules about sets against what the real tools printed, and the recording against the real tools where they are at hand. */
import { spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { askReal } from "../commands/record.ts";
import { runSession } from "../commands/session.ts";
import { readSessions } from "../commands/session-file.ts";

/** Answers of ipset 7.17 and iptables 1.8.9 (legacy) on Linux 6.18. */
const sessions = readSessions(readFileSync(new URL("./recorded.txt", import.meta.url), "utf8"));
const missing = spawnSync("unshare", ["-n", "ipset", "list"], { encoding: "utf8" }).status !== 0;
if (missing)
	console.warn("SKIPPED: the recordings are not compared with the real ipset: it cannot be asked here");

/** Sizes are the kernel's, time-outs run, and the order of what stands behind one address is nobody's. */
function even(answer: string): string {
	const lines = answer.split("\n");
	const member = (line: string) => /^(add \S+ )?[0-9a-f]+[.:]/.test(line);
	for (let from = 0; from < lines.length; from++) {
		if (!member(lines[from]!)) continue;
		let to = from;
		while (to < lines.length && member(lines[to]!)) to++;
		lines.splice(from, to - from, ...lines.slice(from, to).sort());
		from = to;
	}
	return lines
		.join("\n")
		.replace(/^Size in memory: \d+$/gm, "Size in memory: N")
		.replace(/^((?:add \S+ )?[0-9a-f][^ ]* timeout) [1-9]\d*/gm, "$1 T");
}

describe.each(sessions)("$name", (session) => {
	const mine = runSession(
		session.lab.join("\n"),
		session.answers.map(({ command }) => command),
	);
	test.each(session.answers.map((recorded, i) => ({ ...recorded, i })))("$command", ({ answer, i }) => {
		expect(even(mine[i]!.answer)).toBe(even(answer));
	});
	test.skipIf(missing)("the real tools still say so", () => {
		const real = askReal(session);
		if (real === undefined) throw new Error("ipset answers, but not in a session");
		expect(real.answers.map((a) => ({ ...a, answer: even(a.answer) }))).toEqual(
			session.answers.map((a) => ({ ...a, answer: even(a.answer) })),
		);
	});
});
