/** Labs of several hosts whose wires take time, and traffic for them: what the tests run whole and in parts. */
import { setChecksum as setIcmp6Checksum } from "@hookline/engine/wire/icmpv6";
import { parsePacketWords } from "hookline";
import type { Injection } from "../src/inject.ts";

export interface Scene {
	readonly name: string;
	readonly lab: string;
	readonly inject: readonly Injection[];
	readonly observe: readonly string[];
	/** Virtual ns. */
	readonly until: number;
	/** Something that must have happened, or the scene shows nothing: names of drop reasons and of `counters` fields. */
	readonly expects: readonly string[];
	/** Frames that are on a wire when the lab's text has run; default 0. */
	readonly heldAtStart?: number;
}

const MS = 1e6;

function mac(text: string): number[] {
	return text.split(":").map((h) => Number.parseInt(h, 16));
}
function framed(to: string, from: string, type: number, packet: Uint8Array): Uint8Array {
	return Uint8Array.from([...mac(to), ...mac(from), type >> 8, type & 255, ...packet]);
}
/** An IPv4 packet in words, as `from` sends it to the MAC `to`. */
export function frame(to: string, from: string, words: string): Uint8Array {
	return framed(to, from, 0x0800, parsePacketWords(words));
}
export function arpRequest(from: string, sender: string, target: string): Uint8Array {
	const ip = (t: string): number[] => t.split(".").map(Number);
	return framed(
		"ff:ff:ff:ff:ff:ff",
		from,
		0x0806,
		Uint8Array.from([0, 1, 8, 0, 6, 4, 0, 1, ...mac(from), ...ip(sender), 0, 0, 0, 0, 0, 0, ...ip(target)]),
	);
}
function times(n: number, what: (i: number) => string): string {
	return Array.from({ length: n }, (_, i) => what(i)).join("");
}

/** c1 – r1 – r2 – … – rN – c2; the wires between routers take time, the containers' do not. */
function chain(n: number, delay: (i: number) => string): string {
	const hex = (i: number): string => i.toString(16).padStart(2, "0");
	const link = (a: string, aDev: string, b: string, bDev: string, i: number, net: string): string => `
ip netns exec ${a} true
ip link add ${aDev} netns ${a} address 02:00:00:00:${hex(i)}:01 type veth peer name ${bDev} netns ${b} address 02:00:00:00:${hex(i)}:02
ip netns exec ${a} ip addr add ${net}.1/24 dev ${aDev}
ip netns exec ${b} ip addr add ${net}.2/24 dev ${bDev}
ip netns exec ${a} ip link set ${aDev} up
ip netns exec ${b} ip link set ${bDev} up
`;
	return `
ip netns add c1
${times(n, (i) => `ip netns add r${i + 1}\nip netns exec r${i + 1} sysctl -qw net.ipv4.ip_forward=1\n`)}
ip netns add c2
${link("c1", "eth0", "r1", "left", 100, "10.1.0")}
${link(`r${n}`, "right", "c2", "eth0", 101, "10.2.0")}
ip netns exec c1 ip route add default via 10.1.0.2
ip netns exec c2 ip route add default via 10.2.0.1
${times(n - 1, (i) => link(`r${i + 1}`, "right", `r${i + 2}`, "left", i + 1, `10.0.${i + 1}`))}
${times(
	n - 1,
	(i) => `
ip netns exec r${i + 1} tc qdisc add dev right root netem ${delay(i)}
ip netns exec r${i + 2} tc qdisc add dev left root netem ${delay(i)}
ip netns exec r${i + 1} ip route add 10.2.0.0/24 via 10.0.${i + 1}.2
ip netns exec r${i + 2} ip route add 10.1.0.0/24 via 10.0.${i + 1}.1
`,
)}`;
}

