/**
 * The batch is invisible through routing, rules and NAT: bursts of mixed flows (new and settled, rejected, out of TTL, too long, for
 * the host itself, damaged, fragments) give the same frames in the same order and the same counters whatever the size of the
 * vectors and whether known flows take short ways, with configuration changes and idle times in between.
 */
import { Random } from "@hookline/engine/ring/random";
import { stateText } from "@hookline/linux/state/state";
import { Lab, packetFor, parsePacketWords } from "hookline";
import { describe, expect, test } from "vitest";
import { expectAccount } from "../account.ts";
import { hex } from "../kernel/normalise.ts";

const SETTINGS = [
	{ vector: 1, flowCache: "off" },
	{ vector: 256, flowCache: "off" },
	{ vector: 1, flowCache: "eager" },
	{ vector: 2, flowCache: "on" },
	{ vector: 7, flowCache: "eager" },
	{ vector: 256, flowCache: "on" },
	{ vector: 256, flowCache: "eager" },
] as const;

const LAB = `
ip link add docker0 type bridge
ip link set docker0 address 02:42:00:00:00:01
ip addr add 172.17.0.1/16 dev docker0
ip link set docker0 up
for n in 1 2; do
  ip netns add c$n
  ip link add veth$n address 02:00:00:00:03:0$n type veth peer name eth0 netns c$n address 02:42:ac:11:00:0$n
  ip link set veth$n master docker0
  ip link set veth$n up
  ip netns exec c$n ip link set eth0 up
  ip netns exec c$n ip addr add 172.17.0.1$n/16 dev eth0
  ip netns exec c$n ip route add default via 172.17.0.1
done
ip netns add out
ip link add eth0 address 02:00:00:00:04:0a type veth peer name eth0 netns out address 02:00:00:00:04:01
ip addr add 192.168.0.10/24 dev eth0
ip link set eth0 up
ip netns exec out ip link set eth0 up
ip netns exec out ip addr add 192.168.0.1/24 dev eth0
ip route add default via 192.168.0.1
ip link set eth0 mtu 1400
ip netns add out2
ip link add eth1 address 02:00:00:00:04:0b type veth peer name eth0 netns out2 address 02:00:00:00:04:02
ip addr add 192.168.1.10/24 dev eth1
ip link set eth1 up
ip netns exec out2 ip link set eth0 up
ip netns exec out2 ip addr add 192.168.1.1/24 dev eth0
sysctl -qw net.ipv4.ip_forward=1
iptables -t nat -N DOCKER
iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
iptables -t nat -A DOCKER ! -i docker0 -p udp --dport 5353 -j DNAT --to-destination 172.17.0.12:53
iptables -t nat -A DOCKER -p udp --dport 5354 -j DNAT --to-destination 172.17.0.11:53
iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A FORWARD -p udp --dport 7 -j DROP
`;
const EXTRA: Readonly<Record<string, string>> = {
	"plain rules": "",
	"a rule that answers": "iptables -A FORWARD -p udp --dport 9 -j REJECT",
	"a rule with a budget": "iptables -A FORWARD -p udp -m limit --limit 5/sec --limit-burst 40 -j ACCEPT",
	"marks and policy routing":
		"iptables -t mangle -A PREROUTING -p udp --dport 54 -j MARK --set-mark 7\nip rule add fwmark 7 lookup 100\nip route add blackhole default table 100",
};
const CHANGES = [
	"ip route replace default via 192.168.1.1",
	"ip route replace default via 192.168.0.1",
	"ip route replace default via 192.168.1.1",
	"ip route replace default via 192.168.0.1",
	"iptables -A FORWARD -p udp --sport 1003 -j DROP",
	"ip route add 8.8.8.0/24 via 192.168.0.2\nip neigh add 192.168.0.2 lladdr 02:00:00:00:04:01 dev eth0 nud permanent",
	"ip addr add 192.168.0.11/24 dev eth0",
	"iptables -t nat -A POSTROUTING -p udp --dport 55 -j SNAT --to-source 192.168.0.10:3000-3010",
	"sysctl -qw net.ipv4.ip_forward=0",
	"sysctl -qw net.ipv4.ip_forward=1",
	"ip link set eth0 down\nip link set eth0 up\nip route add default via 192.168.0.1",
];

