# Packets that are cut off in their transport header, and a rule that answers them: the sum decides, where there is room for one or not
ip netns add r
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r sysctl -qw net.ipv4.icmp_ratelimit=0
ip netns exec r sysctl -qw net.ipv4.icmp_msgs_per_sec=100000
ip netns exec r sysctl -qw net.ipv6.icmp.ratelimit=0
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns add a
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip netns add b
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r ip addr add 10.1.0.1/24 dev ea
ip netns exec r ip addr add 10.2.0.1/24 dev eb
ip netns exec r ip -6 addr add 2001:db8:1::1/64 dev ea nodad
ip netns exec r ip -6 addr add 2001:db8:2::1/64 dev eb nodad
ip netns exec r ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh replace 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh replace 10.2.0.2 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ip neigh replace 2001:db8:2::2 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r iptables -A FORWARD -d 10.2.0.3 -p tcp -j REJECT --reject-with tcp-reset
ip netns exec r iptables -A FORWARD -d 10.2.0.0/24 -j REJECT
ip netns exec r ip6tables -A FORWARD -d 2001:db8:2::3 -p tcp -j REJECT --reject-with tcp-reset
ip netns exec r ip6tables -A FORWARD -d 2001:db8:2::/64 -j REJECT
sleep 0.05
