/**
 * Draws rule sets of either family that use all of netfilter's five hooks and tables, with the matches and targets that Hookline
 * has, besides what the kernel decides by chance or by the time that passes.
 */
import type { Draw } from "./draw.ts";
import { matchOf, type RichWorld } from "./rules-rich-match.ts";
import { chainTarget, targetOf } from "./rules-rich-target.ts";

const HOOKS: Readonly<Record<string, readonly string[]>> = {
	raw: ["PREROUTING", "OUTPUT"],
	mangle: ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"],
	nat: ["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"],
	filter: ["INPUT", "FORWARD", "OUTPUT"],
	security: ["INPUT", "FORWARD", "OUTPUT"],
};
const TABLES = ["raw", "mangle", "mangle", "mangle", "nat", "filter", "filter", "security"];

export function tool(world: RichWorld): string {
	return `${world.on}${world.six ? "ip6tables" : "iptables"}`;
}

/** Lines that make the sets which rules look at. */
export function drawSets(draw: Draw, world: RichWorld): string[] {
	const { on, addresses } = world;
	const family = world.six ? "inet6" : "inet";
	const lines = [
		`${on}ipset create S1 hash:ip family ${family}`,
		`${on}ipset create S2 hash:net family ${family}`,
		`${on}ipset create S3 hash:ip,port family ${family}`,
		`${on}ipset create S4 hash:ip family ${family}${draw.chance(30) ? " maxelem 2" : ""}`,
	];
	const wide = world.six ? ["64", "48", "126"] : ["24", "16", "30"];
	for (const ip of draw.some(addresses, 2)) lines.push(`${on}ipset -exist add S1 ${ip}`);
	for (const ip of draw.some(addresses, 2))
		lines.push(`${on}ipset -exist add S2 ${ip}/${draw.pick(wide)}${draw.chance(25) ? " nomatch" : ""}`);
	for (const ip of draw.some(addresses, 3))
		lines.push(
			`${on}ipset -exist add S3 ${ip},${draw.pick(["udp:53", "tcp:80", "udp:4000", "tcp:443", world.six ? "icmpv6:128/0" : "icmp:8/0"])}`,
		);
	return lines;
}

/** Lines of `count` rules. */
export function drawRich(draw: Draw, world: RichWorld, count: number): string[] {
	const cmd = tool(world);
	const lines: string[] = [];
	const chains = new Map<string, string[]>();
	for (const table of Object.keys(HOOKS)) {
		const names = ["U1", "U2", "U3"].slice(0, draw.pick([0, 0, 1, 2, 3]));
		chains.set(table, names);
		for (const name of names) lines.push(`${cmd} -t ${table} -N ${name}`);
	}
	for (let i = 0; i < count; i++) {
		const table = draw.pick(TABLES);
		const users = chains.get(table) as string[];
		// each user chain is called from hooks of one kind only, so that what stands in it suits
		const inUser = users.length > 0 && draw.chance(35);
		const hook = draw.pick(HOOKS[table] as readonly string[]);
		const chain = inUser ? draw.pick(users) : hook;
		const later = inUser ? users.slice(users.indexOf(chain) + 1) : users;
		const matches = draw.pick([0, 1, 1, 2, 2, 3]);
		let s = `${cmd} -t ${table} -A ${chain}`;
		const place = { table, chain, user: inUser };
		const target =
			later.length > 0 && draw.chance(25) ? chainTarget(draw, later) : targetOf(draw, world, place);
		s += target.protocol === undefined ? first(draw, world) : ` -p ${target.protocol}`;
		for (let n = 0; n < matches; n++) {
			const match = matchOf(draw, world, place);
			const own = /^ (?:! )?(-[iosdf])\b| (-p) /.exec(match);
			// an option of the rule itself may stand once
			if (own === null || !new RegExp(` ${own[1] ?? own[2]}\\b`).test(s + target.text)) s += match;
		}
		lines.push(s + target.text);
	}
	if (draw.chance(15)) lines.push(`${cmd} -P ${draw.pick(["FORWARD", "INPUT", "OUTPUT"])} DROP`);
	return lines;
}
/** A protocol with what it can match, often none. */
function first(draw: Draw, world: RichWorld): string {
	const kind = draw.below(12);
	const not = draw.chance(15) ? "! " : "";
	const port = draw.pick(["53", "80", "4000", "1024:65535", "1000:5000", ":1023"]);
	switch (kind) {
		case 0:
			return ` -p tcp ${not}--dport ${port}`;
		case 1:
			return ` -p udp ${not}--dport ${port}`;
		case 2:
			return ` -p udp ${not}--sport ${port}`;
		case 3:
			return ` -p tcp ${not}--tcp-flags ${draw.pick(["SYN,RST,ACK,FIN SYN", "ALL NONE", "SYN,ACK SYN,ACK", "RST RST", "FIN,PSH FIN"])}`;
		case 4:
			return ` -p tcp ${not}--syn`;
		case 5:
			return ` -p tcp ${not}--tcp-option ${draw.pick([2, 3, 4, 8, 5])}`;
		case 6:
			return world.six
				? ` -p icmpv6 ${not}--icmpv6-type ${draw.pick(["echo-request", "echo-reply", "1", "1/4", "2", "3", "packet-too-big", "destination-unreachable"])}`
				: ` -p icmp ${not}--icmp-type ${draw.pick(["echo-request", "echo-reply", "3", "3/3", "3/4", "11", "any", "12", "fragmentation-needed"])}`;
		case 7:
			return ` -p ${draw.pick(["tcp", "udp"])} -m multiport ${not}--${draw.pick(["dports", "sports", "ports"])} ${draw.pick(["53,80,4000:4100", "1:1023", "4000,999,520"])}`;
		case 8:
			return ` ${not}-p ${draw.pick(["tcp", "udp", world.six ? "icmpv6" : "icmp", "47", "132", "253"])}`;
		default:
			return "";
	}
}
