/**
 * Draws labs about ARP: a host with several addresses and interfaces, some of them on one link, which answers for itself and for others.
 *
 * A neighbour that is asked for and does not answer is asked again when everything is over. Whether an entry is still
 * locked against another MAC depends on how many ticks ago it was made, so all are locked for longer than a lab lasts.
 */
import type { Draw } from "./draw.ts";
import { type DrawnLab, type End, endUp, macOf, patient, type Target, wire } from "./lab.ts";
import { drawRules } from "./rules.ts";
import { ARP_EPISODES } from "./traffic-arp.ts";

const ON = "ip netns exec r ";
const STATES = ["permanent", "permanent", "reachable", "stale", "noarp", "failed", "delay"];

interface World {
	readonly draw: Draw;
	/** r's devices. */
	readonly devices: readonly string[];
	readonly ends: readonly End[];
	readonly targets: Target[];
}

/** e1 and perhaps e2 of r are on the link "lan" with some ends; others have a link of their own. */
export function arpLab(draw: Draw): DrawnLab {
	const twins = draw.int(1, 2);
	const others = draw.int(draw.chance(70) ? 1 : 0, 2);
	const near = draw.int(1, 3);
	const lines = [
		"ip netns add r",
		"ip netns add u",
		"ip netns exec u ip link add lan address 02:00:00:00:09:00 type bridge",
		"ip netns exec u ip link set lan up",
		`${ON}ip link set lo up`,
	];
	if (draw.chance(75)) lines.push(`${ON}sysctl -qw net.ipv4.ip_forward=1`);
	const devices: string[] = [];
	const ends: End[] = [];
	for (let i = 1; i <= twins; i++) {
		devices.push(`e${i}`);
		lines.push(
			`ip link add e${i} netns r address ${macOf(0x500 + i)} type veth peer name r${i} netns u address ${macOf(0x900 + i)}`,
			`ip netns exec u ip link set r${i} master lan`,
			`ip netns exec u ip link set r${i} up`,
		);
	}
	for (let i = 1; i <= near; i++) {
		const gateway = macOf(0x500 + draw.int(1, twins));
		const end = { netns: `a${i}`, dev: "eth0", mac: macOf(i), ip: `10.1.0.${i + 1}`, link: "lan", gateway };
		ends.push({ ...end, answers: draw.chance(50) });
		lines.push(
			...wire(end.netns, end.mac, "u", `a${i}`, macOf(0x910 + i)),
			`ip netns exec u ip link set a${i} master lan`,
			`ip netns exec u ip link set a${i} up`,
		);
	}
	for (let i = 1; i <= others; i++) {
		const dev = `f${i}`;
		devices.push(dev);
		ends.push({
			netns: `b${i}`,
			dev: "eth0",
			mac: macOf(0x10 + i),
			ip: `10.${i + 1}.0.2`,
			link: dev,
			gateway: macOf(0x600 + i),
			answers: draw.chance(50),
		});
		lines.push(...wire(`b${i}`, macOf(0x10 + i), "r", dev, macOf(0x600 + i)));
	}
	const world: World = { draw, devices, ends, targets: [] };
	const early = draw.chance(30) ? settings(world) : [];
	lines.push(...early);
	for (const dev of devices) {
		lines.push(`${ON}ip link set ${dev} up`, ...addresses(world, dev));
		lines.push(`${ON}sysctl -qw net.ipv4.neigh.${dev}.proxy_delay=0`);
		lines.push(...patient(ON, dev));
	}
	if (draw.chance(40)) {
		lines.push(`${ON}ip addr add 10.9.9.9/32 dev lo${draw.chance(25) ? " scope host" : ""}`);
		world.targets.push({ ip: "10.9.9.9", ports: [53] });
	}
	if (early.length === 0 || draw.chance(40)) lines.push(...settings(world));
	lines.push(...routes(world));
	for (const e of ends) {
		lines.push(...endUp(e, 24, draw.chance(80) ? e.ip.replace(/\d+$/, "1") : undefined));
		if (e.answers && draw.chance(30))
			lines.push(
				`ip netns exec ${e.netns} sysctl -qw net.ipv4.conf.all.${draw.pick(["arp_accept=1", "arp_accept=2", "arp_ignore=1", "arp_announce=2", "arp_announce=1", "drop_gratuitous_arp=1"])}`,
			);
		if (e.answers && draw.chance(25))
			lines.push(`ip netns exec ${e.netns} ip addr add ${e.ip.replace(/\d+$/, "60")}/24 dev eth0`);
	}
	for (const e of ends) if (draw.chance(50)) lines.push(neighbour(world, e));
	for (let i = draw.below(3); i > 0; i--) lines.push(proxyEntry(world));
	if (draw.chance(12)) {
		const inside = ends.map((e) => e.ip);
		const own = ["10.1.0.1"];
		const known = {
			on: ON,
			devices,
			ports: [],
			addresses: inside,
			macs: ends.map((e) => e.mac),
			inside,
			own,
		};
		lines.push(...drawRules(draw, known, 4));
	}
	world.targets.push({ ip: "10.1.0.77", ports: [] }, { ip: "10.77.0.1", ports: [] });
	return {
		kind: "arp",
		lines,
		ends,
		targets: world.targets,
		ipv6: false,
		settle: 200,
		episodes: ARP_EPISODES,
		bursts: 50,
	};
}

