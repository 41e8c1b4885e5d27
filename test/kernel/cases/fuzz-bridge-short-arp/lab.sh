ip netns add h
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns add a
ip netns add b
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name pa netns h address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name pb netns h address 02:00:00:00:05:02
ip netns exec h ip link set pa master br0
ip netns exec h ip link set pb master br0
ip netns exec h ip link set pa up
ip netns exec h ip link set pb up
ip netns exec h ip link set br0 up
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
