/**
 * What a growing lab costs: one host, its bridge, and 10 to 1,000 containers, each with a published port (DNAT, as Docker writes it) and
 * masquerade for what it begins itself. Half of the connections come in to the published ports, half go out; both directions of
 * each have traffic, spread over all containers: no two frames in a row are for the same one.
 */
import type { NetDevice } from "@hookline/engine/device/netdev";
import type { Core } from "@hookline/engine/ring/core";
import { ip } from "../source.ts";
import { FrameSet, UDP4_WORDS } from "./frame-set.ts";
import { type Ends, ipText, mac, macText, udp4 } from "./packets.ts";
import {
	BURST,
	buildLab,
	pass,
	type Scenario,
	type ScenarioJob,
	type Stream,
	type Traffic,
} from "./scenario.ts";

const QUARTER = BURST / 4;
export const BRIDGE = "02:42:00:00:00:01";
export const OUTSIDE = "02:00:00:00:01:01";
export const HOST = "02:00:00:00:01:02";
export const HOST_IP = ip("192.168.205.10");
export const OUTSIDE_IP = ip("192.168.205.11");

/** Containers are numbered from 0 and have addresses from 172.17.0.2 on. */
export const addressOf = (c: number): number => ip("172.17.0.2") + c;
export const MAC_LO = 0xac110002;
const macOf = (c: number): string => macText(MAC_LO + c);
export const publishedOf = (c: number): number => 10_000 + c;

export function growLab(containers: number): string {
	let text = `
ip netns add h1
ip netns add out
ip netns exec h1 sysctl -qw net.ipv4.ip_forward=1
ip link add eth0 netns h1 address ${HOST} type veth peer name eth0 netns out address ${OUTSIDE}
ip netns exec h1 ip link set eth0 up
ip netns exec out ip link set eth0 up
ip netns exec h1 ip addr add 192.168.205.10/24 dev eth0
ip netns exec h1 ip neigh add 192.168.205.11 lladdr ${OUTSIDE} dev eth0 nud permanent
ip netns exec h1 ip link add docker0 type bridge
ip netns exec h1 ip link set docker0 address ${BRIDGE}
ip netns exec h1 ip addr add 172.17.0.1/16 dev docker0
ip netns exec h1 ip link set docker0 up
`;
	let nat = `*nat
:DOCKER - [0:0]
-A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
-A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
-A DOCKER -i docker0 -j RETURN
`;
	let filter = `*filter
:DOCKER - [0:0]
-A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
-A FORWARD -o docker0 -j DOCKER
-A FORWARD -i docker0 ! -o docker0 -j ACCEPT
-A FORWARD -i docker0 -o docker0 -j ACCEPT
`;
	for (let c = 0; c < containers; c++) {
		const address = ipText(addressOf(c));
		text += `ip netns add c${c}
ip link add v${c} netns h1 address ${macText(0xac000000 + c)} type veth peer name eth0 netns c${c} address ${macOf(c)}
ip netns exec h1 ip link set v${c} master docker0
ip netns exec h1 ip link set v${c} up
ip netns exec c${c} ip link set eth0 up
ip netns exec c${c} ip addr add ${address}/16 dev eth0
ip netns exec c${c} ip route add default via 172.17.0.1
ip netns exec h1 bridge fdb add ${macOf(c)} dev v${c} master static
ip netns exec h1 ip neigh add ${address} lladdr ${macOf(c)} dev docker0 nud permanent
`;
		nat += `-A POSTROUTING -s ${address}/32 -d ${address}/32 -p udp -m udp --dport 53 -j MASQUERADE
-A DOCKER ! -i docker0 -p udp -m udp --dport ${publishedOf(c)} -j DNAT --to-destination ${address}:53
`;
		filter += `-A DOCKER -d ${address}/32 ! -i docker0 -o docker0 -p udp -m udp --dport 53 -j ACCEPT\n`;
	}
	return `${text}ip netns exec h1 iptables-restore <<'EOF'\n${nat}COMMIT\n${filter}COMMIT\nEOF\n`;
}

/** A packet as its sender writes it, and as it arrives. */
interface Hop {
	readonly sent: Ends;
	readonly arrives: Ends;
}
const inside = (c: number): Pick<Ends, "srcMac" | "dstMac"> => ({
	srcMac: mac(macOf(c)),
	dstMac: mac(BRIDGE),
});
const toContainer = (c: number): Pick<Ends, "srcMac" | "dstMac"> => ({
	srcMac: mac(BRIDGE),
	dstMac: mac(macOf(c)),
});
const OUT_TX = { srcMac: mac(OUTSIDE), dstMac: mac(HOST) };
const OUT_RX = { srcMac: mac(HOST), dstMac: mac(OUTSIDE) };
const SENT = 64;
const FORWARDED = 63;

