# who may send to a group: the source is checked against the routes, as for what is forwarded
ip netns add r
ip netns add a
ip netns add b
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:01:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:01:02
ip netns exec r ip link set lo up
ip netns exec r ip link set e1 up
ip netns exec r ip link set e2 up
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip addr add 10.1.0.1/24 dev e1
ip netns exec r ip addr add 10.2.0.1/24 dev e2
ip netns exec r ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip neigh replace 10.1.0.9 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip neigh replace 10.2.0.2 lladdr 02:00:00:00:00:02 dev e2 nud permanent
ip netns exec r sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns exec r sysctl -qw net.ipv4.conf.e1.rp_filter=1
ip netns exec r sysctl -qw net.ipv4.conf.e2.route_localnet=1
ip netns exec r iptables -t mangle -A PREROUTING -d 224.0.0.0/4
ip netns exec r iptables -A INPUT -s 10.1.0.0/24 -d 224.0.0.1
ip netns exec r iptables -A INPUT -s 10.2.0.0/24 -d 224.0.0.1
ip netns exec r iptables -A INPUT -s 127.0.0.0/8 -d 224.0.0.1
ip netns exec r iptables -A INPUT -s 0.0.0.0 -d 224.0.0.1
