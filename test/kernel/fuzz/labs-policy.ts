/**
 * Draws labs about routing: one or two routers with several tables, rules that choose among them, marks, checks of sources, and the
 * settings that decide what a router says and whom it believes.
 *
 * How soon a second redirect follows depends on ticks, so a router that redirects sees bursts only, and nothing changes meanwhile.
 */
import type { Draw } from "./draw.ts";
import { type DrawnLab, type End, endUp, macOf, neighbour, patient, type Target, wire } from "./lab.ts";
import { drawPolicies, type PolicyWorld } from "./policies.ts";
import { drawNat, drawRules } from "./rules.ts";
import { POLICY_EPISODES } from "./traffic-policy.ts";

/** A router while its lines are put together. */
interface Router extends PolicyWorld {
	readonly netns: string;
	readonly devices: string[];
	readonly own: string[];
	readonly hops: { ip: string; dev: string }[];
}

export function policyLab(draw: Draw): DrawnLab {
	const redirects = draw.chance(25);
	const lines: string[] = [];
	const late: string[] = [];
	const ends: End[] = [];
	const targets: Target[] = [];
	const router = (netns: string): Router => {
		const on = `ip netns exec ${netns} `;
		lines.push(`ip netns add ${netns}`, `${on}ip link set lo up`);
		if (!redirects)
			for (const where of ["all", "default"])
				lines.push(`${on}sysctl -qw net.ipv4.conf.${where}.send_redirects=0`);
		if (draw.chance(85)) lines.push(`${on}sysctl -qw net.ipv4.ip_forward=1`);
		return { netns, on, devices: [], own: [], hops: [], ends, targets };
	};
	const r = router("r");
	const two = draw.chance(40) ? router("s") : undefined;
	if (two !== undefined) connect(r, two, lines, draw);
	for (let i = draw.int(two === undefined ? 2 : 1, 4), n = 1; n <= i; n++)
		link(draw, draw.chance(60) ? r : (two ?? r), n, { lines, late, ends, targets });
	for (const at of two === undefined ? [r] : [r, two]) {
		const far = at === r ? two : r;
		if (far !== undefined && draw.chance(85))
			for (const own of far.own.filter((ip) => !ip.startsWith("10.50.")))
				late.push(`${at.on}ip route replace ${own.replace(/\d+$/, "0/24")} via 10.50.0.${at === r ? 2 : 1}`);
		if (draw.chance(35)) {
			late.push(`${at.on}ip addr add 10.9.9.${at === r ? 9 : 8}/32 dev lo`);
			at.own.push(`10.9.9.${at === r ? 9 : 8}`);
		}
		if (at.hops.length > 0) late.push(...drawPolicies(draw, at));
		const rules = {
			on: at.on,
			devices: at.devices,
			ports: [],
			addresses: ends.map((e) => e.ip),
			macs: ends.map((e) => e.mac),
			inside: ends.map((e) => e.ip),
			own: at.own,
		};
		if (draw.chance(15)) late.push(...drawRules(draw, rules, draw.int(1, 8)));
		if (draw.chance(12)) late.push(...drawNat(draw, rules, at.devices[0] ?? "lo", "10.2.0.0/24"));
		targets.push(...at.own.map((ip) => ({ ip, ports: [53, 80] })));
	}
	targets.push({ ip: "10.77.0.1", ports: [] }, { ip: "10.66.1.1", ports: [53, 80] });
	return {
		kind: "policy",
		lines: [...lines, ...late],
		ends,
		targets,
		ipv6: false,
		settle: 200,
		episodes: POLICY_EPISODES,
		bursts: redirects ? 100 : 45,
		changes: !redirects,
	};
}

