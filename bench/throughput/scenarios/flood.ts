/** What a bridge floods: one broadcast frame in, a copy out of every other port, and one up to the host. */
import { bridge, container } from "../labs.ts";
import { ip } from "../source.ts";
import { FrameSet, UDP4_WORDS } from "./frame-set.ts";
import { inTurn } from "./one-way.ts";
import { type Ends, mac, macText, udp4 } from "./packets.ts";
import { BURST, buildLab, pass, type Scenario, type ScenarioJob, sportOf, type Traffic } from "./scenario.ts";

/** Copies at one instant: fewer than the backlog takes (net.core.netdev_max_backlog). */
const MOST_COPIES = 512;

function buildFlood(ports: number, job: ScenarioJob): Traffic {
	const { frame } = job;
	const burst = Math.min(BURST, MOST_COPIES / ports);
	const numbers = Array.from({ length: ports }, (_, i) => i + 2);
	const member = (i: number): string =>
		container("h1", "docker0", `c${i}`, macText(0xac110000 + i), macText(0xac000000 + i));
	const lab = buildLab(
		"flood",
		`ip netns add h1\n${bridge("h1", "docker0", "02:42:00:00:00:01", "172.17.0.1/16")}${[1, ...numbers].map(member).join("")}`,
		job,
	);
	const { core } = lab.machine;
	const ends = (f: number): Ends => ({
		srcMac: mac(macText(0xac110001)),
		dstMac: mac("ff:ff:ff:ff:ff:ff"),
		src: ip("172.17.0.2"),
		dst: ip("255.255.255.255"),
		ttl: 64,
		sport: sportOf(f),
		dport: 5000,
	});
	const set = new FrameSet(core.pool, frame, UDP4_WORDS, job.flows);
	for (let f = 0; f < job.flows; f++) set.set(f, udp4(frame, ends(f)));
	const send = inTurn(set, lab.device("c1:eth0").dev, job.flows);
	const sinks = numbers.map((i) => lab.device(`c${i}:eth0`));
	return {
		lab,
		sinks,
		streams: [
			{
				set,
				arrives(f, expect) {
					const bytes = udp4(frame, ends(f));
					for (let i = 0; i < ports; i++) expect(i, bytes);
				},
			},
		],
		injected: burst,
		arrived: burst * ports,
		// the host hears it too, and nobody there listens
		dropped: { NO_SOCKET: burst },
		round: Math.ceil(Math.max(job.flows, 2 * BURST) / burst),
		step() {
			send(burst);
			pass(core, burst);
		},
	};
}
export const FLOOD: readonly Scenario[] = [2, 8, 64].map((ports) => ({
	name: `flood-${ports}`,
	about: `broadcast frames, each to ${ports} ports and to the host`,
	rules: 0,
	minFrame: 60,
	maxFrame: 1514,
	flows: [1],
	count: Math.floor(2_000_000 / ports),
	unit: { name: "copy", perFrame: ports },
	build: (job) => buildFlood(ports, job),
}));
