/**
 * The lab of the explain tests:
 *
 *   c1:eth0 172.17.0.2 -- veth1 \                                     192.168.0.0/24
 *                                docker0 172.17.0.1 (root, .2) up0 ------------------ eth0 192.168.0.1 (world)
 *   c2:eth0 172.17.0.3 -- veth2 /
 *   c3:eth0 (no address) -- veth3 /
 */
import { Lab } from "../src/lab.ts";

const TEXT = `
set -e
ip link add docker0 type bridge
ip link set docker0 up
for i in 1 2 3; do
  ip netns add c$i
  ip link add veth$i address 02:42:00:00:01:0$i type veth peer name eth0 address 02:42:00:00:02:0$i netns c$i
  ip link set veth$i master docker0
  ip link set veth$i up
  ip -n c$i link set lo up
  ip -n c$i link set eth0 up
done
ip addr add 172.17.0.1/16 dev docker0
ip -n c1 addr add 172.17.0.2/16 dev eth0
ip -n c1 route add default via 172.17.0.1
ip -n c2 addr add 172.17.0.3/16 dev eth0
ip -n c2 route add default via 172.17.0.1
ip netns add world
ip link add up0 address 02:42:00:00:03:01 type veth peer name eth0 address 02:42:00:00:03:02 netns world
ip addr add 192.168.0.2/24 dev up0
ip -n world addr add 192.168.0.1/24 dev eth0
ip link set up0 up
ip -n world link set eth0 up
ip route add default via 192.168.0.1
sysctl -q -w net.ipv4.ip_forward=1 net.bridge.bridge-nf-call-iptables=1
iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
iptables -A FORWARD -p udp --dport 9 -j DROP
iptables -A FORWARD -p udp --dport 10 -j REJECT
`;

/** `more` is lab text that is run afterwards. */
export function dockerLab(more = ""): Lab {
	let complaints = "";
	const lab = new Lab({
		seed: 1,
		debug: true,
		err: (text) => {
			complaints += text;
		},
	});
	const status = lab.run(TEXT + more, { file: "explain-lab" });
	if (status !== 0 || complaints !== "") throw new Error(`status ${status}: ${complaints}`);
	lab.runUntil(0);
	return lab;
}
/** injected + generated = delivered + dropped + held */
export function balanced(lab: Lab): boolean {
	const c = lab.counters();
	return c.injected + c.generated === c.delivered + c.dropped + c.held;
}
