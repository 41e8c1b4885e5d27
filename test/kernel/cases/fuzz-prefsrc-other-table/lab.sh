# An address goes that routes of other tables name as their source: those of the main table go with it, the others stay
ip netns add r
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns add s
ip netns exec s ip link set lo up
ip netns exec s sysctl -qw net.ipv4.ip_forward=1
ip link add x0 netns r address 02:00:00:00:07:f1 type veth peer name x0 netns s address 02:00:00:00:07:f2
ip netns exec r ip addr add 10.50.0.1/24 dev x0
ip netns exec r ip link set x0 up
ip netns exec s ip addr add 10.50.0.2/24 dev x0
ip netns exec s ip link set x0 up
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:11 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec r ip addr add 10.1.0.1/24 dev e1
ip netns exec r ip link set e1 up
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:21 type veth peer name e2 netns s address 02:00:00:00:05:02
ip netns exec s ip link set e2 up
ip netns exec n1 ip link set eth0 up
ip netns exec n1 ip addr add 10.1.0.2/24 dev eth0
ip netns exec n1 ip route add default via 10.1.0.1
ip netns exec n2 ip link set eth0 up
ip netns exec r ip route replace default via 10.50.0.2 dev e1 onlink src 10.50.0.1 table 100
ip netns exec r ip rule add to 10.2.0.2 pref 200 table 100
ip netns exec s ip route replace 10.1.0.0/24 via 10.50.0.1