/** A frame of a random kind, and the port it leaves by. */
function draw(lab: Lab, random: Random): { at: string; frame: Uint8Array } {
	const at = ["c1:eth0", "c2:eth0", "out:eth0"][random.below(3)];
	const device = lab.device(at);
	const own = { "c1:eth0": "172.17.0.11", "c2:eth0": "172.17.0.12", "out:eth0": "192.168.0.1" }[at];
	const to =
		at === "out:eth0"
			? ["192.168.0.10", "192.168.0.10", "172.17.0.11"][random.below(3)]
			: ["8.8.8.8", "8.8.4.4", "192.168.0.1", "192.168.0.10", "172.17.0.12"][random.below(5)];
	const sport = 1000 + random.below(6);
	const dport = [53, 54, 55, 5353, 5354, 7, 9][random.below(7)];
	const kind = random.below(20);
	const ttl = kind === 0 ? 1 : 64;
	const length = kind === 1 ? 1450 : random.below(60);
	const words =
		kind === 2
			? `icmp ${own} > ${to} len=${length}`
			: kind === 3
				? `tcp ${own}:${sport} > ${to}:${dport} syn`
				: `udp ${own}:${sport} > ${to}:${dport} ttl=${ttl} len=${length}${kind === 1 && random.below(2) ? " df" : ""}`;
	const frame = packetFor(lab, device, parsePacketWords(words));
	if (kind === 4) frame[frame.length - 1] ^= 0x55;
	if (kind === 5) frame[20] = 0x20; // more fragments; the header sum is wrong now, too
	return { at, frame };
}

function run(extra: string, seed: number, settings: (typeof SETTINGS)[number], change: boolean): string[] {
	const random = new Random(seed);
	const lab = new Lab(settings);
	expect(lab.run(LAB + extra, { errexit: true })).toBe(0);
	const seen: string[] = [];
	for (const at of ["c1:eth0", "c2:eth0", "out:eth0", "out2:eth0"])
		lab.device(at).tap((f) => seen.push(`${at} ${f.direction} ${f.time} ${hex(f.bytes)}`));
	const pool = Array.from({ length: 60 }, () => draw(lab, random));
	for (let round = 0; round < 8; round++) {
		// runs of one port and few flows, so that vectors are long, and single frames between them
		for (let i = 0; i < 300; ) {
			const { at, frame } = pool[random.below(pool.length)];
			const times = random.below(3) === 0 ? 1 + random.below(20) : 1;
			for (let k = 0; k < times; k++, i++) lab.device(at).enqueueTransmit(frame);
		}
		lab.machine.core.settle();
		lab.runFor([3e6, 3e6, 3e9, 35e9][random.below(4)]);
		if (change) lab.run(CHANGES[random.below(CHANGES.length)]);
	}
	seen.push(JSON.stringify(lab.counters()));
	seen.push(...stateText(lab.machine));
	expectAccount(lab);
	// a budget is everybody's, so every packet has to come to it
	const short = settings.flowCache !== "off" && !extra.includes("limit");
	expect(lab.machine.core.flows.served > 0).toBe(short);
	return seen;
}

describe.each(Object.keys(EXTRA))("%s", (name) => {
	test.each([1, 2, 3])("seed %i", (seed) => {
		const runs = SETTINGS.map((settings) => run(EXTRA[name], seed, settings, false));
		expect(runs[0].length).toBeGreaterThan(2000);
		for (const r of runs.slice(1)) expect(r).toEqual(runs[0]);
	});
	test.each([4, 5, 6])("with changes of the configuration, seed %i", (seed) => {
		const runs = SETTINGS.map((settings) => run(EXTRA[name], seed, settings, true));
		for (const r of runs.slice(1)) expect(r).toEqual(runs[0]);
	});
});
