# gratuitous ARP with arp_accept 2, drop_gratuitous_arp 0
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

ip netns exec r ip neigh add 10.0.1.50 lladdr 02:00:00:00:aa:50 dev e1 nud stale
ip netns exec r ip neigh add 10.0.1.51 lladdr 02:00:00:00:aa:51 dev e1 nud reachable
ip netns exec r ip neigh add 10.0.1.52 lladdr 02:00:00:00:aa:52 dev e1 nud permanent
ip netns exec r ip neigh add 10.0.1.53 lladdr 02:00:00:00:aa:53 dev e1 nud noarp
ip netns exec r ip neigh add 10.0.1.54 dev e1 nud failed
ip netns exec r sysctl -qw net.ipv4.conf.e1.arp_accept=2
ip netns exec r sysctl -qw net.ipv4.conf.e1.drop_gratuitous_arp=0
