# new connections, clashes of ports, published ports, a reset and bad packets back to back from three sides of a NAT
ip link add docker0 type bridge
ip link set docker0 address 02:42:00:00:00:01
ip addr add 172.17.0.1/16 dev docker0
ip link set docker0 up
ip netns add c1
ip link add veth1 address 02:00:00:00:03:01 type veth peer name eth0 netns c1 address 02:42:ac:11:00:02
ip link set veth1 master docker0
ip link set veth1 up
ip netns exec c1 ip link set eth0 up
ip neigh add 172.17.0.2 lladdr 02:42:ac:11:00:02 dev docker0 nud permanent
ip netns add c2
ip link add veth2 address 02:00:00:00:03:02 type veth peer name eth0 netns c2 address 02:42:ac:11:00:03
ip link set veth2 master docker0
ip link set veth2 up
ip netns exec c2 ip link set eth0 up
ip neigh add 172.17.0.3 lladdr 02:42:ac:11:00:03 dev docker0 nud permanent
ip netns add out
ip link add eth0 address 02:00:00:00:04:0a type veth peer name eth0 netns out address 02:00:00:00:04:01
ip addr add 192.168.0.10/24 dev eth0
ip link set eth0 up
ip netns exec out ip link set eth0 up
ip route add default via 192.168.0.1
ip neigh add 192.168.0.1 lladdr 02:00:00:00:04:01 dev eth0 nud permanent
sysctl -qw net.ipv4.ip_forward=1
iptables -t nat -N DOCKER
iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
iptables -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
iptables -N DOCKER
iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
iptables -A FORWARD -o docker0 -j DOCKER
iptables -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
iptables -A FORWARD -i docker0 -o docker0 -j ACCEPT
iptables -P FORWARD DROP
iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport 8080 -j DNAT --to-destination 172.17.0.2:80
iptables -t nat -A DOCKER ! -i docker0 -p udp -m udp --dport 5353 -j DNAT --to-destination 172.17.0.3:53
iptables -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport 80 -j ACCEPT
iptables -A DOCKER -d 172.17.0.3/32 ! -i docker0 -o docker0 -p udp -m udp --dport 53 -j ACCEPT
iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
ip neigh add 192.168.0.2 lladdr 02:00:00:00:04:01 dev eth0 nud permanent
