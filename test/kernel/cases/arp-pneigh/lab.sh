# arp-pneigh
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

ip netns exec r ip addr add 10.0.1.5/24 dev e2
ip netns exec r ip route add 10.30.0.0/16 via 10.0.2.9
ip netns exec r ip route add 10.31.0.0/16 via 10.0.1.9
ip netns exec r ip route add unreachable 10.32.0.0/16
ip netns exec r ip route add blackhole 10.33.0.0/16
ip netns exec r ip route add 10.0.1.70 dev e2

ip netns exec r ip neigh add proxy 10.30.0.7 dev e1
ip netns exec r ip neigh add proxy 10.0.1.78 dev e1
ip netns exec r ip neigh add proxy 10.0.1.1 dev e2
ip netns exec r ip neigh add proxy 10.0.2.77 dev e1
ip netns exec r ip neigh add proxy 10.32.0.1 dev e1
ip netns exec r sysctl -qw net.ipv4.neigh.e1.proxy_delay=0
ip netns exec r sysctl -qw net.ipv4.neigh.e2.proxy_delay=0
