import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { Machine } from "@hookline/engine/ip/machine";
import { describe, expect, test } from "vitest";
import { LabHost } from "../../src/lab-host.ts";
import { checkScript } from "../../src/shell/check.ts";
import { Interpreter } from "../../src/shell/interpret.ts";
import { parseScript } from "../../src/shell/parse.ts";
import { stateText } from "../../src/state/state.ts";

const CASES = fileURLToPath(new URL("../../../../../shared/oracle/cases/", import.meta.url));
/** Labs that need what there is not yet. */
const MISSING = new Map([
	["ipv6-mtu", "IPv6"],
	["ipv6-router", "IPv6"],
]);

if (!existsSync(CASES)) console.warn(`skipped: no recorded cases at ${CASES}`);
describe.skipIf(!existsSync(CASES))("labs of the recorded cases", () => {
	for (const name of existsSync(CASES) ? readdirSync(CASES) : []) {
		const reason = MISSING.get(name);
		if (reason !== undefined) {
			console.warn(`skipped: ${name} needs ${reason}`);
			continue;
		}
		test(name, () => {
			const machine = new Machine();
			const host = new LabHost(machine);
			let output = "";
			const io = {
				stdin: "",
				out: (text: string) => void (output += text),
				err: (text: string) => void (output += text),
			};
			expect(host.run(["ip", "link", "set", "lo", "up"], io, { file: "lab.sh", line: 0 })).toBe(0);
			const { script, errors } = parseScript(readFileSync(`${CASES}${name}/lab.sh`, "utf8"), "lab.sh");
			expect(errors.map(String)).toEqual([]);
			expect(checkScript(script, host, { errexit: true, nounset: true }).map(String)).toEqual([]);
			const status = new Interpreter(host, io, { errexit: true, nounset: true }).run(script);
			expect({ status, output }).toEqual({ status: 0, output: "" });
			machine.core.runUntilIdle();
			// what no frame has changed must be as recorded: names, MACs, MTUs, link states
			const strip = (lines: readonly string[]): string[] =>
				lines.filter((line) => / mac=.* mtu=/.test(line)).map((line) => line.replace(/ rx=.*/, ""));
			const golden = readFileSync(`${CASES}${name}/golden/state.txt`, "utf8").split("\n");
			expect(strip(stateText(machine))).toEqual(strip(golden));
			const own = (lines: readonly string[]): string[] =>
				lines.filter((line) => /^[0-9a-f:]{17} dev .*(permanent|static)$/.test(line));
			expect(own(stateText(machine))).toEqual(own(golden));
		});
	}
});
