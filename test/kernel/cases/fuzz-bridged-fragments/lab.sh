# seed 1015: nat
ip netns add h
ip netns exec h ip link set lo up
ip netns exec h sysctl -qw net.ipv4.ip_forward=1
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns exec h ip addr add 172.17.0.1/16 dev br0
ip netns exec h ip link set br0 up
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set p1 master br0
ip netns exec h ip link set p1 up
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link set p2 master br0
ip netns exec h ip link set p2 up
ip netns add c3
ip link add eth0 netns c3 address 02:00:00:00:00:03 type veth peer name p3 netns h address 02:00:00:00:05:03
ip netns exec h ip link set p3 master br0
ip netns exec h ip link set p3 up
ip netns add c4
ip link add eth0 netns c4 address 02:00:00:00:00:04 type veth peer name p4 netns h address 02:00:00:00:05:04
ip netns exec h ip link set p4 master br0
ip netns exec h ip link set p4 up
ip netns add o1
ip link add eth0 netns o1 address 02:00:00:00:00:21 type veth peer name up1 netns h address 02:00:00:00:06:01
ip netns exec h ip addr add 192.168.1.1/24 dev up1
ip netns exec h ip link set up1 up
ip netns add o2
ip link add eth0 netns o2 address 02:00:00:00:00:22 type veth peer name up2 netns h address 02:00:00:00:06:02
ip netns exec h ip addr add 192.168.2.1/24 dev up2
ip netns exec h ip link set up2 up
ip netns exec c1 ip link set eth0 up
ip netns exec c1 ip link set lo up
ip netns exec c1 ip addr add 172.17.0.2/16 dev eth0
ip netns exec c1 ip route add default via 172.17.0.1
ip netns exec c2 ip link set eth0 up
ip netns exec c2 ip link set lo up
ip netns exec c2 ip addr add 172.17.0.3/16 dev eth0
ip netns exec c2 ip route add default via 172.17.0.1
ip netns exec h bridge link set dev p2 hairpin on
ip netns exec c3 ip link set eth0 up
ip netns exec c3 ip link set lo up
ip netns exec c3 ip addr add 172.17.0.4/16 dev eth0
ip netns exec c3 ip route add default via 172.17.0.1
ip netns exec c4 ip link set eth0 up
ip netns exec h ip neigh replace 172.17.0.5 lladdr 02:00:00:00:00:04 dev br0 nud permanent
ip netns exec h bridge link set dev p4 hairpin on
ip netns exec o1 ip link set eth0 up
ip netns exec o1 ip link set lo up
ip netns exec o1 ip addr add 192.168.1.2/24 dev eth0
ip netns exec o1 ip route add default via 192.168.1.1
ip netns exec o2 ip link set eth0 up
ip netns exec o2 ip link set lo up
ip netns exec o2 ip addr add 192.168.2.2/24 dev eth0
ip netns exec o2 ip route add default via 192.168.2.1
ip netns exec h ip route add default via 192.168.1.2
ip netns exec h iptables -t nat -A PREROUTING -p udp --dport 53 -j REDIRECT --to-ports 80
ip netns exec h iptables -t nat -A POSTROUTING -s 172.17.0.0/16 -p udp -j SNAT --to-source 192.168.1.1:4000-4001
ip netns exec h iptables -N U1
ip netns exec h iptables -N U2
ip netns exec h iptables -N U3
