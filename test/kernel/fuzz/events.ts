/**
 * Draws what happens in the middle of the traffic: links, addresses, routes, rules, neighbours, fdb entries, settings, iptables and
 * connections change; sockets send; a far end answers the n-th frame that it saw. Every change is a command in one namespace.
 */
import type { CaseEntry } from "hookline/case";
import type { Draw } from "./draw.ts";
import {
	aHost,
	command,
	type DrawnEvent,
	type Event,
	type EventWorld,
	hostsWith,
	withAddress,
} from "./event.ts";
import {
	bridgeSetting,
	deletion,
	fdbChange,
	linkDownUp,
	macChange,
	membership,
	mtuChange,
	portFlag,
} from "./events-link.ts";
import { drawTableChange } from "./events-tables.ts";
import { factsOf } from "./facts.ts";
import type { DrawnLab } from "./lab.ts";

const SEND = 2e6;

const EVENTS: readonly (readonly [weight: number, Event])[] = [
	[8, linkDownUp],
	[8, addressChange],
	[10, routeChange],
	[6, ruleChange],
	[10, neighbourChange],
	[10, fdbChange],
	[8, portFlag],
	[5, mtuChange],
	[10, setting],
	[18, tables],
	[5, connections],
	[4, bridgeSetting],
	[5, membership],
	[3, deletion],
	[3, macChange],
	[10, socketSends],
	[14, reflection],
];
const TOTAL = EVENTS.reduce((n, [w]) => n + w, 0);

/** `count` changes or so, each a list: the first at its place, the others `later`. */
export function drawEvents(draw: Draw, lab: DrawnLab, count: number): DrawnEvent[][] {
	const world = worldOf(lab);
	const out: DrawnEvent[][] = [];
	for (let tries = 0; out.length < count && tries < 10 * count; tries++) {
		let at = draw.below(TOTAL);
		const event = EVENTS.find(([w]) => {
			at -= w;
			return at < 0;
		})?.[1] as Event;
		const list = event(draw, world);
		if (list.length > 0) out.push(list);
	}
	return out;
}

/** `count` times an end answers a frame that it saw, with addresses and ports turned round. */
export function drawAnswers(draw: Draw, lab: DrawnLab, count: number): DrawnEvent[][] {
	const world = worldOf(lab);
	return Array.from({ length: count }, () => reflection(draw, world));
}
function worldOf(lab: DrawnLab): EventWorld {
	const hosts = factsOf(lab);
	const silent = new Set(lab.ends.filter((e) => !e.answers).map((e) => e.netns));
	return {
		lab,
		hosts,
		busy: [...hosts.values()].filter((h) => !silent.has(h.netns) && h.devices.length > 0),
		addresses: [...lab.ends.map((e) => e.ip), ...lab.targets.map((t) => t.ip)],
	};
}

function addressChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, withAddress);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const dev = draw.pick(withAddress(host));
	const address = draw.pick(dev.addresses);
	const how = draw.below(5);
	if (how === 0) {
		const out = [command(host.netns, `ip addr del ${address} dev ${dev.name}`)];
		if (draw.chance(60))
			out.push(command(host.netns, `ip addr add ${address} dev ${dev.name}`, draw.int(1, 8)));
		return out;
	}
	if (how === 1) return [command(host.netns, `ip addr flush dev ${dev.name}`)];
	const more = draw.pick([
		`10.88.0.1/24`,
		`${draw.pick(world.addresses)}/32`,
		address.replace(/\d+\//, "77/"),
		address.replace(/\d+\/\d+/, "78/32"),
	]);
	const out = [command(host.netns, `ip addr add ${more} dev ${draw.pick(host.devices).name}`)];
	if (draw.chance(40)) out.push(command(host.netns, `ip addr flush to ${more}`, draw.int(2, 8)));
	return out;
}
function prefix(draw: Draw, world: EventWorld): string {
	const ip = draw.pick(world.addresses);
	const net = ip.replace(/\.\d+$/, "");
	return draw.pick([
		`${ip}/32`,
		`${net}.0/24`,
		`${net.replace(/\.\d+$/, "")}.0.0/16`,
		"default",
		"10.88.0.0/16",
		`${net}.128/25`,
	]);
}
function routeChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = aHost(draw, world);
	if (host.routes.length > 0 && draw.chance(35)) {
		const route = draw.pick(host.routes);
		const out = [command(host.netns, `ip route del ${route}`)];
		if (draw.chance(60)) out.push(command(host.netns, `ip route add ${route}`, draw.int(1, 8)));
		return out;
	}
	const verb = draw.pick(["add", "replace", "replace", "append"]);
	const dev = draw.pick(host.devices).name;
	const to = prefix(draw, world);
	const how = draw.pick([
		`${to} via ${draw.pick(world.lab.ends).ip}`,
		`${to} via ${draw.pick(world.addresses)} dev ${dev} onlink`,
		`${to} dev ${dev}`,
		`unreachable ${to}`,
		`blackhole ${to}`,
		`prohibit ${to}`,
		`throw ${to}`,
		`${to} via ${draw.pick(world.lab.ends).ip} mtu ${draw.pick([600, 1000, 1280])}`,
		`${to} dev ${dev} metric ${draw.pick([10, 500])}`,
		`${to} dev ${dev} tos 0x10`,
	]);
	const out = [command(host.netns, `ip route ${verb} ${how}`)];
	if (draw.chance(35)) out.push(command(host.netns, `ip route del ${how}`, draw.int(2, 8)));
	else if (draw.chance(15)) out.push(command(host.netns, "ip route flush cache", draw.int(1, 4)));
	return out;
}
function ruleChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = aHost(draw, world);
	const select = draw.pick([
		`from ${draw.pick(world.addresses)}`,
		`to ${draw.pick(world.addresses)}/24`,
		`iif ${draw.pick(host.devices).name}`,
		"fwmark 1",
		"fwmark 0x2/0x3",
		"ipproto udp dport 53",
		"ipproto tcp",
		"tos 0x10",
		"not from 10.0.0.0/8",
		"from all",
	]);
	const action = draw.pick([
		"table 100",
		"table 100",
		"table 100",
		"unreachable",
		"prohibit",
		"blackhole",
		"table main suppress_prefixlength 0",
	]);
	const lines = [`ip rule add ${select} ${action} pref ${draw.pick([100, 200, 40000])}`];
	if (action === "table 100")
		lines.push(
			draw.pick([
				`ip route replace default via ${draw.pick(world.lab.ends).ip} table 100`,
				`ip route replace unreachable default table 100`,
				`ip route replace throw ${prefix(draw, world)} table 100`,
				`ip route replace default dev ${draw.pick(host.devices).name} table 100`,
			]),
		);
	const out = [command(host.netns, lines.join("; "))];
	if (draw.chance(40)) out.push(command(host.netns, `ip rule del ${select} ${action}`, draw.int(2, 10)));
	return out;
}
function neighbourChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, withAddress);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const dev = draw.pick(withAddress(host)).name;
	const end = draw.pick(world.lab.ends);
	const mac = draw.chance(75) ? end.mac : draw.pick(world.lab.ends).mac;
	const state = draw.pick(["permanent", "permanent", "reachable", "stale", "noarp"]);
	return [
		command(
			host.netns,
			draw.pick([
				`ip neigh replace ${end.ip} lladdr ${mac} dev ${dev} nud ${state}`,
				`ip neigh replace ${end.ip} lladdr ${mac} dev ${dev} nud ${state}`,
				`ip neigh add ${end.ip} lladdr ${mac} dev ${dev} nud ${state}`,
				`ip neigh change ${end.ip} lladdr ${mac} dev ${dev} nud ${state}`,
				`ip neigh del ${end.ip} dev ${dev}`,
				// not what waits for an answer: the kernel flushes in the order of a hash, and an error needs or finds its own neighbour
				`ip neigh flush dev ${dev} nud reachable nud stale`,
				"ip neigh flush all nud reachable nud stale",
				`ip neigh add proxy ${end.ip} dev ${dev}`,
				`ip neigh replace ${end.ip} dev ${dev} nud failed`,
			]),
		),
	];
}
function setting(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = aHost(draw, world);
	const where = draw.pick(["all", "all", draw.pick(host.devices).name]);
	const name = draw.pick([
		"ip_forward=0",
		"ip_forward=1",
		`conf.${where}.rp_filter=${draw.below(3)}`,
		`conf.${where}.arp_ignore=${draw.below(3)}`,
		`conf.${where}.arp_announce=${draw.below(3)}`,
		`conf.${where}.arp_filter=${draw.below(2)}`,
		`conf.${where}.arp_accept=${draw.below(2)}`,
		`conf.${where}.arp_notify=${draw.below(2)}`,
		`conf.${where}.forwarding=${draw.below(2)}`,
		`conf.${where}.accept_redirects=${draw.below(2)}`,
		`conf.${where}.secure_redirects=${draw.below(2)}`,
		`conf.${where}.send_redirects=${draw.below(2)}`,
		`conf.${where}.shared_media=${draw.below(2)}`,
		`conf.${where}.accept_local=${draw.below(2)}`,
		`conf.${where}.route_localnet=${draw.below(2)}`,
		`conf.${where}.accept_source_route=${draw.below(2)}`,
		`conf.${where}.src_valid_mark=${draw.below(2)}`,
		"icmp_echo_ignore_all=1",
		"icmp_echo_ignore_broadcasts=0",
		"icmp_errors_use_inbound_ifaddr=1",
		"ip_default_ttl=33",
		"ip_no_pmtu_disc=1",
		"ip_forward_use_pmtu=1",
		"fwmark_reflect=1",
	]);
	if (draw.chance(20)) {
		const net = draw.pick([
			"bridge.bridge-nf-call-iptables=0",
			"bridge.bridge-nf-call-iptables=1",
			"netfilter.nf_conntrack_checksum=0",
			"netfilter.nf_conntrack_tcp_loose=0",
			"netfilter.nf_conntrack_tcp_be_liberal=1",
			"netfilter.nf_conntrack_udp_timeout=1",
			"netfilter.nf_conntrack_tcp_ignore_invalid_rst=1",
		]);
		return [command(host.netns, `sysctl -qw net.${net}`)];
	}
	return [command(host.netns, `sysctl -qw net.ipv4.${name}`)];
}
function tables(draw: Draw, world: EventWorld): DrawnEvent[] {
	// a connection of the underlay has VXLAN's source port, which the kernel draws
	if (world.lab.kind === "vxlan") return [];
	const host = aHost(draw, world);
	return [command(host.netns, drawTableChange(draw, world, host))];
}
function connections(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = aHost(draw, world);
	const ip = draw.pick(world.addresses);
	return [
		command(
			host.netns,
			draw.pick([
				"conntrack -F",
				"conntrack -D -p udp",
				"conntrack -D -p tcp",
				`conntrack -D -s ${ip}`,
				`conntrack -D -d ${ip}`,
				`conntrack -D -p icmp -s ${ip}`,
				"conntrack -D -p udp --dport 53",
			]),
		),
	];
}
function socketSends(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, withAddress);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const length = draw.pick([0, 1, 20, 100, 1472, 1473, 3000]);
	const hex = [...draw.bytes(length)].map((b) => b.toString(16).padStart(2, "0")).join("");
	const dst = draw.chance(85)
		? draw.pick(world.addresses)
		: draw.pick([
				"255.255.255.255",
				"127.0.0.1",
				"224.0.0.9",
				withAddress(host)[0]!.addresses[0]!.replace(/\d+\/\d+/, "255"),
			]);
	const entry: CaseEntry = {
		netns: host.netns,
		udp: { sport: draw.pick([53, 4000, 5353]), dst, dport: draw.pick([53, 80, 4000, 9]), hex },
	};
	return [{ entry, takes: SEND }];
}
function reflection(draw: Draw, world: EventWorld): DrawnEvent[] {
	const end = draw.pick(world.lab.ends);
	const { netns, dev } = end;
	const entry: CaseEntry = { netns, dev, reflect: { netns, dev, dir: "rx", n: draw.below(12) } };
	return [{ entry, takes: SEND }];
}
