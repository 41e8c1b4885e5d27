/** UDP through two hosts, as the canonical nat path: its replies, its rules, and nothing but new connections. */
import { fold } from "@hookline/engine/wire/checksum";
import { natLab } from "../labs.ts";
import { ip } from "../source.ts";
import { FrameSet, UDP4_WORDS, W_PORTS, W_UDP_CHECK } from "./frame-set.ts";
import { inTurn, oneWay } from "./one-way.ts";
import { type Ends, mac, udp4 } from "./packets.ts";
import {
	BURST,
	buildLab,
	checkFlows,
	dportOf,
	NS_PER_FRAME,
	pass,
	type Scenario,
	type ScenarioJob,
	sportOf,
	type Traffic,
} from "./scenario.ts";

export const C1 = { mac: mac("02:42:ac:11:00:02"), ip: ip("172.17.0.2") };
export const D1 = { mac: mac("02:42:ac:12:00:02"), ip: ip("172.18.0.2") };
export const H1 = { bridge: mac("02:42:00:00:00:01"), ip: ip("192.168.205.10") };
export const H2 = { bridge: mac("02:42:00:00:00:02"), ip: ip("192.168.205.11") };
/** c1 is known to its host without asking, as d1 is. */
export const WAY_BACK = `
ip netns exec h1 ip neigh add 172.17.0.2 lladdr 02:42:ac:11:00:02 dev docker0 nud permanent
ip netns exec h1 bridge fdb add 02:42:ac:11:00:02 dev vc1 master static
`;
const UDP_LAB = { rules: 10, protocol: "udp", dports: "5000:5001" } as const;

/** A packet of a connection as its sender writes it, and as it arrives: from c1 to what h2 publishes, and back. */
export interface Ways {
	readonly sent: Ends;
	readonly arrives: Ends;
}
export function forth(sport: number, dport: number): Ways {
	const ports = { sport, dport };
	return {
		sent: { srcMac: C1.mac, dstMac: H1.bridge, src: C1.ip, dst: H2.ip, ttl: 64, ...ports },
		arrives: { srcMac: H2.bridge, dstMac: D1.mac, src: H1.ip, dst: D1.ip, ttl: 62, ...ports },
	};
}
export function back(sport: number, dport: number): Ways {
	const ports = { sport: dport, dport: sport };
	return {
		sent: { srcMac: D1.mac, dstMac: H2.bridge, src: D1.ip, dst: H1.ip, ttl: 64, ...ports },
		arrives: { srcMac: H1.bridge, dstMac: C1.mac, src: H2.ip, dst: C1.ip, ttl: 62, ...ports },
	};
}

function buildRules(rules: number, job: ScenarioJob): Traffic {
	checkFlows("rules", job.flows);
	const lab = buildLab("rules", natLab({ ...UDP_LAB, rules }), job);
	const set = new FrameSet(lab.machine.core.pool, job.frame, UDP4_WORDS, job.flows);
	const ways = (f: number) => forth(sportOf(f), dportOf(f));
	for (let f = 0; f < job.flows; f++) set.set(f, udp4(job.frame, ways(f).sent));
	return oneWay(lab, set, job.flows, "c1:eth0", "d1:eth0", (f) => udp4(job.frame, ways(f).arrives));
}
function rules(count: number): Scenario {
	return {
		name: `rules-${count}`,
		about: `nat with ${count} FORWARD rules on each host, of which the last matches`,
		rules: count,
		minFrame: 60,
		maxFrame: 1514,
		...(count >= 100 ? { count: 200_000 } : {}),
		build: (job) => buildRules(count, job),
	};
}

