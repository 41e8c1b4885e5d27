/**
 * Draws two IPv6 hosts that translate one behind the other: containers with unique local addresses on a bridge behind the first,
 * and the second between it and the outside.
 *
 * As in nat2 there is no small range of source ports. What hosts know of each other is said beforehand, and who answers on the
 * bridge stands in its table: MLD reports come by chance.
 */
import type { Draw } from "./draw.ts";
import { type DrawnLab, type End, endUp, macOf, type Target, wire } from "./lab.ts";
import { drawInner6, drawOuter6 } from "./rules-nat66.ts";
import { NAT_EPISODES } from "./traffic-nat.ts";

const BRIDGE = "02:00:00:00:01:00";
const UP = macOf(0x702);
const DOWN = macOf(0x701);
const MTUS = [1400, 1280, 1300, 1450];

export function nat66Lab(draw: Draw): DrawnLab {
	const inner = "ip netns exec a ";
	const outer = "ip netns exec b ";
	const lines = [
		"ip netns add a",
		"ip netns add b",
		`${inner}ip link set lo up`,
		`${outer}ip link set lo up`,
		`${inner}sysctl -qw net.ipv6.conf.all.forwarding=1`,
		`${outer}sysctl -qw net.ipv6.conf.all.forwarding=1`,
		`${inner}ip link add br0 address ${BRIDGE} type bridge`,
	];
	const ends: End[] = [];
	const late: string[] = [];
	const count = draw.int(1, 3);
	for (let i = 1; i <= count; i++) {
		const end: End = {
			netns: `c${i}`,
			dev: "eth0",
			mac: macOf(i),
			ip: `172.17.0.${i + 1}`,
			ip6: `fd00:17::${i + 1}`,
			local6: `fe80::${i + 0x10}`,
			answers: draw.chance(50),
			gateway: BRIDGE,
			link: "br0",
		};
		ends.push(end);
		lines.push(
			...wire(end.netns, end.mac, "a", `p${i}`, macOf(0x500 + i)),
			`${inner}ip link set p${i} master br0`,
			`${inner}ip link set p${i} up`,
		);
		if (draw.chance(25)) lines.push(`${inner}bridge link set dev p${i} hairpin on`);
		late.push(...endLines(end, "fd00:17::1", inner, "br0"));
		if (end.answers) late.push(`${inner}bridge fdb replace ${end.mac} dev p${i} master static`);
	}
	const mtu = draw.chance(30) ? draw.pick(MTUS) : 1500;
	lines.push(
		`${inner}ip link set br0 up`,
		`${inner}ip -6 addr add fd00:17::1/64 dev br0`,
		`${inner}ip -6 addr add fe80::1/64 dev br0`,
		`ip link add w0 netns a address ${UP} type veth peer name d0 netns b address ${DOWN}`,
		`${inner}ip link set w0 mtu ${mtu}`,
		...(draw.chance(70) ? [`${outer}ip link set d0 mtu ${mtu}`] : []),
		`${inner}ip link set w0 up`,
		`${outer}ip link set d0 up`,
		`${inner}ip -6 addr add 2001:db8:a::2/64 dev w0`,
		`${inner}ip -6 addr add fe80::2/64 dev w0`,
		`${outer}ip -6 addr add 2001:db8:a::1/64 dev d0`,
		`${outer}ip -6 addr add fe80::1/64 dev d0`,
		`${inner}ip -6 route add default via ${draw.pick(["2001:db8:a::1", "fe80::1"])} dev w0`,
	);
	for (const ip of ["2001:db8:a::1", "fe80::1"])
		late.push(`${inner}ip -6 neigh replace ${ip} lladdr ${DOWN} dev w0 nud permanent`);
	for (const ip of ["2001:db8:a::2", "fe80::2"])
		late.push(`${outer}ip -6 neigh replace ${ip} lladdr ${UP} dev d0 nud permanent`);
	const outs = draw.int(1, 2);
	for (let i = 1; i <= outs; i++) {
		const end: End = {
			netns: `o${i}`,
			dev: "eth0",
			mac: macOf(0x20 + i),
			ip: `192.168.${i}.2`,
			ip6: `2001:db8:${i}::2`,
			local6: `fe80::${i + 0x20}`,
			answers: draw.chance(50),
			gateway: macOf(0x600 + i),
			link: `out${i}`,
		};
		ends.push(end);
		lines.push(...wire(end.netns, end.mac, "b", `out${i}`, macOf(0x600 + i)));
		if (draw.chance(35)) lines.push(`${outer}ip link set out${i} mtu ${draw.pick(MTUS)}`);
		lines.push(
			`${outer}ip link set out${i} up`,
			`${outer}ip -6 addr add 2001:db8:${i}::1/64 dev out${i}`,
			`${outer}ip -6 addr add fe80::1/64 dev out${i}`,
		);
		late.push(...endLines(end, `2001:db8:${i}::1`, outer, `out${i}`));
	}
	late.push(`${outer}ip -6 route add default via 2001:db8:1::2 dev out1`);
	if (draw.chance(20)) late.push(`${outer}ip -6 route add fd00:17::/64 via 2001:db8:a::2 dev d0`);
	late.push("sleep 0.05");
	const containers = ends.filter((e) => e.link === "br0").map((e) => e.ip6 as string);
	late.push(...drawInner6(draw, inner, containers));
	late.push(...drawOuter6(draw, outer, ["2001:db8:a::2", "2001:db8:a::2", "fd00:17::2"], outs));
	const targets6: Target[] = [
		{ ip: "2001:db8:1::1", ports: [80, 8080, 53, 4000, 443] },
		{ ip: "2001:db8:f::1", ports: [80, 8080, 53, 4000, 443] },
		{ ip: `2001:db8:f::${draw.int(2, 8)}`, ports: [80, 53, 4000] },
		{ ip: "2001:db8:a::2", ports: [80, 8080, 53, 4000] },
		{ ip: "2001:db8:a::1", ports: [53, 80] },
		{ ip: "fd00:17::1", ports: [53, 80] },
		{ ip: "2001:db8:7777::1", ports: [53, 443] },
	];
	return {
		kind: "nat66",
		lines: [...lines, ...late],
		ends,
		targets: [],
		targets6,
		ipv6: true,
		dual: false,
		settle: 250,
		special: { percent: 60, episodes: NAT_EPISODES },
		bursts: 50,
	};
}
function endLines(end: End, router: string, on: string, dev: string): string[] {
	const inside = `ip netns exec ${end.netns} `;
	const lines = endUp(end, 64, undefined).filter((l) => l.includes("link set"));
	if (end.answers)
		return [
			...lines,
			`${inside}ip -6 addr add ${end.ip6}/64 dev eth0`,
			`${inside}ip -6 addr add ${end.local6}/64 dev eth0`,
			`${inside}ip -6 route add default via ${router} dev eth0`,
		];
	for (const ip of [end.ip6, end.local6])
		lines.push(`${on}ip -6 neigh replace ${ip} lladdr ${end.mac} dev ${dev} nud permanent`);
	return lines;
}
