# rp_filter and marks, src_valid_mark, martians with NAT
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
ip netns exec r iptables -N ST
ip netns exec r iptables -A ST -m conntrack --ctstate INVALID -j RETURN
ip netns exec r iptables -A ST -m conntrack --ctstate NEW -j RETURN
ip netns exec r iptables -A ST -m conntrack --ctstate ESTABLISHED -j RETURN
ip netns exec r iptables -A ST -m conntrack --ctstate RELATED -j RETURN
ip netns exec r iptables -A ST -m conntrack --ctstate UNTRACKED -j RETURN
ip netns exec r iptables -A FORWARD -j ST
ip netns exec r sysctl -qw net.ipv4.conf.ea.rp_filter=1 net.ipv4.conf.eb.rp_filter=2
ip netns exec r ip route add 10.7.0.0/24 via 10.2.0.2
ip netns exec r ip route add 10.7.0.0/24 via 10.1.0.1 table 9
ip netns exec r ip rule add fwmark 9 lookup 9
ip netns exec r iptables -t mangle -A PREROUTING -s 10.7.0.9 -j MARK --set-mark 9
ip netns exec r iptables -t nat -A PREROUTING -p udp --dport 5 -j DNAT --to-destination 10.2.0.3
ip netns exec r iptables -t nat -A PREROUTING -p udp --dport 6 -j DNAT --to-destination 127.0.0.1
