/** A host for random walks: four stations behind two bridges with a wire between them, a router's way out, and rules, NAT, queues that come and go. */
import { parsePacketWords } from "hookline";
import type { Draw } from "../kernel/fuzz/draw.ts";
import { ethernet } from "../kernel/fuzz/frames.ts";
import { type Burst, chosen, type Ground } from "./walk.ts";
import { drawFrames } from "./walk-frames.ts";

const LAB = `
ip link add br0 address 02:00:00:00:01:00 type bridge
ip addr add 10.1.0.1/16 dev br0
ip link set br0 up
ip link add br1 address 02:00:00:00:01:11 type bridge
ip link set br1 up
for n in 1 2 3 4; do
  ip netns add c$n
  ip link add p$n address 02:00:00:00:05:0$n type veth peer name eth0 netns c$n address 02:00:00:00:00:0$n
  ip link set p$n master br0
  ip link set p$n up
  ip -n c$n link set eth0 up
  ip -n c$n addr add 10.1.0.1$n/16 dev eth0
  ip -n c$n route add default via 10.1.0.1
  ip neigh add 10.1.0.1$n lladdr 02:00:00:00:00:0$n dev br0
done
ip link set p4 master br1
ip link add s0 address 02:00:00:00:07:00 type veth peer name s1 address 02:00:00:00:07:01
ip link set s0 master br0
ip link set s1 master br1
ip link set s0 up
ip link set s1 up
ip netns add out
ip link add e0 address 02:00:00:00:04:0a type veth peer name eth0 netns out address 02:00:00:00:04:01
ip addr add 192.168.0.10/24 dev e0
ip link set e0 up
ip -n out link set eth0 up
ip -n out addr add 192.168.0.1/24 dev eth0
ip -n out route add default via 192.168.0.10
ip route add default via 192.168.0.1
ip neigh add 192.168.0.1 lladdr 02:00:00:00:04:01 dev e0 nud permanent
sysctl -qw net.ipv4.ip_forward=1
sysctl -qw net.bridge.bridge-nf-call-iptables=<0|0|0|1|1>
<true|true|iptables -t nat -A POSTROUTING -o e0 -j MASQUERADE>
`;
const station = (n: number): string => `02:00:00:00:00:0${n}`;
const ROUTER = "02:00:00:00:01:00";
const ROUTER_OUTSIDE = "02:00:00:00:04:0a";
const OUTSIDE = "02:00:00:00:04:01";
/** Groups, and whom nobody or somebody unlikely is. */
const ODD_DESTINATIONS = [
	"ff:ff:ff:ff:ff:ff",
	"01:00:5e:00:00:05",
	"01:80:c2:00:00:03",
	"01:80:c2:00:00:00",
	"02:00:00:00:0f:0f",
	"02:00:00:00:07:00",
	"02:00:00:00:05:03",
	"02:00:00:00:01:11",
];
const ODD_SOURCES = [ROUTER, "03:00:00:00:00:01", "02:00:00:00:05:02"];

