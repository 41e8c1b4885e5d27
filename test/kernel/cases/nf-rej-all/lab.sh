# REJECT in every hook and kind
ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip addr add 10.1.0.254/24 dev ea
ip netns exec r ip addr add 10.2.0.254/24 dev eb
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r ip link set lo up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r ip neigh add 10.1.0.1 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.3 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ip neigh add 10.2.0.3 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ip neigh add 10.2.0.4 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r iptables -A FORWARD -p udp --dport 1 -j REJECT --reject-with icmp-net-unreachable
ip netns exec r iptables -A FORWARD -p udp --dport 2 -j REJECT --reject-with icmp-host-unreachable
ip netns exec r iptables -A FORWARD -p udp --dport 3 -j REJECT --reject-with icmp-port-unreachable
ip netns exec r iptables -A FORWARD -p udp --dport 4 -j REJECT --reject-with icmp-proto-unreachable
ip netns exec r iptables -A FORWARD -p udp --dport 5 -j REJECT --reject-with icmp-net-prohibited
ip netns exec r iptables -A FORWARD -p udp --dport 6 -j REJECT --reject-with icmp-host-prohibited
ip netns exec r iptables -A FORWARD -p udp --dport 7 -j REJECT --reject-with icmp-admin-prohibited
ip netns exec r iptables -A FORWARD -p tcp --dport 1 -j REJECT --reject-with tcp-reset
ip netns exec r iptables -A INPUT -p udp --dport 1 -j REJECT --reject-with icmp-host-prohibited
ip netns exec r iptables -A INPUT -p tcp -j REJECT --reject-with tcp-reset
ip netns exec r iptables -A OUTPUT -p udp --dport 1 -j REJECT
ip netns exec r iptables -A OUTPUT -p tcp -m tcp --tcp-flags RST RST --sport 3 -j REJECT
ip netns exec r iptables -A FORWARD -p icmp -j REJECT
ip netns exec r iptables -A FORWARD -p 99 -j REJECT
ip netns exec r iptables -A FORWARD -p sctp -j REJECT
ip netns exec r iptables -A FORWARD -p gre -j REJECT
ip netns exec r iptables -A FORWARD -p esp -j REJECT
ip netns exec r iptables -A FORWARD -p tcp --dport 2 -j REJECT
ip netns exec r sysctl -qw net.ipv4.icmp_ratelimit=0
