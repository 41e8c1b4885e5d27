# IPv6 rules that look at protocols and ports, jump, and pass over short prefixes
ip netns add r
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec n1 ip link set eth0 up
ip netns exec r ip link set e1 up
ip netns exec r ip -6 addr add 2001:db8:1::1/64 dev e1
ip netns exec r ip -6 neigh add 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec n2 ip link set eth0 up
ip netns exec r ip link set e2 up
ip netns exec r ip -6 addr add 2001:db8:2::1/64 dev e2
ip netns exec r ip -6 neigh add 2001:db8:2::2 lladdr 02:00:00:00:00:02 dev e2 nud permanent
ip netns add n3
ip link add eth0 netns n3 address 02:00:00:00:00:03 type veth peer name e3 netns r address 02:00:00:00:05:03
ip netns exec n3 ip link set eth0 up
ip netns exec r ip link set e3 up
ip netns exec r ip -6 addr add 2001:db8:3::1/64 dev e3
ip netns exec r ip -6 neigh add 2001:db8:3::2 lladdr 02:00:00:00:00:03 dev e3 nud permanent
ip netns add n4
ip link add eth0 netns n4 address 02:00:00:00:00:04 type veth peer name e4 netns r address 02:00:00:00:05:04
ip netns exec n4 ip link set eth0 up
ip netns exec r ip link set e4 up
ip netns exec r ip -6 addr add 2001:db8:4::1/64 dev e4
ip netns exec r ip -6 neigh add 2001:db8:4::2 lladdr 02:00:00:00:00:04 dev e4 nud permanent
ip netns exec r ip link set lo up
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec r ip -6 rule add pref 100 ipproto udp dport 53 table 102
ip netns exec r ip -6 rule add pref 110 ipproto tcp sport 4000-4100 table 103
ip netns exec r ip -6 rule add pref 120 ipproto 58 dport 256-1024 table 104
ip netns exec r ip -6 rule add pref 125 from all dport 32768-33000 table 104
ip netns exec r ip -6 rule add pref 130 iif e3 goto 160
ip netns exec r ip -6 rule add pref 140 not ipproto udp table main suppress_prefixlength 0
ip netns exec r ip -6 rule add pref 150 ipproto 253 prohibit
ip netns exec r ip -6 rule add pref 160 nop
ip netns exec r ip -6 route add default via 2001:db8:2::2 dev e2 table 102
ip netns exec r ip -6 route add default via 2001:db8:3::2 dev e3 table 103
ip netns exec r ip -6 route add default via 2001:db8:4::2 dev e4 table 104
ip netns exec r ip -6 route add default via 2001:db8:2::2 dev e2
ip netns exec r ip -6 route add 2001:db8:f::/48 via 2001:db8:3::2 dev e3
