/** Draws labs: one bridge, one router, a host of containers behind NAT, hosts with VXLAN between them. */
import type { Draw } from "./draw.ts";
import { type DrawnLab, type End, endUp, macOf, neighbour, type Target, wire } from "./lab.ts";
import { arpLab } from "./labs-arp.ts";
import { macvlanLab } from "./labs-macvlan.ts";
import { mangle6Lab, mangleLab } from "./labs-mangle.ts";
import { nat2Lab } from "./labs-nat2.ts";
import { nat66Lab } from "./labs-nat66.ts";
import { policyLab } from "./labs-policy.ts";
import { portsLab } from "./labs-ports.ts";
import { bridge6Lab, bridge6NatLab, router6Lab, vxlan6Lab } from "./labs6.ts";
import { overlayHost, UNDERLAY } from "./overlay.ts";
import { drawNat, drawRules, type RuleWorld } from "./rules.ts";

/** Labs by the names that --kinds takes. */
const KINDS: Readonly<Record<string, (draw: Draw) => DrawnLab>> = {
	bridge: bridgeLab,
	router: routerLab,
	nat: natLab,
	vxlan: vxlanLab,
	bridge6: bridge6Lab,
	router6: router6Lab,
	vxlan6: vxlan6Lab,
	bridge6nat: bridge6NatLab,
	arp: arpLab,
	policy: policyLab,
	nat2: nat2Lab,
	mangle: mangleLab,
	mangle6: mangle6Lab,
	nat66: nat66Lab,
	macvlan: macvlanLab,
	ports: portsLab,
};
/** A kind that stands here twice comes twice as often. */
export const ALL_KINDS = [
	"bridge",
	"ports",
	"router",
	"policy",
	"arp",
	"nat",
	"nat",
	"nat2",
	"mangle",
	"macvlan",
	"vxlan",
	"bridge6",
	"bridge6nat",
	"router6",
	"router6",
	"nat66",
	"mangle6",
	"vxlan6",
];

/** Throws Error for a kind that there is not. */
export function checkKinds(kinds: readonly string[]): void {
	const unknown = kinds.find((kind) => KINDS[kind] === undefined);
	if (unknown !== undefined)
		throw new Error(
			`no kind of lab is called "${unknown}"; there are ${Object.keys(KINDS).join(", ")}, lasting`,
		);
}
/** One of the `kinds`, which `checkKinds` has seen. */
export function drawLab(draw: Draw, kinds: readonly string[]): DrawnLab {
	return KINDS[draw.pick(kinds)]!(draw);
}
export function ruleCount(draw: Draw): number {
	return draw.pick([0, 0, 3, 8, 15, 30, 60]);
}
function nowhere(): Target[] {
	return [{ ip: "10.77.0.1", ports: [] }];
}

/** Containers on a bridge; the bridge may have an address, and netfilter may look at what it forwards. */
function bridgeLab(draw: Draw): DrawnLab {
	const count = draw.int(2, 6);
	const on = "ip netns exec h ";
	const lines = [
		"ip netns add h",
		`${on}ip link set lo up`,
		`${on}ip link add br0 address 02:00:00:00:01:00 type bridge`,
	];
	const ends: End[] = [];
	const hosted = draw.chance(60);
	for (let i = 1; i <= count; i++) {
		const end: End = {
			netns: `c${i}`,
			dev: "eth0",
			mac: macOf(i),
			ip: `10.1.0.${i + 1}`,
			answers: draw.chance(40),
			link: "br0",
			...(hosted ? { gateway: "02:00:00:00:01:00" } : {}),
		};
		ends.push(end);
		lines.push(
			...wire(end.netns, end.mac, "h", `p${i}`, macOf(0x500 + i)),
			`${on}ip link set p${i} master br0`,
		);
	}
	if (draw.chance(20))
		lines.push(`${on}ip link set p${draw.int(1, count)} mtu ${draw.pick([1400, 1280, 600])}`);
	if (draw.chance(15)) lines.push(`${on}ip link set br0 type bridge ageing_time ${draw.pick([0, 100])}`);
	if (draw.chance(30)) {
		const port = `p${draw.int(1, count)}`;
		const flag = draw.pick(["hairpin on", "isolated on", "learning off", "flood off", "mcast_flood off"]);
		lines.push(`${on}bridge link set dev ${port} ${flag}`);
	}
	for (let i = 1; i <= count; i++) lines.push(`${on}ip link set p${i} up`);
	lines.push(`${on}ip link set br0 up`);
	if (hosted) lines.push(`${on}ip addr add 10.1.0.1/24 dev br0`);
	for (const e of ends) {
		lines.push(...endUp(e, 24, hosted ? "10.1.0.1" : undefined));
		if (hosted && !e.answers) lines.push(neighbour(on, e, "br0"));
	}
	if (draw.chance(25)) lines.push(`${on}sysctl -qw net.ipv4.ip_forward=1`);
	if (draw.chance(20))
		lines.push(`${on}bridge fdb add ${draw.pick(ends).mac} dev p${draw.int(1, count)} master static`);
	if (draw.chance(20)) lines.push(`${on}sysctl -qw net.bridge.bridge-nf-call-iptables=0`);
	const world: RuleWorld = {
		on,
		devices: ["br0"],
		ports: ends.map((_, i) => `p${i + 1}`),
		addresses: [...ends.map((e) => e.ip), "10.1.0.1"],
		macs: ends.map((e) => e.mac),
		inside: ends.map((e) => e.ip),
		own: ["10.1.0.1"],
	};
	lines.push(...drawRules(draw, world, ruleCount(draw)));
	const targets = hosted ? [{ ip: "10.1.0.1", ports: [53, 80] }, ...(draw.chance(30) ? nowhere() : [])] : [];
	return { kind: "bridge", lines, ends, targets, ipv6: false, settle: 150 };
}

