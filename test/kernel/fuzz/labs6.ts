/**
 * Draws labs with IPv6: one bridge, one router, hosts with VXLAN between them; with IPv4 beside it or without.
 *
 * What a kernel does by chance is kept out: an end that answers sends MLD reports after a random delay, and a bridge learns from
 * them, so its MAC is in the bridge's table from the beginning. No end is asked for that would not answer.
 */
import type { Draw } from "./draw.ts";
import { type DrawnLab, type End, endUp, macOf, neighbour, type Target, wire } from "./lab.ts";
import { overlayHost, UNDERLAY } from "./overlay.ts";
import { drawNat6, drawRules6 } from "./rules6.ts";

function ruleCount(draw: Draw): number {
	return draw.pick([0, 0, 0, 3, 8, 15, 30]);
}

/** Lines that give an end that answers its IPv6 addresses and default route. */
function end6Up(draw: Draw, end: End, router: string | undefined, counted: boolean): string[] {
	if (!end.answers) return [];
	const on = `ip netns exec ${end.netns} `;
	const lines: string[] = [];
	// an address made of an advertised prefix is reported by MLD, which a rule set would count
	if (draw.chance(15) && !counted) lines.push(`${on}sysctl -qw net.ipv6.conf.eth0.accept_ra=1`);
	lines.push(`${on}ip -6 addr add ${end.ip6}/64 dev eth0`);
	if (draw.chance(70)) lines.push(`${on}ip -6 addr add ${end.local6}/64 dev eth0`);
	if (router !== undefined) lines.push(`${on}ip -6 route add default via ${router} dev eth0`);
	if (draw.chance(10)) lines.push(`${on}sysctl -qw net.ipv6.conf.all.forwarding=1`);
	return lines;
}
function neighbours6(on: string, end: End, dev: string): string[] {
	return [end.ip6, end.local6].map(
		(ip) => `${on}ip -6 neigh replace ${ip} lladdr ${end.mac} dev ${dev} nud permanent`,
	);
}

export function bridge6Lab(draw: Draw): DrawnLab {
	return bridged(draw, false);
}
/** The same with rules in the nat table, which translate what is bridged. */
export function bridge6NatLab(draw: Draw): DrawnLab {
	return bridged(draw, true);
}
/** Containers on a bridge that may have addresses of its own. */
function bridged(draw: Draw, nat: boolean): DrawnLab {
	const count = draw.int(2, 6);
	const dual = draw.chance(40);
	const hosted = draw.chance(60);
	const rules = ruleCount(draw);
	const local = draw.chance(70);
	const on = "ip netns exec h ";
	const lines = [
		"ip netns add h",
		`${on}ip link set lo up`,
		`${on}ip link add br0 address 02:00:00:00:01:00 type bridge`,
	];
	const late: string[] = [];
	const ends: End[] = [];
	for (let i = 1; i <= count; i++) {
		const end: End = {
			netns: `c${i}`,
			dev: "eth0",
			mac: macOf(i),
			ip: `10.1.0.${i + 1}`,
			ip6: `2001:db8:1::${i + 1}`,
			local6: `fe80::${i + 1}`,
			answers: draw.chance(40),
			link: "br0",
			...(hosted ? { gateway: "02:00:00:00:01:00" } : {}),
		};
		ends.push(end);
		lines.push(
			...wire(end.netns, end.mac, "h", `p${i}`, macOf(0x500 + i)),
			`${on}ip link set p${i} master br0`,
		);
		if (end.answers) late.push(`${on}bridge fdb replace ${end.mac} dev p${i} master static`);
	}
	if (draw.chance(20))
		lines.push(`${on}ip link set p${draw.int(1, count)} mtu ${draw.pick([1400, 1280, hosted ? 1280 : 600])}`);
	if (draw.chance(30)) {
		const flag = draw.pick(["hairpin on", "isolated on", "learning off", "flood off", "mcast_flood off"]);
		lines.push(`${on}bridge link set dev p${draw.int(1, count)} ${flag}`);
	}
	for (let i = 1; i <= count; i++) lines.push(`${on}ip link set p${i} up`);
	lines.push(`${on}ip link set br0 up`);
	if (hosted) {
		lines.push(`${on}ip -6 addr add 2001:db8:1::1/64 dev br0`);
		if (local) lines.push(`${on}ip -6 addr add fe80::1/64 dev br0`);
		if (dual) lines.push(`${on}ip addr add 10.1.0.1/24 dev br0`);
	}
	for (const e of ends) {
		const four = endUp(e, 24, hosted ? "10.1.0.1" : undefined);
		lines.push(...(dual ? four : four.filter((l) => l.includes("link set"))));
		const router = local && draw.chance(60) ? "fe80::1" : "2001:db8:1::1";
		lines.push(...end6Up(draw, e, hosted ? router : undefined, rules > 0 || nat));
		if (hosted && !e.answers) {
			lines.push(...neighbours6(on, e, "br0"));
			if (dual) lines.push(neighbour(on, e, "br0"));
		}
	}
	if (draw.chance(30)) lines.push(`${on}sysctl -qw net.ipv6.conf.all.forwarding=1`);
	if (draw.chance(20)) lines.push(`${on}sysctl -qw net.bridge.bridge-nf-call-ip6tables=0`);
	const world = {
		on,
		devices: ["br0"],
		ports: ends.map((_, i) => `p${i + 1}`),
		addresses: [...ends.map((e) => e.ip6 as string), "2001:db8:1::1"],
		macs: ends.map((e) => e.mac),
		inside: ends.map((e) => e.ip6 as string),
		own: ["2001:db8:1::1"],
	};
	late.push(...drawRules6(draw, world, rules));
	if (nat) late.push(...drawNat6(draw, world, "br0", "2001:db8:1::/64"));
	const targets6 = hosted ? [{ ip: "2001:db8:1::1", ports: [53, 80] }] : [];
	return {
		kind: `${dual ? "dual bridge" : "bridge6"}${nat ? " with nat" : ""}`,
		lines: [...lines, ...late],
		ends,
		targets: hosted && dual ? [{ ip: "10.1.0.1", ports: [53, 80] }] : [],
		targets6,
		ipv6: true,
		dual,
		settle: 150,
	};
}

