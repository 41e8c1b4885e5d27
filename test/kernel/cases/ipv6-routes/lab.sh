# longest prefix, metrics, tables and back-tracking
ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r ip -6 addr add fe80::1/64 dev ea
ip netns exec r ip -6 addr add 2001:db8:a::fe/64 dev ea
ip netns exec r ip -6 addr add fe80::1/64 dev eb
ip netns exec r ip -6 addr add 2001:db8:b::fe/64 dev eb
ip netns exec r ip -6 neigh add 2001:db8:a::1 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip -6 neigh add 2001:db8:b::2 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ip -6 neigh add 2001:db8:b::3 lladdr 02:00:00:00:00:03 dev eb nud permanent
ip netns exec r ip -6 neigh add 2001:db8:b::4 lladdr 02:00:00:00:00:04 dev eb nud permanent
ip netns exec r ip -6 neigh add 2001:db8:b::5 lladdr 02:00:00:00:00:05 dev eb nud permanent
ip netns exec r ip -6 route add 2001:db8:1::/48 via 2001:db8:b::2
ip netns exec r ip -6 route add 2001:db8:1:1::/64 via 2001:db8:b::3
ip netns exec r ip -6 route add 2001:db8:1:1::5/128 via 2001:db8:b::4
ip netns exec r ip -6 route add 2001:db8:2::/48 via 2001:db8:b::2 metric 2000
ip netns exec r ip -6 route add 2001:db8:2::/48 via 2001:db8:b::3 metric 10
ip netns exec r ip -6 route add throw 2001:db8:3::/48
ip netns exec r ip -6 route add 2001:db8::/32 via 2001:db8:b::5
ip netns exec r ip -6 route add unreachable 2001:db8:4::/48 metric 5
ip netns exec r ip -6 route add 2001:db8:4::/48 via 2001:db8:b::4 metric 6
ip netns exec r ip -6 route add default via 2001:db8:b::4
