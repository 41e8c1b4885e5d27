/**
 * The tables in Docker's documentation of its rules, where it lies beside the repository: each is printed there both as `iptables -S`
 * and as `iptables -vL --line-numbers`, with `-n` or without. The first is run as commands, and both must come out again.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { runIpset } from "../../src/ipset/command.ts";
import { model, run } from "./model.ts";

const DIR = fileURLToPath(new URL("../../../../../shared/iptables-moby-docs/", import.meta.url));
if (!existsSync(DIR)) console.warn(`SKIPPED: no documentation of Docker's rules at ${DIR}`);
const files = existsSync(DIR)
	? readdirSync(DIR, { withFileTypes: true })
			.filter((d) => d.isDirectory())
			.flatMap((d) => readdirSync(DIR + d.name).map((f) => `${d.name}/${f}`))
			.filter((f) => f.endsWith(".md"))
	: [];

/** Indented blocks, without their indentation. */
function blocks(text: string): string[] {
	return [...text.matchAll(/(?:^ {4}.*\n)+/gm)].map((m) => m[0].replace(/^ {4}/gm, "").trimEnd());
}
function tableOf(commands: string): string {
	if (commands.includes("-P POSTROUTING")) return "nat";
	return commands.includes("-P PREROUTING") ? "raw" : "filter";
}
/** Counters are what traffic has made of them. */
const plain = (listing: string): string =>
	listing
		.replace(/\(policy (\w+) \d+ packets, \d+ bytes\)/g, "(policy $1)")
		.replace(/^(\d+ *) [ \d]{5} [ \d]{5} /gm, "$1 ")
		.replace(/ +$/gm, "")
		.trimEnd();

describe.skipIf(files.length === 0)("the tables of Docker's documentation", () => {
	for (const file of files)
		it(file, () => {
			const all = blocks(readFileSync(DIR + file, "utf8"));
			const listings = all.filter((b) => b.startsWith("Chain "));
			const commands = all.filter((b) => b.startsWith("-P "));
			for (const text of commands) {
				const m = model();
				const table = tableOf(text);
				// the daemon makes its set before its rules
				const io = { stdin: "", out() {}, err() {}, readFile: () => undefined, random: () => 0 };
				for (const name of new Set([...text.matchAll(/--match-set (\S+)/g)].map((x) => x[1])))
					expect(runIpset(["create", name, "hash:net"], m.tables.lists.sets, io)).toBe(0);
				for (const line of text.split("\n"))
					expect(run(m, ["iptables", "-t", table, ...line.split(" ")]), line).toEqual({
						text: "",
						status: 0,
					});
				expect(run(m, ["iptables", "-t", table, "-S"]).text.trimEnd()).toBe(text);
				// numbers in the older documents, names in the newer
				const names = listings[0]?.includes("anywhere") ?? false;
				const listed = run(m, ["iptables", "-t", table, names ? "-vL" : "-nvL", "--line-numbers"]).text;
				if (listings.length > 0) expect(listings.map(plain)).toContain(plain(listed));
			}
		});
});
