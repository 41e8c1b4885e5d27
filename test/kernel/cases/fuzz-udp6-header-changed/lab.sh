ip netns add r
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec r ip link set e1 up
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec r ip link set e2 up
ip netns exec r ip -6 addr add 2001:db8:2::1/64 dev e2
ip netns exec n1 ip link set eth0 up
ip netns exec r ip -6 neigh replace 2001:db8:2::2 lladdr 02:00:00:00:00:02 dev e2 nud permanent
ip netns exec n2 ip link set eth0 up
sleep 0.3
ip netns exec r sysctl -qw net.ipv6.icmp.ratelimit=0
ip netns exec r ip6tables -A INPUT -m conntrack --ctstate INVALID
ip netns exec r ip6tables -t raw -A PREROUTING -p udp --dport 83 -j NOTRACK
ip netns exec r ip6tables -t mangle -A INPUT -p udp --dport 80 -j HL --hl-dec 1
ip netns exec r ip6tables -t mangle -A PREROUTING -p udp --dport 81 -j DSCP --set-dscp 3
ip netns exec r ip6tables -t mangle -A PREROUTING -p udp --dport 82 -j HL --hl-set 128
ip netns exec r ip6tables -t mangle -A INPUT -p udp --dport 83 -j HL --hl-inc 1
ip netns exec r ip6tables -t mangle -A INPUT -p tcp -j HL --hl-inc 1
ip netns exec r ip6tables -t mangle -A INPUT -p icmpv6 -j HL --hl-inc 1
