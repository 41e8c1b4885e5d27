# the devices have other numbers than their other ends: their carrier is seen at once
ip netns add r
ip netns add n
ip netns exec r ip link add br0 address 02:00:00:00:09:00 type bridge
ip link add e1 netns n address 02:00:00:00:00:01 type veth peer name d1 netns r address 02:00:00:00:05:01
ip link add e2 netns n address 02:00:00:00:00:02 type veth peer name d2 netns r address 02:00:00:00:05:02
ip link add e3 netns n address 02:00:00:00:00:03 type veth peer name d3 netns r address 02:00:00:00:05:03
ip link add e4 netns n address 02:00:00:00:00:04 type veth peer name d4 netns r address 02:00:00:00:05:04
ip link add e5 netns n address 02:00:00:00:00:05 type veth peer name d5 netns r address 02:00:00:00:05:05
ip netns exec n ip link set e1 up
ip netns exec n ip link set e2 up
ip netns exec n ip link set e3 up
ip netns exec n ip link set e4 up
ip netns exec n ip link set e5 up
ip netns exec r ip link set d1 up
ip netns exec r ip link set d2 up
ip netns exec r ip link set d3 up
ip netns exec r ip link set d4 up
ip netns exec r ip -6 addr add 2001:db8:2::1/64 dev d2