function buildReply(job: ScenarioJob): Traffic {
	checkFlows("reply", job.flows);
	const lab = buildLab("reply", natLab(UDP_LAB) + WAY_BACK, job);
	const { core } = lab.machine;
	const sets = [forth, back].map((way) => {
		const set = new FrameSet(core.pool, job.frame, UDP4_WORDS, job.flows);
		for (let f = 0; f < job.flows; f++) set.set(f, udp4(job.frame, way(sportOf(f), dportOf(f)).sent));
		return set;
	});
	const arrival =
		(way: typeof forth, sink: number) => (f: number, expect: (s: number, b: Uint8Array) => void) =>
			expect(sink, udp4(job.frame, way(sportOf(f), dportOf(f)).arrives));
	const first = inTurn(sets[0], lab.device("c1:eth0").dev, job.flows);
	const burst = inTurn(sets[1], lab.device("d1:eth0").dev, job.flows);
	return {
		lab,
		sinks: [lab.device("d1:eth0"), lab.device("c1:eth0")],
		streams: [
			{ set: sets[0], arrives: arrival(forth, 0) },
			{ set: sets[1], arrives: arrival(back, 1) },
		],
		injected: BURST,
		arrived: BURST,
		round: Math.ceil(job.flows / BURST),
		open() {
			for (let left = job.flows; left > 0; left -= BURST) {
				first(Math.min(left, BURST));
				pass(core, BURST);
			}
		},
		step() {
			burst(BURST);
			pass(core, BURST);
		},
	};
}

/** Ports of the connection that is made as number `k`: 5 million others come before the same again. */
const NEW_SPORTS = 50_000;
const NEW_DPORTS = 100;
/** nf_conntrack_udp_timeout: how long a connection lives that nobody answers. */
const UDP_TIMEOUT_NS = 30e9;

/**
 * Every packet is a new connection on both hosts. `flows` is how many are alive at a time: the next burst comes when as much time
 * has passed that the oldest have expired by themselves.
 */
function buildConnections(job: ScenarioJob): Traffic {
	const { frame } = job;
	const alive = Math.max(job.flows, BURST);
	if (alive > 200_000) throw new Error(`connections: at most 200000 at a time, not ${alive}`);
	const lab = buildLab("connections", natLab({ ...UDP_LAB, dports: `5000:${5000 + NEW_DPORTS - 1}` }), job);
	const { core, conntrack } = lab.machine;
	const at = lab.device("c1:eth0").dev;
	const set = new FrameSet(core.pool, frame, UDP4_WORDS, 1);
	const { heads } = set;
	const sportAt = (k: number): number => 1024 + (k % NEW_SPORTS);
	const dportAt = (k: number): number => 5000 + (Math.floor(k / NEW_SPORTS) % NEW_DPORTS);
	set.set(0, udp4(frame, forth(0, 0).sent));
	const length = heads[W_UDP_CHECK] & ~0xffff;
	/** Sum of all but the ports. */
	const base = ~heads[W_UDP_CHECK] & 0xffff;
	let k = 0;
	return {
		lab,
		sinks: [lab.device("d1:eth0")],
		streams: [{ set, arrives: (_, expect) => expect(0, udp4(frame, forth(sportAt(k), dportAt(k)).arrives)) }],
		injected: BURST,
		arrived: BURST,
		round: Math.ceil((2 * alive) / BURST),
		step() {
			for (let i = 0; i < BURST; i++) {
				const sport = sportAt(k);
				const dport = dportAt(k);
				heads[W_PORTS] = (sport << 16) | dport;
				heads[W_UDP_CHECK] = length | (~fold(base + sport + dport) & 0xffff || 0xffff);
				set.send(at, 0);
				k++;
			}
			core.runUntil(core.clock[0] + Math.max((BURST * UDP_TIMEOUT_NS) / alive, BURST * NS_PER_FRAME));
		},
		check() {
			const { used } = conntrack.table;
			// two hosts; what has expired is swept away within half a life
			if (used > 2 * 2 * alive + 4 * BURST)
				throw new Error(`${used} connections in the table, of which ${2 * alive} can be alive`);
		},
	};
}

export const NAT: readonly Scenario[] = [
	{
		name: "reply",
		about: "answers of established nat connections, from the far container back",
		rules: 10,
		minFrame: 60,
		maxFrame: 1514,
		build: buildReply,
	},
	{
		name: "connections",
		about: "nat, every packet a new connection; flows: how many are alive at a time",
		rules: 10,
		minFrame: 60,
		maxFrame: 1514,
		flows: [1000, 100_000],
		build: buildConnections,
	},
	...[0, 10, 100, 1000].map(rules),
];
