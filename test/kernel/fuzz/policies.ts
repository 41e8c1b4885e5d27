/** Draws what a router decides by: settings, tables of routes, rules and the marks they look at. */
import type { Draw } from "./draw.ts";
import type { End, Target } from "./lab.ts";

export interface PolicyWorld {
	/** `ip netns exec r ` */
	readonly on: string;
	readonly devices: readonly string[];
	/** The router's addresses. */
	readonly own: readonly string[];
	/** Neighbours that packets can be sent to. */
	readonly hops: readonly { ip: string; dev: string }[];
	readonly ends: readonly End[];
	readonly targets: readonly Target[];
}

const TABLES = ["100", "101", "102", "main"];
const TOS = ["0x10", "0x08", "0x04", "0x1c"];

export function drawPolicies(draw: Draw, world: PolicyWorld): string[] {
	return [...settings(draw, world), ...routes(draw, world), ...rules(draw, world), ...marks(draw, world)];
}

function settings(draw: Draw, { on, devices }: PolicyWorld): string[] {
	const lines: string[] = [];
	const set = (name: string): void => {
		lines.push(`${on}sysctl -qw net.ipv4.${name}`);
	};
	if (draw.chance(55)) set(`conf.${draw.pick(["all", ...devices])}.rp_filter=${draw.below(3)}`);
	for (let i = draw.below(5); i > 0; i--) {
		const name = draw.pick([
			`rp_filter=${draw.below(3)}`,
			"src_valid_mark=1",
			"route_localnet=1",
			"accept_local=1",
			"log_martians=1",
			`forwarding=${draw.below(2)}`,
			`accept_redirects=${draw.below(2)}`,
			`secure_redirects=${draw.below(2)}`,
			`shared_media=${draw.below(2)}`,
			"accept_source_route=0",
			"bc_forwarding=1",
			"arp_filter=1",
		]);
		set(`conf.${draw.pick(["all", ...devices])}.${name}`);
	}
	for (let i = draw.pick([0, 0, 1, 1, 2]); i > 0; i--)
		set(
			draw.pick([
				"icmp_echo_ignore_all=1",
				"icmp_echo_ignore_broadcasts=0",
				"icmp_errors_use_inbound_ifaddr=1",
				"icmp_ignore_bogus_error_responses=0",
				"ip_default_ttl=33",
				`ip_no_pmtu_disc=${draw.int(1, 3)}`,
				"ip_forward_use_pmtu=1",
				"fwmark_reflect=1",
				"route.min_pmtu=1000",
			]),
		);
	const rate = draw.below(8);
	if (rate === 0) for (const s of ["ratelimit=0", "msgs_per_sec=10000", "msgs_burst=10000"]) set(`icmp_${s}`);
	else if (rate === 1) set(`icmp_ratelimit=${draw.pick([20000, 60000])}`);
	else if (rate === 2) set(`icmp_ratemask=${draw.pick([0, 6169, 8, 2048, 65535])}`);
	return lines;
}
/** A prefix that traffic falls into. */
function prefix(draw: Draw, { ends, targets }: PolicyWorld): string {
	const ip = draw.chance(75) ? draw.pick(ends).ip : (targets.at(-1)?.ip ?? "10.66.1.1");
	const net = ip.replace(/\.\d+\.\d+$/, "");
	return draw.pick(["default", "default", `${ip}/32`, `${net}.0.0/24`, `${net}.0.0/16`, "10.66.0.0/16"]);
}
function routes(draw: Draw, world: PolicyWorld): string[] {
	const { on, devices, hops, own } = world;
	const lines: string[] = [];
	for (let i = draw.int(0, 8); i > 0; i--) {
		const table = draw.pick(TABLES);
		const to = prefix(draw, world);
		const hop = draw.pick(hops);
		const via = `via ${hop.ip} dev ${hop.dev}`;
		const dev = draw.pick(devices);
		let text = draw.pick([
			`${to} ${via}`,
			`${to} ${via}`,
			`${to} ${via}`,
			`${to} via ${draw.pick(hops).ip} dev ${dev} onlink`,
			`${to} dev ${dev}`,
			`${to} dev ${dev} scope ${draw.pick(["link", "global"])}`,
			`${draw.pick(["unreachable", "prohibit", "blackhole", "throw"])} ${to}`,
			`local ${draw.pick(["10.66.0.0/16", "10.77.0.0/24", "127.5.0.0/16"])} dev ${draw.pick(["lo", dev])}`,
			`broadcast 10.66.1.1 dev ${dev}`,
		]);
		if (/^\S+ (via|dev)/.test(text)) {
			if (draw.chance(15)) text += ` mtu ${draw.pick(["1000", "lock 1000", "576", "1300", "lock 1400"])}`;
			if (draw.chance(20)) text += ` src ${draw.pick(own)}`;
			if (draw.chance(15)) text += ` tos ${draw.pick(TOS)}`;
		}
		if (draw.chance(20)) text += ` metric ${draw.pick([10, 500])}`;
		lines.push(`${on}ip route replace ${text} table ${table}`);
	}
	return lines;
}
function selector(draw: Draw, world: PolicyWorld): string {
	const { ends, devices, own } = world;
	const end = draw.pick(ends).ip;
	return draw.pick([
		`from ${end}`,
		`from ${end.replace(/\d+$/, "0/24")}`,
		`to ${end}`,
		"to 10.66.0.0/16",
		`to ${end.replace(/\d+$/, "0/24")}`,
		"fwmark 1",
		"fwmark 0x2/0x3",
		"fwmark 0x10/0xf0",
		`tos ${draw.pick(TOS)}`,
		`iif ${draw.pick(devices)}`,
		`iif ${draw.pick([draw.pick(devices), "lo"])}`,
		`oif ${draw.pick(devices)}`,
		"ipproto udp",
		"ipproto icmp",
		"ipproto udp dport 53",
		"ipproto tcp dport 80-443",
		"sport 1000-4000",
		"dport 53",
		`from ${draw.pick(own)}`,
		"from all",
	]);
}
function rules(draw: Draw, world: PolicyWorld): string[] {
	const { on } = world;
	const lines: string[] = [];
	const count = draw.int(0, 6);
	for (let i = 1; i <= count; i++) {
		const words = [selector(draw, world)];
		if (draw.chance(30)) {
			const more = selector(draw, world);
			if (!more.split(" ").some((w) => words[0]!.split(" ").includes(w) && /^[a-z]/.test(w)))
				words.push(more);
		}
		const action = draw.pick([
			"table 100",
			"table 100",
			"table 101",
			"table 101",
			"table 102",
			"table main",
			"table main suppress_prefixlength 0",
			"table 100 suppress_prefixlength 16",
			"blackhole",
			"prohibit",
			"unreachable",
			`goto ${100 * (count + 1)}`,
			`goto ${100 * draw.int(i + 1, count + 1)}`,
			"nop",
		]);
		lines.push(
			`${on}ip rule add ${draw.chance(20) ? "not " : ""}${words.join(" ")} pref ${100 * i} ${action}`,
		);
	}
	if (count > 0) lines.push(`${on}ip rule add pref ${100 * (count + 1)} table main`);
	if (draw.chance(8))
		lines.push(`${on}ip rule add pref ${draw.pick([150, 5000])} table local`, `${on}ip rule del pref 0`);
	return lines;
}
/** The mangle table marks packets that arrive, or the router's own. */
function marks(draw: Draw, { on, devices, ends }: PolicyWorld): string[] {
	const lines: string[] = [];
	for (let i = draw.pick([0, 0, 1, 2, 3]); i > 0; i--) {
		const end = draw.pick(ends).ip;
		const what = draw.pick([
			"",
			` -s ${end}`,
			` -d ${end}`,
			" -p udp",
			" -p tcp --dport 80",
			" -p icmp",
			" -m tos --tos 0x10/0x1e",
			` -s ${end} -p udp`,
		]);
		const chain = draw.pick(["PREROUTING", "PREROUTING", "OUTPUT"]);
		const in_ = chain === "PREROUTING" && draw.chance(30) ? ` -i ${draw.pick(devices)}` : "";
		const target = draw.pick([
			`MARK --set-mark ${draw.pick(["0x1", "0x2", "0x12"])}`,
			"MARK --set-xmark 0x10/0xf0",
			"MARK --or-mark 0x1",
			`TOS --set-tos ${draw.pick(["0x10", "0x08"])}`,
			"CONNMARK --restore-mark",
		]);
		lines.push(`${on}iptables -t mangle -A ${chain}${in_}${what} -j ${target}`);
		if (draw.chance(15)) lines.push(`${on}iptables -t mangle -A ${chain} -j CONNMARK --save-mark`);
	}
	return lines;
}
