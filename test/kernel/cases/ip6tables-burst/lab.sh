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
ip netns exec r ip -6 addr add fd00:b::fd/64 dev eb
ip netns exec r ip -6 addr add fd00:e::1/64 dev eb
ip netns exec r ip -6 route add fd00:99::/64 via fd00:b::1
ip netns exec r ip -6 route add fd00:e:1::/64 via fd00:b::1
ip netns exec r sysctl -qw net.ipv6.icmp.ratelimit=0
ip netns exec r ip6tables -t nat -A POSTROUTING -o eb -j MASQUERADE
ip netns exec r ip6tables -t nat -A OUTPUT -d fd00:99::9 -p udp -j DNAT --to-destination [fd00:b::1]:99
ip netns exec r ip6tables -t nat -A PREROUTING -d fd00:b::fd -p udp --dport 80 -j DNAT --to-destination [fd00:a::1]:8080
ip netns exec r ip6tables -A FORWARD -m conntrack --ctstate NEW
ip netns exec r ip6tables -A FORWARD -m conntrack --ctstate ESTABLISHED