/** r and s have a link of their own. */
function connect(r: Router, s: Router, lines: string[], draw: Draw): void {
	lines.push(
		`ip link add x0 netns r address ${macOf(0x7f1)} type veth peer name x0 netns s address ${macOf(0x7f2)}`,
	);
	for (const [at, n, other] of [
		[r, 1, 2],
		[s, 2, 1],
	] as const) {
		lines.push(`${at.on}ip addr add 10.50.0.${n}/24 dev x0`);
		if (draw.chance(15)) lines.push(`${at.on}ip link set x0 mtu ${draw.pick([1400, 1280])}`);
		lines.push(`${at.on}ip link set x0 up`);
		lines.push(...patient(at.on, "x0"));
		at.devices.push("x0");
		at.own.push(`10.50.0.${n}`);
		at.hops.push({ ip: `10.50.0.${other}`, dev: "x0" });
	}
}
/** Link number n of a router: a wire to one end, or a bridge with two or three. */
function link(
	draw: Draw,
	at: Router,
	n: number,
	to: { lines: string[]; late: string[]; ends: End[]; targets: Target[] },
): void {
	const { lines, late, ends, targets } = to;
	const dev = `e${n}`;
	const gateway = macOf(0x500 + n);
	const shared = draw.chance(35);
	const make = (netns: string, i: number): End => ({
		netns,
		dev: "eth0",
		mac: macOf(n * 16 + i),
		ip: `10.${n}.0.${i + 1}`,
		answers: draw.chance(50),
		gateway,
		link: dev,
	});
	const own: End[] = [];
	if (shared) {
		const u = `u${n}`;
		lines.push(
			`ip netns add ${u}`,
			`ip netns exec ${u} ip link add lan address ${macOf(0x980 + n)} type bridge`,
			`ip netns exec ${u} ip link set lan up`,
			`ip link add ${dev} netns ${at.netns} address ${gateway} type veth peer name w netns ${u} address ${macOf(0x900 + n)}`,
			`ip netns exec ${u} ip link set w master lan`,
			`ip netns exec ${u} ip link set w up`,
		);
		for (let i = 1; i <= draw.int(2, 3); i++) {
			const end = make(`n${n}${i}`, i);
			own.push(end);
			lines.push(
				...wire(end.netns, end.mac, u, `p${i}`, macOf(0xa00 + n * 16 + i)),
				`ip netns exec ${u} ip link set p${i} master lan`,
				`ip netns exec ${u} ip link set p${i} up`,
			);
		}
	} else {
		const end = make(`n${n}`, 1);
		own.push(end);
		lines.push(...wire(end.netns, end.mac, at.netns, dev, gateway));
	}
	if (draw.chance(20)) lines.push(`${at.on}ip link set ${dev} mtu ${draw.pick([1400, 1280, 1000, 576])}`);
	lines.push(`${at.on}ip addr add 10.${n}.0.1/24 dev ${dev}`, `${at.on}ip link set ${dev} up`);
	lines.push(...patient(at.on, dev));
	at.devices.push(dev);
	at.own.push(`10.${n}.0.1`);
	if (draw.chance(20)) {
		lines.push(`${at.on}ip addr add 10.${n}.9.1/24 dev ${dev}`);
		at.own.push(`10.${n}.9.1`);
	}
	for (const end of own) {
		ends.push(end);
		at.hops.push({ ip: end.ip, dev });
		late.push(...endUp(end, 24, `10.${n}.0.1`));
		if (!end.answers) late.push(neighbour(at.on, end, dev));
		else if (draw.chance(25)) {
			const name = draw.pick([
				"conf.all.secure_redirects=0",
				"conf.all.shared_media=0",
				"conf.all.accept_redirects=0",
				"ip_no_pmtu_disc=1",
				"conf.all.rp_filter=1",
				"icmp_echo_ignore_broadcasts=0",
			]);
			late.push(`ip netns exec ${end.netns} sysctl -qw net.ipv4.${name}`);
		}
	}
	if (draw.chance(50)) targets.push({ ip: `10.10${n}.7.7`, ports: [80] });
}
