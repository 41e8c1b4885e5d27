ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec r ip link set e2 up
ip netns add n3
ip link add eth0 netns n3 address 02:00:00:00:00:03 type veth peer name e3 netns r address 02:00:00:00:05:03
ip netns exec r ip link set e3 up
ip netns exec r ip -6 addr add 2001:db8:3::1/64 dev e3
ip netns exec r ip -6 addr add fe80::1/64 dev e3
ip netns add n4
ip link add eth0 netns n4 address 02:00:00:00:00:04 type veth peer name e4 netns r address 02:00:00:00:05:04
ip netns exec r ip link set e4 up
ip netns exec n2 ip link set eth0 up
ip netns exec n3 ip link set eth0 up
ip netns exec n3 ip -6 addr add 2001:db8:3::2/64 dev eth0
ip netns exec n3 ip -6 route add default via 2001:db8:3::1 dev eth0
ip netns exec n4 ip link set eth0 up
