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
ip netns exec r ip6tables -A FORWARD -p udp --dport 1 -j REJECT
ip netns exec r ip6tables -A FORWARD -p udp --dport 2 -j REJECT --reject-with icmp6-no-route
ip netns exec r ip6tables -A FORWARD -p udp --dport 3 -j REJECT --reject-with icmp6-adm-prohibited
ip netns exec r ip6tables -A FORWARD -p udp --dport 4 -j REJECT --reject-with icmp6-addr-unreachable
ip netns exec r ip6tables -A FORWARD -p udp --dport 5 -j REJECT --reject-with icmp6-port-unreachable
ip netns exec r ip6tables -A FORWARD -p udp --dport 6 -j REJECT --reject-with icmp6-policy-fail
ip netns exec r ip6tables -A FORWARD -p udp --dport 7 -j REJECT --reject-with icmp6-reject-route
ip netns exec r ip6tables -A FORWARD -p tcp --dport 81 -j REJECT
ip netns exec r ip6tables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset
ip netns exec r ip6tables -A FORWARD -d fd00:b::2 -j REJECT
ip netns exec r ip6tables -A INPUT -p udp --dport 9 -j REJECT
ip netns exec r ip6tables -A INPUT -p tcp -j REJECT --reject-with tcp-reset
ip netns exec r ip6tables -A INPUT -d ff02::1 -j REJECT
ip netns exec r ip6tables -A OUTPUT -p udp --dport 99 -j REJECT
