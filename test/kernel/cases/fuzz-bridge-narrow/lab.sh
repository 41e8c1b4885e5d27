# seed 1118: bridge
ip netns add h
ip netns exec h ip link set lo up
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set p1 master br0
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link set p2 master br0
ip netns add c3
ip link add eth0 netns c3 address 02:00:00:00:00:03 type veth peer name p3 netns h address 02:00:00:00:05:03
ip netns exec h ip link set p3 master br0
ip netns exec h ip link set p3 mtu 600
ip netns exec h ip link set p1 up
ip netns exec h ip link set p2 up
ip netns exec h ip link set p3 up
ip netns exec h ip link set br0 up
ip netns exec h ip addr add 10.1.0.1/24 dev br0
ip netns exec c1 ip link set eth0 up
ip netns exec h ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:01 dev br0 nud permanent
ip netns exec c2 ip link set eth0 up
ip netns exec h ip neigh replace 10.1.0.3 lladdr 02:00:00:00:00:02 dev br0 nud permanent
ip netns exec c3 ip link set eth0 up
ip netns exec c3 ip link set lo up
ip netns exec c3 ip addr add 10.1.0.4/24 dev eth0
ip netns exec c3 ip route add default via 10.1.0.1
ip netns exec h bridge fdb add 02:00:00:00:00:03 dev p3 master static
ip netns exec h iptables -N U1
ip netns exec h iptables -N U2
ip netns exec h iptables -t raw -A OUTPUT -p icmp --icmp-type 3 -j ACCEPT
ip netns exec h iptables -A U1 -p udp -m multiport --sports 53,80,4000:4100 -j REJECT
ip netns exec h iptables -A U1 -s 10.1.0.4/30 -p tcp --sport 4000 -j U2
ip netns exec h iptables -A FORWARD -s 10.1.0.1/30 -i br0 -o br0 -p udp -j ACCEPT
ip netns exec h iptables -A OUTPUT -o br0 -m statistic --mode nth --every 4 --packet 0 -m iprange ! --src-range 10.1.0.4-255.0.0.0 -j U2
ip netns exec h iptables -A FORWARD -s 10.1.0.1 -p tcp -m multiport --ports 53,80,4000:4100 -j U1
ip netns exec h iptables -t mangle -A OUTPUT -d 10.1.0.3/16 -m statistic --mode nth --every 3 --packet 1 -j MARK --set-xmark 0x2/0x3
ip netns exec h iptables -t raw -A PREROUTING -p icmp -m physdev --physdev-in p1 -m mac ! --mac-source 02:00:00:00:00:02 -j MARK --set-mark 1
