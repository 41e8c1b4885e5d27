ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec r ip link set e1 up
ip netns exec r ip -6 addr add 2001:db8:1::1/64 dev e1
ip netns exec r ip -6 addr add fe80::1/64 dev e1
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec r ip link set e2 up
ip netns exec n1 ip link set eth0 up
ip netns exec n1 ip -6 addr add 2001:db8:1::2/64 dev eth0
ip netns exec n1 ip -6 addr add fe80::2/64 dev eth0
ip netns exec n1 ip -6 route add default via fe80::1 dev eth0
ip netns exec n1 sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec n2 ip link set eth0 up
ip netns exec r ip -6 route add default via 2001:db8:1::2 dev e1
ip netns exec r ip6tables -t nat -A POSTROUTING -s 2001:db8:2::/64 -o e1 -j MASQUERADE
