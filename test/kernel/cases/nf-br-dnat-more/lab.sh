# bridged DNAT to elsewhere, unresolved neighbours, NETMAP, hairpin, replies; ip_forward off
ip netns add c1
ip netns add c2
ip link add br0 type bridge
ip link set br0 address 02:42:00:00:00:01
ip link add v1 address 02:00:00:00:03:01 type veth peer name eth0 netns c1 address 02:00:00:00:00:01
ip link add v2 address 02:00:00:00:03:02 type veth peer name eth0 netns c2 address 02:00:00:00:00:02
ip link set v1 master br0
ip link set v2 master br0
ip addr add 10.0.0.254/24 dev br0
ip link set br0 up
ip link set v1 up
ip link set v2 up
ip netns exec c1 ip link set eth0 up
ip netns exec c2 ip link set eth0 up
sysctl -qw net.ipv4.ip_forward=1
ip neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev br0 nud permanent
ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev br0 nud permanent
sysctl -qw net.ipv4.ip_forward=0
ip netns add out
ip link add eth0 address 02:00:00:00:04:0a type veth peer name eth0 netns out address 02:00:00:00:04:01
ip addr add 192.168.0.10/24 dev eth0
ip link set eth0 up
ip netns exec out ip link set eth0 up
ip neigh add 192.168.0.1 lladdr 02:00:00:00:04:01 dev eth0 nud permanent
iptables -t nat -A PREROUTING -p udp --dport 1 -j DNAT --to-destination 10.0.0.2
iptables -t nat -A PREROUTING -p udp --dport 2 -j DNAT --to-destination 10.0.0.77
iptables -t nat -A PREROUTING -p udp --dport 3 -j DNAT --to-destination 192.168.0.1
iptables -t nat -A PREROUTING -p udp --dport 4 -j DNAT --to-destination 10.0.0.254
iptables -t nat -A PREROUTING -p udp --dport 5 -j DNAT --to-destination 10.0.0.1
iptables -t nat -A PREROUTING -d 10.0.0.128/25 -j NETMAP --to 10.0.0.0/25
iptables -t nat -A POSTROUTING -p udp --dport 1 -j SNAT --to-source 10.0.0.254
