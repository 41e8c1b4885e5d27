ip netns add r
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec r ip link set e1 mtu 576
ip netns exec r ip link set e1 up
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec n1 ip link set eth0 up
ip netns exec n1 ip addr add 10.1.0.2/24 dev eth0
ip netns exec n1 ip route add default via 10.1.0.1
