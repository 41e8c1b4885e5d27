/** Two hosts for random walks, joined by a VXLAN that itself goes through another one, between machines below the hosts. */
import { parsePacketWords } from "hookline";
import { ethernet } from "../kernel/fuzz/frames.ts";
import { chosen, type Ground } from "./walk.ts";
import { drawFrames } from "./walk-frames.ts";

const OPTIONS =
	"<|udpcsum|noudpcsum> <||nolearning> <|tos inherit|tos 0x20> <|ttl 9> <|df inherit|df set> <||srcport 1000 1003|srcport 40000 60000>";
const LAB = `
for h in 1 2; do
  ip netns add m$h
  ip -n m$h link add bm address 02:00:00:00:0a:0$h type bridge
  ip -n m$h link set bm up
  ip netns add h$h
  ip -n h$h link add br0 address 02:00:00:00:0d:0$h type bridge
  ip -n h$h link set br0 up
  for n in 1 2 3; do
    ip netns add c$h$n
    ip -n h$h link add p$n address 02:00:00:00:3$h:0$n type veth peer name eth0 netns c$h$n address 02:00:00:00:0$h:0$n
    ip -n h$h link set p$n master br0
    ip -n h$h link set p$n up
    ip -n c$h$n link set eth0 up
    ip -n c$h$n addr add 10.1.$h.$n/16 dev eth0
  done
  ip -n h$h link add u0 address 02:00:00:00:05:0$h type veth peer name q0 netns m$h address 02:00:00:00:09:0$h
  ip -n h$h addr add 192.168.5.$h/24 dev u0
  ip -n h$h link set u0 up
  ip -n m$h link set q0 master bm
  ip -n m$h link set q0 up
done
ip -n m1 link add w0 address 02:00:00:00:0b:01 type veth peer name w0 netns m2 address 02:00:00:00:0b:02
for h in 1 2; do
  ip -n m$h addr add 192.168.9.$h/24 dev w0
  ip -n m$h link set w0 up
  ip -n m$h link set w0 mtu <1500|1600|1700>
  ip -n m$h link add vm address 02:00:00:00:0c:0$h type vxlan id 9 dstport <4789|8472> local 192.168.9.$h ${OPTIONS}
  ip -n h$h link add vx0 address 02:00:00:00:06:0$h type vxlan id 7 dstport 4789 local 192.168.5.$h <|dev u0> ${OPTIONS}
  ip -n m$h link set vm master bm
  ip -n h$h link set vx0 master br0
done
for h in 1 2; do
  ip -n m$h link set vm up
  ip -n h$h link set vx0 up
done
ip netns exec h1 bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.5.2
ip netns exec h2 bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.5.1
ip netns exec m1 bridge fdb append 00:00:00:00:00:00 dev vm dst 192.168.9.2
ip netns exec m2 bridge fdb append 00:00:00:00:00:00 dev vm dst 192.168.9.1
ip -n h1 neigh add 192.168.5.2 lladdr 02:00:00:00:05:02 dev u0 nud permanent
ip -n h2 neigh add 192.168.5.1 lladdr 02:00:00:00:05:01 dev u0 nud permanent
ip -n m1 neigh add 192.168.9.2 lladdr 02:00:00:00:0b:02 dev w0 nud permanent
ip -n m2 neigh add 192.168.9.1 lladdr 02:00:00:00:0b:01 dev w0
`;
/** At host `h`, the other one being `o`. */
const AT_HOST = [
	"link set vx0 <down|up|up>",
	"link set <u0|br0> up",
	"link set vx0 mtu <1400|1450|1500|300>",
	"link set u0 mtu <1500|1600|400>",
	"link set p1 mtu <1500|300|1450>",
	"link set p2 <nomaster|master br0>",
	"link set vx0 address 02:00:00:00:<06:01|0<o>:02>",
	"link set br0 address 02:00:00:00:0<d:0<h>|<h>:0<1|2>>",
	"link set br0 promisc <on|off>",
	"link set br0 type bridge ageing_time <100|30000>",
	"link set br0 type bridge nf_call_iptables <0|1>",
	"link set vx0 type vxlan ageing 5",
	"link add vx1 type vxlan id 8 dstport 4789 local 192.168.5.<h>",
	"link set vx1 <up|master br0>",
	"link del vx1",
	"addr <add|del> 192.168.5.<h>/24 dev u0",
	"neigh replace 192.168.5.<o> lladdr 02:00:00:00:05:0<o> dev u0 nud <stale|permanent|reachable|noarp>",
	"neigh del 192.168.5.<o> dev u0",
	"rule <add|del> sport 32768-45000 lookup 100",
	"rule <add|del> fwmark 5 lookup 100",
	"route replace blackhole 192.168.5.0/24 table 100",
].map((words) => `ip -n h<h> ${words}`);
const IN_HOST = [
	"bridge fdb replace 02:00:00:00:0<o>:0<k> dev vx0 dst 192.168.5.<o>",
	"bridge fdb replace 02:00:00:00:0<o>:01 dev vx0 dst 192.168.5.9",
	"bridge fdb replace 02:00:00:00:0<o>:01 dev vx0 dst 192.168.5.<o> vni 8 self",
	"bridge fdb del 02:00:00:00:0<o>:0<k> dev vx0 <|master>",
	"bridge fdb replace 02:00:00:00:0<o>:0<k> dev vx0 master static",
	"bridge fdb <append|del> 00:00:00:00:00:00 dev vx0 dst 192.168.5.7",
	"bridge link set dev <vx0|p1> isolated <on|off>",
	"bridge link set dev vx0 <learning|flood> <on|off>",
	"tc qdisc add dev vx0 root netem delay 1ms",
	"tc qdisc add dev u0 root netem delay 1ms rate 10mbit limit 6",
	"tc qdisc add dev p1 root netem delay 2ms",
	"tc qdisc del dev <vx0|u0|p1> root",
	"iptables -A INPUT -p udp --sport 40000:50000 -j DROP",
	"iptables -A INPUT -m conntrack --ctstate INVALID -j DROP",
	"iptables -A FORWARD -p udp --dport 53 -j DROP",
	"iptables -t raw -A OUTPUT -p udp --sport 40000:50000 -j DROP",
	"iptables -t mangle -A PREROUTING -p udp --sport 32768:45000 -j MARK --set-mark 5",
	"iptables -t mangle -A OUTPUT -p udp -j TOS --set-tos 0x10",
	"iptables -t <filter|filter|raw|mangle> -F",
	"sysctl -qw net.bridge.bridge-nf-call-iptables=<0|1>",
	"sysctl -qw net.ipv4.ip_default_ttl=<64|50>",
	"sysctl -qw net.ipv4.conf.all.rp_filter=<0|1>",
].map((words) => `ip netns exec h<h> ${words}`);
const STATIONS = ["ip -n c<o>1 link set eth0 mtu <300|1500>", "ip -n c<o>1 link set eth0 <down|up|up>"];
/** At the machine below, where the outer tunnel is. */
const AT_MACHINE = [
	"link set vm <down|up|up>",
	"link set vm mtu <1450|1500|600>",
	"link set w0 mtu <1500|1600|1700>",
	"link set bm type bridge ageing_time 100",
].map((words) => `ip -n m<h> ${words}`);
const IN_MACHINE = [
	"bridge fdb replace 02:00:00:00:05:0<o> dev vm dst 192.168.9.<o>",
	"tc qdisc add dev vm root netem delay 1ms",
	"tc qdisc add dev q0 root netem delay 1ms limit 5",
	"tc qdisc del dev <vm|q0> root",
	"sysctl -qw net.bridge.bridge-nf-call-iptables=<0|1>",
	"iptables -A FORWARD -p udp --sport 40000:50000 -j ACCEPT",
	"iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP",
	"iptables -A INPUT -p udp --sport 40000:50000 -j DROP",
	"iptables -t mangle -A PREROUTING -p udp -j TOS --set-tos 0x03",
	"iptables -t <filter|mangle> -F",
].map((words) => `ip netns exec m<h> ${words}`);
const ABOVE = [AT_HOST, IN_HOST, STATIONS].flat();
const BELOW = [AT_MACHINE, IN_MACHINE].flat();

