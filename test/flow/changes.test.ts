/** What a short way depends on changes between two packets, or between two frames of one vector: the next packet goes the other way at once. */
import { stateText } from "@hookline/linux/state/state";
import { Lab, type LabOptions, parsePacketWords } from "hookline";
import { describe, expect, it } from "vitest";
import { expectAccount } from "../account.ts";
import { hex } from "../kernel/normalise.ts";

const LAB = `
ip netns add r
sysctl -qw net.ipv4.conf.all.send_redirects=0
for n in 1 2 3; do
  ip netns add c$n
  ip link add e$n netns r address 02:00:00:00:05:0$n type veth peer name eth0 netns c$n address 02:00:00:00:00:0$n
  ip netns exec r ip addr add 10.$n.0.1/24 dev e$n
  ip netns exec r ip link set e$n up
  ip netns exec c$n ip link set eth0 up
  ip netns exec r ip neigh add 10.$n.0.2 lladdr 02:00:00:00:00:0$n dev e$n nud permanent
done
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r ip route add 10.9.0.0/16 via 10.2.0.2
`;
const BRIDGED = `
ip netns add h
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns exec h ip addr add 10.1.0.1/24 dev br0
ip netns exec h ip link set br0 up
for n in 1 2 3; do
  ip netns add c$n
  ip link add p$n netns h address 02:00:00:00:05:0$n type veth peer name eth0 netns c$n address 02:00:00:00:00:0$n
  ip netns exec h ip link set p$n master br0
  ip netns exec h ip link set p$n up
  ip netns exec c$n ip link set eth0 up
done
ip netns exec h bridge fdb add 02:00:00:00:00:03 dev p3 master static
ip netns exec h ip neigh add 10.1.0.3 lladdr 02:00:00:00:00:03 dev br0 nud reachable
ip netns exec h iptables -t nat -A PREROUTING -d 10.1.0.2 -p udp -j DNAT --to-destination 10.1.0.3
`;
const ENDS = ["c1:eth0", "c2:eth0", "c3:eth0"];

/** The packet as c1 would send it to a station. */
function frameTo(last: string, words: string): Uint8Array {
	const packet = parsePacketWords(words);
	const frame = new Uint8Array(14 + packet.length);
	frame.set([2, 0, 0, 0, ...Buffer.from(last, "hex"), 2, 0, 0, 0, 0, 1, 8, 0]);
	frame.set(packet, 14);
	return frame;
}

/** What is seen of `steps` with these settings. */
function run(
	labText: string,
	options: LabOptions,
	steps: (lab: Lab, send: (frame: Uint8Array, times: number) => void) => void,
): string[] {
	const lab = new Lab(options);
	expect(lab.run(labText, { errexit: true })).toBe(0);
	const seen: string[] = [];
	for (const at of ENDS)
		lab.device(at).tap((f) => seen.push(`${at} ${f.direction} ${f.time} ${hex(f.bytes)}`));
	const from = lab.device(ENDS[0]!);
	steps(lab, (frame, times) => {
		for (let i = 0; i < times; i++) from.enqueueTransmit(frame);
		lab.machine.core.settle();
	});
	expectAccount(lab);
	return [...seen, ...stateText(lab.machine), JSON.stringify(lab.counters())];
}
function same(labText: string, steps: Parameters<typeof run>[2]): void {
	const long = run(labText, { flowCache: "off", vector: 1 }, steps);
	for (const flowCache of ["off", "on", "eager"] as const)
		for (const vector of [2, 256])
			expect(run(labText, { flowCache, vector }, steps), `${flowCache} ${vector}`).toEqual(long);
}

describe("the next packet goes the other way", () => {
	const flow = frameTo("0501", "udp 10.1.0.2:1000 > 10.9.0.1:53 len=20");
	it.each([
		["a route", "ip netns exec r ip route replace 10.9.0.0/16 via 10.3.0.2"],
		["a rule", "ip netns exec r iptables -A FORWARD -p udp --dport 53 -j DROP"],
		[
			"a neighbour",
			"ip netns exec r ip neigh replace 10.2.0.2 lladdr 02:00:00:00:00:77 dev e2 nud permanent",
		],
		["a smaller MTU", "ip netns exec r ip link set e2 mtu 68"],
		["a link that goes down", "ip netns exec c2 ip link set eth0 down"],
		["forwarding that ends", "ip netns exec r sysctl -qw net.ipv4.ip_forward=0"],
		[
			"a checksum that is looked at from now on",
			"ip netns exec r iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP",
		],
		["a device that goes", "ip netns exec r ip link del e2"],
		["a namespace that goes", "ip netns del c2"],
	])("after %s", (_, change) => {
		same(LAB, (lab, send) => {
			send(flow, 3);
			lab.run(change);
			send(flow, 3);
			lab.runFor(2e9);
			send(flow, 2);
		});
	});
	it("in the middle of a vector, when a socket's owner changes the lab", () => {
		same(LAB, (lab, send) => {
			send(flow, 3);
			let times = 0;
			lab.machine
				.all()
				.find((ns) => ns.name === "r")
				?.udp.bind({
					addr: 0,
					port: 7,
					onDatagram: () => {
						times++;
						lab.run(`ip netns exec r ip route replace 10.9.0.0/16 via 10.${times % 2 === 0 ? 2 : 3}.0.2`);
					},
					onError: () => {},
				});
			const from = lab.device(ENDS[0]!);
			const local = frameTo("0501", "udp 10.1.0.2:1000 > 10.1.0.1:7 len=4");
			for (const frame of [flow, flow, local, flow, local, local, local, flow, flow])
				from.enqueueTransmit(frame);
			lab.machine.core.settle();
			expect(times).toBe(4);
		});
	});
	it("when time has passed over a connection, a station, a neighbour", () => {
		same(BRIDGED, (lab, send) => {
			for (const pause of [1e6, 20e9, 29e9, 31e9, 100e9, 290e9, 301e9, 1e6]) {
				send(frameTo("0003", "udp 10.1.0.4:1000 > 10.1.0.3:53 len=20"), 2);
				send(frameTo("0002", "udp 10.1.0.4:1001 > 10.1.0.2:53 len=20"), 2);
				lab.runFor(pause);
			}
		});
	});
});
