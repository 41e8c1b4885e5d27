# what others have learned for a bridge, over entries that are there; and what an ageing time that is 0 for a moment leaves
ip netns add h
ip netns add a
ip netns add b
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns exec h ip link add br1 address 02:00:00:00:01:01 type bridge
ip netns exec h ip link set p1 master br0
ip netns exec h ip link set p2 master br0
ip netns exec h ip link set p1 up
ip netns exec h ip link set p2 up
ip netns exec h ip link set br0 up
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec h bridge fdb replace 02:00:00:00:00:03 dev br0 self local
ip netns exec h bridge fdb replace 02:00:00:00:00:04 dev p1 master local
ip netns exec h bridge fdb add 02:00:00:00:00:03 dev p2 master dynamic extern_learn
ip netns exec h bridge fdb add 02:00:00:00:00:04 dev p2 master dynamic extern_learn
ip netns exec h bridge fdb add 02:00:00:00:01:00 dev p2 master dynamic extern_learn
ip netns exec h bridge fdb add 02:00:00:00:05:01 dev p2 master dynamic extern_learn
ip netns exec h bridge fdb add 02:00:00:00:05:02 dev p2 master dynamic extern_learn
ip netns exec h bridge fdb replace 02:00:00:00:00:05 dev p1 master static
ip netns exec h bridge fdb add 02:00:00:00:00:05 dev br0 self local extern_learn
ip netns exec h bridge fdb add 02:00:00:00:00:06 dev br0 self local extern_learn
ip netns exec h bridge fdb add 02:00:00:00:00:06 dev p1 master dynamic extern_learn
ip netns exec h bridge fdb add 02:00:00:00:00:07 dev p1 master dynamic
