# A router that puts datagrams together; some fragments come with a burst, the last one with the next burst
ip netns add r
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec r ip addr add 10.1.0.1/24 dev e1
ip netns exec r ip link set e1 up
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec r ip addr add 10.2.0.1/24 dev e2
ip netns exec r ip link set e2 up
ip netns exec r ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec n1 ip link set eth0 up
ip netns exec n2 ip link set eth0 up
ip netns exec r iptables -t nat -A POSTROUTING -o e1 -j MASQUERADE
