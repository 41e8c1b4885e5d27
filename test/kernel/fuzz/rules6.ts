/** Draws ip6tables rule sets, with matches and targets that suit where they stand, and NAT66. */
import type { Draw } from "./draw.ts";
import type { RuleWorld } from "./rules.ts";

const FILTER_HOOKS = ["INPUT", "FORWARD", "OUTPUT"];
const MANGLE_HOOKS = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

/** Lines that set up `count` rules of the filter table (some in mangle and raw). */
export function drawRules6(draw: Draw, world: RuleWorld, count: number): string[] {
	if (count === 0) return [];
	const tool = `${world.on}ip6tables`;
	// MLD reports are not counted: they are gone by then
	const lines: string[] = ["sleep 0.05"];
	const chains = ["U1", "U2", "U3"].slice(0, draw.below(4));
	for (const chain of chains) lines.push(`${tool} -N ${chain}`);
	for (let i = 0; i < count; i++) {
		const table = draw.chance(75) ? "filter" : draw.pick(["mangle", "raw"]);
		const hooks =
			table === "filter" ? FILTER_HOOKS : table === "mangle" ? MANGLE_HOOKS : ["PREROUTING", "OUTPUT"];
		const inUser = table === "filter" && chains.length > 0 && draw.chance(45);
		const chain = inUser ? draw.pick(chains) : draw.pick(hooks);
		// a user chain may only jump to a later one, so there is no loop
		const later = table !== "filter" ? [] : inUser ? chains.slice(chains.indexOf(chain) + 1) : chains;
		const t = table === "filter" ? "" : ` -t ${table}`;
		lines.push(
			`${tool}${t} -A ${chain}${drawMatches(draw, world, chain, table)}${drawTarget(draw, table, later)}`,
		);
	}
	return lines;
}

/** Rules of the nat table. */
export function drawNat6(draw: Draw, world: RuleWorld, outside: string, subnet: string): string[] {
	const nat = `${world.on}ip6tables -t nat -A `;
	const lines: string[] = ["sleep 0.05"];
	const own = draw.pick(world.own);
	for (let i = draw.int(0, 3); i > 0; i--) {
		const port = draw.pick([80, 8080, 53, 4000, 443]);
		const proto = draw.pick(["tcp", "udp"]);
		const to = draw.pick(world.inside);
		const where = draw.pick([` -i ${outside}`, ` -d ${own}`, "", " ! -s 2001:db8:66::/48"]);
		const target = draw.pick([
			`DNAT --to-destination [${to}]:${draw.pick([80, 53, 8080])}`,
			`DNAT --to-destination ${to}`,
			`REDIRECT --to-ports ${draw.pick(["80", "1000-1010"])}`,
		]);
		lines.push(`${nat}PREROUTING${where} -p ${proto} --dport ${port} -j ${target}`);
	}
	const kind = draw.below(5);
	if (kind < 2) lines.push(`${nat}POSTROUTING -s ${subnet} -o ${outside} -j MASQUERADE`);
	else if (kind === 2) lines.push(`${nat}POSTROUTING -s ${subnet} -j SNAT --to-source ${own}`);
	else if (kind === 3)
		// a kernel begins at a random port of the range; of two ports it would often take the same one
		lines.push(`${nat}POSTROUTING -s ${subnet} -p udp -j SNAT --to-source [${own}]:4000-4999`);
	else lines.push(`${nat}POSTROUTING -s ${subnet} -o ${outside} -j NETMAP --to 2001:db8:abcd::/64`);
	return lines;
}

