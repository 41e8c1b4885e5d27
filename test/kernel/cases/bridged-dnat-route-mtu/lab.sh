# A bridged packet whose destination is translated has a route, and that route's MTU decides how its fragments leave: 600 for one destination, 1400 for another
ip netns add a
ip netns exec a sysctl -qw net.ipv4.ip_forward=1
ip netns exec a ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns exec a sysctl -qw net.bridge.bridge-nf-call-iptables=1
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns a address 02:00:00:00:05:01
ip netns exec a ip link set p1 master br0
ip netns exec a ip link set p1 up
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns a address 02:00:00:00:05:02
ip netns exec a ip link set p2 master br0
ip netns exec a ip link set p2 up
ip netns exec a ip link set br0 up
ip netns exec a ip addr add 10.0.0.1/24 dev br0
ip netns exec c1 ip link set eth0 up
ip netns exec c2 ip link set eth0 up
ip netns exec a ip neigh replace 10.0.0.3 lladdr 02:00:00:00:00:02 dev br0 nud permanent
ip netns exec a ip neigh replace 10.0.0.4 lladdr 02:00:00:00:00:02 dev br0 nud permanent
ip netns exec a bridge fdb replace 02:00:00:00:00:02 dev p2 master static
ip netns exec a ip route add 10.0.0.3/32 dev br0 mtu 600
ip netns exec a ip route add 10.0.0.4/32 dev br0 mtu 1400
ip netns exec a iptables -t nat -A PREROUTING -d 10.0.0.9 -j DNAT --to-destination 10.0.0.3
ip netns exec a iptables -t nat -A PREROUTING -d 10.0.0.8 -j DNAT --to-destination 10.0.0.4