/** Both ends send at the same instants, and every wire takes the same time, so that much happens at once in different hosts. */
const routers: Scene = {
	name: "a chain of five routers: ARP, ICMP errors, fragments, drops by rule and by chance",
	lab: `${chain(5, (i) => (i === 2 ? "delay 1ms limit 3" : "delay 1ms"))}
ip netns exec r3 iptables -A FORWARD -p udp --dport 666 -j DROP
ip netns exec r4 iptables -A FORWARD -p udp --dport 777 -m statistic --mode random --probability 0.5 -j DROP
ip netns exec r2 iptables -A FORWARD -p tcp --dport 81 -j REJECT --reject-with tcp-reset
ip netns exec r2 ip link set right mtu 600
ip netns exec r3 ip link set left mtu 600
`,
	inject: ["c1", "c2"].flatMap((c): Injection[] => {
		const [me, other, gateway, own] =
			c === "c1"
				? ["10.1.0.1", "10.2.0.2", "02:00:00:00:64:02", "02:00:00:00:64:01"]
				: ["10.2.0.2", "10.1.0.1", "02:00:00:00:65:01", "02:00:00:00:65:02"];
		const send = (words: string, rest: Partial<Injection> = {}): Injection => ({
			at: `${c}:eth0`,
			bytes: frame(gateway, own, words.replace("ME", me).replace("OTHER", other)),
			...rest,
		});
		return [
			send("udp ME:5000 > OTHER:9 len=20", { time: 0, every: MS / 2, count: 40 }),
			send("icmp ME > OTHER", { time: 20 * MS, every: MS, count: 10 }),
			send("udp ME:5001 > OTHER:9 ttl=3", { time: 21 * MS, every: MS, count: 8 }),
			send("udp ME:5002 > OTHER:777", { time: 22 * MS, every: MS, count: 30 }),
			send("udp ME:5003 > OTHER:666", { time: 22 * MS, every: MS, count: 5 }),
			send("udp ME:5004 > OTHER:1234 len=1400", { time: 30 * MS, every: 3 * MS, count: 5 }),
			send("udp ME:5005 > OTHER:1234 len=1400 df", { time: 50 * MS }),
			send("tcp ME:5006 > OTHER:80 syn", { time: 60 * MS, every: MS, count: 3 }),
			send("tcp ME:5007 > OTHER:81 syn", { time: 60 * MS, every: MS, count: 3 }),
			send("udp ME:5008 > 10.2.0.77:5 len=8", { time: 70 * MS, every: MS, count: 3 }),
			send("udp ME:5009 > 10.1.0.77:5 len=8", { time: 70 * MS, every: MS, count: 3 }),
			send("udp ME:5010 > 172.16.0.1:5", { time: 80 * MS }),
			{
				at: `${c}:eth0`,
				bytes: Array.from({ length: 6 }, (_, i) => frame(gateway, own, `udp ${me}:${6000 + i} > ${other}:9`)),
				time: 90 * MS,
				every: 1000,
				count: 4,
			},
		];
	}),
	observe: ["c1:eth0", "c2:eth0", ...[1, 2, 3, 4, 5].flatMap((i) => [`r${i}:left`, `r${i}:right`])],
	until: 5e9,
	expects: ["NETFILTER_DROP", "QDISC_DROP", "NEIGH_FAILED", "generated"],
};

function container(host: string, name: string, address: string, gateway: string, n: number): string {
	return `
ip netns add ${name}
ip link add v${name} netns ${host} address 02:00:00:00:50:0${n} type veth peer name eth0 netns ${name} address 02:42:00:00:00:0${n}
ip netns exec ${host} ip link set v${name} master br0
ip netns exec ${host} ip link set v${name} up
ip netns exec ${name} ip link set eth0 up
ip netns exec ${name} ip addr add ${address} dev eth0
${gateway === "" ? "" : `ip netns exec ${name} ip route add default via ${gateway}`}
`;
}

