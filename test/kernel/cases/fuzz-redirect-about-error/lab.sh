ip netns add h
ip netns exec h sysctl -qw net.ipv4.ip_forward=1
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns add o1
ip link add eth0 netns o1 address 02:00:00:00:00:21 type veth peer name up1 netns h address 02:00:00:00:06:01
ip netns exec h ip addr add 192.168.1.1/24 dev up1
ip netns exec h ip link set up1 up
ip netns add o2
ip link add eth0 netns o2 address 02:00:00:00:00:22 type veth peer name up2 netns h address 02:00:00:00:06:02
ip netns exec o1 ip link set eth0 up
ip netns exec h ip neigh replace 192.168.1.2 lladdr 02:00:00:00:00:21 dev up1 nud permanent
ip netns exec h ip route add default via 192.168.1.2
