ip netns add h
ip netns exec h ip link add br0 address 02:00:00:00:05:00 type bridge
ip netns add a
ip netns add b
ip netns add c
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:09:10
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:09:11
ip link add eth0 netns c address 02:00:00:00:00:03 type veth peer name p3 netns h address 02:00:00:00:09:12
ip netns exec h ip link set p1 master br0
ip netns exec h ip link set p2 master br0
ip netns exec h ip link set p3 master br0
ip netns exec h ip link set p1 up
ip netns exec h ip link set p2 up
ip netns exec h ip link set p3 up
ip netns exec h ip link set br0 up
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec c ip link set eth0 up
ip netns exec h bridge fdb add 02:00:00:00:00:11 dev p1 master static
ip netns exec h bridge fdb add 02:00:00:00:00:12 dev p1 master static sticky
ip netns exec h bridge fdb add 02:00:00:00:00:13 dev p1 master dynamic
ip netns exec h bridge fdb replace 02:00:00:00:00:11 dev p3 master dynamic extern_learn
ip netns exec h bridge fdb replace 02:00:00:00:00:12 dev p3 master dynamic extern_learn
ip netns exec h bridge fdb replace 02:00:00:00:00:13 dev p3 master dynamic extern_learn