/** From outside to a published port: the `n`th connection of container `c`. */
const published = (c: number, n: number): Hop => ({
	sent: { ...OUT_TX, src: OUTSIDE_IP, dst: HOST_IP, sport: 20_000 + n, dport: publishedOf(c), ttl: SENT },
	arrives: {
		...toContainer(c),
		src: OUTSIDE_IP,
		dst: addressOf(c),
		sport: 20_000 + n,
		dport: 53,
		ttl: FORWARDED,
	},
});
const answered = (c: number, n: number): Hop => ({
	sent: { ...inside(c), src: addressOf(c), dst: OUTSIDE_IP, sport: 53, dport: 20_000 + n, ttl: SENT },
	arrives: {
		...OUT_RX,
		src: HOST_IP,
		dst: OUTSIDE_IP,
		sport: publishedOf(c),
		dport: 20_000 + n,
		ttl: FORWARDED,
	},
});
/** Ports of the `k`th connection that a container begins. */
export const begunSport = (k: number): number => 1024 + (k % 60_000);
export const begunDport = (k: number): number => 7000 + Math.floor(k / 60_000);

/** What a container begins. All ports differ, so that MASQUERADE keeps them. */
const begun = (c: number, n: number, containers: number): Hop => {
	const k = c + n * containers;
	const ports = { sport: begunSport(k), dport: begunDport(k) };
	return {
		sent: { ...inside(c), src: addressOf(c), dst: OUTSIDE_IP, ...ports, ttl: SENT },
		arrives: { ...OUT_RX, src: HOST_IP, dst: OUTSIDE_IP, ...ports, ttl: FORWARDED },
	};
};
const heard = (c: number, n: number, containers: number): Hop => {
	const { sport, dport } = begun(c, n, containers).sent;
	const ports = { sport: dport, dport: sport };
	return {
		sent: { ...OUT_TX, src: OUTSIDE_IP, dst: HOST_IP, ...ports, ttl: SENT },
		arrives: { ...toContainer(c), src: OUTSIDE_IP, dst: addressOf(c), ...ports, ttl: FORWARDED },
	};
};

/** One direction of half of the connections, sent in turn. */
class Direction {
	readonly stream: Stream;
	private readonly set: FrameSet;
	private readonly devs: readonly NetDevice[];
	private readonly count: number;
	private next = 0;

	/** Flow `f` is sent out of `devs[f % devs.length]` and arrives at `sinkOf(f)`. */
	constructor(
		core: Core,
		frame: number,
		count: number,
		devs: readonly NetDevice[],
		hop: (f: number) => Hop,
		sinkOf: (f: number) => number,
	) {
		this.devs = devs;
		this.count = count;
		this.set = new FrameSet(core.pool, frame, UDP4_WORDS, count);
		for (let f = 0; f < count; f++) this.set.set(f, udp4(frame, hop(f).sent));
		this.stream = {
			set: this.set,
			arrives: (f, expect) => expect(sinkOf(f), udp4(frame, hop(f).arrives)),
		};
	}
	send(): void {
		const { set, devs, count } = this;
		for (let i = 0; i < QUARTER; i++) {
			const f = this.next;
			this.next = f + 1 === count ? 0 : f + 1;
			set.send(devs[f % devs.length], f);
		}
	}
}

function buildGrow(containers: number, job: ScenarioJob): Traffic {
	const lab = buildLab("grow", growLab(containers), job);
	const { core } = lab.machine;
	// two connections for each container at least
	const each = Math.max(1, Math.round(job.flows / 2 / containers));
	const count = each * containers;
	const inner = Array.from({ length: containers }, (_, c) => lab.device(`c${c}:eth0`));
	const outer = lab.device("out:eth0");
	const devs = inner.map((d) => d.dev);
	const of = (hop: (c: number, n: number, containers: number) => Hop) => (f: number) =>
		hop(f % containers, Math.floor(f / containers), containers);
	const toInner = (f: number) => f % containers;
	const toOuter = () => containers;
	const directions = [
		new Direction(core, job.frame, count, [outer.dev], of(published), toInner),
		new Direction(core, job.frame, count, devs, of(answered), toOuter),
		new Direction(core, job.frame, count, devs, of(begun), toOuter),
		new Direction(core, job.frame, count, [outer.dev], of(heard), toInner),
	];
	return {
		lab,
		sinks: [...inner, outer],
		streams: directions.map((d) => d.stream),
		injected: BURST,
		arrived: BURST,
		round: Math.ceil(count / QUARTER),
		step() {
			for (const direction of directions) {
				direction.send();
				pass(core, QUARTER);
			}
		},
	};
}

export const GROW: readonly Scenario[] = [10, 100, 1000].map((containers) => ({
	name: `grow-${containers}`,
	about: `${containers} containers on one host, published and masqueraded, traffic over all of them`,
	rules: 4,
	minFrame: 60,
	maxFrame: 1514,
	flows: [10_000],
	count: 1_000_000,
	build: (job) => buildGrow(containers, job),
}));
