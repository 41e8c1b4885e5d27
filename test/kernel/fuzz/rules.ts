/** Draws iptables rule sets: up to 60 rules in base and user chains, with matches and targets that suit where they stand. */
import type { Draw } from "./draw.ts";

export interface RuleWorld {
	/** `ip netns exec h ` or nothing. */
	readonly on: string;
	/** Devices of the host. */
	readonly devices: readonly string[];
	/** Bridge ports among its devices, for physdev. */
	readonly ports: readonly string[];
	readonly addresses: readonly string[];
	readonly macs: readonly string[];
	/** Addresses that DNAT may lead to. */
	readonly inside: readonly string[];
	/** The host's own, for SNAT. */
	readonly own: readonly string[];
}

const FILTER_HOOKS = ["INPUT", "FORWARD", "OUTPUT"];
const MANGLE_HOOKS = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

/** Lines that set up `count` rules of the filter table (some in mangle and raw). */
export function drawRules(draw: Draw, world: RuleWorld, count: number): string[] {
	const lines: string[] = [];
	const chains = ["U1", "U2", "U3", "U4"].slice(0, draw.below(5));
	for (const chain of chains) lines.push(`${world.on}iptables -N ${chain}`);
	for (let i = 0; i < count; i++) {
		const table = draw.chance(80) ? "filter" : draw.pick(["mangle", "raw"]);
		const hooks =
			table === "filter" ? FILTER_HOOKS : table === "mangle" ? MANGLE_HOOKS : ["PREROUTING", "OUTPUT"];
		const inUser = table === "filter" && chains.length > 0 && draw.chance(45);
		const chain = inUser
			? draw.pick(chains)
			: draw.pick([...hooks, "FORWARD"].filter((h) => hooks.includes(h)));
		// a user chain may only jump to a later one, so there is no loop
		const later = table !== "filter" ? [] : inUser ? chains.slice(chains.indexOf(chain) + 1) : chains;
		const t = table === "filter" ? "" : ` -t ${table}`;
		lines.push(
			`${world.on}iptables${t} -A ${chain}${drawMatches(draw, world, chain, table)}${drawTarget(draw, table, chain, later)}`,
		);
	}
	if (draw.chance(25)) lines.push(`${world.on}iptables -P FORWARD DROP`);
	return lines;
}

/** Rules of the nat table that a host of containers has, and stranger ones. */
export function drawNat(draw: Draw, world: RuleWorld, outside: string, subnet: string): string[] {
	const nat = `${world.on}iptables -t nat -A `;
	const lines: string[] = [];
	const own = draw.pick(world.own);
	for (let i = draw.int(0, 3); i > 0; i--) {
		const port = draw.pick([80, 8080, 53, 4000, 443]);
		const proto = draw.pick(["tcp", "udp"]);
		const to = draw.pick(world.inside);
		const where = draw.pick([` -i ${outside}`, ` -d ${own}`, "", " ! -s 10.0.0.0/8"]);
		const target = draw.pick([
			`DNAT --to-destination ${to}:${draw.pick([80, 53, 8080])}`,
			`DNAT --to-destination ${to}`,
			`DNAT --to-destination ${to}:${draw.pick(["1000-1003", "80"])}`,
			`REDIRECT --to-ports ${draw.pick(["80", "1000-1010"])}`,
		]);
		lines.push(`${nat}PREROUTING${where} -p ${proto} --dport ${port} -j ${target}`);
		if (draw.chance(30))
			lines.push(`${nat}OUTPUT -d ${own} -p ${proto} --dport ${port} -j DNAT --to-destination ${to}`);
	}
	const kind = draw.below(8);
	if (kind < 4) lines.push(`${nat}POSTROUTING -s ${subnet} ! -o br0 -j MASQUERADE`);
	else if (kind === 4) lines.push(`${nat}POSTROUTING -o ${outside} -j MASQUERADE`);
	else if (kind === 5) lines.push(`${nat}POSTROUTING -o ${outside} -j SNAT --to-source ${own}`);
	else if (kind === 6)
		lines.push(
			`${nat}POSTROUTING -s ${subnet} -p udp -j SNAT --to-source ${own}:${draw.pick(["4000-4001", "1024-65535", "5000"])}`,
		);
	if (draw.chance(20)) lines.push(`${nat}POSTROUTING -s ${subnet} -d ${subnet} -j MASQUERADE`);
	return lines;
}

