/**
 * Draws a host that is bridge and router at once and looks at what passes with rules of all tables and hooks; IPv4 or IPv6.
 * Marks that rules set choose routes. `nat`: with rules that translate, of the nat table only.
 */
import type { Draw } from "./draw.ts";
import { type DrawnLab, type End, endUp, macOf, quiet, type Target, wire } from "./lab.ts";
import { drawRich, drawSets, tool } from "./rules-rich.ts";
import type { RichWorld } from "./rules-rich-match.ts";
import { NAT_EPISODES } from "./traffic-nat.ts";

const BRIDGE = "02:00:00:00:01:00";

export function mangleLab(draw: Draw): DrawnLab {
	return richLab(draw, false);
}
export function mangle6Lab(draw: Draw): DrawnLab {
	return richLab(draw, true);
}

/** `10.N.0.HOST` or `2001:db8:N::HOST` */
function address(six: boolean, net: number, host: number): string {
	return six ? `2001:db8:${net}::${host.toString(16)}` : `10.${net}.0.${host}`;
}

function richLab(draw: Draw, six: boolean): DrawnLab {
	const on = "ip netns exec h ";
	const add = six ? "ip -6" : "ip";
	const length = six ? 64 : 24;
	const lines = ["ip netns add h", `${on}ip link set lo up`];
	if (draw.chance(92))
		lines.push(`${on}sysctl -qw ${six ? "net.ipv6.conf.all.forwarding" : "net.ipv4.ip_forward"}=1`);
	if (!six && draw.chance(85)) lines.push(...quiet(on));
	const ends: End[] = [];
	const late: string[] = [];
	const bridged = draw.int(0, 3);
	const routed = draw.int(bridged < 2 ? 2 : 1, 3);
	const own: string[] = [];
	const devices: string[] = [];
	const end = (n: number, net: number, host: number, link: string, gateway: string): End => ({
		netns: `c${n}`,
		dev: "eth0",
		mac: macOf(n),
		ip: `10.${net}.0.${host}`,
		...(six ? { ip6: address(true, net, host), local6: `fe80::${n + 16}` } : {}),
		answers: draw.chance(50),
		link,
		gateway,
	});
	const settle = (e: End, dev: string, net: number): void => {
		const router = address(six, net, 1);
		if (six) {
			late.push(...endUp(e, length, undefined).filter((l) => l.includes("link set")));
			if (e.answers)
				late.push(
					`ip netns exec ${e.netns} ip -6 addr add ${e.ip6}/64 dev eth0`,
					`ip netns exec ${e.netns} ip -6 addr add ${e.local6}/64 dev eth0`,
					`ip netns exec ${e.netns} ip -6 route add default via ${router} dev eth0`,
				);
		} else late.push(...endUp(e, length, router));
		if (e.answers) return;
		for (const ip of six ? [e.ip6, e.local6] : [e.ip])
			late.push(`${on}${add} neigh replace ${ip} lladdr ${e.mac} dev ${dev} nud permanent`);
	};
	const hostAddress = (dev: string, net: number): void => {
		own.push(address(six, net, 1));
		devices.push(dev);
		lines.push(`${on}${add} addr add ${address(six, net, 1)}/${length} dev ${dev}`);
		if (six) lines.push(`${on}ip -6 addr add fe80::1/64 dev ${dev}`);
	};
	if (bridged > 0) {
		lines.push(`${on}ip link add br0 address ${BRIDGE} type bridge`);
		for (let i = 1; i <= bridged; i++) {
			const e = end(i, 1, i + 1, "br0", BRIDGE);
			ends.push(e);
			lines.push(
				...wire(e.netns, e.mac, "h", `p${i}`, macOf(0x500 + i)),
				`${on}ip link set p${i} master br0`,
				`${on}ip link set p${i} up`,
			);
			if (draw.chance(15)) lines.push(`${on}bridge link set dev p${i} hairpin on`);
			// a station's MLD reports come by chance
			if (six && e.answers) late.push(`${on}bridge fdb replace ${e.mac} dev p${i} master static`);
		}
		if (draw.chance(15))
			lines.push(`${on}ip link set p1 mtu ${draw.pick(six ? [1400, 1280] : [1400, 1280, 600])}`);
		lines.push(`${on}ip link set br0 up`);
		hostAddress("br0", 1);
		for (const e of ends) settle(e, "br0", 1);
	}
	for (let i = 1; i <= routed; i++) {
		const dev = `e${i}`;
		const e = end(0x20 + i, i + 1, 2, dev, macOf(0x600 + i));
		ends.push(e);
		lines.push(...wire(e.netns, e.mac, "h", dev, macOf(0x600 + i)));
		if (draw.chance(30))
			lines.push(
				`${on}ip link set ${dev} mtu ${draw.pick(six ? [1400, 1280, 1300] : [1400, 1280, 1000, 576])}`,
			);
		lines.push(`${on}ip link set ${dev} up`);
		hostAddress(dev, i + 1);
		settle(e, dev, i + 1);
	}
	const targets: Target[] = own.map((ip) => ({ ip, ports: [53, 80, 4000, 443] }));
	targets.push({ ip: address(six, 66, 5), ports: [80, 53] }, { ip: address(six, 77, 1), ports: [80, 4000] });
	const far = draw.pick(ends.filter((e) => e.link !== "br0"));
	const farIp = six ? far.ip6 : far.ip;
	const via = six ? `via ${farIp} dev ${far.link}` : `via ${farIp}`;
	if (draw.chance(50)) late.push(`${on}${add} route add default ${via}`);
	if (draw.chance(30))
		late.push(`${on}${add} route add unreachable ${six ? "2001:db8:66::/48" : "10.66.0.0/16"}`);
	if (draw.chance(40)) {
		const other = draw.pick(ends.filter((e) => e.link !== "br0"));
		const gateway = six ? `via ${other.ip6} dev ${other.link}` : `via ${other.ip}`;
		late.push(
			`${on}${add} rule add fwmark ${draw.pick(["1", "0x2/0x3", "0x10/0x10"])} table 100`,
			`${on}${add} route add ${draw.pick([`default ${gateway}`, `default ${gateway}`, "unreachable default", "prohibit default"])} table 100`,
		);
	}
	if (!six && draw.chance(20)) late.push(`${on}sysctl -qw net.ipv4.conf.all.rp_filter=${draw.int(1, 2)}`);
	const all = ends.map((e) => (six ? (e.ip6 as string) : e.ip));
	const world: RichWorld = {
		on,
		six,
		devices,
		ports: ends.filter((e) => e.link === "br0").map((_, i) => `p${i + 1}`),
		addresses: [...all, ...own, address(six, 66, 5)],
		macs: ends.map((e) => e.mac),
		inside: all,
		own,
	};
	// MLD reports are not counted: they are gone by then
	if (six) late.push("sleep 0.05");
	late.push(...drawSets(draw, world));
	late.push(...drawRich(draw, world, draw.pick([4, 8, 15, 25, 40])));
	if (draw.chance(30))
		late.push(
			`${tool(world)} -t raw -A ${draw.pick(["PREROUTING", "OUTPUT"])} -p ${draw.pick(["udp", "tcp", six ? "icmpv6" : "icmp"])} -j CT --notrack`,
		);
	return {
		kind: six ? "mangle6" : "mangle",
		lines: [...lines, ...late],
		ends,
		targets: six ? [] : targets,
		...(six ? { targets6: targets, dual: false } : {}),
		ipv6: six,
		settle: 200,
		special: { percent: 25, episodes: NAT_EPISODES },
		bursts: 50,
		changes: "answers",
	};
}
