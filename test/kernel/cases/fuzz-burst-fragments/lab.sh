# seed 2105: router
ip netns add r
ip netns exec r ip link set lo up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec r ip link set e1 mtu 576
ip netns exec r ip addr add 10.1.0.1/24 dev e1
ip netns exec r ip link set e1 up
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec r ip link set e2 mtu 1400
ip netns exec r ip addr add 10.2.0.1/24 dev e2
ip netns exec r ip link set e2 up
ip netns add n3
ip link add eth0 netns n3 address 02:00:00:00:00:03 type veth peer name e3 netns r address 02:00:00:00:05:03
ip netns exec r ip addr add 10.3.0.1/24 dev e3
ip netns exec r ip link set e3 up
ip netns add n4
ip link add eth0 netns n4 address 02:00:00:00:00:04 type veth peer name e4 netns r address 02:00:00:00:05:04
ip netns exec r ip addr add 10.4.0.1/24 dev e4
ip netns exec r ip link set e4 up
ip netns exec r ip route add 10.101.0.0/16 via 10.1.0.2 mtu 1100
ip netns exec r ip neigh replace 10.2.0.2 lladdr 02:00:00:00:00:02 dev e2 nud permanent
ip netns exec r ip route add 10.102.0.0/16 via 10.2.0.2
ip netns exec r ip neigh replace 10.3.0.2 lladdr 02:00:00:00:00:03 dev e3 nud permanent
ip netns exec r ip route add 10.103.0.0/16 via 10.3.0.2
ip netns exec r ip neigh replace 10.4.0.2 lladdr 02:00:00:00:00:04 dev e4 nud permanent
ip netns exec r ip route add unreachable 10.66.0.0/16
ip netns exec n1 ip link set eth0 up
ip netns exec n1 ip link set lo up
ip netns exec n1 ip addr add 10.1.0.2/24 dev eth0
ip netns exec n1 ip route add default via 10.1.0.1
ip netns exec n2 ip link set eth0 up
ip netns exec n3 ip link set eth0 up
ip netns exec n4 ip link set eth0 up
ip netns exec r iptables -N U1
ip netns exec r iptables -N U2
ip netns exec r iptables -A U2 -p udp --dport 53 -m mark ! --mark 0x2/0x3 -j ACCEPT
ip netns exec r iptables -A INPUT -s 10.3.0.2/16 -j RETURN
ip netns exec r iptables -t raw -A PREROUTING -d 10.77.0.1/24 -p tcp -m multiport --dports 53,80,4000:4100 -m limit --limit 1/min --limit-burst 5
ip netns exec r iptables -A U1 -p tcp --dport 1000:5000 -m conntrack --ctstate ESTABLISHED -j DROP
ip netns exec r iptables -A U1 -p icmp -m conntrack --ctstate ESTABLISHED -j ACCEPT
ip netns exec r iptables -A U2 -m addrtype --dst-type BROADCAST -m addrtype --dst-type MULTICAST -j DROP
ip netns exec r iptables -t mangle -A FORWARD -o e3 -p tcp --dport 8080 -m conntrack --ctstate RELATED,ESTABLISHED
ip netns exec r iptables -A U1 -m conntrack ! --ctstate RELATED,ESTABLISHED -j U2
ip netns exec r iptables -A U2 -d 10.102.7.7/30 -p icmp --icmp-type 0 -j ACCEPT
ip netns exec r iptables -A FORWARD -d 10.103.7.7/30 -p icmp -m mark --mark 0x2/0x3 -m mac --mac-source 02:00:00:00:00:02
ip netns exec r iptables -A FORWARD -p tcp -m multiport --ports 53,80,4000:4100 -m mark --mark 0x2/0x3 -j REJECT --reject-with icmp-net-prohibited
ip netns exec r iptables -A OUTPUT ! -s 10.0.0.0/8 -p udp --dport 80 -j ACCEPT
ip netns exec r iptables -t mangle -A POSTROUTING -p udp --sport 80 -m conntrack --ctstate RELATED,ESTABLISHED -j MARK --set-xmark 0x2/0x3
ip netns exec r iptables -A U1 -p udp --dport 53 -j RETURN
ip netns exec r iptables -A FORWARD -p udp --sport 4000 -m conntrack --ctstate INVALID -j U1
ip netns exec r iptables -t nat -A PREROUTING -d 10.4.0.1 -p udp --dport 8080 -j DNAT --to-destination 10.2.0.2:1000-1003
ip netns exec r iptables -t nat -A PREROUTING -i e1 -p tcp --dport 80 -j DNAT --to-destination 10.1.0.2
ip netns exec r iptables -t nat -A POSTROUTING -s 10.2.0.0/24 ! -o br0 -j MASQUERADE
