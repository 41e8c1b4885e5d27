import { readFileSync } from "node:fs";
import { test } from "vitest";
import { fits, readSession, runSession } from "./transcript.ts";
test("x", () => {
	for (const name of (process.env.TEXT ?? "").split(",")) {
		const dir = `/work/shared/oracle/text/${name}/`;
		const golden = readSession(readFileSync(`${dir}golden.txt`, "utf8"));
		const mine = runSession(readFileSync(`${dir}lab.sh`, "utf8"), golden.map((g) => g.command));
		golden.forEach((g, i) => { if (!fits(g.answer, mine[i].answer)) console.log(`### ${name} $ ${g.command}\n--- want\n${g.answer}--- have\n${mine[i].answer}`); });
	}
});
