/** Hosts in a row that only forward, and whole datagrams or fragments through them; the same for IPv6. */
import { container } from "../labs.ts";
import { ip } from "../source.ts";
import { FrameSet, UDP4_WORDS, UDP6_WORDS } from "./frame-set.ts";
import { oneWay } from "./one-way.ts";
import { type Ends, type Ends6, mac, macText, udp4, udp6 } from "./packets.ts";
import {
	buildLab,
	checkFlows,
	dportOf,
	type Scenario,
	type ScenarioJob,
	sportOf,
	type Traffic,
} from "./scenario.ts";

/** MACs of the ends of wire `k`: towards the sender and away from it. */
const near = (k: number): string => macText(2 * k);
const far = (k: number): string => macText(2 * k + 1);

/**
 * c – r1 – … – rN – d, a wire between each two. Wire k (from 0) is 10.200.k.0/24; d is 10.200.N.2.
 */
export function chainLab(hosts: number): string {
	let text = "ip netns add c\nip netns add d\n";
	for (let r = 1; r <= hosts; r++)
		text += `ip netns add r${r}\nip netns exec r${r} sysctl -qw net.ipv4.ip_forward=1\n`;
	for (let k = 0; k <= hosts; k++) {
		const a = k === 0 ? "c" : `r${k}`;
		const b = k === hosts ? "d" : `r${k + 1}`;
		text += `ip link add right netns ${a} address ${near(k)} type veth peer name left netns ${b} address ${far(k)}
ip netns exec ${a} ip link set right up
ip netns exec ${b} ip link set left up
ip netns exec ${a} ip addr add 10.200.${k}.1/24 dev right
ip netns exec ${b} ip addr add 10.200.${k}.2/24 dev left
ip netns exec ${a} ip neigh add 10.200.${k}.2 lladdr ${far(k)} dev right nud permanent
`;
		if (k > 0 && k < hosts)
			text += `ip netns exec ${a} ip route add 10.200.${hosts}.0/24 via 10.200.${k}.2\n`;
	}
	return text;
}
/** A packet from c to d, as it is sent and as it arrives. */
export function along(hosts: number, sport: number, dport: number): { sent: Ends; arrives: Ends } {
	const ends = { src: ip("10.200.0.1"), dst: ip(`10.200.${hosts}.2`), sport, dport };
	return {
		sent: { ...ends, srcMac: mac(near(0)), dstMac: mac(far(0)), ttl: 64 },
		arrives: { ...ends, srcMac: mac(near(hosts)), dstMac: mac(far(hosts)), ttl: 64 - hosts },
	};
}

function buildChain(hosts: number, job: ScenarioJob): Traffic {
	checkFlows("chain", job.flows);
	const lab = buildLab("chain", chainLab(hosts), job);
	const way = (f: number) => along(hosts, sportOf(f), dportOf(f));
	const set = new FrameSet(lab.machine.core.pool, job.frame, UDP4_WORDS, job.flows);
	for (let f = 0; f < job.flows; f++) set.set(f, udp4(job.frame, way(f).sent));
	return oneWay(lab, set, job.flows, "c:right", "d:left", (f) => udp4(job.frame, way(f).arrives));
}

const NET6 = [0xfd00 << 16, 0, 0] as const;
const C6 = { mac: mac("02:42:ac:11:00:02"), ip: [...NET6, 2] };
const D6 = { mac: mac("02:42:ac:11:00:03"), ip: [...NET6, 3] };
const FAR6 = { mac: mac("02:42:ac:12:00:03"), ip: [(0xfd00 << 16) | 1, 0, 0, 3] };
const H6 = { near: "02:42:00:00:00:01", far: "02:42:00:00:00:02" };

/** c and d on one bridge, and e behind it, routed. */
const LAB6 = `
ip netns add h1
ip netns exec h1 sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec h1 ip link add docker0 type bridge
ip netns exec h1 ip link set docker0 address ${H6.near}
ip netns exec h1 ip link set docker0 up
ip netns exec h1 ip -6 addr add fd00::1/64 dev docker0 nodad
${container("h1", "docker0", "c", "02:42:ac:11:00:02", "02:00:00:00:03:02")}
${container("h1", "docker0", "d", "02:42:ac:11:00:03", "02:00:00:00:03:03")}
ip netns exec h1 bridge fdb add 02:42:ac:11:00:02 dev vc master static
ip netns exec h1 bridge fdb add 02:42:ac:11:00:03 dev vd master static
ip netns add e
ip link add eth0 netns h1 address ${H6.far} type veth peer name eth0 netns e address 02:42:ac:12:00:03
ip netns exec h1 ip link set eth0 up
ip netns exec e ip link set eth0 up
ip netns exec h1 ip -6 addr add fd00:1::1/64 dev eth0 nodad
ip netns exec h1 ip -6 neigh add fd00:1::3 lladdr 02:42:ac:12:00:03 dev eth0 nud permanent
`;

function build6(routed: boolean, job: ScenarioJob): Traffic {
	checkFlows("IPv6", job.flows);
	const lab = buildLab("ipv6", LAB6, { ...job, ipv6: true });
	const to = routed ? FAR6 : D6;
	const ends = (f: number) => ({ src: C6.ip, dst: to.ip, sport: sportOf(f), dport: dportOf(f) });
	const sent = (f: number): Ends6 => ({
		...ends(f),
		srcMac: C6.mac,
		dstMac: routed ? mac(H6.near) : to.mac,
		ttl: 64,
	});
	const arrives = (f: number): Ends6 =>
		routed ? { ...ends(f), srcMac: mac(H6.far), dstMac: to.mac, ttl: 63 } : sent(f);
	const set = new FrameSet(lab.machine.core.pool, job.frame, UDP6_WORDS, job.flows);
	for (let f = 0; f < job.flows; f++) set.set(f, udp6(job.frame, sent(f)));
	const sink = routed ? "e:eth0" : "d:eth0";
	return oneWay(lab, set, job.flows, "c:eth0", sink, (f) => udp6(job.frame, arrives(f)));
}

const COMMON = { rules: 0, minFrame: 64, maxFrame: 1514 } as const;

export const CHAIN: readonly Scenario[] = [
	...[1, 4, 16].map(
		(hosts): Scenario => ({
			...COMMON,
			name: `chain-${hosts}`,
			about: `${hosts} ${hosts === 1 ? "host that forwards" : "hosts in a row that forward"}, no rules, nothing tracked`,
			count: Math.floor(2_000_000 / hosts),
			unit: { name: "hop", perFrame: hosts },
			build: (job) => buildChain(hosts, job),
		}),
	),
	{
		...COMMON,
		name: "bridge6",
		about: "IPv6 over a bridge, no rules",
		build: (job) => build6(false, job),
	},
	{
		...COMMON,
		name: "route6",
		about: "IPv6 from a bridge through a host that forwards, no rules",
		build: (job) => build6(true, job),
	},
];
