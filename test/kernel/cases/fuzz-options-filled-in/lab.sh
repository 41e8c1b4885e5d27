# packets with options that a host on the way fills in: what netfilter thinks of their checksums meanwhile
ip netns add r
ip netns add a
ip netns add b
ip netns add s
ip netns add d
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r ip addr add 10.1.0.1/24 dev e1
ip netns exec r ip addr add 10.2.0.1/24 dev e2
ip netns exec r ip link set e1 up
ip netns exec r ip link set e2 up
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r sysctl -qw net.ipv4.icmp_ratelimit=0
ip netns exec r ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip neigh replace 10.2.0.2 lladdr 02:00:00:00:00:02 dev e2 nud permanent
ip netns exec r iptables -A FORWARD -p tcp -j REJECT --reject-with tcp-reset
ip netns exec r iptables -A FORWARD -j REJECT
ip netns exec s ip link add br0 address 02:00:00:00:01:00 type bridge
ip link add eth0 netns d address 02:00:00:00:00:03 type veth peer name p1 netns s address 02:00:00:00:05:03
ip link add eth1 netns d address 02:00:00:00:00:04 type veth peer name p2 netns s address 02:00:00:00:05:04
ip netns exec s ip link set p1 master br0
ip netns exec s ip link set p2 master br0
ip netns exec s ip link set p1 up
ip netns exec s ip link set p2 up
ip netns exec s ip link set br0 up
ip netns exec d ip link set eth0 up
ip netns exec d ip link set eth1 up
ip netns exec s iptables -A FORWARD -p udp -m conntrack --ctstate INVALID
ip netns exec s iptables -A FORWARD -p udp -m conntrack --ctstate NEW
ip netns exec s iptables -A FORWARD -p tcp -m conntrack --ctstate INVALID
ip netns exec s iptables -A FORWARD -p icmp -m conntrack --ctstate INVALID
ip netns exec s iptables -A FORWARD -j REJECT
