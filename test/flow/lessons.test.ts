/** Packets of which nothing may be learned: the next one of the same flow goes another way, at the same instant even. */
import { Lab, type LabOptions } from "hookline";
import { describe, expect, it } from "vitest";
import { ethernet, ip4, udp } from "../kernel/fuzz/frames.ts";

const LAB = `
ip link add br0 address 02:00:00:00:01:00 type bridge
ip link set br0 up
for n in 1 2 3 4; do
  ip netns add c$n
  ip link add p$n address 02:00:00:00:05:0$n type veth peer name eth0 netns c$n address 02:00:00:00:00:0$n
  ip link set p$n master br0
  ip link set p$n up
  ip -n c$n link set eth0 up
done
`;
const station = (n: number): string => `02:00:00:00:00:0${n}`;
const EVERYBODY = "ff:ff:ff:ff:ff:ff";
const NOBODY = "02:00:00:00:00:77";

function frame(dst: string, from: number, sport: number, dport: number, to = 9): Uint8Array {
	const [saddr, daddr] = [`10.1.0.${from}`, `10.1.0.${to}`];
	const packet = ip4(
		{ src: saddr, dst: daddr, protocol: 17 },
		udp(saddr, daddr, sport, dport, new Uint8Array(8)),
	);
	return ethernet(dst, station(from), 0x0800, packet);
}

describe.each(
	(["off", "on", "eager"] as const).flatMap((flowCache) => [1, 256].map((vector) => ({ flowCache, vector }))),
)("flow cache $flowCache, vectors of $vector", (options: LabOptions) => {
	it("a frame for a station that nobody knows goes to all ports, also after one of which copies found no slot", () => {
		const lab = new Lab({ ...options, frames: 16 });
		expect(lab.run(LAB, { errexit: true })).toBe(0);
		for (const n of [1, 2, 3, 4]) lab.device(`c${n}:eth0`).transmit(frame(EVERYBODY, n, 7, 7));
		const sender = lab.device("c1:eth0");
		const flood = (count: number): Uint8Array[] =>
			Array.from({ length: count }, (_, k) => frame(NOBODY, 1, 1000 + k, 53));
		// who looks is there from the beginning: one who comes or goes makes all lessons void
		const heard = [2, 3, 4].map((n) => {
			const count = { n, times: 0 };
			lab.device(`c${n}:eth0`).tap(() => count.times++);
			return count;
		});
		sender.transmitBurst(flood(16));
		expect(lab.counters().droppedBy["NOMEM"], "copies without a slot").toBeGreaterThan(0);
		for (const count of heard) count.times = 0;
		lab.runFor(1e6);
		for (const f of flood(5)) sender.transmit(f);
		expect(heard).toEqual([2, 3, 4].map((n) => ({ n, times: 5 })));
	});

	// nf_conntrack_udp_packet: the reply that is the first one does not count, whenever it comes
	it.each([
		[1, /^udp +17 30 src=10\.1\.0\.1 (?!.*ASSURED)/],
		[2, /^udp +17 120 src=10\.1\.0\.1 .*\[ASSURED\]/],
	])(
		"%i replies at one instant, more than 2 s after the beginning: the second makes a stream",
		(replies, entry) => {
			let said = "";
			const lab = new Lab({ ...options, out: (t) => (said += t) });
			const rules = `
sysctl -qw net.bridge.bridge-nf-call-iptables=1
iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
`;
			expect(lab.run(LAB + rules, { errexit: true })).toBe(0);
			const [client, server] = [lab.device("c1:eth0"), lab.device("c2:eth0")];
			for (const n of [1, 2]) lab.device(`c${n}:eth0`).transmit(frame(EVERYBODY, n, 7, 7));
			client.transmit(frame(station(2), 1, 1000, 53, 2));
			lab.runFor(3e9);
			server.transmitBurst(Array.from({ length: replies }, () => frame(station(1), 2, 53, 1000, 1)));
			lab.run("conntrack -L");
			expect(said.split("\n").find((line) => line.includes("sport=1000"))).toMatch(entry);
		},
	);
});
