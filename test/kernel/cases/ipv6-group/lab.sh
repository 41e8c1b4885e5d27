# datagrams of sockets to groups that the host is in come back; others do not
ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip link set ea up
ip netns exec r ip -6 addr add fe80::1/64 dev ea
ip netns exec r ip -6 addr add 2001:db8:a::fe/64 dev ea
