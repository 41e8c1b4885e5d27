/**
 * Draws two hosts that translate one behind the other: containers on a bridge behind the first, which masquerades, and the second
 * between it and the outside, which translates again, with ranges of addresses and ports.
 *
 * No range of source ports that is small: of those a kernel draws, and a second connection would clash by chance.
 */
import type { Draw } from "./draw.ts";
import { type DrawnLab, type End, endUp, macOf, neighbour, quiet, type Target, wire } from "./lab.ts";
import { drawInner, drawOuter } from "./rules-nat2.ts";
import { NAT_EPISODES } from "./traffic-nat.ts";

const MIDDLE_MAC = macOf(0x701);
const MTUS = [1400, 1280, 1006, 576];

export function nat2Lab(draw: Draw): DrawnLab {
	const inner = "ip netns exec a ";
	const outer = "ip netns exec b ";
	const shared = draw.chance(60);
	const lines = [
		"ip netns add a",
		"ip netns add b",
		...(draw.chance(85) ? [...quiet(inner), ...quiet(outer)] : []),
		`${inner}ip link set lo up`,
		`${outer}ip link set lo up`,
		`${inner}sysctl -qw net.ipv4.ip_forward=1`,
		`${outer}sysctl -qw net.ipv4.ip_forward=1`,
		`${inner}ip link add br0 address 02:00:00:00:01:00 type bridge`,
		`${inner}ip addr add 172.17.0.1/16 dev br0`,
		`${inner}ip link set br0 up`,
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
			answers: draw.chance(50),
			gateway: "02:00:00:00:01:00",
			link: "br0",
		};
		ends.push(end);
		lines.push(
			...wire(end.netns, end.mac, "a", `p${i}`, macOf(0x500 + i)),
			`${inner}ip link set p${i} master br0`,
			`${inner}ip link set p${i} up`,
		);
		late.push(...endUp(end, 16, "172.17.0.1"));
		if (!end.answers) late.push(neighbour(inner, end, "br0"));
		if (draw.chance(25)) late.push(`${inner}bridge link set dev p${i} hairpin on`);
	}
	const middleMtu = draw.chance(30) ? draw.pick(MTUS) : 1500;
	if (shared) {
		// a switch between the two hosts, with somebody else on it who can speak about what passes
		const end: End = {
			netns: "m1",
			dev: "eth0",
			mac: macOf(0x11),
			ip: "10.0.0.9",
			answers: draw.chance(40),
			gateway: draw.pick([MIDDLE_MAC, macOf(0x702)]),
			link: "middle",
		};
		ends.push(end);
		lines.push(
			"ip netns add s",
			"ip netns exec s ip link add lan address 02:00:00:00:09:00 type bridge",
			"ip netns exec s ip link set lan up",
			`ip link add w0 netns a address ${macOf(0x702)} type veth peer name s1 netns s address ${macOf(0x901)}`,
			`ip link add d0 netns b address ${MIDDLE_MAC} type veth peer name s2 netns s address ${macOf(0x902)}`,
			...wire(end.netns, end.mac, "s", "s3", macOf(0x903)),
			...["s1", "s2", "s3"].flatMap((port) => [
				`ip netns exec s ip link set ${port} master lan`,
				`ip netns exec s ip link set ${port} up`,
			]),
		);
		late.push(...endUp(end, 24, "10.0.0.1"));
		if (!end.answers) late.push(neighbour(inner, end, "w0"), neighbour(outer, end, "d0"));
	} else
		lines.push(
			`ip link add w0 netns a address ${macOf(0x702)} type veth peer name d0 netns b address ${MIDDLE_MAC}`,
		);
	if (middleMtu !== 1500) {
		// on one side only it is the sender that knows
		lines.push(`${inner}ip link set w0 mtu ${middleMtu}`);
		if (draw.chance(70)) lines.push(`${outer}ip link set d0 mtu ${middleMtu}`);
	}
	lines.push(
		`${inner}ip addr add 10.0.0.2/24 dev w0`,
		`${inner}ip link set w0 up`,
		`${outer}ip addr add 10.0.0.1/24 dev d0`,
		`${outer}ip link set d0 up`,
		`${inner}ip route add default via 10.0.0.1`,
	);
	if (draw.chance(25)) lines.push(`${inner}ip addr add 10.0.0.${draw.int(3, 6)}/24 dev w0`);
	// the hosts know each other, or ask when the first packet comes
	if (draw.chance(50))
		lines.push(
			`${inner}ip neigh replace 10.0.0.1 lladdr ${MIDDLE_MAC} dev w0 nud permanent`,
			`${outer}ip neigh replace 10.0.0.2 lladdr ${macOf(0x702)} dev d0 nud permanent`,
		);
	const outs = draw.int(1, 2);
	for (let i = 1; i <= outs; i++) {
		const end: End = {
			netns: `o${i}`,
			dev: "eth0",
			mac: macOf(0x20 + i),
			ip: `192.168.${i}.2`,
			answers: draw.chance(50),
			gateway: macOf(0x600 + i),
			link: `out${i}`,
		};
		ends.push(end);
		lines.push(
			...wire(end.netns, end.mac, "b", `out${i}`, macOf(0x600 + i)),
			`${outer}ip addr add 192.168.${i}.1/24 dev out${i}`,
		);
		if (draw.chance(35)) lines.push(`${outer}ip link set out${i} mtu ${draw.pick(MTUS)}`);
		lines.push(`${outer}ip link set out${i} up`);
		late.push(...endUp(end, 24, `192.168.${i}.1`));
		if (!end.answers) late.push(neighbour(outer, end, `out${i}`));
	}
	late.push(`${outer}ip route add default via 192.168.1.2`);
	if (draw.chance(20)) late.push(`${outer}ip route add 172.17.0.0/16 via 10.0.0.2`);
	if (draw.chance(15))
		late.push(`${outer}ip route add 198.51.100.0/24 via 192.168.1.2 mtu ${draw.pick(MTUS)}`);
	if (draw.chance(15)) late.push(`${draw.pick([inner, outer])}sysctl -qw net.ipv4.conf.all.route_localnet=1`);
	const containers = ends.filter((e) => e.link === "br0").map((e) => e.ip);
	late.push(...drawInner(draw, inner, containers));
	late.push(...drawOuter(draw, outer, ["10.0.0.2", "10.0.0.2", "10.0.0.9", "172.17.0.2"], outs));
	const targets: Target[] = [
		{ ip: "192.168.1.1", ports: [80, 8080, 53, 4000, 443] },
		{ ip: "203.0.113.1", ports: [80, 8080, 53, 4000, 443] },
		{ ip: `203.0.113.${draw.int(2, 8)}`, ports: [80, 53, 4000] },
		{ ip: "10.0.0.2", ports: [80, 8080, 53, 4000] },
		{ ip: "10.0.0.1", ports: [53, 80] },
		{ ip: "172.17.0.1", ports: [53, 80] },
		{ ip: "198.51.100.7", ports: [53, 443] },
	];
	return {
		kind: "nat2",
		lines: [...lines, ...late],
		ends,
		targets,
		ipv6: false,
		settle: 250,
		special: { percent: 55, episodes: NAT_EPISODES },
		bursts: 50,
		changes: "answers",
	};
}