/** One router between two to four links, with routes to networks behind the ends. */
function routerLab(draw: Draw): DrawnLab {
	const on = "ip netns exec r ";
	const count = draw.int(2, 4);
	const lines = ["ip netns add r", `${on}ip link set lo up`];
	if (draw.chance(90)) lines.push(`${on}sysctl -qw net.ipv4.ip_forward=1`);
	if (draw.chance(40)) lines.push(`${on}sysctl -qw net.ipv4.conf.all.rp_filter=${draw.below(3)}`);
	const ends: End[] = [];
	const targets: Target[] = [];
	const late: string[] = [];
	for (let i = 1; i <= count; i++) {
		const end: End = {
			netns: `n${i}`,
			dev: "eth0",
			mac: macOf(i),
			ip: `10.${i}.0.2`,
			answers: draw.chance(50),
			gateway: macOf(0x500 + i),
			link: `e${i}`,
		};
		ends.push(end);
		lines.push(...wire(end.netns, end.mac, "r", `e${i}`, macOf(0x500 + i)));
		if (draw.chance(30)) lines.push(`${on}ip link set e${i} mtu ${draw.pick([1400, 1280, 1000, 576])}`);
		lines.push(`${on}ip addr add 10.${i}.0.1/24 dev e${i}`, `${on}ip link set e${i} up`);
		if (draw.chance(20)) lines.push(`${on}ip addr add 10.${i}.9.1/24 dev e${i}`);
		targets.push({ ip: `10.${i}.0.1`, ports: [53, 80] });
		if (!end.answers) late.push(neighbour(on, end, `e${i}`));
		if (draw.chance(50)) {
			late.push(`${on}ip route add 10.10${i}.0.0/16 via ${end.ip}${draw.chance(20) ? " mtu 1100" : ""}`);
			targets.push({ ip: `10.10${i}.7.7`, ports: [80] });
		}
	}
	if (draw.chance(40)) {
		const kind = draw.pick(["blackhole", "unreachable", "prohibit"]);
		late.push(`${on}ip route add ${kind} 10.66.0.0/16`);
		targets.push({ ip: "10.66.1.1", ports: [] });
	}
	if (draw.chance(30)) late.push(`${on}ip route add default via ${draw.pick(ends).ip}`);
	if (draw.chance(25)) {
		late.push(
			`${on}ip rule add from ${draw.pick(ends).ip} table 100`,
			`${on}ip route add default via ${draw.pick(ends).ip} table 100`,
		);
	}
	for (const e of ends) late.push(...endUp(e, 24, `${e.ip.slice(0, -1)}1`));
	targets.push(...nowhere());
	const world: RuleWorld = {
		on,
		devices: ends.map((e) => e.link),
		ports: [],
		addresses: [...ends.map((e) => e.ip), ...targets.map((t) => t.ip)],
		macs: ends.map((e) => e.mac),
		inside: ends.map((e) => e.ip),
		own: ends.map((_, i) => `10.${i + 1}.0.1`),
	};
	late.push(...drawRules(draw, world, ruleCount(draw)));
	if (draw.chance(25)) late.push(...drawNat(draw, world, "e1", "10.2.0.0/24"));
	return { kind: "router", lines: [...lines, ...late], ends, targets, ipv6: false, settle: 200 };
}