/** One router between two to four links, with routes to networks behind the ends. */
export function router6Lab(draw: Draw): DrawnLab {
	const on = "ip netns exec r ";
	const count = draw.int(2, 4);
	const dual = draw.chance(35);
	const rules = ruleCount(draw);
	const nat = draw.chance(35);
	const lines = ["ip netns add r", `${on}ip link set lo up`];
	if (draw.chance(90)) lines.push(`${on}sysctl -qw net.ipv6.conf.all.forwarding=1`);
	if (dual) lines.push(`${on}sysctl -qw net.ipv4.ip_forward=1`);
	const ends: End[] = [];
	const targets: Target[] = [];
	const targets6: Target[] = [{ ip: "2001:db8:7777::1", ports: [] }];
	const late: string[] = [];
	for (let i = 1; i <= count; i++) {
		const end: End = {
			netns: `n${i}`,
			dev: "eth0",
			mac: macOf(i),
			ip: `10.${i}.0.2`,
			ip6: `2001:db8:${i}::2`,
			local6: "fe80::2",
			answers: draw.chance(50),
			gateway: macOf(0x500 + i),
			link: `e${i}`,
		};
		const local = draw.chance(75);
		ends.push(end);
		lines.push(...wire(end.netns, end.mac, "r", `e${i}`, macOf(0x500 + i)));
		if (draw.chance(30)) lines.push(`${on}ip link set e${i} mtu ${draw.pick([1400, 1280, 1300, 1450])}`);
		lines.push(`${on}ip link set e${i} up`, `${on}ip -6 addr add 2001:db8:${i}::1/64 dev e${i}`);
		if (local) lines.push(`${on}ip -6 addr add fe80::1/64 dev e${i}`);
		if (dual) lines.push(`${on}ip addr add 10.${i}.0.1/24 dev e${i}`);
		if (draw.chance(20)) {
			lines.push(`${on}ip -6 addr add 2001:db8:${i}:9::1/64 dev e${i}`);
			targets6.push({ ip: `2001:db8:${i}:9::1`, ports: [80] });
		}
		targets6.push({ ip: `2001:db8:${i}::1`, ports: [53, 80] });
		if (dual) targets.push({ ip: `10.${i}.0.1`, ports: [53, 80] });
		if (!end.answers) {
			late.push(...neighbours6(on, end, `e${i}`));
			if (dual) late.push(neighbour(on, end, `e${i}`));
		}
		if (draw.chance(50)) {
			const gateway = draw.chance(30) && !end.answers ? end.local6 : end.ip6;
			const mtu = draw.chance(20) ? ` mtu ${draw.pick([1280, 1300])}` : "";
			late.push(`${on}ip -6 route add 2001:db8:10${i}::/48 via ${gateway} dev e${i}${mtu}`);
			targets6.push({ ip: `2001:db8:10${i}:7::7`, ports: [80] });
		}
		if (draw.chance(8)) late.push(`${on}sysctl -qw net.ipv6.conf.e${i}.proxy_ndp=1`);
		const four = endUp(end, 24, `10.${i}.0.1`);
		late.push(...(dual ? four : four.filter((l) => l.includes("link set"))));
		const router = local && draw.chance(60) ? "fe80::1" : `2001:db8:${i}::1`;
		late.push(...end6Up(draw, end, router, rules > 0 || nat));
	}
	if (draw.chance(50)) {
		const kind = draw.pick(["blackhole", "unreachable", "prohibit"]);
		late.push(`${on}ip -6 route add ${kind} 2001:db8:66::/48`);
		targets6.push({ ip: "2001:db8:66::1", ports: [] });
	}
	if (draw.chance(30)) {
		const e = draw.pick(ends);
		late.push(`${on}ip -6 route add default via ${e.ip6} dev ${e.link}`);
	}
	if (draw.chance(25)) {
		const e = draw.pick(ends);
		const choose = draw.pick([
			`from ${draw.pick(ends).ip6}`,
			`iif ${draw.pick(ends).link}`,
			"to 2001:db8:66::/48",
			"ipproto udp dport 53",
		]);
		late.push(
			`${on}ip -6 rule add ${choose} table 100`,
			`${on}ip -6 route add default via ${e.ip6} dev ${e.link} table 100`,
		);
	}
	const world = {
		on,
		devices: ends.map((e) => e.link),
		ports: [],
		addresses: [...ends.map((e) => e.ip6 as string), ...targets6.map((t) => t.ip)],
		macs: ends.map((e) => e.mac),
		inside: ends.map((e) => e.ip6 as string),
		own: ends.map((_, i) => `2001:db8:${i + 1}::1`),
	};
	late.push(...drawRules6(draw, world, rules));
	if (nat) late.push(...drawNat6(draw, world, "e1", "2001:db8:2::/64"));
	return {
		kind: dual ? "dual router" : "router6",
		lines: [...lines, ...late],
		ends,
		targets,
		targets6,
		ipv6: true,
		dual,
		settle: 200,
	};
}

