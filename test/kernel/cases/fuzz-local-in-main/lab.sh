# while there are no rules the local and the main table are one trie
ip netns add r
ip netns exec r ip link set lo up
ip netns add a
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec r ip addr add 10.1.0.1/24 dev e1
ip netns exec r ip link set e1 up
ip netns exec a ip link set eth0 up
ip netns exec r ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip route add local 10.66.0.0/16 dev lo table 101
ip netns exec r ip route add local 10.67.0.0/16 dev lo
ip netns exec r ip route add local 10.68.0.0/16 dev lo table main
ip netns exec r iptables -t raw -A PREROUTING -m addrtype --dst-type LOCAL
