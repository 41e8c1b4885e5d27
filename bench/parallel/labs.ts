/** Labs of several hosts whose wires take time: what is run on one thread and on two. Traffic goes both ways, so that each half has as much to do. */

import type { Injection } from "@hookline/parallel";
import { parsePacketWords } from "hookline";

export interface Bench {
	readonly name: string;
	readonly lab: string;
	/** Injections that go on for `bursts` bursts. */
	inject(bursts: number): Injection[];
	/** Where the frames end: counted, and digested there. */
	readonly sinks: readonly string[];
	/** Frames that arrive at all sinks together, for each burst. */
	readonly perBurst: number;
	/** Virtual ns between two bursts. */
	readonly every: number;
}

/** Frames of a burst, each of a flow of its own. */
const BURST = 32;
const EVERY = 50_000;

function mac(text: string): number[] {
	return text.split(":").map((h) => Number.parseInt(h, 16));
}
function flows(to: string, from: string, source: string, destination: string): Uint8Array[] {
	return Array.from({ length: BURST }, (_, i) =>
		Uint8Array.from([
			...mac(to),
			...mac(from),
			8,
			0,
			...parsePacketWords(`udp ${source}:${5000 + i} > ${destination}:6000 len=22`),
		]),
	);
}
function times(n: number, what: (i: number) => string): string {
	return Array.from({ length: n }, (_, i) => what(i)).join("");
}
const byte = (n: number): string => n.toString(16).padStart(2, "0");

const ROUTERS = 8;
const DELAY = "delay 1ms limit 100000";

/** c1 – r1 – … – r8 – c2: every router tracks connections and has ten rules, the last of which matches. */
function chain(): Bench {
	const link = (a: string, aDev: string, b: string, bDev: string, n: number, net: string): string => `
ip link add ${aDev} netns ${a} address 02:00:00:00:${byte(n)}:01 type veth peer name ${bDev} netns ${b} address 02:00:00:00:${byte(n)}:02
ip netns exec ${a} ip link set ${aDev} up
ip netns exec ${b} ip link set ${bDev} up
ip netns exec ${a} ip addr add ${net}.1/24 dev ${aDev}
ip netns exec ${b} ip addr add ${net}.2/24 dev ${bDev}
ip netns exec ${a} ip neigh add ${net}.2 lladdr 02:00:00:00:${byte(n)}:02 dev ${aDev} nud permanent
ip netns exec ${b} ip neigh add ${net}.1 lladdr 02:00:00:00:${byte(n)}:01 dev ${bDev} nud permanent
`;
	const lab = `
ip netns add c1
${times(ROUTERS, (i) => {
	const r = `ip netns exec r${i + 1}`;
	return `
ip netns add r${i + 1}
${r} sysctl -qw net.ipv4.ip_forward=1
${times(9, (k) => `${r} iptables -A FORWARD -s 10.77.${k}.0/24 -p udp --dport ${7000 + k} -j DROP\n`)}
${r} iptables -A FORWARD -p udp --dport 6000 -j ACCEPT
${r} iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
`;
})}
ip netns add c2
${link("c1", "eth0", "r1", "left", 100, "10.1.0")}
${link(`r${ROUTERS}`, "right", "c2", "eth0", 101, "10.2.0")}
${times(ROUTERS - 1, (i) => link(`r${i + 1}`, "right", `r${i + 2}`, "left", i + 1, `10.0.${i + 1}`))}
${times(
	ROUTERS - 1,
	(i) => `
ip netns exec r${i + 1} tc qdisc add dev right root netem ${DELAY}
ip netns exec r${i + 2} tc qdisc add dev left root netem ${DELAY}
ip netns exec r${i + 1} ip route add 10.2.0.0/24 via 10.0.${i + 1}.2
ip netns exec r${i + 2} ip route add 10.1.0.0/24 via 10.0.${i + 1}.1
`,
)}`;
	const right = flows("02:00:00:00:64:02", "02:00:00:00:64:01", "10.1.0.1", "10.2.0.2");
	const left = flows("02:00:00:00:65:01", "02:00:00:00:65:02", "10.2.0.2", "10.1.0.1");
	return {
		name: `chain of ${ROUTERS} routers`,
		lab,
		sinks: ["c1:eth0", "c2:eth0"],
		perBurst: 2 * BURST,
		every: EVERY,
		inject: (bursts) => [
			{ at: "c1:eth0", bytes: right, every: EVERY, count: bursts },
			{ at: "c2:eth0", bytes: left, every: EVERY, count: bursts },
		],
	};
}