const nat: Scene = {
	name: "two Docker hosts and a router between them: MASQUERADE with random ports, DNAT, answers",
	lab: `
${["h1", "r", "h2"].map((h) => `ip netns add ${h}\nip netns exec ${h} sysctl -qw net.ipv4.ip_forward=1\n`).join("")}
${[1, 2]
	.map(
		(i) => `
ip link add eth0 netns h${i} address 02:00:00:00:01:0${i} type veth peer name eth${i} netns r address 02:00:00:00:02:0${i}
ip netns exec h${i} ip addr add 192.168.${i}.10/24 dev eth0
ip netns exec r ip addr add 192.168.${i}.1/24 dev eth${i}
ip netns exec h${i} ip link set eth0 up
ip netns exec r ip link set eth${i} up
ip netns exec h${i} tc qdisc add dev eth0 root netem delay ${i}ms rate 100mbit
ip netns exec r tc qdisc add dev eth${i} root netem delay ${i}ms
ip netns exec h${i} ip route add default via 192.168.${i}.1
ip netns exec h${i} ip link add br0 type bridge
ip netns exec h${i} ip link set br0 address 02:42:00:00:01:0${i}
ip netns exec h${i} ip addr add 172.17.${i}.1/24 dev br0
ip netns exec h${i} ip link set br0 up
`,
	)
	.join("")}
${container("h1", "c1", "172.17.1.2/24", "172.17.1.1", 1)}
${container("h1", "c2", "172.17.1.3/24", "172.17.1.1", 2)}
${container("h2", "d1", "172.17.2.2/24", "172.17.2.1", 3)}
ip netns exec h1 iptables -t nat -A POSTROUTING -s 172.17.1.0/24 ! -o br0 -p udp -j MASQUERADE --random
ip netns exec h1 iptables -t nat -A POSTROUTING -s 172.17.1.0/24 ! -o br0 -j MASQUERADE
ip netns exec h2 iptables -t nat -A PREROUTING -p udp --dport 8080 -j DNAT --to-destination 172.17.2.2:80
ip netns exec h2 iptables -t nat -A PREROUTING -p icmp -j DNAT --to-destination 172.17.2.2
ip netns exec h2 iptables -P FORWARD DROP
ip netns exec h2 iptables -A FORWARD -m conntrack --ctstate ESTABLISHED,RELATED -j ACCEPT
ip netns exec h2 iptables -A FORWARD -o br0 -d 172.17.2.2 -j ACCEPT
`,
	inject: [1, 2].flatMap((i): Injection[] => {
		const send = (words: string, rest: Partial<Injection>): Injection => ({
			at: `c${i}:eth0`,
			bytes: frame("02:42:00:00:01:01", `02:42:00:00:00:0${i}`, words.replace("ME", `172.17.1.${i + 1}`)),
			...rest,
		});
		return [
			send("udp ME:4000 > 192.168.2.10:8080", { time: 0, every: 300_000, count: 50 }),
			send("icmp ME > 192.168.2.10", { time: 100_000, every: MS, count: 20 }),
			send("tcp ME:4001 > 192.168.2.10:22 syn", { time: 5 * MS, every: MS, count: 5 }),
			send("udp ME:4002 > 192.168.2.10:53 len=1472", { time: 6 * MS, every: MS, count: 5 }),
			send("udp ME:4003 > 192.168.2.99:53", { time: 7 * MS }),
			{
				at: `c${i}:eth0`,
				bytes: Array.from({ length: 20 }, (_, k) =>
					frame(
						"02:42:00:00:01:01",
						`02:42:00:00:00:0${i}`,
						`udp 172.17.1.${i + 1}:${7000 + k} > 192.168.2.10:8080`,
					),
				),
				time: 10 * MS,
				every: 2 * MS,
				count: 4,
			},
		];
	}),
	observe: ["c1:eth0", "c2:eth0", "d1:eth0", "h1:eth0", "r:eth1", "r:eth2", "h2:eth0", "h1:br0"],
	until: 4e9,
	expects: ["generated", "NEIGH_FAILED"],
};

const HOSTS = [1, 2, 3, 4];
/** Every host floods what it does not know to the three others, and learns. */
const vxlan: Scene = {
	name: "a VXLAN mesh of four hosts on one switch: flooding, learning, echo answers",
	lab: `
ip netns add sw
ip netns exec sw ip link add br0 type bridge
ip netns exec sw ip link set br0 address 02:00:00:00:08:01
ip netns exec sw ip link set br0 up
${HOSTS.map(
	(i) => `
ip netns add h${i}
ip link add eth0 netns h${i} address 02:00:00:00:01:0${i} type veth peer name p${i} netns sw address 02:00:00:00:02:0${i}
ip netns exec sw ip link set p${i} master br0
ip netns exec sw ip link set p${i} up
ip netns exec h${i} ip addr add 192.168.0.1${i}/24 dev eth0
ip netns exec h${i} ip link set eth0 up
ip netns exec h${i} tc qdisc add dev eth0 root netem delay 200us rate 1gbit
ip netns exec sw tc qdisc add dev p${i} root netem delay 200us
ip netns exec h${i} ip link add br0 type bridge
ip netns exec h${i} ip link set br0 address 02:42:00:00:01:0${i}
ip netns exec h${i} ip link set br0 up
ip netns exec h${i} ip link add vx0 address 02:00:00:00:09:0${i} type vxlan id 42 dstport 4789 local 192.168.0.1${i} dev eth0
ip netns exec h${i} ip link set vx0 master br0
ip netns exec h${i} ip link set vx0 up
${HOSTS.filter((k) => k !== i)
	.map((k) => `ip netns exec h${i} bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.0.1${k}\n`)
	.join("")}
${container(`h${i}`, `c${i}`, `10.0.0.${i}/24`, "", i)}
`,
).join("")}`,
	inject: HOSTS.flatMap((i): Injection[] =>
		HOSTS.filter((k) => k !== i).flatMap((k): Injection[] => {
			const [from, to] = [`02:42:00:00:00:0${i}`, `02:42:00:00:00:0${k}`];
			return [
				{ at: `c${i}:eth0`, bytes: arpRequest(from, `10.0.0.${i}`, `10.0.0.${k}`), time: k * MS },
				{
					at: `c${i}:eth0`,
					bytes: frame(to, from, `icmp 10.0.0.${i} > 10.0.0.${k}`),
					time: 5 * MS,
					every: 200_000,
					count: 20,
				},
				{
					at: `c${i}:eth0`,
					bytes: frame(to, from, `udp 10.0.0.${i}:5000 > 10.0.0.${k}:9 len=1400`),
					time: 8 * MS,
					every: 500_000,
					count: 6,
				},
			];
		}),
	),
	observe: [...HOSTS.flatMap((i) => [`c${i}:eth0`, `h${i}:eth0`, `h${i}:vx0`, `sw:p${i}`]), "sw:br0"],
	until: 2e9,
	expects: ["generated"],
};

