# each far end is number 2 in its namespace, as the first veth is here
ip netns add r
ip netns add a
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ra netns r address 02:00:00:00:05:01
ip netns add b
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name rb netns r address 02:00:00:00:05:02
ip netns add c
ip link add eth0 netns c address 02:00:00:00:00:03 type veth peer name rc netns r address 02:00:00:00:05:03
ip netns exec r ip link set ra up
ip netns exec r ip link set rb up
ip netns exec r ip link set rc up
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec c ip link set eth0 up
