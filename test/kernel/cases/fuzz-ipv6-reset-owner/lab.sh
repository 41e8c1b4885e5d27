ip netns add h
ip netns add c1
ip netns add c2
ip netns exec h sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link set p1 master br0
ip netns exec h ip link set p1 up
ip netns exec h ip link set p2 up
ip netns exec h ip link set br0 up
ip netns exec c1 ip link set eth0 up
ip netns exec c2 ip link set eth0 up
ip netns exec h ip -6 addr add 2001:db8:1::1/64 dev br0
ip netns exec h ip -6 addr add fe80::1/64 dev br0
ip netns exec h ip -6 addr add 2001:db8:2::1/64 dev p2
ip netns exec h ip -6 addr add fe80::1/64 dev p2
ip netns exec h ip -6 neigh replace 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev br0 nud permanent
ip netns exec h ip -6 neigh replace 2001:db8:2::2 lladdr 02:00:00:00:00:02 dev p2 nud permanent
sleep 0.05
ip netns exec h ip6tables -A INPUT -p tcp --dport 7 -j REJECT --reject-with tcp-reset
ip netns exec h ip6tables -A OUTPUT -p tcp -m owner --socket-exists -j ACCEPT
ip netns exec h ip6tables -A OUTPUT -p tcp -m owner ! --socket-exists -j ACCEPT
ip netns exec h ip6tables -A OUTPUT -m owner --socket-exists -j ACCEPT
ip netns exec h ip6tables -A OUTPUT -m owner ! --socket-exists -j ACCEPT
ip netns exec h iptables -A INPUT -p tcp --dport 7 -j REJECT --reject-with tcp-reset
ip netns exec h iptables -A OUTPUT -p tcp -m owner --socket-exists -j ACCEPT
ip netns exec h iptables -A OUTPUT -p tcp -m owner ! --socket-exists -j ACCEPT
ip netns exec h ip addr add 10.2.0.1/24 dev p2
ip netns exec h ip neigh replace 10.2.0.2 lladdr 02:00:00:00:00:02 dev p2 nud permanent
