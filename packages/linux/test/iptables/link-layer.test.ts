/** The rules of ebtables and arptables in the iptables project's tests are refused, each by the extension that it asks for. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { checkCommand } from "@hookline/linux/commands";
import { describe, expect, it } from "vitest";

const DIR = new URL("../../../../../shared/iptables-t/", import.meta.url).pathname;
const where = { file: "lab.sh", line: 1 };
const check = (words: string[]): string[] => checkCommand(words, where, () => []).map(String);

if (!existsSync(DIR)) console.warn(`SKIPPED: no extension tests at ${DIR}`);
describe.skipIf(!existsSync(DIR))("link-layer extension tests of the iptables project", () => {
	for (const file of existsSync(DIR) ? readdirSync(DIR).filter((f) => /^lib(ebt|arpt)_/.test(f)) : [])
		it(file, () => {
			const [, family = "", extension = ""] = /^lib(ebt|arpt)_(.*)\.t$/.exec(file) ?? [];
			const tool = family === "ebt" ? "ebtables" : "arptables";
			const rules = readFileSync(DIR + file, "utf8")
				.split("\n")
				.filter((line) => /^[^:*#%@]/.test(line))
				.map((line) => (line.split(";")[0] ?? "").trim().split(/\s+/));
			expect(rules.length).toBeGreaterThan(2);
			const problems = rules.map((words) => check([tool, "-A", "INPUT", ...words]));
			for (const [problem, ...more] of problems) {
				expect(problem).toContain(tool);
				expect(more).toEqual([]);
			}
			// a rule may ask for nothing but what every rule may have
			if (extension !== "standard")
				expect(problems.some(([p]) => p?.includes(` ${extension} of ${tool}`))).toBe(true);
		});
});
it("a rule without an extension is refused as well", () => {
	expect(check(["ebtables", "-A", "FORWARD", "-j", "DROP"])).toEqual(["ebtables is not supported"]);
	expect(check(["arptables", "-A", "INPUT", "-j", "mangle"])).toEqual([
		"the target mangle of arptables is not supported, nor is arptables",
	]);
});
