# OUTPUT marks and reroutes, MASQUERADE of local traffic, local fragments, OUTPUT policy DROP, errors dropped
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
ip netns exec r iptables -A OUTPUT -j ST
ip netns exec r iptables -A INPUT -j ST
ip netns exec r ip addr add 10.3.0.254/24 dev ea
ip netns exec r ip neigh add 10.3.0.1 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip route add default via 10.2.0.2
ip netns exec r ip route add default via 10.3.0.1 table 7
ip netns exec r ip rule add fwmark 7 lookup 7
ip netns exec r ip rule add tos 0x10 lookup 7
ip netns exec r iptables -t mangle -A OUTPUT -p udp --dport 7 -j MARK --set-mark 7
ip netns exec r iptables -t mangle -A OUTPUT -p udp --dport 8 -j TOS --set-tos 0x10
ip netns exec r iptables -t nat -A POSTROUTING -o ea -p udp --dport 7 -j MASQUERADE
ip netns exec r iptables -t nat -A OUTPUT -p udp --dport 9 -j DNAT --to-destination 10.1.0.3
ip netns exec r iptables -t nat -A OUTPUT -p udp --dport 10 -j DNAT --to-destination 172.31.0.1
ip netns exec r iptables -t nat -A OUTPUT -p icmp -j DNAT --to-destination 10.1.0.2
ip netns exec r iptables -t nat -A OUTPUT -d 10.2.0.254 -p udp --dport 12 -j REDIRECT --to-ports 13
ip netns exec r iptables -A OUTPUT -p udp --dport 14 -j REJECT --reject-with icmp-admin-prohibited
ip netns exec r iptables -t raw -A OUTPUT -p udp --dport 15 -j DROP
ip netns exec r iptables -t mangle -A POSTROUTING -p udp --dport 16 -j DROP
ip netns exec r iptables -t nat -A OUTPUT -p udp --dport 17 -j DNAT --to-destination 10.8.8.8
ip netns exec r ip route add prohibit 172.31.0.0/16
ip netns exec r ip route add blackhole 10.8.8.0/24
