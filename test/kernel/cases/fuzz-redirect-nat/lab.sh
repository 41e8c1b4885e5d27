ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec n1 ip link set eth0 up
ip netns exec r ip link set e1 up
ip netns exec r ip -6 addr add 2001:db8:1::1/64 dev e1
ip netns exec r ip -6 addr add fe80::1/64 dev e1
ip netns exec r ip -6 neigh replace 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip -6 neigh replace 2001:db8:1::3 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip -6 neigh replace 2001:db8:1::4 lladdr 02:00:00:00:00:01 dev e1 nud permanent
sleep 2.2
ip netns exec r ip6tables -t nat -A PREROUTING -d 2001:db8:9::3 -p udp -j DNAT --to-destination 2001:db8:1::3
ip netns exec r ip6tables -t nat -A PREROUTING -d 2001:db8:9::5 -p udp -j DNAT --to-destination 2001:db8:1::5
ip netns exec r ip6tables -A OUTPUT -p icmpv6 --icmpv6-type redirect -m conntrack --ctstate RELATED
ip netns exec r ip6tables -A OUTPUT -p icmpv6 --icmpv6-type redirect -m conntrack --ctstate INVALID
