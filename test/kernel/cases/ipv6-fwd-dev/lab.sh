# forwarding switched on by device and for all
ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r ip -6 addr add fe80::1/64 dev ea
ip netns exec r ip -6 addr add 2001:db8:a::fe/64 dev ea
ip netns exec r ip -6 addr add fe80::1/64 dev eb
ip netns exec r ip -6 addr add 2001:db8:b::fe/64 dev eb
ip netns exec r ip -6 neigh add 2001:db8:a::1 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip -6 neigh add 2001:db8:b::2 lladdr 02:00:00:00:00:02 dev eb nud permanent
