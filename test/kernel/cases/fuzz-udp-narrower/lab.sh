ip netns add r
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec r ip addr add 10.2.0.1/24 dev e2
ip netns exec r ip link set e2 up
ip netns add n3
ip link add eth0 netns n3 address 02:00:00:00:00:03 type veth peer name e3 netns r address 02:00:00:00:05:03
ip netns add n4
ip link add eth0 netns n4 address 02:00:00:00:00:04 type veth peer name e4 netns r address 02:00:00:00:05:04
ip netns exec r ip addr add 10.4.0.1/24 dev e4
ip netns exec n2 ip link set eth0 up
ip netns exec r iptables -t nat -A OUTPUT -d 10.4.0.1 -p udp --dport 4000 -j DNAT --to-destination 10.2.0.2