const HOSTS = 4;

/** Four hosts, a wire between each two, and on each a container in one VXLAN: every container sends to the three others. */
function mesh(): Bench {
	const hosts = Array.from({ length: HOSTS }, (_, i) => i + 1);
	const net = (a: number, b: number): string => `192.168.${Math.min(a, b)}${Math.max(a, b)}`;
	const inner = (i: number): string => `02:42:0a:00:00:0${i}`;
	const wire = (a: number, b: number): string => `02:00:00:00:${byte(10 * a + b)}:${byte(a)}`;
	const lab =
		hosts
			.map(
				(i) => `
ip netns add h${i}
ip netns exec h${i} ip link add br0 type bridge
ip netns exec h${i} ip link set br0 address 02:42:00:00:01:0${i}
ip netns exec h${i} ip link set br0 up
ip netns exec h${i} ip link add vx0 address 02:00:00:00:09:0${i} type vxlan id 42 dstport 4789 nolearning
ip netns exec h${i} ip link set vx0 master br0
ip netns exec h${i} ip link set vx0 up
ip netns add c${i}
ip link add vc netns h${i} address 02:00:00:00:08:0${i} type veth peer name eth0 netns c${i} address ${inner(i)}
ip netns exec h${i} ip link set vc master br0
ip netns exec h${i} ip link set vc up
ip netns exec c${i} ip link set eth0 up
ip netns exec c${i} ip addr add 10.0.0.${i}/24 dev eth0
ip netns exec h${i} bridge fdb add ${inner(i)} dev vc master static
`,
			)
			.join("") +
		hosts
			.flatMap((a) => hosts.filter((b) => b > a).map((b) => [a, b] as const))
			.map(
				([a, b]) => `
ip link add e${b} netns h${a} address ${wire(a, b)} type veth peer name e${a} netns h${b} address ${wire(b, a)}
${[
	[a, b],
	[b, a],
]
	.map(
		([x, y]) => `
ip netns exec h${x} ip link set e${y} up
ip netns exec h${x} ip addr add ${net(a, b)}.${x}/24 dev e${y}
ip netns exec h${x} tc qdisc add dev e${y} root netem delay 500us limit 100000
ip netns exec h${x} ip neigh add ${net(a, b)}.${y} lladdr ${wire(y, x)} dev e${y} nud permanent
ip netns exec h${x} bridge fdb add ${inner(y)} dev vx0 dst ${net(a, b)}.${y}
ip netns exec h${x} bridge fdb add ${inner(y)} dev vx0 master static
`,
	)
	.join("")}`,
			)
			.join("");
	return {
		name: `VXLAN mesh of ${HOSTS} hosts`,
		lab,
		sinks: hosts.map((i) => `c${i}:eth0`),
		perBurst: HOSTS * (HOSTS - 1) * BURST,
		every: EVERY,
		inject: (bursts) =>
			hosts.flatMap((i) =>
				hosts
					.filter((k) => k !== i)
					.map((k) => ({
						at: `c${i}:eth0`,
						bytes: flows(inner(k), inner(i), `10.0.0.${i}`, `10.0.0.${k}`),
						every: EVERY,
						count: bursts,
					})),
			),
	};
}

export const BENCHES: readonly Bench[] = [chain(), mesh()];