function drawMatches(draw: Draw, world: RuleWorld, chain: string, table: string): string {
	let s = "";
	const user = chain.startsWith("U");
	const input = chain === "PREROUTING" || chain === "INPUT" || chain === "FORWARD";
	const output = chain === "OUTPUT" || chain === "POSTROUTING" || chain === "FORWARD";
	const not = (): string => (draw.chance(20) ? "! " : "");
	if (draw.chance(25)) s += ` ${not()}-s ${drawPrefix(draw, world)}`;
	if (draw.chance(25)) s += ` ${not()}-d ${drawPrefix(draw, world)}`;
	if (input && draw.chance(20)) s += ` ${not()}-i ${draw.pick(world.devices)}`;
	if (output && draw.chance(20)) s += ` ${not()}-o ${draw.pick(world.devices)}`;
	const proto = draw.below(10);
	const ports = draw.pick(["53", "80", "4000", "1024:65535", "1000:5000"]);
	if (proto < 3) s += ` -p tcp${draw.chance(60) ? ` --dport ${ports}` : ""}`;
	else if (proto < 6) s += ` -p udp${draw.chance(60) ? ` --${draw.pick(["dport", "sport"])} ${ports}` : ""}`;
	else if (proto < 9)
		s += ` -p icmpv6 --icmpv6-type ${draw.pick(["128", "129", "echo-request", "1", "1/4", "packet-too-big", "3", "neighbour-solicitation", "136", "parameter-problem"])}`;
	else s += draw.pick(["", " -p 253", " -p icmpv6"]);
	for (let n = draw.pick([0, 0, 0, 1, 1, 2]); n > 0; n--) {
		const m = draw.below(16);
		if (m < 4 && table !== "raw")
			s += ` -m conntrack ${not()}--ctstate ${draw.pick(["NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "NEW,UNTRACKED", "DNAT"])}`;
		else if (m === 4) s += ` -m mark ${not()}--mark ${draw.pick(["0x1", "0x2/0x3", "0x0"])}`;
		else if (m === 5) s += ` -m hl ${draw.pick(["--hl-eq 64", "--hl-lt 64", "--hl-gt 60"])}`;
		else if (m === 6) s += ` -m length ${not()}--length ${draw.pick(["48", "0:100", "60:1500", "1000:"])}`;
		else if (m === 7) s += ` -m addrtype ${not()}--dst-type ${draw.pick(["LOCAL", "UNICAST", "MULTICAST"])}`;
		else if (m === 8) s += " -m frag --fragid 0:4294967295";
		else if (m === 9) s += ` -m dst ${not()}--dst-len 8`;
		else if (m === 10) s += " -m hbh";
		else if (m === 11) s += ` -m rt --rt-type ${draw.pick(["0", "2", "253"])}`;
		else if (m === 12)
			s += ` -m ipv6header --soft --header ${draw.pick(["hop", "dst", "route", "frag", "frag,dst"])}`;
		else if (m === 13 && input) s += " -m eui64";
		else if (m === 14 && world.ports.length > 0 && input && !user)
			s += ` -m physdev ${not()}--physdev-in ${draw.pick(world.ports)}`;
		else if (m === 15) s += ` -m statistic --mode nth --every ${draw.int(2, 4)} --packet ${draw.below(2)}`;
	}
	return s;
}
function drawPrefix(draw: Draw, world: RuleWorld): string {
	const ip = draw.pick(world.addresses);
	return draw.pick([ip, `${ip}/64`, `${ip}/48`, `${ip}/127`, "2001:db8::/32", "8000::/1"]);
}
function drawTarget(draw: Draw, table: string, later: readonly string[]): string {
	if (table === "raw") return draw.pick([" -j NOTRACK", " -j ACCEPT", " -j DROP", ""]);
	if (table === "mangle")
		return draw.pick([
			" -j MARK --set-mark 1",
			" -j MARK --set-xmark 0x2/0x3",
			" -j HL --hl-set 33",
			" -j HL --hl-dec 1",
			" -j TOS --set-tos 0x10",
			" -j DSCP --set-dscp 12",
			" -j CONNMARK --set-mark 2",
			" -j CONNMARK --save-mark",
			" -j ACCEPT",
			"",
		]);
	const k = draw.below(20);
	if (k < 5 && later.length > 0) return ` -${draw.chance(15) ? "g" : "j"} ${draw.pick(later)}`;
	if (k < 10) return " -j ACCEPT";
	if (k < 12) return " -j DROP";
	if (k < 14) return " -j RETURN";
	if (k < 16) return "";
	return ` -j REJECT${draw.pick(["", " --reject-with icmp6-adm-prohibited", " --reject-with no-route", " --reject-with addr-unreach"])}`;
}
