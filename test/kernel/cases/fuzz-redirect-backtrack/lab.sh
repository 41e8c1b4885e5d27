# seed 6: bridge6
ip netns add h
ip netns exec h ip link set lo up
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set p1 master br0
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link set p2 master br0
ip netns add c3
ip link add eth0 netns c3 address 02:00:00:00:00:03 type veth peer name p3 netns h address 02:00:00:00:05:03
ip netns exec h ip link set p3 master br0
ip netns add c4
ip link add eth0 netns c4 address 02:00:00:00:00:04 type veth peer name p4 netns h address 02:00:00:00:05:04
ip netns exec h ip link set p4 master br0
ip netns exec h ip link set p1 up
ip netns exec h ip link set p2 up
ip netns exec h ip link set p3 up
ip netns exec h ip link set p4 up
ip netns exec h ip link set br0 up
ip netns exec h ip -6 addr add 2001:db8:1::1/64 dev br0
ip netns exec h ip -6 addr add fe80::1/64 dev br0
ip netns exec c1 ip link set eth0 up
ip netns exec c1 ip link set lo up
ip netns exec c1 ip -6 addr add 2001:db8:1::2/64 dev eth0
ip netns exec c1 ip -6 addr add fe80::2/64 dev eth0
ip netns exec c1 ip -6 route add default via 2001:db8:1::1 dev eth0
ip netns exec c2 ip link set eth0 up
ip netns exec h ip -6 neigh replace 2001:db8:1::3 lladdr 02:00:00:00:00:02 dev br0 nud permanent
ip netns exec h ip -6 neigh replace fe80::3 lladdr 02:00:00:00:00:02 dev br0 nud permanent
ip netns exec c3 ip link set eth0 up
ip netns exec c3 ip link set lo up
ip netns exec c3 ip -6 addr add 2001:db8:1::4/64 dev eth0
ip netns exec c3 ip -6 addr add fe80::4/64 dev eth0
ip netns exec c3 ip -6 route add default via fe80::1 dev eth0
ip netns exec c4 ip link set eth0 up
ip netns exec h ip -6 neigh replace 2001:db8:1::5 lladdr 02:00:00:00:00:04 dev br0 nud permanent
ip netns exec h ip -6 neigh replace fe80::5 lladdr 02:00:00:00:00:04 dev br0 nud permanent
ip netns exec h sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec h bridge fdb replace 02:00:00:00:00:01 dev p1 master static
ip netns exec h bridge fdb replace 02:00:00:00:00:03 dev p3 master static