/** Bursts that are more than the memory between two parts holds: what did not fit follows, in order. */
const floods: Scene = {
	name: "two routers and bursts of long frames",
	lab: chain(4, (i) => `delay ${i + 1}ms limit 2000`),
	inject: [
		{
			at: "c1:eth0",
			bytes: Array.from({ length: 300 }, (_, i) =>
				frame(
					"02:00:00:00:64:02",
					"02:00:00:00:64:01",
					`udp 10.1.0.1:${5000 + i} > 10.2.0.2:9 len=${1400 - i}`,
				),
			),
			time: 10 * MS,
			every: 400_000,
			count: 4,
		},
		{
			at: "c1:eth0",
			bytes: frame("02:00:00:00:64:02", "02:00:00:00:64:01", "icmp 10.1.0.1 > 10.2.0.2"),
			time: 0,
		},
	],
	observe: ["c1:eth0", "c2:eth0", "r2:right", "r3:left"],
	until: 1e9,
	expects: ["generated"],
};

/** Automatics of IPv6, which begin while the lab is built: frames are on the wires when it is split. */
const ipv6: Scene = {
	name: "IPv6 hosts that find each other",
	lab: `
sysctl -qw net.ipv6.conf.all.disable_ipv6=0
${["a", "b", "c"].map((n) => `ip netns add ${n}\nip netns exec ${n} sysctl -qw net.ipv6.conf.all.disable_ipv6=0 net.ipv6.conf.default.disable_ipv6=0 net.ipv6.conf.all.forwarding=1\n`).join("")}
${[
	["a", "b", 1],
	["b", "c", 2],
]
	.map(
		([x, y, n]) => `
ip link add to-${y} netns ${x} address 02:00:00:00:0${n}:01 type veth peer name to-${x} netns ${y} address 02:00:00:00:0${n}:02
ip netns exec ${x} tc qdisc add dev to-${y} root netem delay 1ms
ip netns exec ${y} tc qdisc add dev to-${x} root netem delay 1ms
ip netns exec ${x} ip addr add 2001:db8:${n}::1/64 dev to-${y}
ip netns exec ${y} ip addr add 2001:db8:${n}::2/64 dev to-${x}
ip netns exec ${x} ip link set to-${y} up
ip netns exec ${y} ip link set to-${x} up
`,
	)
	.join("")}
ip netns exec a ip route add 2001:db8:2::/64 via 2001:db8:1::2
ip netns exec c ip route add 2001:db8:1::/64 via 2001:db8:2::1
sleep 0.2765
`,
	inject: [
		{
			at: "a:to-b",
			bytes: echo6("02:00:00:00:01:02", "02:00:00:00:01:01"),
			time: 3e9,
			every: 10 * MS,
			count: 3,
		},
		{
			at: "a:to-b",
			bytes: echo6("02:00:00:00:01:02", "02:00:00:00:01:01", 1),
			time: 3.1e9,
			every: 10 * MS,
			count: 3,
		},
	],
	observe: ["a:to-b", "b:to-a", "b:to-c", "c:to-b"],
	until: 8e9,
	expects: ["generated"],
	heldAtStart: 1,
};

/** An echo request from 2001:db8:1::1 to 2001:db8:2::2. */
function echo6(to: string, from: string, hopLimit = 64): Uint8Array {
	const f = framed(to, from, 0x86dd, new Uint8Array(48));
	const view = new DataView(f.buffer);
	view.setUint8(14, 0x60);
	view.setUint16(18, 8);
	view.setUint8(20, 58);
	view.setUint8(21, hopLimit);
	for (const [at, net, host] of [
		[22, 1, 1],
		[38, 2, 2],
	]) {
		view.setUint32(at, 0x20010db8);
		view.setUint16(at + 4, net);
		view.setUint16(at + 14, host);
	}
	view.setUint8(54, 128);
	setIcmp6Checksum(view, 22, 54, 62);
	return f;
}

export const SCENES: readonly Scene[] = [routers, nat, vxlan, ipv6, floods];
