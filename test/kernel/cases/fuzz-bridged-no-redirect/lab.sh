ip netns add h
ip netns exec h sysctl -qw net.ipv4.ip_forward=1
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns exec h ip addr add 172.17.0.1/16 dev br0
ip netns exec h ip link set br0 up
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set p1 master br0
ip netns exec h ip link set p1 up
ip netns exec c1 ip link set eth0 up
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link set p2 master br0
ip netns exec h ip link set p2 up
ip netns exec c2 ip link set eth0 up
ip netns exec h iptables -t nat -A PREROUTING -p udp --dport 443 -j DNAT --to-destination 172.17.0.4:8080
ip netns exec h iptables -t nat -A PREROUTING -p udp --dport 444 -j DNAT --to-destination 172.17.0.5:8080
ip netns exec h iptables -t mangle -A OUTPUT -p icmp
# the bridge takes what is for these for its own
ip netns exec h bridge fdb add 02:00:00:00:00:04 dev p2 master permanent
ip netns exec h bridge fdb add 02:00:00:00:00:05 dev p2 master permanent
ip netns exec h ip neigh replace 172.17.0.4 lladdr 02:00:00:00:00:04 dev br0 nud permanent
ip netns exec h ip neigh replace 172.17.0.5 lladdr 02:00:00:00:00:05 dev br0 nud stale
ip netns exec h sysctl -qw net.ipv4.neigh.br0.delay_first_probe_time=600