/** Two or three hosts on an IPv4 underlay whose VXLAN carries IPv6. The hosts' bridges may have addresses inside. */
export function vxlan6Lab(draw: Draw): DrawnLab {
	const hosts = draw.int(2, 3);
	const mtu = draw.pick([1500, 1500, 1550, 1400]);
	const lines = [...UNDERLAY];
	const ends: End[] = [];
	const late: string[] = [];
	for (let h = 1; h <= hosts; h++) {
		const ns = `h${h}`;
		const on = `ip netns exec ${ns} `;
		// whom it heard from is chance here: MLD reports
		lines.push(...overlayHost(h, mtu, "42", " nolearning"));
		if (draw.chance(30)) lines.push(`${on}ip -6 addr add 2001:db8:1::10${h}/64 dev br0`);
		for (let other = 1; other <= hosts; other++) {
			if (other === h) continue;
			late.push(`${on}bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.50.0.${other}`);
			late.push(`${on}bridge fdb replace ${macOf(0x100 + other)} dev vx0 master static`);
		}
		for (let i = 1; i <= draw.int(1, 2); i++) {
			const n = h * 16 + i;
			const end: End = {
				netns: `c${n}`,
				dev: "eth0",
				mac: macOf(n),
				ip: `10.1.0.${n}`,
				ip6: `2001:db8:1::${n}`,
				local6: `fe80::${n}`,
				answers: draw.chance(40),
				link: "overlay",
			};
			ends.push(end);
			lines.push(
				...wire(end.netns, end.mac, ns, `p${i}`, macOf(0x500 + n)),
				`${on}ip link set p${i} master br0`,
				`${on}ip link set p${i} up`,
				...endUp(end, 24, undefined).filter((l) => l.includes("link set")),
				...end6Up(draw, end, undefined, false),
			);
			if (!end.answers) continue;
			for (let other = 1; other <= hosts; other++)
				late.push(
					`ip netns exec h${other} bridge fdb replace ${end.mac} dev ${other === h ? `p${i}` : "vx0"} master static`,
				);
		}
	}
	for (const end of ends)
		for (let h = 1; h <= hosts; h++) {
			const home = Math.floor(Number(end.netns.slice(1)) / 16);
			if (home !== h && draw.chance(60))
				late.push(`ip netns exec h${h} bridge fdb add ${end.mac} dev vx0 dst 10.50.0.${home}`);
		}
	return {
		kind: "vxlan6",
		lines: [...lines, ...late],
		ends,
		targets: [],
		targets6: [],
		ipv6: true,
		dual: false,
		settle: 250,
	};
}
