/**
 * Draws what happens in the middle of the traffic: links, addresses, routes, rules, neighbours, fdb entries, settings, iptables and
 * connections change; sockets send; a far end answers the n-th frame that it saw. Every change is a command in one namespace.
 */
import type { CaseEntry } from "hookline/case";
import type { Draw } from "./draw.ts";
import { drawTableChange } from "./events-tables.ts";
import { type DeviceFacts, factsOf, type HostFacts } from "./facts.ts";
import { type DrawnLab, macOf } from "./lab.ts";

/** Something between two frames: an entry of case.json without its time. */
export interface DrawnEvent {
	readonly entry: CaseEntry;
	/** What it takes before the next step, ns: a command on the kernel takes real time. */
	readonly takes: number;
	/** Comes this number of frames later: what undoes another event. */
	readonly later?: number;
}

/** A command with its process on a busy machine; `ip netns exec`, sh and iptables need about 15 ms of it. */
const COMMAND = 60e6;
const SEND = 2e6;

export interface EventWorld {
	readonly lab: DrawnLab;
	readonly hosts: ReadonlyMap<string, HostFacts>;
	/** The namespaces that are no ends, or ends with addresses: where changes matter. */
	readonly busy: readonly HostFacts[];
	readonly addresses: readonly string[];
}
type Event = (draw: Draw, world: EventWorld) => DrawnEvent[];

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
	const hosts = factsOf(lab);
	const silent = new Set(lab.ends.filter((e) => !e.answers).map((e) => e.netns));
	const world: EventWorld = {
		lab,
		hosts,
		busy: [...hosts.values()].filter((h) => !silent.has(h.netns) && h.devices.length > 0),
		addresses: [...lab.ends.map((e) => e.ip), ...lab.targets.map((t) => t.ip)],
	};
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

export function command(netns: string, sh: string, later?: number): DrawnEvent {
	return { entry: { netns, sh }, takes: COMMAND, ...(later === undefined ? {} : { later }) };
}
/** A host, more often one with several devices. */
function aHost(draw: Draw, world: EventWorld): HostFacts {
	const big = world.busy.filter((h) => h.devices.length > 1);
	return draw.pick(big.length > 0 && draw.chance(75) ? big : world.busy);
}
function ports(host: HostFacts): DeviceFacts[] {
	return host.devices.filter((d) => d.master !== undefined);
}
function bridges(host: HostFacts): DeviceFacts[] {
	return host.devices.filter((d) => d.kind === "bridge");
}
function hostsWith(world: EventWorld, what: (h: HostFacts) => DeviceFacts[]): HostFacts[] {
	return [...world.hosts.values()].filter((h) => what(h).length > 0);
}
function withAddress(host: HostFacts): DeviceFacts[] {
	return host.devices.filter((d) => d.addresses.length > 0);
}

