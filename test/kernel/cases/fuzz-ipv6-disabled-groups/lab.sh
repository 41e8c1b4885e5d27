# IPv6 is disabled everywhere; what the bridge's fdb says of each device are the groups that it takes
ip netns add r
ip netns add n
ip link add e1 netns n address 02:00:00:00:00:01 type veth peer name d1 netns r address 02:00:00:00:05:01
ip link add e2 netns n address 02:00:00:00:00:02 type veth peer name d2 netns r address 02:00:00:00:05:02
ip link add e3 netns n address 02:00:00:00:00:03 type veth peer name d3 netns r address 02:00:00:00:05:03
ip netns exec n ip link set e1 up
ip netns exec n ip link set e2 up
ip netns exec n ip link set e3 up
# e2 grows while it is down, e3 while it is up
ip netns exec r ip link set d2 mtu 576
ip netns exec r ip link set d3 mtu 576
ip netns exec r ip link set d2 mtu 1500
ip netns exec r ip link set d1 up
ip netns exec r ip link set d2 up
ip netns exec r ip link set d3 up
