# links down and up with their routes: admin down, carrier lost, the far end gone; connected routes come back, static ones do not
ip link add x0 type bridge
ip link del x0
ip netns add c
ip netns add out
ip netns add r
ip link add p1 address 02:00:00:00:01:01 type veth peer name eth0 netns c address 02:00:00:00:00:01
ip link add p2 address 02:00:00:00:01:02 type veth peer name eth0 netns out address 02:00:00:00:00:02
ip link set p1 up
ip link set p2 up
ip netns exec c ip link set eth0 up
ip netns exec out ip link set eth0 up
ip addr add 10.0.0.254/24 dev p1
ip addr add 192.0.2.254/24 dev p2
ip route add 10.9.0.0/16 via 192.0.2.9
ip route add 10.8.0.0/16 dev p2
sysctl -qw net.ipv4.ip_forward=1
ip neigh add 192.0.2.9 lladdr 02:00:00:00:00:02 dev p2 nud permanent
ip neigh add 192.0.2.8 lladdr 02:00:00:00:00:02 dev p2 nud reachable
