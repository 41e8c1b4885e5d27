/**
 * Draws labs with macvlans over a wire or a bridge: children of each mode, the host that holds their lower device, and ends outside.
 *
 * What goes to a group reaches the children by a work queue, so a burst would be put in order by chance: bursts are of frames to one
 * station each, among ends that say nothing by themselves. Other frames have some time between them.
 */
import type { Draw } from "./draw.ts";
import { type DrawnLab, type End, endUp, macOf, neighbour, patient, wire } from "./lab.ts";
import { drawRules } from "./rules.ts";
import { STATION_EPISODES } from "./traffic-stations.ts";

const ON = "ip netns exec p ";

export function macvlanLab(draw: Draw): DrawnLab {
	const quiet = draw.chance(50);
	const lines = ["ip netns add p", `${ON}ip link set lo up`];
	const ends: End[] = [];
	const lower = draw.pick(["wire", "switch", "switch", "bridge"]);
	const parent = lower === "bridge" ? "br0" : "w0";
	const end = (netns: string, n: number, answers: number): End => ({
		netns,
		dev: "eth0",
		mac: macOf(n),
		ip: `10.1.0.${n}`,
		answers: !quiet && draw.chance(answers),
		link: "lan",
	});
	for (let i = 1; i <= (lower === "wire" ? 1 : draw.int(1, 3)); i++) ends.push(end(`o${i}`, 0x40 + i, 60));
	lines.push(...outside(draw, lower, ends));
	if (draw.chance(25)) lines.push(`${ON}ip link set ${parent} mtu ${draw.pick([1400, 1280, 9000])}`);
	lines.push(`${ON}ip link set ${parent} up`);
	const hosted = draw.chance(65) && !quiet;
	if (hosted) lines.push(`${ON}ip addr add 10.1.0.254/24 dev ${parent}`, ...patient(ON, parent));
	if (draw.chance(25)) lines.push(`${ON}sysctl -qw net.ipv4.ip_forward=1`);
	const passthru = draw.chance(20);
	for (let i = 1; i <= (passthru ? 1 : draw.int(1, 4)); i++) {
		const child = end(`k${i}`, i, 60);
		const mode = passthru ? "passthru" : draw.pick(["bridge", "bridge", "bridge", "vepa", "private"]);
		const flag = passthru && draw.chance(30) ? " nopromisc" : "";
		// a passthru child has the lower device's MAC
		const mac = passthru ? macOf(0x500) : child.mac;
		ends.push({ ...child, mac });
		lines.push(
			`ip netns add k${i}`,
			`${ON}ip link add m${i} link ${parent} address ${mac} type macvlan mode ${mode}${flag === "" ? "" : " flag nopromisc"}`,
			`${ON}ip link set m${i} netns k${i} name eth0`,
		);
		if (draw.chance(20))
			lines.push(`ip netns exec k${i} ip link set eth0 mtu ${draw.pick([1200, 1000, 600])}`);
		if (draw.chance(12)) lines.push(`ip netns exec k${i} ip link set eth0 promisc on`);
	}
	if (draw.chance(12)) lines.push(`${ON}ip link set ${parent} promisc on`);
	for (const e of ends) {
		lines.push(...endUp(e, 24, hosted ? "10.1.0.254" : undefined));
		if (hosted && !e.answers) lines.push(neighbour(ON, e, parent));
		if (e.answers && draw.chance(30))
			lines.push(`ip netns exec ${e.netns} sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0`);
	}
	if (hosted && draw.chance(15)) {
		const ips = ends.map((e) => e.ip);
		const world = {
			on: ON,
			devices: [parent],
			ports: [],
			addresses: ips,
			macs: ends.map((e) => e.mac),
			inside: ips,
			own: ["10.1.0.254"],
		};
		lines.push(...drawRules(draw, world, draw.int(1, 8)));
	}
	return {
		kind: "macvlan",
		lines,
		ends,
		targets: hosted ? [{ ip: "10.1.0.254", ports: [53, 80] }] : [],
		ipv6: false,
		settle: 200,
		episodes: STATION_EPISODES,
		bursts: quiet ? 90 : 0,
		changes: !quiet,
		unicast: quiet,
		gap: 5e6,
	};
}

/** The lower device and who is on its other side. */
function outside(draw: Draw, lower: string, ends: readonly End[]): string[] {
	const mac = macOf(0x500);
	if (lower === "wire") return wire("o1", ends[0]!.mac, "p", "w0", mac);
	const lines: string[] = [];
	const [netns, bridge] = lower === "bridge" ? ["p", "br0"] : ["u", "lan"];
	const on = `ip netns exec ${netns} `;
	if (lower === "bridge") lines.push(`${on}ip link add br0 address ${mac} type bridge`);
	else
		lines.push(
			"ip netns add u",
			`${on}ip link add lan address ${macOf(0x900)} type bridge`,
			`${on}ip link set lan up`,
			`ip link add w0 netns p address ${mac} type veth peer name w netns u address ${macOf(0x901)}`,
			`${on}ip link set w master lan`,
			`${on}ip link set w up`,
		);
	ends.forEach((e, i) => {
		lines.push(
			...wire(e.netns, e.mac, netns!, `s${i}`, macOf(0x910 + i)),
			`${on}ip link set s${i} master ${bridge}`,
			`${on}ip link set s${i} up`,
		);
	});
	// what a VEPA needs
	if (lower === "switch" && draw.chance(50)) lines.push(`${on}bridge link set dev w hairpin on`);
	return lines;
}
