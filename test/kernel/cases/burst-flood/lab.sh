# 60 frames back to back from three ports of a bridge: floods, learning, stations that move, ARP, VLAN, multicast
ip link add br0 type bridge
ip link set br0 address 02:42:00:00:00:01
ip link set br0 up
ip netns add c1
ip link add p1 address 02:00:00:00:03:01 type veth peer name eth0 netns c1 address 02:00:00:00:00:01
ip link set p1 master br0
ip link set p1 up
ip netns exec c1 ip link set eth0 up
ip netns add c2
ip link add p2 address 02:00:00:00:03:02 type veth peer name eth0 netns c2 address 02:00:00:00:00:02
ip link set p2 master br0
ip link set p2 up
ip netns exec c2 ip link set eth0 up
ip netns add c3
ip link add p3 address 02:00:00:00:03:03 type veth peer name eth0 netns c3 address 02:00:00:00:00:03
ip link set p3 master br0
ip link set p3 up
ip netns exec c3 ip link set eth0 up
ip netns add c4
ip link add p4 address 02:00:00:00:03:04 type veth peer name eth0 netns c4 address 02:00:00:00:00:04
ip link set p4 master br0
ip link set p4 up
ip netns exec c4 ip link set eth0 up
ip addr add 10.0.0.254/24 dev br0
ip netns exec c4 ip addr add 10.0.0.4/24 dev eth0
