/** Datagrams of three fragments: forwarded as they are, and put together, translated and cut again by both hosts of nat. */

import { fold } from "@hookline/engine/wire/checksum";
import type { DeviceHandle, Lab } from "hookline";
import { natLab } from "../labs.ts";
import { along, chainLab } from "./chain.ts";
import { FrameSet, UDP4_WORDS, W_ID, W_TTL_CHECK } from "./frame-set.ts";
import { forth, type Ways } from "./nat.ts";
import { fragments4, IP_END } from "./packets.ts";
import {
	BURST,
	buildLab,
	checkFlows,
	dportOf,
	pass,
	type Scenario,
	type ScenarioJob,
	sportOf,
	type Traffic,
} from "./scenario.ts";

const FRAGMENTS = 3;
const DATAGRAMS = Math.floor(BURST / FRAGMENTS);

function buildFragments(
	lab: Lab,
	from: DeviceHandle,
	sink: DeviceHandle,
	way: (flow: number) => Ways,
	{ frame, flows }: ScenarioJob,
): Traffic {
	checkFlows("fragments", flows);
	const { core } = lab.machine;
	const length = IP_END + Math.floor((frame - IP_END) / 8) * 8;
	const sets = Array.from({ length: FRAGMENTS }, () => new FrameSet(core.pool, length, UDP4_WORDS, flows));
	/** Sums of the IP headers but for the identification, a fragment after the other. */
	const sums = new Int32Array(FRAGMENTS);
	for (let f = 0; f < flows; f++)
		for (const [k, fragment] of fragments4(frame, way(f).sent, 0).entries()) {
			sets[k].set(f, fragment);
			sums[k] = ~sets[k].heads[f * UDP4_WORDS + W_TTL_CHECK] & 0xffff;
		}
	let id = 0;
	let next = 0;
	return {
		lab,
		sinks: [sink],
		streams: sets.map((set, k) => ({
			set,
			arrives: (f, expect) => expect(0, fragments4(frame, way(f).arrives, id)[k]),
		})),
		injected: DATAGRAMS * FRAGMENTS,
		arrived: DATAGRAMS * FRAGMENTS,
		round: Math.ceil(flows / DATAGRAMS),
		step() {
			for (let i = 0; i < DATAGRAMS; i++) {
				const f = next;
				next = f + 1 === flows ? 0 : f + 1;
				id = (id + 1) & 0xffff;
				const row = f * UDP4_WORDS;
				for (let k = 0; k < FRAGMENTS; k++) {
					const { heads } = sets[k];
					heads[row + W_ID] = (id << 16) | (heads[row + W_ID] & 0xffff);
					heads[row + W_TTL_CHECK] = (heads[row + W_TTL_CHECK] & ~0xffff) | (~fold(sums[k] + id) & 0xffff);
					sets[k].send(from.dev, f);
				}
			}
			pass(core, DATAGRAMS * FRAGMENTS);
		},
	};
}

const COMMON = { maxFrame: 1514, unit: { name: "datagram", perFrame: 1 / FRAGMENTS } } as const;

export const FRAGMENTED: readonly Scenario[] = [
	{
		...COMMON,
		minFrame: 64,
		name: "fragments",
		about: "datagrams of 3 fragments through a host that forwards and tracks nothing",
		rules: 0,
		build(job) {
			const lab = buildLab("fragments", chainLab(1), job);
			const way = (f: number) => along(1, sportOf(f), dportOf(f));
			return buildFragments(lab, lab.device("c:right"), lab.device("d:left"), way, job);
		},
	},
	{
		...COMMON,
		// a datagram that fits the wire in one piece leaves the first host in one piece
		minFrame: 600,
		name: "fragments-nat",
		about: "datagrams of 3 fragments through nat: put together and cut again by each host",
		rules: 10,
		count: 300_000,
		build(job) {
			const lab = buildLab("fragments-nat", natLab({ rules: 10, protocol: "udp", dports: "5000:5001" }), job);
			const way = (f: number) => forth(sportOf(f), dportOf(f));
			return buildFragments(lab, lab.device("c1:eth0"), lab.device("d1:eth0"), way, job);
		},
	},
];
