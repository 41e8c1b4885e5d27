/** What docs/differences-from-linux.md says is refused, is: `check` names it before anything runs. */
import { Lab } from "hookline";
import { describe, expect, it } from "vitest";

const LINK_KINDS =
	"ipvlan macvtap dummy tun vlan vrf bond ifb gre gretap ipip geneve sit wireguard team netkit".split(" ");
const VXLAN_WORDS = [
	"group 239.1.1.1 dev eth0",
	"external",
	"vnifilter",
	"proxy",
	"rsc",
	"l2miss",
	"l3miss",
	"nolocalbypass",
	"gbp",
	"gpe",
	"remcsumtx",
	"ttl inherit",
	"maxaddress 10",
	"remote 2001:db8::1",
];
const MATCHES = "string connlabel connbytes u32 policy time bpf helper".split(" ");
const TARGETS = "TEE NFQUEUE TPROXY TRACE SECMARK CONNSECMARK AUDIT".split(" ");

const REFUSED: Readonly<Record<string, readonly string[]>> = {
	"IPv6 routes": [
		"ip -6 route add 2001:db8::/64 nexthop via fe80::1 dev lo nexthop via fe80::2 dev lo",
		"ip -6 route add 2001:db8::/64 from 2001:db8:1::/64 dev lo",
		"ip -6 route add 2001:db8::/64 advmss 1200 dev lo",
	],
	"other programs": [
		"nft list ruleset",
		"ebtables -L",
		"arptables -L",
		"ipset create s list:set",
		"ipset create s hash:ip forceadd",
		"ip xfrm state",
		"ip tuntap add t0 mode tap",
	],
	"kinds of links": LINK_KINDS.map((kind) => `ip link add x0 type ${kind}`),
	"words of macvlan": [
		"mode source",
		"bcqueuelen 10",
		"macaddr add 02:00:00:00:00:01",
		"mode passthru flag nodst",
	].map((words) => `ip link add link lo m0 type macvlan ${words}`),
	"words of vxlan": VXLAN_WORDS.map((words) => `ip link add vx0 type vxlan id 1 dstport 4789 ${words}`),
	"words of bridges": [
		"ip link add br0 type bridge stp_state 1",
		"ip link add br0 type bridge vlan_filtering 1",
		"ip link add br0 type bridge mcast_querier 1",
		"bridge vlan show",
		"bridge mdb show",
	],
	"queue disciplines": [
		"tc qdisc add dev lo root tbf rate 1mbit burst 10k latency 1ms",
		"tc qdisc add dev lo root netem delay 5ms 1ms",
		"tc qdisc add dev lo root netem loss 1%",
		"tc qdisc add dev lo root netem duplicate 1%",
		"tc qdisc add dev lo root netem delay 5ms reorder 1%",
		"tc qdisc add dev lo root netem corrupt 1%",
		"tc qdisc add dev lo root netem slot 1ms",
		"tc filter add dev lo parent 1: protocol ip u32 match ip dst 10.0.0.1 flowid 1:1",
	],
	routes: [
		"ip route add 10.0.0.0/8 nexthop via 192.0.2.1 nexthop via 192.0.2.2",
		"ip route add 10.0.0.0/8 nhid 1",
		"ip route add 10.0.0.0/8 via 192.0.2.1 advmss 1000",
		"ip route add 10.0.0.0/8 encap mpls 100 via 192.0.2.1",
		"ip nexthop show",
		"ip rule add uidrange 0-0 table 100",
	],
	iptables: [
		...MATCHES.map((match) => `iptables -A INPUT -m ${match}`),
		...TARGETS.map((target) => `iptables -A INPUT -j ${target}`),
		"iptables -t raw -A PREROUTING -j CT --zone 1",
		"iptables -t raw -A PREROUTING -j CT --helper ftp",
	],
	"the shell": [
		"if true; then echo; fi",
		"while true; do echo; done",
		"case a in a) echo;; esac",
		"f() { echo; }",
		"echo a | cat",
		"echo a &",
		"echo $((1 + 1))",
		"echo *",
		"echo ~",
		"python3 -c 1",
	],
};
/** The words are known, the values are not. */
const REFUSED_VALUES = [
	...["neigh_suppress", "locked", "vlan_tunnel"].map((word) => `bridge link set dev v0 ${word} on`),
	"sysctl -qw net.ipv4.conf.all.ignore_routes_with_linkdown=1",
	"sysctl -qw net.ipv4.ip_nonlocal_bind=1",
	"sysctl -qw net.ipv4.ipfrag_max_dist=0",
	"sysctl -qw net.bridge.bridge-nf-filter-pppoe-tagged=1",
	"sysctl -qw net.core.netdev_max_backlog=5",
	"sysctl -qw net.netfilter.nf_conntrack_acct=1",
];

for (const [area, lines] of Object.entries(REFUSED))
	describe(`refused: ${area}`, () => {
		for (const line of lines) it(line, () => expect(new Lab().check(line)).not.toEqual([]));
	});
describe("refused: values", () => {
	for (const line of REFUSED_VALUES)
		it(line, () =>
			expect(new Lab().check(line).map((e) => e.message)).toEqual([expect.stringMatching(/not supported/)]),
		);
});
