# a router that tracks connections puts datagrams together in front of local delivery
ip netns add r
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec n1 ip link set eth0 up
ip netns exec r ip link set e1 up
ip netns exec r ip -6 addr add 2001:db8:1::1/64 dev e1
ip netns exec r ip -6 addr add fe80::1/64 dev e1
ip netns exec r ip -6 neigh replace 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip -6 route add 2001:db8:101::/48 via 2001:db8:1::2 dev e1
ip netns exec r ip6tables -A INPUT -m conntrack --ctstate INVALID