function linkDownUp(draw: Draw, world: EventWorld): DrawnEvent[] {
	// silent ends too: a far end that goes down takes the carrier
	const host = draw.chance(40)
		? draw.pick([...world.hosts.values()].filter((h) => h.devices.length > 0))
		: aHost(draw, world);
	const dev = draw.pick(host.devices).name;
	const out = [command(host.netns, `ip link set ${dev} down`)];
	if (draw.chance(80)) {
		const routes = draw.chance(50) ? host.routes.map((r) => `; ip route replace ${r}`).join("") : "";
		out.push(command(host.netns, `ip link set ${dev} up${routes}`, draw.int(1, 8)));
	}
	return out;
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
				`ip neigh flush dev ${dev}`,
				"ip neigh flush all",
				`ip neigh add proxy ${end.ip} dev ${dev}`,
				`ip neigh replace ${end.ip} dev ${dev} nud failed`,
			]),
		),
	];
}
function fdbChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, ports);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const port = draw.pick(ports(host));
	const mac = draw.chance(85)
		? draw.pick(world.lab.ends).mac
		: draw.pick(["02:00:00:00:77:77", "33:33:00:00:00:01", "01:00:5e:01:02:03"]);
	if (port.kind === "vxlan" && draw.chance(60)) {
		const dst = `dst 10.50.0.${draw.int(1, 3)}`;
		return [
			command(
				host.netns,
				draw.pick([
					`bridge fdb replace ${mac} dev ${port.name} ${dst}`,
					`bridge fdb add ${mac} dev ${port.name} ${dst}`,
					`bridge fdb del ${mac} dev ${port.name} self`,
					`bridge fdb append 00:00:00:00:00:00 dev ${port.name} ${dst}`,
					`bridge fdb del 00:00:00:00:00:00 dev ${port.name} ${dst}`,
				]),
			),
		];
	}
	const kind = draw.pick([
		"static",
		"static",
		"dynamic",
		"local",
		"permanent",
		"dynamic extern_learn",
		"static sticky",
	]);
	return [
		command(
			host.netns,
			draw.pick([
				`bridge fdb add ${mac} dev ${port.name} master ${kind}`,
				`bridge fdb replace ${mac} dev ${port.name} master ${kind}`,
				`bridge fdb replace ${mac} dev ${port.name} master ${kind}`,
				`bridge fdb del ${mac} dev ${port.name} master`,
				`bridge fdb flush dev ${port.master}`,
				`bridge fdb replace ${mac} dev ${port.master} self`,
			]),
		),
	];
}
function portFlag(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, ports);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const port = draw.pick(ports(host)).name;
	const flag = draw.pick(["hairpin", "isolated", "learning", "flood", "mcast_flood", "bcast_flood"]);
	const out = [command(host.netns, `bridge link set dev ${port} ${flag} ${draw.pick(["on", "off"])}`)];
	if (draw.chance(30))
		out.push(
			command(host.netns, `bridge link set dev ${port} ${flag} ${draw.pick(["on", "off"])}`, draw.int(2, 8)),
		);
	return out;
}
function mtuChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = draw.pick([...world.hosts.values()].filter((h) => h.devices.length > 0));
	return [
		command(
			host.netns,
			`ip link set ${draw.pick(host.devices).name} mtu ${draw.pick([1500, 1400, 1280, 900, 600, 68, 9000])}`,
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
function bridgeSetting(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, bridges);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const bridge = draw.pick(bridges(host)).name;
	return [
		command(
			host.netns,
			draw.pick([
				`brctl setageing ${bridge} 0`,
				`brctl setageing ${bridge} 300`,
				`ip link set ${bridge} type bridge ageing_time 0`,
				`ip link set ${bridge} type bridge ageing_time 30000`,
				`ip link set ${bridge} type bridge group_fwd_mask 8`,
				`ip link set ${bridge} type bridge mcast_snooping 0`,
				`ip link set ${bridge} type bridge nf_call_iptables ${draw.below(2)}`,
			]),
		),
	];
}
/** A port leaves its bridge, joins another one, or goes to another host. */
function membership(draw: Draw, world: EventWorld): DrawnEvent[] {
	const hosts = hostsWith(world, ports);
	if (hosts.length === 0) return [];
	const host = draw.pick(hosts);
	const port = draw.pick(ports(host));
	const how = draw.below(4);
	if (how === 0)
		return [
			command(
				host.netns,
				`ip link add br9 address ${macOf(0x999)} type bridge; ip link set br9 up; ip link set ${port.name} master br9`,
			),
			command(host.netns, `ip link set ${port.name} master ${port.master}`, draw.int(2, 8)),
		];
	if (how === 1) {
		const to = draw.pick(world.lab.ends).netns;
		return [
			command(host.netns, `ip link set ${port.name} netns ${to} name moved`),
			command(to, "ip link set moved up", 0),
		];
	}
	const out = [command(host.netns, `ip link set ${port.name} nomaster`)];
	if (draw.chance(30)) out.push(command(host.netns, `ip addr add 10.99.0.1/24 dev ${port.name}`, 1));
	if (draw.chance(70))
		out.push(command(host.netns, `ip link set ${port.name} master ${port.master}`, draw.int(2, 8)));
	return out;
}
function deletion(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = draw.pick([...world.hosts.values()].filter((h) => h.devices.length > 0));
	return [command(host.netns, `ip link del ${draw.pick(host.devices).name}`)];
}
function macChange(draw: Draw, world: EventWorld): DrawnEvent[] {
	const host = draw.pick([...world.hosts.values()].filter((h) => h.devices.length > 0));
	const mac = draw.chance(70) ? macOf(0x777) : draw.pick(world.lab.ends).mac;
	return [command(host.netns, `ip link set ${draw.pick(host.devices).name} address ${mac}`)];
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
