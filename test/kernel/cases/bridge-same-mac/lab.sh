# A bridge and ports that take each other's addresses, and those of stations
ip netns add c1
ip netns add c2
ip netns add c3
ip link add br0 address 02:00:00:00:07:00 type bridge
ip link set br0 up
ip link add p1 address 02:00:00:00:01:01 type veth peer name eth0 netns c1 address 02:00:00:00:00:01
ip link add p2 address 02:00:00:00:01:02 type veth peer name eth0 netns c2 address 02:00:00:00:00:02
ip link add p3 address 02:00:00:00:01:03 type veth peer name eth0 netns c3 address 02:00:00:00:00:03
ip link set p1 up
ip link set p2 up
ip link set p3 up
ip netns exec c1 ip link set eth0 up
ip netns exec c2 ip link set eth0 up
ip netns exec c3 ip link set eth0 up
ip link set p1 master br0
ip link set p2 master br0
ip link set p3 master br0
