# hairpin NAT, NAT and REJECT, DNAT to self, DNAT with dead target
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
ip netns exec r sysctl -qw net.ipv4.conf.all.send_redirects=1
ip netns exec r iptables -t nat -A PREROUTING -d 10.1.0.254 -p tcp --dport 80 -j DNAT --to-destination 10.1.0.2:8080
ip netns exec r iptables -t nat -A PREROUTING -d 10.1.0.254 -p udp --dport 81 -j DNAT --to-destination 10.2.0.2
ip netns exec r iptables -t nat -A PREROUTING -d 10.1.0.254 -p udp --dport 82 -j DNAT --to-destination 10.2.0.99
ip netns exec r iptables -t nat -A PREROUTING -p udp --dport 83 -j DNAT --to-destination 10.1.0.254:99
ip netns exec r iptables -t nat -A PREROUTING -p udp --dport 84 -j DNAT --to-destination 192.168.9.9
ip netns exec r iptables -t nat -A PREROUTING -p udp --dport 85 -j DNAT --to-destination 10.2.0.255
ip netns exec r iptables -t nat -A POSTROUTING -s 10.1.0.0/24 -d 10.1.0.2 -p tcp -j MASQUERADE
ip netns exec r iptables -A FORWARD -d 10.2.0.2 -p udp --dport 81 -j REJECT --reject-with icmp-admin-prohibited
ip netns exec r iptables -A FORWARD -p tcp --dport 8081 -j REJECT --reject-with tcp-reset
ip netns exec r iptables -t nat -A PREROUTING -p tcp --dport 90 -j DNAT --to-destination 10.2.0.3:8081
ip netns exec r iptables -t nat -A POSTROUTING -o eb -j SNAT --to-source 10.2.0.50
ip netns exec r iptables -t nat -A PREROUTING -p udp --dport 86 -j DNAT --to-destination 10.1.0.3:8686
