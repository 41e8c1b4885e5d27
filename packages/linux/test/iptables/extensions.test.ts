/** The rule strings of the iptables project's own extension tests, where a checkout of them lies beside the repository. */
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, it } from "vitest";
import { model, run } from "./model.ts";

const DIR = fileURLToPath(new URL("../../../../../shared/iptables-t/", import.meta.url));
const FILES = (
	"libipt_DNAT libipt_LOG libipt_MASQUERADE libipt_NETMAP libipt_REJECT libipt_SNAT libipt_TTL libipt_icmp libipt_ttl " +
	"libxt_MARK libxt_REDIRECT libxt_addrtype libxt_comment libxt_conntrack libxt_iprange libxt_length libxt_limit libxt_mac " +
	"libxt_mark libxt_multiport libxt_physdev libxt_standard libxt_state libxt_statistic libxt_tcp libxt_udp"
).split(" ");
/** What iptables 1.8.9 saves where the files, which are of another version, want something else; each was tried with the real tool. */
function otherwise(rule: string): string | undefined {
	// guided options take a range upside down
	const range = /(\d+):(\d+)$/.exec(rule);
	if (range !== null && Number(range[1]) > Number(range[2]) && /-m (conntrack|length|udp) /.test(rule))
		return rule;
	if (/--ctproto 0$/.test(rule)) return rule;
	// all ports are not printed, not even inverted
	if (/ ! --[sd]port :$/.test(rule)) return rule.replace(/ ! --[sd]port :$/, "");
	// any type has no code
	if (/--icmp-type 255\/\d+$/.test(rule)) return rule.replace(/255.*/, "any");
	return undefined;
}

interface Case {
	readonly chain: string;
	readonly table: string;
	readonly rule: string;
	/** Undefined: refused. */
	readonly saved: string | undefined;
}
function read(file: string): Case[] {
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
			for (const chain of chains) cases.push({ chain, table, rule, saved: otherwise(rule) ?? wanted });
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
/** What our command makes of a rule: the saved text, or undefined when it refuses. */
function ours(c: Case): string | undefined {
	const m = model();
	const { status } = run(m, ["iptables", "-t", c.table, "-A", c.chain, ...words(c.rule)]);
	if (status !== 0) return undefined;
	const text = run(m, ["iptables", "-t", c.table, "-S", c.chain]).text;
	return text.split("\n")[1].slice(`-A ${c.chain}`.length).trim();
}

if (!existsSync(DIR)) console.warn(`SKIPPED: no extension tests at ${DIR}`);
describe.skipIf(!existsSync(DIR))("extension tests of the iptables project", () => {
	for (const file of FILES)
		it(file, () => {
			const cases = read(file);
			const show = (c: Case, saved: string | undefined) => `${c.chain} ${c.rule} => ${saved ?? "refused"}`;
			expect(cases.map((c) => show(c, ours(c))).join("\n")).toBe(
				cases.map((c) => show(c, c.saved?.trim())).join("\n"),
			);
		});
});
