ip netns add h
ip netns add c
ip link add eth0 netns c address 02:00:00:00:00:01 type veth peer name e1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set e1 up
ip netns exec h ip -6 addr add 2001:db8:1::1/64 dev e1
ip netns exec h ip -6 addr add 2001:db8:1::7/64 dev e1
ip netns exec h ip addr add 10.1.0.1/24 dev e1
ip netns exec c ip link set eth0 up
ip netns exec h ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec h ip -6 neigh replace 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec h ip -6 neigh replace 2001:db8:1::3 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec h ip -6 neigh replace 2001:db8:1::4 lladdr 02:00:00:00:00:01 dev e1 nud permanent
sleep 0.05
ip netns exec h ip6tables -A INPUT -m conntrack --ctstate INVALID -j DROP
ip netns exec h ip6tables -t raw -A PREROUTING -d 2001:db8:1::7 -j CT --notrack
ip netns exec h ip6tables -t mangle -A INPUT -s 2001:db8:1::2 -j HL --hl-set 9
ip netns exec h ip6tables -t mangle -A PREROUTING -s 2001:db8:1::3 -j TOS --set-tos 0x10
ip netns exec h ip6tables -t mangle -A INPUT -s 2001:db8:1::4 -j HL --hl-set 64
ip netns exec h iptables -t mangle -A INPUT -m conntrack --ctstate NEW -j TTL --ttl-set 9
