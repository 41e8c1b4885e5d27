ip netns add u
ip netns add h2
ip netns add c17
ip link add eth0 netns h2 address 02:00:00:00:07:02 type veth peer name u2 netns u address 02:00:00:00:09:02
ip link add eth0 netns c17 address 02:00:00:00:00:11 type veth peer name p1 netns h2 address 02:00:00:00:05:11
ip netns exec u ip link set u2 up
ip netns exec h2 ip addr add 10.50.0.2/24 dev eth0
ip netns exec h2 ip link set eth0 up
ip netns exec h2 ip neigh add 10.50.0.1 lladdr 02:00:00:00:09:02 dev eth0 nud permanent
ip netns exec h2 ip link add br0 address 02:00:00:00:01:02 type bridge
ip netns exec h2 ip link add vx0 address 02:00:00:00:02:02 type vxlan id 42 dstport 4789 dev eth0 local 10.50.0.2 nolearning
ip netns exec h2 ip link set vx0 master br0
ip netns exec h2 ip link set p1 master br0
ip netns exec h2 ip link set br0 up
ip netns exec h2 ip link set vx0 up
ip netns exec h2 ip link set p1 up
ip netns exec c17 ip link set eth0 up
ip netns exec h2 bridge fdb append 00:00:00:00:00:00 dev vx0 dst 10.50.0.1
