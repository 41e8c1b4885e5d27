/**
 * Labs that last seconds: neighbours that never answer, redirects, error rates, connections, fdb entries and datagrams that time out,
 * rules that refill. What the kernel's timers leave to chance is not drawn: two neighbours that nobody answers for are asked 150 ms
 * apart, nothing ends or begins within 100 ms of a retry (one every 1.02 s), a connection is not sent to near the end of its time, nor
 * errors asked for near the end of a datagram's, and a lab ends when everything has timed out: when its state is read is chance.
 */
import type { Draw } from "./draw.ts";
import type { Shot } from "./flows.ts";
import { ethernet, fragments, icmp, ip4, tcp, udp } from "./frames.ts";
import { type DrawnLab, type End, endUp, macOf, neighbour, wire } from "./lab.ts";

export interface TimedShot {
	/** ms */
	readonly at: number;
	readonly shot: Shot;
}
export interface LastingLab {
	readonly lab: DrawnLab;
	readonly shots: readonly TimedShot[];
	/** ms, when everything has timed out */
	readonly over: number;
}

/** As a kind of lab. They take real seconds, so they are drawn only where they are asked for. */
export const LASTING = "lasting";

const CLIENT: End = {
	netns: "a",
	dev: "eth0",
	mac: macOf(1),
	ip: "10.1.0.2",
	answers: false,
	link: "e1",
	gateway: macOf(0x501),
};
const SERVER: End = {
	netns: "b",
	dev: "eth0",
	mac: macOf(2),
	ip: "10.2.0.2",
	answers: false,
	link: "e2",
	gateway: macOf(0x502),
};
const PEER: End = {
	netns: "c",
	dev: "eth0",
	mac: macOf(3),
	ip: "10.1.0.3",
	answers: false,
	link: "e1",
	gateway: macOf(0x501),
};
const ON = "ip netns exec r ";

/** A bridge with two ends on one side of a router, one end on its other side. */
export function drawLasting(draw: Draw): LastingLab {
	const lines = ["ip netns add r", `${ON}ip link set lo up`, `${ON}sysctl -qw net.ipv4.ip_forward=1`];
	lines.push(`${ON}ip link add e1 address ${macOf(0x501)} type bridge`, `${ON}ip link set e1 up`);
	for (const [end, port] of [
		[CLIENT, "p1"],
		[PEER, "p3"],
	] as const)
		lines.push(
			...wire(end.netns, end.mac, "r", port, macOf(0x510 + Number(port[1]))),
			`${ON}ip link set ${port} master e1`,
			`${ON}ip link set ${port} up`,
		);
	lines.push(...wire(SERVER.netns, SERVER.mac, "r", "e2", macOf(0x502)), `${ON}ip link set e2 up`);
	lines.push(`${ON}ip addr add 10.1.0.1/24 dev e1`, `${ON}ip addr add 10.2.0.1/24 dev e2`);
	const ends = [CLIENT, PEER, SERVER];
	for (const end of ends) {
		lines.push(...endUp(end, 24, undefined));
		lines.push(neighbour(ON, end, end.link));
	}
	const themes = draw.some(THEMES, draw.int(1, 3));
	const drawn = themes.map((theme) => theme(draw, lines));
	const parts = drawn[themes.indexOf(half)] ?? [];
	const shots = drawn.flatMap((d) => (d === parts ? d : d.filter((s) => !nearly(s.at, parts, 1000))));
	shots.sort((x, y) => x.at - y.at);
	const last = shots[shots.length - 1]?.at ?? 0;
	const over = last + (themes.includes(unanswered) ? 3700 : 2500);
	return { lab: { kind: "lasting", lines, ends, targets: [], ipv6: false, settle: 200 }, shots, over };
}
/** Is it about `ms` after one of these? */
function nearly(at: number, shots: readonly TimedShot[], ms: number): boolean {
	return shots.some((s) => Math.abs(at - s.at - ms) < 120);
}

type Theme = (draw: Draw, lines: string[]) => TimedShot[];
const THEMES: readonly Theme[] = [unanswered, rates, timeouts, refilling, ageing, half];

