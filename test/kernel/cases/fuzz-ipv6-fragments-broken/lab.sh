ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec r sysctl -qw net.ipv6.icmp.ratelimit=0
ip netns exec r ip link set lo up
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r ip -6 addr add fe80::1/64 dev ea
ip netns exec r ip -6 addr add fd00:a::fe/64 dev ea
ip netns exec r ip -6 addr add fe80::1/64 dev eb
ip netns exec r ip -6 addr add fd00:b::fe/64 dev eb
ip netns exec r ip -6 neigh add fd00:a::1 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::1 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip6tables -A FORWARD -m conntrack --ctstate NEW
ip netns exec r ip6tables -A FORWARD -m conntrack --ctstate ESTABLISHED
ip netns exec r ip6tables -A FORWARD -m conntrack --ctstate INVALID
ip netns exec r ip6tables -A INPUT -m conntrack --ctstate NEW
ip netns exec r ip6tables -A INPUT -m conntrack --ctstate INVALID
ip netns exec r ip6tables -A FORWARD -p udp --dport 53
