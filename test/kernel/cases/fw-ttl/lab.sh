# fw-ttl
ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip link set lo up
ip netns exec r ip addr add 10.0.1.1/24 dev e1
ip netns exec r ip addr add 10.0.2.1/24 dev e2
ip netns exec r ip link set e1 up
ip netns exec r ip link set e2 up

ip netns exec r ip neigh add 10.0.1.77 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip neigh add 10.0.1.78 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip neigh add 10.0.2.77 lladdr 02:00:00:00:00:02 dev e2 nud permanent
ip netns exec r sysctl -qw net.ipv4.ip_forward=1

ip netns exec r sysctl -qw net.ipv4.icmp_ratelimit=0
ip netns exec r ip route add unreachable 10.60.0.0/16
ip netns exec r ip route add prohibit 10.61.0.0/16
ip netns exec r ip route add blackhole 10.62.0.0/16
ip netns exec r ip route add throw 10.63.0.0/16
ip netns exec r ip route add 10.64.0.0/16 via 10.0.2.77 mtu 600
ip netns exec r ip route add 10.65.0.0/16 via 10.0.2.77 mtu lock 600
