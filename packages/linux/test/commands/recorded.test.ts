import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { askReal } from "./record.ts";
import { runSession } from "./session.ts";
import { readSessions } from "./session-file.ts";

/** Answers of iproute2 6.1.0, bridge-utils 1.7.1, procps 4.0.2, conntrack-tools 1.4.7 on Linux 6.18. */
const sessions = readSessions(readFileSync(new URL("./recorded.txt", import.meta.url), "utf8"));

describe.each(sessions)("$name", (session) => {
	const mine = runSession(
		session.lab.join("\n"),
		session.answers.map(({ command }) => command),
	);
	test.each(session.answers.map((recorded, i) => ({ ...recorded, i })))("$command", ({ answer, i }) => {
		expect(mine[i]!.answer).toBe(answer);
	});
	test("the real tools still say so", () => {
		const real = askReal(session);
		if (real === undefined) {
			console.warn(`skipped: the real tools cannot be asked here (${session.name})`);
			return;
		}
		expect(real.answers).toEqual(session.answers);
	});
});
