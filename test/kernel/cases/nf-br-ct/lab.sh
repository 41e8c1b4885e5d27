# conntrack and NAT over a bridge, fragments, broadcast
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
iptables -t nat -A POSTROUTING -s 10.0.0.1 -p udp --dport 20 -j SNAT --to-source 10.0.0.77
iptables -t nat -A PREROUTING -p udp --dport 30 -j DNAT --to-destination 10.0.0.2:31
iptables -t nat -A PREROUTING -p udp --dport 32 -j REDIRECT --to-ports 33
iptables -N ST
iptables -A ST -m conntrack --ctstate NEW -j RETURN
iptables -A ST -m conntrack --ctstate ESTABLISHED -j RETURN
iptables -A ST -m conntrack --ctstate RELATED -j RETURN
iptables -A ST -m conntrack --ctstate INVALID -j RETURN
iptables -A FORWARD -j ST
iptables -A INPUT -j ST
