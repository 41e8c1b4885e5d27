/** The rule strings of the iptables project's own extension tests, where a checkout of them lies beside the repository. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { model, run } from "./model.ts";
import { realToolMissing, runReal } from "./real.ts";

const DIR = fileURLToPath(new URL("../../../../../shared/iptables-t/", import.meta.url));
const TABLE = fileURLToPath(new URL("../../../../docs/iptables-extensions.md", import.meta.url));
type Family = 4 | 6;

/**
 * What iptables 1.8.9 does where the files, which are of another version, want something else: the saved text, or null where it
 * refuses the rule. All rules are tried with the real tool below, where there is one.
 */
function otherwise(rule: string): string | null | undefined {
	// guided options take a range upside down
	const range = /(\d+):(\d+)$/.exec(rule);
	if (range !== null && Number(range[1]) > Number(range[2]) && /-m (conntrack|length|udp) /.test(rule))
		return rule;
	if (/--ctproto 0$/.test(rule)) return rule;
	// all ports are not printed, not even inverted
	if (/ ! --[sd]port :$/.test(rule)) return rule.replace(/ ! --[sd]port :$/, "");
	// any type has no code
	if (/--icmp-type 255\/\d+$/.test(rule)) return rule.replace(/255.*/, "any");
	// any interface is none, even inverted
	if (rule === "! -i +") return "";
	// the names of multicast listener discovery came later
	if (/--icmpv6-type mld-/.test(rule)) return null;
	return undefined;
}

/**
 * 1.8.9 alone of all versions takes `-ptcp` and `--protocol=tcp` for a protocol of that name, and so with all options of its own
 * whose argument is attached. We do not.
 */
const ATTACHED = /^(-ptcp|--protocol=)/;

interface Case {
	readonly family: Family;
	readonly chain: string;
	readonly table: string;
	readonly rule: string;
	/** Undefined: refused. */
	readonly saved: string | undefined;
	/** Not what the file says. */
	readonly differs: boolean;
}
function read(file: string, family: Family): Case[] {
	let chains = ["INPUT"];
	let table = "filter";
	const cases: Case[] = [];
	for (const line of readFileSync(`${DIR}${file}.t`, "utf8").split("\n")) {
		if (line === "" || line.startsWith("#")) continue;
		if (line.startsWith(":")) chains = line.slice(1).split(",");
		else if (line.startsWith("*")) table = line.slice(1);
		else {
			const [rule, saved, result] = line.split(";");
			const wanted = result !== "OK" ? undefined : saved === "=" ? rule : saved;
			const other = otherwise(rule);
			const expected = other === undefined ? wanted : (other ?? undefined);
			for (const chain of chains)
				cases.push({
					family,
					chain,
					table,
					rule,
					saved: expected?.trim(),
					differs: expected !== wanted,
				});
		}
	}
	return cases;
}
/** Words as a shell would part them, for the quotes that the files use. */
function words(text: string): string[] {
	return [...text.matchAll(/"((?:[^"\\]|\\.)*)"|(\S+)/g)].map((m) =>
		m[1] !== undefined ? m[1].replace(/\\(.)/g, "$1") : m[2],
	);
}
const tool = (c: Case) => (c.family === 4 ? "iptables" : "ip6tables");
const add = (c: Case) => [tool(c), "-t", c.table, "-A", c.chain, ...words(c.rule)];
const list = (c: Case) => [tool(c), "-t", c.table, "-S", c.chain];
const savedRule = (c: Case, text: string) => text.split("\n")[1].slice(`-A ${c.chain}`.length).trim();
/** What our command makes of a rule: the saved text, or undefined when it refuses. */
function ours(c: Case): string | undefined {
	const m = model(c.family);
	if (run(m, add(c)).status !== 0) return undefined;
	return savedRule(c, run(m, list(c)).text);
}
/** The same of the real tool. */
function real(cases: readonly Case[]): (string | undefined)[] {
	const steps = runReal(
		cases.flatMap((c) => [add(c), list(c), [tool(c), "-t", c.table, "-F"]].map((w) => ({ words: w }))),
	);
	return cases.map((c, i) => (steps[3 * i].status === 0 ? savedRule(c, steps[3 * i + 1].text) : undefined));
}
const show = (c: Case, saved: string | undefined) =>
	`${c.family} ${c.chain} ${c.rule} => ${saved ?? "refused"}`;

if (!existsSync(DIR)) console.warn(`SKIPPED: no extension tests at ${DIR}`);
describe.skipIf(!existsSync(DIR))("extension tests of the iptables project", () => {
	const rows: string[][] = [];
	const all: Case[] = [];
	const files = existsSync(DIR) ? readdirSync(DIR).filter((f) => f.endsWith(".t")) : [];
	for (const file of files.map((f) => f.slice(0, -2)).filter((f) => !/^lib(ebt|arpt)_/.test(f))) {
		const families: Family[] = file.startsWith("libipt_") ? [4] : file.startsWith("libip6t_") ? [6] : [4, 6];
		for (const family of families) {
			const cases = read(file, family);
			const taken = cases.filter((c) => c.saved !== undefined);
			const differing = cases.filter((c) => c.differs);
			all.push(...cases);
			rows.push([file, `IPv${family}`, ...[cases, taken, differing].map((l) => String(l.length))]);
			it(`${file} of IPv${family}`, () => {
				expect(cases.map((c) => show(c, ours(c))).join("\n")).toBe(
					cases.map((c) => show(c, c.saved)).join("\n"),
				);
			});
		}
	}
	it("are counted in the documentation", () => {
		const line = (cells: readonly string[]) => `| ${cells.join(" | ")} |`;
		const written = readFileSync(TABLE, "utf8")
			.split("\n")
			.filter((l) => /^\| (lib|iptables)/.test(l))
			.map((l) =>
				line(
					l
						.slice(1, -1)
						.split("|")
						.map((cell) => cell.trim()),
				),
			);
		if (written.join("\n") !== rows.map(line).join("\n")) console.warn(rows.map(line).join("\n"));
		expect(written).toEqual(rows.map(line));
	});
	const missing = realToolMissing();
	if (missing !== undefined) console.warn(`SKIPPED: the rules are not tried with the real tool: ${missing}`);
	it.skipIf(missing !== undefined)(
		"are what the real tool makes of them, but for what is said here",
		() => {
			const cases = all.filter((c) => !ATTACHED.test(c.rule));
			const asked = real(cases);
			expect(cases.map((c, i) => show(c, asked[i]))).toEqual(cases.map((c) => show(c, c.saved)));
		},
		120_000,
	);
});