function from(
	end: End,
	at: number,
	dst: string,
	protocol: number,
	payload: Uint8Array,
	options: { ttl?: number; id?: number } = {},
): TimedShot {
	const packet = ip4({ src: end.ip, dst, protocol, ...options }, payload);
	return { at, shot: { end, bytes: ethernet(end.gateway!, end.mac, 0x0800, packet) } };
}
function datagram(
	end: End,
	at: number,
	dst: string,
	sport: number,
	dport: number,
	options: { ttl?: number } = {},
): TimedShot {
	return from(end, at, dst, 17, udp(end.ip, dst, sport, dport, new Uint8Array(8)), options);
}
/** A neighbour that does not exist: three questions, then errors for what waited, then again. */
function unanswered(draw: Draw): TimedShot[] {
	const out: TimedShot[] = [];
	for (let i = draw.int(1, 5), at = 10; i > 0; i--) {
		out.push(datagram(CLIENT, at, "10.2.0.99", 1000 + i, 53));
		// never near 1.02 s, 2.04 s and 3.06 s after the first
		at = draw.pick([at + 40, at + 300]);
		if (at > 900) break;
	}
	if (draw.chance(60)) out.push(datagram(CLIENT, draw.pick([3400, 3600]), "10.2.0.99", 1100, 53));
	return out;
}
/** Errors about packets to nowhere: buckets of one sender, spaced anyhow. */
function rates(draw: Draw): TimedShot[] {
	const out: TimedShot[] = [];
	let at = 25;
	for (let i = draw.int(6, 20); i > 0 && at < 4500; i--) {
		out.push(
			draw.chance(50)
				? datagram(PEER, at, "10.77.0.1", 2000 + i, 53)
				: datagram(PEER, at, "10.2.0.2", 2000 + i, 53, { ttl: 1 }),
		);
		at += draw.pick([10, 10, 10, 130, 370, 730]);
	}
	return out;
}
/** Connections that time out, by settings of a second or two. */
function timeouts(draw: Draw, lines: string[]): TimedShot[] {
	const names = [
		"udp_timeout",
		"udp_timeout_stream",
		"icmp_timeout",
		"generic_timeout",
		"tcp_timeout_syn_sent",
		"tcp_timeout_established",
		"tcp_timeout_close",
	];
	for (const name of names)
		lines.push(`${ON}sysctl -qw net.netfilter.nf_conntrack_${name}=${draw.int(1, 2)}`);
	lines.push(
		`${ON}iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED`,
		`${ON}iptables -A FORWARD -m conntrack --ctstate NEW`,
		`${ON}iptables -A FORWARD -m conntrack --ctstate INVALID`,
	);
	if (draw.chance(50)) lines.push(`${ON}iptables -t nat -A POSTROUTING -o e2 -j SNAT --to-source 10.2.0.1`);
	const out: TimedShot[] = [];
	let at = 40;
	for (let i = draw.int(3, 8); i > 0; i--) {
		while (nearly(at, out, 1000) || nearly(at, out, 2000)) at += 130;
		const kind = draw.below(4);
		if (kind === 0) out.push(datagram(CLIENT, at, SERVER.ip, 4000, 53));
		else if (kind === 1) out.push(datagram(SERVER, at, draw.pick([CLIENT.ip, "10.2.0.1"]), 53, 4000));
		else if (kind === 2) out.push(from(CLIENT, at, SERVER.ip, 1, icmp(8, 0, 0x70001, new Uint8Array(8))));
		else
			out.push(
				from(
					CLIENT,
					at,
					SERVER.ip,
					6,
					tcp(
						CLIENT.ip,
						SERVER.ip,
						{ sport: 4000, dport: 80, seq: 100, ack: 0, flags: draw.pick([2, 16, 4]) },
						new Uint8Array(0),
					),
				),
			);
		at += draw.pick([200, 500, 700, 1500]);
	}
	return out;
}
/** Matches that allow so many in a time. */
function refilling(draw: Draw, lines: string[]): TimedShot[] {
	const n = draw.int(1, 4);
	lines.push(
		`${ON}iptables -A FORWARD -p udp --dport 7000 ${draw.pick([
			`-m limit --limit 2/sec --limit-burst ${n}`,
			`-m hashlimit --hashlimit-name h --hashlimit-mode srcip --hashlimit-upto 2/sec --hashlimit-burst ${n}`,
			`-m hashlimit --hashlimit-name h --hashlimit-mode srcip,dstport --hashlimit-above 1/sec --hashlimit-burst ${n}`,
			`-m recent --name r --set --rsource`,
		])} -j ${draw.pick(["ACCEPT", "DROP", "RETURN"])}`,
		`${ON}iptables -A FORWARD -p udp --dport 7001 -m recent --name r ${draw.pick(["--rcheck", "--update"])} --seconds 2 --hitcount ${n} --rsource -j DROP`,
	);
	const out: TimedShot[] = [];
	let at = 55;
	for (let i = draw.int(4, 14); i > 0; i--) {
		out.push(datagram(draw.pick([CLIENT, PEER]), at, SERVER.ip, 3000, draw.pick([7000, 7000, 7001])));
		// a token comes each 500 ms or second: never at one of its edges
		at += draw.pick([7, 7, 110, 340, 640]);
	}
	return out;
}
/** Stations of a bridge that are forgotten after 2 s. */
function ageing(draw: Draw, lines: string[]): TimedShot[] {
	lines.push(`${ON}ip link set e1 type bridge ageing_time 200`);
	const station = "02:00:00:00:77:01";
	const type = 0x88b5;
	const out: TimedShot[] = [
		{ at: 70, shot: { end: PEER, bytes: ethernet("ff:ff:ff:ff:ff:ff", station, type, new Uint8Array(46)) } },
	];
	for (const at of draw.some([300, 900, 1500, 2900, 3500], draw.int(2, 5)))
		out.push({ at, shot: { end: CLIENT, bytes: ethernet(station, CLIENT.mac, type, new Uint8Array(46)) } });
	return out;
}
/** Datagrams of which a part never comes. */
function half(draw: Draw, lines: string[]): TimedShot[] {
	lines.push(`${ON}sysctl -qw net.ipv4.ipfrag_time=1`);
	const to = draw.pick(["10.1.0.1", SERVER.ip]);
	const whole = ip4(
		{ src: PEER.ip, dst: to, protocol: 17, id: 77 },
		udp(PEER.ip, to, 5000, 9, new Uint8Array(1000)),
	);
	const parts = fragments(whole, 400);
	const out: TimedShot[] = [];
	let at = 85;
	for (const part of draw.some(parts, draw.int(1, parts.length))) {
		out.push({ at, shot: { end: PEER, bytes: ethernet(PEER.gateway!, PEER.mac, 0x0800, part) } });
		at += draw.pick([10, 300, 1700]);
	}
	return out;
}
