/**
 * Established TCP: a handshake for every flow, then data in both directions, each segment with the sequence numbers that follow from
 * what went before; conntrack checks all of them against its windows, and what it calls INVALID is dropped.
 */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { fold } from "@hookline/engine/wire/checksum";
import * as tcp from "@hookline/engine/wire/tcp";
import { natLab, PATHS } from "../labs.ts";
import { ip } from "../source.ts";
import { FrameSet, TCP4_WORDS, W_ACK, W_SEQ, W_TCP_CHECK } from "./frame-set.ts";
import { back, forth, WAY_BACK, type Ways } from "./nat.ts";
import { IP_END, mac, type Segment, tcp4 } from "./packets.ts";
import {
	BURST,
	buildLab,
	checkFlows,
	dportOf,
	pass,
	type Scenario,
	type ScenarioJob,
	type Stream,
	sportOf,
	type Traffic,
} from "./scenario.ts";

const WINDOW = 0xffff;
const HALF = BURST / 2;
/** A segment without payload. */
const BARE = IP_END + tcp.TCP_HLEN;

/** One direction of all flows. */
class Side {
	readonly stream: Stream;
	/** Next sequence number of each flow. */
	readonly seq: Int32Array;
	private readonly set: FrameSet;
	private readonly dev: NetDevice;
	private readonly payload: number;
	/** Sum of all of a segment but its sequence numbers. */
	private readonly base: Int32Array;
	private peer: Side | undefined;
	private next = 0;

	constructor(dev: NetDevice, sink: number, length: number, flows: number, way: (flow: number) => Ways) {
		this.dev = dev;
		this.payload = length - IP_END - tcp.TCP_HLEN;
		this.set = new FrameSet(dev.core.pool, length, TCP4_WORDS, flows);
		this.seq = new Int32Array(flows);
		this.base = new Int32Array(flows);
		const flags = { flags: tcp.ACK | tcp.PSH, window: WINDOW };
		for (let f = 0; f < flows; f++) {
			const frame = tcp4(length, { ...way(f).sent, seq: 0, ack: 0, ...flags });
			this.set.set(f, frame);
			this.base[f] = ~new DataView(frame.buffer).getUint16(IP_END + tcp.CHECK) & 0xffff;
			// anywhere, and near the end of the numbers for some
			this.seq[f] = Math.imul(f + 1, 0x9e3779b1) ^ sink;
		}
		this.stream = {
			set: this.set,
			arrives: (f, expect) => {
				const numbers = { seq: this.seq[f], ack: this.peer?.seq[f] ?? 0 };
				expect(sink, tcp4(length, { ...way(f).arrives, ...numbers, ...flags }));
			},
		};
	}
	facing(peer: Side): void {
		this.peer = peer;
	}
	/** The next `n` flows send one segment each, which acknowledges all that came. */
	send(n: number): void {
		const { set, seq, payload, base } = this;
		const { heads } = set;
		const acks = (this.peer as Side).seq;
		for (let k = 0; k < n; k++) {
			const f = this.next;
			this.next = f + 1 === seq.length ? 0 : f + 1;
			const s = seq[f];
			const a = acks[f];
			const row = f * TCP4_WORDS;
			heads[row + W_SEQ] = s;
			heads[row + W_ACK] = a;
			const sum = fold(base[f] + (s >>> 16) + (s & 0xffff) + (a >>> 16) + (a & 0xffff));
			heads[row + W_TCP_CHECK] = (~sum & 0xffff) << 16;
			set.send(this.dev, f);
			seq[f] = (s + payload) | 0;
		}
	}
}

type Numbers = Pick<Segment, "seq" | "ack" | "flags" | "window">;

/** One segment of every flow's handshake. */
class Handshake {
	readonly stream: Stream;
	private readonly set: FrameSet;
	private readonly dev: NetDevice;

	constructor(
		dev: NetDevice,
		sink: number,
		flows: number,
		way: (flow: number) => Ways,
		numbers: (flow: number) => Numbers,
	) {
		this.dev = dev;
		const write = (f: number, ends: Ways["sent"]) => tcp4(BARE, { ...ends, ...numbers(f) });
		const length = write(0, way(0).sent).length;
		this.set = new FrameSet(dev.core.pool, length, TCP4_WORDS, flows);
		for (let f = 0; f < flows; f++) this.set.set(f, write(f, way(f).sent));
		this.stream = { set: this.set, arrives: (f, expect) => expect(sink, write(f, way(f).arrives)) };
	}
	/** Flows `from` to below `to`. */
	send(from: number, to: number): void {
		for (let f = from; f < to; f++) this.set.send(this.dev, f);
	}
}