const station = (h: number, n: number): string => `02:00:00:00:0${h}:0${n}`;
const bridge = (h: number): string => `02:00:00:00:0d:0${h}`;
const ODD_DESTINATIONS = ["ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:05", "02:00:00:00:0f:0f"];

export const VXLAN: Ground = {
	lab: LAB,
	views: [
		["c11:eth0", "c21:eth0", "c22:eth0"],
		["c21:eth0", "h2:u0"],
		["c12:eth0", "m2:w0"],
	],
	visited: ["h1:p2", "h2:vx0", "m1:vm"],
	hello: [1, 2].flatMap((h) =>
		[1, 2, 3].map((n) => ({
			at: `c${h}${n}:eth0`,
			frames: [
				ethernet(
					"ff:ff:ff:ff:ff:ff",
					station(h, n),
					0x0800,
					parsePacketWords(`udp 10.1.${h}.${n}:1 > 10.1.255.255:9`),
				),
			],
		})),
	),
	command(d) {
		const h = d.int(1, 2);
		return chosen(d, d.pick(d.chance(33) ? BELOW : ABOVE), { h, o: 3 - h, k: d.int(1, 3) });
	},
	burst(d, { longest, few }) {
		const h = d.int(1, 2);
		const h2 = d.chance(85) ? 3 - h : h;
		const a = few && d.chance(80) ? 1 : d.int(1, 3);
		const b = few && d.chance(80) ? 1 : d.int(1, 3);
		const dst = d.chance(92) ? station(h2, b) : d.pick([...ODD_DESTINATIONS, bridge(h), station(h, a)]);
		const src = d.chance(97)
			? station(h, a)
			: d.pick([station(h2, b), bridge(h), "03:00:00:00:00:01", `02:00:00:00:06:0${3 - h}`]);
		const ends = { dst, src, saddr: `10.1.${h}.${a}`, daddr: `10.1.${h2}.${b}` };
		return { at: `c${h}${a}:eth0`, frames: drawFrames(d, ends, longest) };
	},
};
