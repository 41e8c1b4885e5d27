/** Draws a change of a rule table that is in use. */
import type { Draw } from "./draw.ts";
import type { EventWorld } from "./event.ts";
import type { HostFacts } from "./facts.ts";
import { drawNat, drawRules, type RuleWorld } from "./rules.ts";

/** A command (or a few in one line) for the shell of `host`. */
export function drawTableChange(draw: Draw, world: EventWorld, host: HostFacts): string {
	const rules = ruleWorld(world, host);
	const how = draw.below(14);
	if (how < 4) return drawRules(draw, rules, draw.int(1, 3)).join("; ");
	if (how === 4)
		return drawNat(draw, rules, draw.pick(rules.devices), "10.0.0.0/8").join("; ") || "iptables -t nat -F";
	if (how === 5) return restore(draw, rules);
	const [table = "filter", chain = "FORWARD"] = host.rules.length > 0 ? draw.pick(host.rules).split(" ") : [];
	const t = `iptables -t ${table}`;
	const number = draw.int(1, Math.max(1, host.rules.filter((r) => r === `${table} ${chain}`).length));
	const builtin = table === "filter" ? draw.pick(["INPUT", "FORWARD", "OUTPUT"]) : "PREROUTING";
	return draw.pick([
		`${t} -D ${chain} ${number}`,
		`${t} -D ${chain} ${number}`,
		`${t} -I ${chain} ${number} -p udp -j ${table === "nat" ? "RETURN" : "ACCEPT"}`,
		`${t} -R ${chain} ${number} -p tcp -j ${table === "nat" ? "RETURN" : "DROP"}`,
		`${t} -F ${chain}`,
		`${t} -F`,
		`${t} -Z`,
		`${t} -Z ${chain} ${number}`,
		`iptables -P ${draw.pick(["INPUT", "FORWARD", "OUTPUT"])} ${draw.pick(["DROP", "ACCEPT"])}`,
		`${t} -I ${builtin} -m conntrack --ctstate ESTABLISHED -j ${table === "nat" ? "RETURN" : "ACCEPT"}`,
		`iptables -F; iptables -X; iptables -t nat -F; iptables -t mangle -F; iptables -t raw -F`,
	]);
}

function ruleWorld(world: EventWorld, host: HostFacts): RuleWorld {
	const addresses = host.devices.flatMap((d) => d.addresses.map((a) => a.replace(/\/.*/, "")));
	return {
		on: "",
		devices: host.devices.filter((d) => d.master === undefined).map((d) => d.name),
		ports: host.devices.filter((d) => d.master !== undefined).map((d) => d.name),
		addresses: world.addresses,
		macs: world.lab.ends.map((e) => e.mac),
		inside: world.lab.ends.map((e) => e.ip),
		own: addresses.length > 0 ? addresses : ["10.88.0.1"],
	};
}
/** A table, or a few lines of it, by iptables-restore. */
function restore(draw: Draw, rules: RuleWorld): string {
	const lines = drawRules(draw, rules, draw.int(1, 6))
		.filter((l) => !l.includes(" -t ") && !/-[jg] U\d|-[AN] U\d/.test(l))
		.map((l) => l.replace(/^iptables /, ""))
		.map((l) => (l.startsWith("-P ") ? `:${l.slice(3)} [0:0]` : l));
	const flags = draw.pick(["", " -n", " -c", " -n -c"]);
	const counted = lines.map((l) => (flags.includes("c") && l.startsWith("-A") ? `[3:400] ${l}` : l));
	return `iptables-restore${flags} <<E\n*filter\n${counted.sort((a, b) => Number(b.startsWith(":")) - Number(a.startsWith(":"))).join("\n")}\nCOMMIT\nE\n`;
}
