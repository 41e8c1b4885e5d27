ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec r ip link set lo up
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r ip -6 addr add fe80::1/64 dev ea
ip netns exec r ip -6 addr add fd00:a::fe/64 dev ea
ip netns exec r ip -6 addr add fe80::1/64 dev eb
ip netns exec r ip -6 addr add fd00:b::fe/64 dev eb
ip netns exec r ip -6 neigh add fd00:a::1 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::1 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fd00:a::2 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::2 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fd00:a::3 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::3 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fd00:a::4 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::4 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fd00:a::5 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::5 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fe80::a lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip6tables -A FORWARD -m frag --fragfirst
ip netns exec r ip6tables -A FORWARD -p udp --dport 53
ip netns exec r ip6tables -A FORWARD -p udp
ip netns exec r ip6tables -A FORWARD -p tcp --dport 53
ip netns exec r ip6tables -A FORWARD -p icmpv6 --icmpv6-type 128
ip netns exec r ip6tables -A FORWARD -p udp -m multiport --dports 53
ip netns exec r ip6tables -A FORWARD ! -p udp
