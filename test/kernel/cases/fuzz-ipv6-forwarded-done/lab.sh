ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec r ip link set e2 up
ip netns exec r ip -6 addr add 2001:db8:2::1/64 dev e2
ip netns add n3
ip link add eth0 netns n3 address 02:00:00:00:00:03 type veth peer name e3 netns r address 02:00:00:00:05:03
ip netns exec r ip link set e3 up
ip netns exec r ip -6 neigh replace 2001:db8:2::2 lladdr 02:00:00:00:00:02 dev e2 nud permanent
ip netns exec n2 ip link set eth0 up
ip netns exec n3 ip link set eth0 up