const LINKS = [
	"ip link set p<k> <down|up|up>",
	"ip link set <s0|br1> <down|up|up>",
	"ip link set br0 up",
	"ip link set p<k> mtu <1500|300|600>",
	"ip link set s1 mtu <1500|400>",
	"ip -n c<k> link set eth0 mtu <1500|300>",
	"ip -n c<k> link set eth0 <down|up|up>",
	"ip -n c<k> link set eth0 address 02:00:00:00:00:<0|7><k>",
	"ip link set p<k> nomaster",
	"ip link set p<k> master <br0|br0|br1>",
	"ip link add mv<k> link br0 type macvlan mode bridge\nip link set mv<k> up",
	"ip link del <mv<k>|mp0>",
	"<true|ip link set p<k> nomaster>\nip link add mp0 link p<k> type macvlan",
	"ip -n c<k> link add mv0 link eth0 type macvlan mode bridge\nip -n c<k> link set mv0 up",
	"ip -n c<k> link del mv0",
];
const BRIDGES = [
	"bridge fdb replace 02:00:00:00:00:0<k> dev p<j> master <static|dynamic|static sticky>",
	"bridge fdb del 02:00:00:00:00:0<k> dev p<j> master",
	"bridge fdb <replace|del> 02:00:00:00:00:0<k> dev br0 self",
	"bridge link set dev p<k> isolated <on|off>",
	"bridge link set dev p<k> learning <on|off>",
	"bridge link set dev p<k> flood <on|off>",
	"bridge link set dev p<k> hairpin on",
	"bridge link set dev s0 isolated <on|off>",
	"ip link set br<0|1> promisc <on|off>",
	"ip link set br<0|1> address 02:00:00:00:00:0<k>",
	"ip link set br0 address 02:00:00:00:01:00",
	"ip link set br<0|1> type bridge ageing_time <0|100|3000|30000>",
	"ip link set br<0|1> type bridge mcast_snooping <0|1>",
	"ip link set br<0|1> type bridge group_fwd_mask <0|8>",
	"ip link set br<0|1> type bridge nf_call_iptables <0|1>",
	"sysctl -qw net.bridge.bridge-nf-call-iptables=<0|1|1>",
	"sysctl -qw net.bridge.bridge-nf-filter-vlan-tagged=<0|1>",
	"bridge -s fdb show",
];
const RULES = [
	"iptables -A FORWARD -p udp --dport 53 -j DROP",
	"iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP",
	"iptables -A FORWARD -m conntrack --ctstate ESTABLISHED -j ACCEPT",
	"iptables -A FORWARD -m physdev --physdev-in p1 -p tcp -j ACCEPT",
	"iptables -A FORWARD -m length --length 100:200 -j DROP",
	"iptables -A FORWARD -p tcp -j REJECT",
	"iptables -F FORWARD",
	"iptables -t nat -A POSTROUTING -o e0 -j MASQUERADE",
	"iptables -t nat -A PREROUTING -p udp --dport 53 -j DNAT --to-destination 10.1.0.13",
	"iptables -t nat -A PREROUTING -p udp -d 10.1.0.1<k> -j DNAT --to-destination 10.1.0.1<j>",
	"iptables -t nat -F",
	"iptables -t raw -A PREROUTING -p udp --dport 53 -j CT --notrack",
	"iptables -t raw -F",
	"iptables -t mangle -A PREROUTING -p <udp|tcp> -j MARK --set-mark 5",
	"iptables -t mangle -A POSTROUTING -j TTL --ttl-set 33",
	"iptables -t mangle -F",
	"iptables -t <filter|nat> -Z",
	"conntrack <-L|-F|-D -p udp>",
	"sysctl -qw net.netfilter.nf_conntrack_udp_timeout=<0|5|30>",
];
const QUEUES = [
	"tc qdisc add dev p<k> root netem delay 1ms",
	"tc qdisc del dev p<k> root",
	"tc qdisc add dev s0 root netem delay 1ms rate 10mbit limit 6",
	"tc qdisc del dev s0 root",
	"tc qdisc add dev br0 root netem delay 2ms limit 9",
	"tc qdisc del dev br0 root",
	"ip netns exec c<k> tc qdisc add dev eth0 root netem delay 1ms",
	"ip netns exec c<k> tc qdisc del dev eth0 root",
];
const ROUTES = [
	"ip neigh replace 10.1.0.1<k> lladdr 02:00:00:00:00:0<j> dev br0 nud <stale|permanent|reachable|noarp|failed>",
	"ip neigh del 10.1.0.1<k> dev br0",
	"ip rule <add|del> sport 32768-65534 lookup 100",
	"ip rule <add|del> fwmark 5 lookup 100",
	"ip route replace blackhole 0.0.0.0/0 table 100",
	"ip route flush table 100",
	"sysctl -qw net.ipv4.ip_forward=<0|1|1|1>",
	"sysctl -qw net.ipv4.conf.all.rp_filter=<0|1>",
];
const COMMANDS = [LINKS, BRIDGES, RULES, QUEUES, ROUTES].flat();

export const BRIDGED: Ground = {
	lab: LAB,
	views: [
		["c1:eth0", "c2:eth0", "out:eth0"],
		["c3:eth0", "c4:eth0"],
	],
	visited: [".:p2", ".:br0"],
	hello: [1, 2, 3, 4].map((n) => ({
		at: `c${n}:eth0`,
		frames: [
			ethernet(
				"ff:ff:ff:ff:ff:ff",
				station(n),
				0x0800,
				parsePacketWords(`udp 10.1.0.1${n}:1 > 10.1.255.255:9`),
			),
		],
	})),
	command: (d) => chosen(d, d.pick(COMMANDS), { k: d.int(1, 4), j: d.int(1, 4) }),
	burst(d, { longest, few }) {
		const usual = few && d.chance(70);
		const a = usual ? d.pick([1, 1, 2]) : d.int(1, 5);
		const b = usual ? 3 - a : d.int(1, 4);
		return a === 5 ? fromOutside(d, b, longest) : fromStation(d, a, b, longest);
	},
};
function fromOutside(d: Draw, b: number, longest: number): Burst {
	const daddr = d.pick(["192.168.0.10", "10.1.0.11", `10.1.0.1${b}`]);
	const ends = { dst: ROUTER_OUTSIDE, src: OUTSIDE, saddr: "192.168.0.1", daddr };
	return { at: "out:eth0", frames: drawFrames(d, ends, longest) };
}
function fromStation(d: Draw, a: number, b: number, longest: number): Burst {
	const x = d.below(100);
	const dst = x < 60 ? station(b) : x < 92 ? ROUTER : d.pick([...ODD_DESTINATIONS, station(a)]);
	const src = d.chance(97) ? station(a) : d.pick([...ODD_SOURCES, station(b)]);
	const near = `10.1.0.1${b}`;
	const daddr = dst === ROUTER ? d.pick(["192.168.0.1", "10.1.0.11", near]) : near;
	return { at: `c${a}:eth0`, frames: drawFrames(d, { dst, src, saddr: `10.1.0.1${a}`, daddr }, longest) };
}