function addresses({ draw, targets }: World, dev: string): string[] {
	const net = dev.startsWith("f") ? `10.${Number(dev.slice(1)) + 1}` : "10.1";
	const host = dev === "e2" ? 5 : 1;
	const add = (text: string): string => `${ON}ip addr add ${text} dev ${dev}`;
	const lines: string[] = [];
	// a twin may have an address of the same network, another network's or none
	const how = dev === "e2" ? draw.below(4) : 0;
	if (how < 2) {
		lines.push(add(`${net}.0.${host}/24`));
		targets.push({ ip: `${net}.0.${host}`, ports: [53, 80] });
	} else if (how === 2) {
		lines.push(add("10.8.0.1/24"));
		targets.push({ ip: "10.8.0.1", ports: [53, 80] });
	}
	for (let i = draw.below(3); i > 0; i--) {
		const [text, ip] = draw.pick([
			[`${net}.0.${host + 10}/24`, `${net}.0.${host + 10}`],
			[`${net}.0.${host + 20}/32`, `${net}.0.${host + 20}`],
			[`${net}.7.1/24 scope link`, `${net}.7.1`],
			[`${net}.8.1/24 scope host`, `${net}.8.1`],
			[`${net}.9.1/24`, `${net}.9.1`],
			[`${net}.6.1 peer ${net}.6.2/32`, `${net}.6.1`],
			[`${net}.5.0/31`, `${net}.5.0`],
			[`${net}.0.${host + 30}/16`, `${net}.0.${host + 30}`],
		] as const);
		if (lines.includes(add(text))) continue;
		lines.push(add(text));
		targets.push({ ip, ports: [53, 80] });
	}
	return lines;
}
function settings({ draw, devices }: World): string[] {
	const lines: string[] = [];
	for (let i = draw.below(6); i > 0; i--) {
		const where = draw.pick(["all", ...devices]);
		const name = draw.pick([
			`arp_ignore=${draw.pick([1, 2, 1, 2, 3, 4, 8])}`,
			`arp_announce=${draw.int(1, 2)}`,
			`arp_accept=${draw.int(1, 2)}`,
			"arp_filter=1",
			"arp_notify=1",
			"proxy_arp=1",
			"proxy_arp=1",
			"proxy_arp_pvlan=1",
			"drop_gratuitous_arp=1",
			`rp_filter=${draw.int(1, 2)}`,
			`medium_id=${draw.int(-1, 2)}`,
			"accept_local=1",
			"route_localnet=1",
			"forwarding=0",
			"forwarding=1",
		]);
		lines.push(`${ON}sysctl -qw net.ipv4.conf.${where}.${name}`);
	}
	return lines;
}
function routes({ draw, devices, ends, targets }: World): string[] {
	const lines: string[] = [];
	for (let i = draw.below(4); i > 0; i--) {
		const to = `10.3${i}.0.0/16`;
		const gateway = draw.pick(ends).ip;
		lines.push(
			`${ON}ip route replace ${draw.pick([
				`${to} via ${gateway} dev ${draw.pick(devices)} onlink`,
				`${to} dev ${draw.pick(devices)}`,
				`unreachable ${to}`,
				`blackhole ${to}`,
				`10.1.0.77/32 dev ${draw.pick(devices)}`,
				`${gateway}/32 dev ${draw.pick(devices)}`,
				`default dev ${draw.pick(devices)}`,
				`default via ${gateway} dev ${draw.pick(devices)} onlink`,
				`local 10.3${i}.0.0/24 dev lo`,
			])}`,
		);
		targets.push({ ip: `10.3${i}.0.7`, ports: [80] });
	}
	return lines;
}
function neighbour({ draw, devices, ends }: World, end: End): string {
	const dev = draw.chance(75) ? (end.link === "lan" ? "e1" : end.link) : draw.pick(devices);
	const mac = draw.chance(80) ? end.mac : draw.pick([draw.pick(ends).mac, macOf(0x444)]);
	return `${ON}ip neigh replace ${end.ip} lladdr ${mac} dev ${dev} nud ${draw.pick(STATES)}`;
}
function proxyEntry({ draw, devices, ends }: World): string {
	const ip = draw.pick(["10.1.0.78", "10.30.0.7", "10.31.0.7", "10.1.0.1", draw.pick(ends).ip]);
	return `${ON}ip neigh add proxy ${ip} dev ${draw.pick(devices)}`;
}
