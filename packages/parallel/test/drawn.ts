/** Labs and traffic drawn by chance: routers and bridges in a tree, wires of few different delays, frames that are right and frames that are not. */
import { Random } from "@hookline/engine/ring/random";
import type { Injection } from "../src/inject.ts";
import { arpRequest, frame, type Scene } from "./labs.ts";

const WORDS = [
	"udp ME:5000 > TO:9",
	"udp ME:5001 > TO:777 len=30",
	"udp ME:5002 > TO:9 ttl=2",
	"udp ME:5003 > TO:9 len=1400",
	"udp ME:5004 > TO:9 len=1400 df",
	"icmp ME > TO",
	"icmp ME > TO ttl=1",
	"tcp ME:5005 > TO:80 syn",
	"tcp ME:5006 > TO:81 ack",
];

export interface DrawnScene extends Scene {
	/** Hosts with their containers, to be dealt out. */
	readonly hosts: readonly (readonly string[])[];
}

export function drawScene(seed: number): DrawnScene {
	const random = new Random(seed);
	const one = <T>(list: readonly T[]): T => list[random.below(list.length)];
	const n = 3 + random.below(4);
	const hosts = Array.from({ length: n }, (_, i) => i);
	const routes = hosts.map(() => random.below(10) < 7);
	const parent = hosts.map((i) => (i === 0 ? -1 : random.below(i)));
	const mac = (kind: number, i: number): string =>
		`02:00:00:00:${kind.toString(16).padStart(2, "0")}:${i.toString(16).padStart(2, "0")}`;
	const lines: string[] = [];
	for (const i of hosts) {
		lines.push(`ip netns add h${i}`, `ip netns add c${i}`);
		const h = `ip netns exec h${i}`;
		const c = `ip netns exec c${i}`;
		lines.push(
			`ip link add vc netns h${i} address ${mac(1, i)} type veth peer name eth0 netns c${i} address ${mac(2, i)}`,
			`${h} ip link set vc up`,
			`${c} ip link set eth0 up`,
			`${c} ip addr add 10.0.${i}.2/24 dev eth0`,
			`${c} ip route add default via 10.0.${i}.1`,
		);
		if (routes[i])
			lines.push(`${h} sysctl -qw net.ipv4.ip_forward=1`, `${h} ip addr add 10.0.${i}.1/24 dev vc`);
		else
			lines.push(
				`${h} ip link add br0 type bridge`,
				`${h} ip link set br0 address ${mac(3, i)}`,
				`${h} ip link set vc master br0`,
				`${h} ip addr add 10.0.${i}.1/24 dev br0`,
				`${h} ip link set br0 up`,
			);
	}
	const edges = hosts.slice(1).map((i) => [i, parent[i]] as const);
	edges.forEach(([a, b], e) => {
		lines.push(
			`ip link add to${b} netns h${a} address ${mac(4, e)} type veth peer name to${a} netns h${b} address ${mac(5, e)}`,
		);
		const delay = one(["100us", "100us", "250us", "1ms"]);
		const mtu = one([1500, 1500, 1500, 600]);
		for (const [x, y, last] of [
			[a, b, 1],
			[b, a, 2],
		]) {
			const h = `ip netns exec h${x}`;
			lines.push(
				`${h} tc qdisc add dev to${y} root netem delay ${delay}${one(["", "", " rate 10mbit"])} limit ${one([1000, 1000, 4])}`,
				`${h} ip link set to${y} mtu ${random.below(4) === 0 ? 1500 : mtu}`,
				`${h} ip link set to${y} up`,
				routes[x]
					? `${h} ip addr add 172.16.${e}.${last}/24 dev to${y}`
					: `${h} ip link set to${y} master br0`,
			);
		}
	});
	// everybody knows the way to everybody along the tree
	const way = (from: number, to: number): number => {
		let at = to;
		while (parent[at] !== from && parent[at] >= 0) at = parent[at];
		return parent[at] === from ? at : parent[from];
	};
	for (const i of hosts)
		for (const k of hosts) {
			if (i === k || !routes[i]) continue;
			const next = way(i, k);
			const e = edges.findIndex(([a, b]) => (a === i && b === next) || (a === next && b === i));
			const via = routes[next] ? `via 172.16.${e}.${edges[e][0] === next ? 1 : 2} ` : "";
			lines.push(`ip netns exec h${i} ip route add 10.0.${k}.0/24 ${via}dev to${next}`);
		}
	for (const i of hosts) {
		const h = `ip netns exec h${i} iptables`;
		const rules = [
			`${h} -t nat -A POSTROUTING -s 10.0.${i}.0/24 -p udp -j MASQUERADE --random`,
			`${h} -A FORWARD -p udp --dport 777 -m statistic --mode random --probability 0.5 -j DROP`,
			`${h} -A FORWARD -p tcp --dport 81 -j REJECT --reject-with tcp-reset`,
			`${h} -A FORWARD -m conntrack --ctstate INVALID -j DROP`,
			`${h} -A INPUT -p icmp -m limit --limit 5/s --limit-burst 2 -j ACCEPT`,
			`${h} -A FORWARD -p udp --dport 9 -j REJECT`,
		];
		for (const rule of rules) if (random.below(4) === 0) lines.push(rule);
	}
	const raw = (): Uint8Array => {
		const bytes = Uint8Array.from({ length: 20 + random.below(400) }, () => random.below(256));
		const i = one(hosts);
		bytes.set(one([[255, 255, 255, 255, 255, 255], hexBytes(mac(1, i)), hexBytes(mac(2, i))]));
		bytes.set(
			one([
				[8, 0, 0x45],
				[8, 6, 0],
				[0x81, 0, 0, 5, 8, 0, 0x45],
				[0x81, 0, 0, 0, 8, 0],
				[0x86, 0xdd, 0x60],
				[8, 0, 0x46],
			]),
			12,
		);
		return bytes;
	};
	const inject = Array.from({ length: 60 }, (): Injection => {
		const [i, k] = [one(hosts), one(hosts)];
		const words = one(WORDS).replace("ME", `10.0.${i}.2`).replace("TO", `10.0.${k}.2`);
		const gateway = routes[i] ? mac(1, i) : mac(3, i);
		const kind = random.below(10);
		const bytes =
			kind < 7
				? frame(kind === 6 ? mac(2, k) : gateway, mac(2, i), words)
				: kind === 7
					? arpRequest(mac(2, i), `10.0.${i}.2`, `10.0.${k}.2`)
					: raw();
		return {
			at: `c${i}:eth0`,
			bytes,
			// few different times, so that much falls on one instant
			time: random.below(100) * 50_000,
			every: 50_000 * (1 + random.below(5)),
			count: 1 + random.below(8),
		};
	});
	return {
		name: `seed ${seed}`,
		lab: `${lines.join("\n")}\n`,
		inject,
		observe: hosts
			.flatMap((i) => [`c${i}:eth0`, `h${i}:vc`])
			.concat(edges.flatMap(([a, b]) => [`h${a}:to${b}`, `h${b}:to${a}`])),
		until: 6e9,
		expects: [],
		hosts: hosts.map((i) => [`h${i}`, `c${i}`]),
	};
}

function hexBytes(text: string): number[] {
	return text.split(":").map((h) => Number.parseInt(h, 16));
}
