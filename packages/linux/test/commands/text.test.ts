import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { fits, readSession, runSession } from "./session.ts";

const TEXT = fileURLToPath(new URL("../../../../../shared/oracle/text/", import.meta.url));
/** Sessions that these commands make up, and what in them is not this machine's. */
const SESSIONS: readonly (readonly [string, RegExp])[] = [
	// a port's timer runs on without spanning tree; it has no effect and is not kept
	["brctl-basics", /^brctl showstp br0$/],
	["brctl-errors", /^$/],
	["sysctl", /^$/],
	// without ping nothing is learned
	["bridge-fdb", /ping|bridge (-s )?fdb show (br br0$|dynamic$|dev pa$|brport pb$)/],
	["vxlan", /ping|ip -n|bridge fdb show( dev vx0)?$/],
];

if (!existsSync(TEXT)) console.warn(`skipped: no recorded sessions at ${TEXT}`);
describe.skipIf(!existsSync(TEXT)).each(SESSIONS)("recorded session %s", (name, except) => {
	const golden = existsSync(TEXT) ? readSession(readFileSync(`${TEXT}${name}/golden.txt`, "utf8")) : [];
	const mine = runSession(
		existsSync(TEXT) ? readFileSync(`${TEXT}${name}/lab.sh`, "utf8") : "",
		golden.map(({ command }) => command),
	);
	const kept = golden.map((g, i) => ({ ...g, i })).filter(({ command }) => !except.test(command));
	test.each(kept)("$i $command", ({ answer, i }) => {
		const { answer: ours } = mine[i]!;
		if (!fits(answer, ours)) expect(ours).toBe(answer);
	});
});