function drawMatches(draw: Draw, world: RuleWorld, chain: string, table: string): string {
	let s = "";
	const user = chain.startsWith("U");
	const input = user || chain === "PREROUTING" || chain === "INPUT" || chain === "FORWARD";
	const output = user || chain === "OUTPUT" || chain === "POSTROUTING" || chain === "FORWARD";
	const not = (): string => (draw.chance(20) ? "! " : "");
	if (draw.chance(25)) s += ` ${not()}-s ${drawPrefix(draw, world)}`;
	if (draw.chance(25)) s += ` ${not()}-d ${drawPrefix(draw, world)}`;
	if (input && !user && draw.chance(20)) s += ` ${not()}-i ${draw.pick(world.devices)}`;
	if (output && !user && draw.chance(20)) s += ` ${not()}-o ${draw.pick(world.devices)}`;
	const proto = draw.below(10);
	if (proto < 3) s += drawUdpTcp(draw, "tcp");
	else if (proto < 6) s += drawUdpTcp(draw, "udp");
	else if (proto === 6)
		s += ` -p icmp${draw.chance(60) ? ` --icmp-type ${draw.pick(["8", "0", "3", "3/3", "3/4", "11", "echo-request"])}` : ""}`;
	else if (proto === 7) s += ` ${not()}-p ${draw.pick(["tcp", "udp", "icmp", "47"])}`;
	for (let n = draw.pick([0, 0, 0, 1, 1, 2]); n > 0; n--) {
		const m = draw.below(16);
		if (m < 4 && table !== "raw")
			s += ` -m conntrack ${not()}--ctstate ${draw.pick(["NEW", "ESTABLISHED", "RELATED,ESTABLISHED", "INVALID", "NEW,UNTRACKED", "DNAT", "SNAT"])}`;
		else if (m === 4) s += ` -m mark ${not()}--mark ${draw.pick(["0x1", "0x2/0x3", "0x0"])}`;
		else if (m === 5) s += ` -m ttl ${draw.pick(["--ttl-eq 64", "--ttl-lt 64", "--ttl-gt 60"])}`;
		else if (m === 6) s += ` -m length ${not()}--length ${draw.pick(["28", "0:100", "60:1500", "1000:"])}`;
		else if (m === 7)
			s += ` -m addrtype ${not()}--dst-type ${draw.pick(["LOCAL", "UNICAST", "BROADCAST", "MULTICAST"])}`;
		else if (m === 8) s += ` -m iprange ${not()}--src-range ${draw.pick(world.addresses)}-255.0.0.0`;
		else if (m === 9) s += ` -m tos --tos ${draw.pick(["0x00", "0x10/0x3f", "0x08"])}`;
		else if (m === 10)
			s += ` -m pkttype ${not()}--pkt-type ${draw.pick(["unicast", "broadcast", "multicast"])}`;
		else if (m === 11 && (chain === "PREROUTING" || chain === "INPUT" || chain === "FORWARD"))
			s += ` -m mac ${not()}--mac-source ${draw.pick(world.macs)}`;
		else if (m === 12 && world.ports.length > 0 && input && !user)
			s += ` -m physdev ${not()}--physdev-in ${draw.pick(world.ports)}`;
		else if (m === 13) s += ` -m statistic --mode nth --every ${draw.int(2, 4)} --packet ${draw.below(2)}`;
		else if (m === 14)
			s += ` -m limit --limit ${draw.pick(["1/min", "2/hour"])} --limit-burst ${draw.int(1, 5)}`;
		else if (m === 15) s += " -m comment --comment fuzz";
	}
	return s;
}
function drawPrefix(draw: Draw, world: RuleWorld): string {
	const ip = draw.pick(world.addresses);
	return draw.pick([ip, `${ip}/24`, `${ip}/16`, `${ip}/30`, "10.0.0.0/8", "0.0.0.0/1"]);
}
function drawUdpTcp(draw: Draw, proto: string): string {
	const kind = draw.below(7);
	const ports = ["53", "80", "4000", "1024:65535", "1000:5000", "8080"];
	if (kind < 3) return ` -p ${proto} --dport ${draw.pick(ports)}`;
	if (kind === 3) return ` -p ${proto} --sport ${draw.pick(ports)}`;
	if (kind === 4)
		return ` -p ${proto} -m multiport --${draw.pick(["dports", "sports", "ports"])} 53,80,4000:4100`;
	if (kind === 5 && proto === "tcp")
		return ` -p tcp --tcp-flags SYN,RST,ACK,FIN ${draw.pick(["SYN", "RST", "ACK", "NONE"])}`;
	return ` -p ${proto}`;
}
function drawTarget(draw: Draw, table: string, chain: string, later: readonly string[]): string {
	if (table === "raw")
		return draw.pick([" -j NOTRACK", " -j ACCEPT", " -j DROP", " -j MARK --set-mark 1", ""]);
	if (table === "mangle")
		return draw.pick([
			" -j MARK --set-mark 1",
			" -j MARK --set-xmark 0x2/0x3",
			" -j TTL --ttl-set 33",
			" -j TTL --ttl-dec 1",
			" -j TOS --set-tos 0x10",
			" -j DSCP --set-dscp 12",
			" -j CONNMARK --set-mark 2",
			" -j CONNMARK --save-mark",
			" -j CONNMARK --restore-mark",
			" -j ACCEPT",
			"",
		]);
	const k = draw.below(20);
	if (k < 5 && later.length > 0) return ` -${draw.chance(15) ? "g" : "j"} ${draw.pick(later)}`;
	if (k < 10) return " -j ACCEPT";
	if (k < 12) return " -j DROP";
	if (k < 14) return " -j RETURN";
	if (k < 16) return "";
	if (k < 18 && chain !== "PREROUTING")
		return ` -j REJECT${draw.pick(["", " --reject-with icmp-host-unreachable", " --reject-with icmp-admin-prohibited", " --reject-with icmp-net-prohibited"])}`;
	return " -j ACCEPT";
}
