# two routers in a row, fragments and errors, MTU 900 between, conntrack 1 1
ip netns add a
ip netns add r1
ip netns add r2
ip netns add b
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r1 address 02:00:00:00:05:01
ip link add em netns r1 address 02:00:00:00:06:01 type veth peer name em netns r2 address 02:00:00:00:06:02
ip link add eb netns r2 address 02:00:00:00:05:02 type veth peer name eth0 netns b address 02:00:00:00:00:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r1 ip addr add 10.1.0.254/24 dev ea
ip netns exec r1 ip addr add 10.9.0.1/24 dev em
ip netns exec r2 ip addr add 10.9.0.2/24 dev em
ip netns exec r2 ip addr add 10.2.0.254/24 dev eb
ip netns exec r1 ip link set ea up
ip netns exec r1 ip link set em up
ip netns exec r2 ip link set em up
ip netns exec r2 ip link set eb up
ip netns exec r1 ip link set em mtu 900
ip netns exec r2 ip link set em mtu 900
ip netns exec r1 sysctl -qw net.ipv4.ip_forward=1
ip netns exec r2 sysctl -qw net.ipv4.ip_forward=1
ip netns exec r1 ip route add default via 10.9.0.2
ip netns exec r2 ip route add default via 10.9.0.1
ip netns exec r1 ip neigh add 10.9.0.2 lladdr 02:00:00:00:06:02 dev em nud permanent
ip netns exec r2 ip neigh add 10.9.0.1 lladdr 02:00:00:00:06:01 dev em nud permanent
ip netns exec r1 ip neigh add 10.1.0.1 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r2 ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r1 iptables -t nat -A POSTROUTING -o em -j MASQUERADE
ip netns exec r2 iptables -t nat -A PREROUTING -i em -p udp --dport 53 -j DNAT --to-destination 10.2.0.2:5353
ip netns exec r2 iptables -t nat -A POSTROUTING -o eb -j MASQUERADE
