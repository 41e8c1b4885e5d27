ip netns add h
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns add c3
ip link add eth0 netns c3 address 02:00:00:00:00:03 type veth peer name p3 netns h address 02:00:00:00:05:03
ip netns add c4
ip link add eth0 netns c4 address 02:00:00:00:00:04 type veth peer name p4 netns h address 02:00:00:00:05:04
ip netns add o1
ip link add eth0 netns o1 address 02:00:00:00:00:21 type veth peer name up1 netns h address 02:00:00:00:06:01
ip netns exec h ip addr add 192.168.1.1/24 dev up1
ip netns exec h ip link set up1 mtu 1280
ip netns exec h ip link set up1 up
ip netns exec o1 ip link set eth0 up
ip netns exec o1 ip addr add 192.168.1.2/24 dev eth0
ip netns exec o1 ip route add default via 192.168.1.1
