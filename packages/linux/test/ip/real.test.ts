import { readFileSync, writeFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { SESSIONS } from "./lines.ts";
import { modelAnswers } from "./model.ts";
import { type Answer, realAnswers, whyNoRealIp } from "./real.ts";

/** What the real tool answered; `RECORD=1` on a machine that has it writes the file again. */
const FILE = new URL("./recorded.json", import.meta.url);
const reason = whyNoRealIp();

if (process.env.RECORD === "1" && reason === undefined) {
	const all = Object.fromEntries(SESSIONS.map((session) => [session.name, realAnswers(session)]));
	writeFileSync(FILE, `${JSON.stringify(all, null, "\t")}\n`);
}
const recorded = JSON.parse(readFileSync(FILE, "utf8")) as Record<string, Answer[]>;

/** A MAC that nobody chose is drawn at random. */
function masked(answers: readonly Answer[]): Answer[] {
	return answers.map((a) => ({
		...a,
		out: a.out.replace(/\b(?!02:00:00:00|00:00:00:00|ff:ff)([0-9a-f]{2}:){5}[0-9a-f]{2}/g, "<mac>"),
	}));
}

describe("ip answers as the real tool did", () => {
	for (const session of SESSIONS) {
		test(session.name, () => {
			expect(masked(modelAnswers(session))).toEqual(
				masked(recorded[session.name] ?? []).map((a, i) => ({ ...a, line: session.lines[i] })),
			);
		});
	}
});

if (reason !== undefined) console.warn(`ip: not compared with the real tool: ${reason}`);
describe.skipIf(reason !== undefined)("the record is what the real tool answers here", () => {
	for (const session of SESSIONS) {
		test(session.name, () => {
			expect(masked(realAnswers(session))).toEqual(masked(recorded[session.name] ?? []));
		});
	}
});