/** A host with containers on a bridge and one or two uplinks, as Docker makes it. */
function natLab(draw: Draw): DrawnLab {
	const on = "ip netns exec h ";
	const count = draw.int(1, 4);
	const outs = draw.int(1, 2);
	const bridge = "02:00:00:00:01:00";
	const lines = [
		"ip netns add h",
		`${on}ip link set lo up`,
		`${on}sysctl -qw net.ipv4.ip_forward=1`,
		`${on}ip link add br0 address ${bridge} type bridge`,
		`${on}ip addr add 172.17.0.1/16 dev br0`,
		`${on}ip link set br0 up`,
	];
	const ends: End[] = [];
	const late: string[] = [];
	for (let i = 1; i <= count; i++) {
		const end: End = {
			netns: `c${i}`,
			dev: "eth0",
			mac: macOf(i),
			ip: `172.17.0.${i + 1}`,
			answers: draw.chance(45),
			gateway: bridge,
			link: "br0",
		};
		ends.push(end);
		lines.push(
			...wire(end.netns, end.mac, "h", `p${i}`, macOf(0x500 + i)),
			`${on}ip link set p${i} master br0`,
			`${on}ip link set p${i} up`,
		);
		late.push(...endUp(end, 16, "172.17.0.1"));
		if (!end.answers) late.push(neighbour(on, end, "br0"));
		if (draw.chance(20)) late.push(`${on}bridge link set dev p${i} hairpin on`);
	}
	for (let i = 1; i <= outs; i++) {
		const end: End = {
			netns: `o${i}`,
			dev: "eth0",
			mac: macOf(0x20 + i),
			ip: `192.168.${i}.2`,
			answers: draw.chance(40),
			gateway: macOf(0x600 + i),
			link: `up${i}`,
		};
		ends.push(end);
		lines.push(
			...wire(end.netns, end.mac, "h", `up${i}`, macOf(0x600 + i)),
			`${on}ip addr add 192.168.${i}.1/24 dev up${i}`,
		);
		if (draw.chance(25)) lines.push(`${on}ip link set up${i} mtu ${draw.pick([1400, 1280, 900])}`);
		lines.push(`${on}ip link set up${i} up`);
		late.push(...endUp(end, 24, `192.168.${i}.1`));
		if (!end.answers) late.push(neighbour(on, end, `up${i}`));
	}
	late.push(`${on}ip route add default via 192.168.1.2`);
	const world: RuleWorld = {
		on,
		devices: ["br0", "up1"],
		ports: ends.filter((e) => e.link === "br0").map((_, i) => `p${i + 1}`),
		addresses: [...ends.map((e) => e.ip), "172.17.0.1", "192.168.1.1", "8.8.8.8"],
		macs: ends.map((e) => e.mac),
		inside: ends.filter((e) => e.link === "br0").map((e) => e.ip),
		own: ["192.168.1.1"],
	};
	late.push(...drawNat(draw, world, "up1", "172.17.0.0/16"));
	if (draw.chance(60)) late.push(...drawRules(draw, world, ruleCount(draw)));
	if (draw.chance(15)) late.push(`${on}sysctl -qw net.ipv4.conf.all.route_localnet=1`);
	const targets: Target[] = [
		{ ip: "192.168.1.1", ports: [80, 8080, 53, 4000, 443] },
		{ ip: "172.17.0.1", ports: [53, 80] },
		{ ip: "8.8.8.8", ports: [53, 443] },
	];
	return { kind: "nat", lines: [...lines, ...late], ends, targets, ipv6: false, settle: 200 };
}

/** Two or three hosts on one underlay, each with a bridge, a VXLAN device and containers. */
function vxlanLab(draw: Draw): DrawnLab {
	const hosts = draw.int(2, 3);
	const vni = draw.pick([42, 1, 16777215]);
	const learning = draw.chance(60) ? "" : " nolearning";
	const mtu = draw.pick([1500, 1500, 1550, 1400]);
	const lines = [...UNDERLAY];
	const ends: End[] = [];
	const late: string[] = [];
	for (let h = 1; h <= hosts; h++) {
		const ns = `h${h}`;
		const on = `ip netns exec ${ns} `;
		lines.push(...overlayHost(h, mtu, `${vni}`, learning));
		for (let i = 1; i <= draw.int(1, 2); i++) {
			const n = h * 8 + i;
			const end: End = {
				netns: `c${n}`,
				dev: "eth0",
				mac: macOf(n),
				ip: `10.1.0.${n}`,
				answers: draw.chance(45),
				link: "overlay",
			};
			ends.push(end);
			lines.push(
				...wire(end.netns, end.mac, ns, `p${i}`, macOf(0x500 + n)),
				`${on}ip link set p${i} master br0`,
				`${on}ip link set p${i} up`,
			);
			late.push(...endUp(end, 24, undefined));
		}
		for (let other = 1; other <= hosts; other++)
			if (other !== h) late.push(`${on}bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.50.0.${other}`);
	}
	if (learning !== "" || draw.chance(40))
		for (const end of ends)
			for (let h = 1; h <= hosts; h++)
				if (
					!end.netns.startsWith(`c${h * 8}`) &&
					Math.floor((Number(end.netns.slice(1)) - 1) / 8) !== h &&
					draw.chance(70)
				)
					late.push(
						`ip netns exec h${h} bridge fdb add ${end.mac} dev vx0 dst 10.50.0.${Math.floor((Number(end.netns.slice(1)) - 1) / 8)}`,
					);
	return { kind: "vxlan", lines: [...lines, ...late], ends, targets: [], ipv6: false, settle: 250 };
}
