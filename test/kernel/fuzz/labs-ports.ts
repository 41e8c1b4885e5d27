/** Draws labs about bridges themselves: flags of ports, entries of the fdb, tags, groups, bridges one behind the other. */
import type { Draw } from "./draw.ts";
import { type DrawnLab, type End, endUp, macOf, neighbour, patient, wire } from "./lab.ts";
import { drawNat, drawRules } from "./rules.ts";
import { STATION_EPISODES } from "./traffic-stations.ts";

const FLAGS = ["hairpin", "isolated", "learning", "flood", "mcast_flood", "bcast_flood"];

/** One to three bridges in a row, in one namespace or in one each; the first may have an address. */
export function portsLab(draw: Draw): DrawnLab {
	const bridges = draw.pick([1, 1, 2, 2, 3]);
	const apart = draw.chance(50);
	const lines: string[] = [];
	const late: string[] = [];
	const ends: End[] = [];
	const hosted = draw.chance(50);
	const at = (b: number): string => (apart ? `h${b}` : "h1");
	const on = (b: number): string => `ip netns exec ${at(b)} `;
	const ports = new Map<number, string[]>();
	for (let b = 1; b <= bridges; b++) {
		if (b === 1 || apart) lines.push(`ip netns add ${at(b)}`, `${on(b)}ip link set lo up`);
		lines.push(`${on(b)}ip link add br${b} address ${macOf(0x100 * b)} type bridge`);
		ports.set(b, []);
	}
	const join = (b: number, port: string): void => {
		lines.push(`${on(b)}ip link set ${port} master br${b}`);
		if (draw.chance(12)) lines.push(`${on(b)}ip link set ${port} mtu ${draw.pick([1400, 1280, 600])}`);
		lines.push(`${on(b)}ip link set ${port} up`);
		ports.get(b)?.push(port);
	};
	for (let b = 1; b < bridges; b++) {
		lines.push(
			`ip link add x${b} netns ${at(b)} address ${macOf(0x700 + b)} type veth peer name y${b} netns ${at(b + 1)} address ${macOf(0x710 + b)}`,
		);
		join(b, `x${b}`);
		join(b + 1, `y${b}`);
	}
	const count = draw.int(2, 6);
	for (let i = 1; i <= count; i++) {
		const b = 1 + (i % bridges);
		const end: End = {
			netns: `c${i}`,
			dev: "eth0",
			mac: macOf(i),
			ip: `10.1.0.${i + 1}`,
			answers: draw.chance(40),
			link: "lan",
			...(hosted ? { gateway: macOf(0x100) } : {}),
		};
		ends.push(end);
		lines.push(...wire(end.netns, end.mac, at(b), `p${i}`, macOf(0x500 + i)));
		join(b, `p${i}`);
		late.push(...endUp(end, 24, hosted ? "10.1.0.1" : undefined));
		if (hosted && !end.answers) late.push(neighbour(on(1), end, "br1"));
	}
	for (let b = 1; b <= bridges; b++) {
		lines.push(`${on(b)}ip link set br${b} up`);
		late.push(...bridgeSettings(draw, on(b), `br${b}`, ports.get(b) ?? [], ends));
	}
	if (hosted) {
		lines.push(`${on(1)}ip addr add 10.1.0.1/24 dev br1`, ...patient(on(1), "br1"));
		if (draw.chance(30)) lines.push(`${on(1)}sysctl -qw net.ipv4.ip_forward=1`);
	}
	for (let b = 1; b <= (apart ? bridges : 1); b++) {
		if (draw.chance(35)) late.push(`${on(b)}sysctl -qw net.bridge.bridge-nf-call-iptables=0`);
		if (draw.chance(35)) late.push(`${on(b)}sysctl -qw net.bridge.bridge-nf-call-arptables=0`);
		if (draw.chance(25)) late.push(`${on(b)}sysctl -qw net.bridge.bridge-nf-filter-vlan-tagged=1`);
		const world = {
			on: on(b),
			devices: ["br1"],
			ports: ports.get(b) ?? [],
			addresses: ends.map((e) => e.ip),
			macs: ends.map((e) => e.mac),
			inside: ends.map((e) => e.ip),
			own: ["10.1.0.1"],
		};
		if (draw.chance(35)) late.push(...drawRules(draw, world, draw.int(1, 10)));
		if (draw.chance(15)) late.push(...drawNat(draw, world, "br1", "10.1.0.0/24"));
	}
	return {
		kind: "ports",
		lines: [...lines, ...late],
		ends,
		targets: hosted ? [{ ip: "10.1.0.1", ports: [53, 80] }] : [],
		ipv6: false,
		settle: 200,
		episodes: STATION_EPISODES,
		bursts: 50,
	};
}

function bridgeSettings(
	draw: Draw,
	on: string,
	bridge: string,
	ports: readonly string[],
	ends: readonly End[],
): string[] {
	const lines: string[] = [];
	const set = (text: string): void => {
		lines.push(`${on}ip link set ${bridge} type bridge ${text}`);
	};
	if (draw.chance(40)) set("mcast_snooping 0");
	if (draw.chance(20)) set(`ageing_time ${draw.pick([0, 30000])}`);
	if (draw.chance(25)) set(`group_fwd_mask ${draw.pick([8, 0x4000, 0xfff8])}`);
	if (draw.chance(15)) set("nf_call_iptables 1");
	if (draw.chance(15)) set("nf_call_arptables 1");
	if (draw.chance(8)) lines.push(`${on}ip link set ${bridge} promisc on`);
	for (let i = draw.pick([0, 1, 1, 2, 4]); i > 0; i--)
		lines.push(`${on}bridge link set dev ${portFlag(draw, draw.pick(ports))} ${draw.pick(["on", "off"])}`);
	for (let i = draw.pick([0, 0, 1, 2, 3]); i > 0; i--) {
		const known = draw.chance(75);
		const mac = known
			? draw.pick(ends).mac
			: draw.pick([macOf(0x777), "01:00:5e:01:02:03", macOf(0x100), macOf(0x501)]);
		// what is local is not learned from outside: the kernel refuses
		const outside = known && !lines.some((l) => l.includes(mac) && l.endsWith("local"));
		const kind = draw.pick([
			"static",
			"local",
			"dynamic",
			"static sticky",
			outside ? "dynamic extern_learn" : "static",
		]);
		lines.push(
			draw.chance(85)
				? `${on}bridge fdb replace ${mac} dev ${draw.pick(ports)} master ${kind}`
				: `${on}bridge fdb replace ${mac} dev ${bridge} self local`,
		);
	}
	if (draw.chance(8)) lines.push(`${on}ip link set ${draw.pick(ports)} down`);
	return lines;
}
/** Between two bridges nothing is sent back where it came from: hairpin on both sides would send it round for ever. */
function portFlag(draw: Draw, port: string): string {
	return `${port} ${draw.pick(port.startsWith("p") ? FLAGS : FLAGS.filter((f) => f !== "hairpin"))}`;
}