/** Where the connections go. */
interface Course {
	readonly lab: string;
	/** NETNS:DEV */
	readonly client: string;
	readonly server: string;
	forth(flow: number): Ways;
	back(flow: number): Ways;
}

function buildTcp(name: string, e: Course, job: ScenarioJob): Traffic {
	checkFlows(name, job.flows);
	const lab = buildLab(name, e.lab, job);
	const { core } = lab.machine;
	const client = lab.device(e.client);
	const server = lab.device(e.server);
	const a = new Side(client.dev, 0, job.frame, job.flows, (f) => e.forth(f));
	const b = new Side(server.dev, 1, job.frame, job.flows, (f) => e.back(f));
	a.facing(b);
	b.facing(a);
	const syn = { flags: tcp.SYN, window: WINDOW };
	const handshake = [
		new Handshake(client.dev, 0, job.flows, e.forth, (f) => ({ ...syn, seq: (a.seq[f] - 1) | 0, ack: 0 })),
		new Handshake(server.dev, 1, job.flows, e.back, (f) => ({
			flags: tcp.SYN | tcp.ACK,
			window: WINDOW,
			seq: (b.seq[f] - 1) | 0,
			ack: a.seq[f],
		})),
		new Handshake(client.dev, 0, job.flows, e.forth, (f) => ({
			flags: tcp.ACK,
			window: WINDOW,
			seq: a.seq[f],
			ack: b.seq[f],
		})),
	];
	return {
		lab,
		sinks: [server, client],
		streams: [a.stream, b.stream, ...handshake.map((h) => h.stream)],
		injected: BURST,
		arrived: BURST,
		round: Math.ceil(job.flows / HALF),
		open() {
			for (let f = 0; f < job.flows; f += BURST) {
				const end = Math.min(f + BURST, job.flows);
				for (const h of handshake) {
					h.send(f, end);
					pass(core, BURST);
				}
				// the window of a SYN is not scaled (RFC 7323, 2.2): before this the client may send 65,535 bytes
				b.send(end - f);
				pass(core, BURST);
			}
		},
		step() {
			a.send(HALF);
			pass(core, HALF);
			b.send(HALF);
			pass(core, HALF);
		},
	};
}

const INVALID = "iptables -I FORWARD -m conntrack --ctstate INVALID -j DROP\n";
const B1 = { mac: mac("02:42:ac:11:00:02"), ip: ip("172.17.0.2") };
const B2 = { mac: mac("02:42:ac:11:00:03"), ip: ip("172.17.0.3") };

/** The bridge lab, with connections tracked on the bridge (br_netfilter). */
function tracked(): Course {
	const lab = `${PATHS[0].lab(0)}
ip netns exec h1 bridge fdb add 02:42:ac:11:00:02 dev vc1 master static
ip netns exec h1 ${INVALID}ip netns exec h1 iptables -A FORWARD -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
`;
	const way = (from: typeof B1, to: typeof B1, sport: number, dport: number): Ways => {
		const ends = { srcMac: from.mac, dstMac: to.mac, src: from.ip, dst: to.ip, ttl: 64, sport, dport };
		return { sent: ends, arrives: ends };
	};
	return {
		lab,
		client: "c1:eth0",
		server: "c2:eth0",
		forth: (f) => way(B1, B2, sportOf(f), dportOf(f)),
		back: (f) => way(B2, B1, dportOf(f), sportOf(f)),
	};
}
function translated(): Course {
	return {
		lab: `${natLab({ rules: 10, protocol: "tcp", dports: "5000:5001" })}${WAY_BACK}
ip netns exec h1 ${INVALID}ip netns exec h2 ${INVALID}`,
		client: "c1:eth0",
		server: "d1:eth0",
		forth: (f) => forth(sportOf(f), dportOf(f)),
		back: (f) => back(sportOf(f), dportOf(f)),
	};
}

export const TCP: readonly Scenario[] = [
	{
		name: "tcp-bridge",
		about: "established TCP, both directions in turn, over a bridge whose host tracks connections",
		rules: 2,
		minFrame: 60,
		maxFrame: 1514,
		build: (job) => buildTcp("tcp-bridge", tracked(), job),
	},
	{
		name: "tcp-nat",
		about: "established TCP, both directions in turn, through both hosts of nat",
		rules: 11,
		minFrame: 60,
		maxFrame: 1514,
		build: (job) => buildTcp("tcp-nat", translated(), job),
	},
];
