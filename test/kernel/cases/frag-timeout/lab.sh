# Datagrams of which a part never comes: at a host, at a router that tracks connections, behind its bridge
ip netns add c
ip netns add s
ip netns add d
ip netns add n
ip link add p1 address 02:00:00:00:05:11 type veth peer name eth0 netns c address 02:00:00:00:00:03
ip link add e2 address 02:00:00:00:05:02 type veth peer name eth0 netns s address 02:00:00:00:00:02
ip link add e1 address 02:00:00:00:05:01 type bridge
ip link set p1 master e1
ip link set p1 up
ip link set e1 up
ip link set e2 up
ip netns exec c ip link set eth0 up
ip netns exec s ip link set eth0 up
ip addr add 10.1.0.1/24 dev e1
ip addr add 10.1.0.9/24 dev e1
ip addr add 10.2.0.1/24 dev e2
ip neigh add 10.1.0.3 lladdr 02:00:00:00:00:03 dev e1 nud permanent
ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:02 dev e2 nud permanent
sysctl -qw net.ipv4.ip_forward=1
sysctl -qw net.ipv4.ipfrag_time=1
sysctl -qw net.ipv4.icmp_ratelimit=0
iptables -A FORWARD -m conntrack --ctstate INVALID -j DROP
ip netns exec n ip link add eth0 address 02:00:00:00:06:01 type veth peer name eth0 netns d address 02:00:00:00:06:02
ip netns exec n ip link set eth0 up
ip netns exec d ip link set eth0 up
ip netns exec n ip addr add 10.9.0.1/24 dev eth0
ip netns exec n ip addr add 10.9.0.9/24 dev eth0
ip netns exec n ip neigh add 10.9.0.2 lladdr 02:00:00:00:06:02 dev eth0 nud permanent
ip netns exec n sysctl -qw net.ipv4.ipfrag_time=1
ip netns exec n sysctl -qw net.ipv4.icmp_ratelimit=0
