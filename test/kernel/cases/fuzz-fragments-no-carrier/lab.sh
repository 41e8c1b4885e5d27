# the way out loses its carrier
ip netns add r
ip netns exec r ip link set lo up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns add a
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ra netns r address 02:00:00:00:05:01
ip netns exec r ip addr add 10.1.0.1/24 dev ra
ip netns exec r ip link set ra up
ip netns add b
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name rb netns r address 02:00:00:00:05:02
ip netns exec r ip addr add 10.2.0.1/24 dev rb
ip netns exec r ip link set rb up
ip netns exec r ip neigh replace 10.2.0.2 lladdr 02:00:00:00:00:02 dev rb nud permanent
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r iptables -A FORWARD -m conntrack --ctstate NEW -j ACCEPT
