# seed 1026: router6
ip netns add r
ip netns exec r ip link set lo up
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns add n1
ip link add eth0 netns n1 address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip netns exec r ip link set e1 up
ip netns exec r ip -6 addr add 2001:db8:1::1/64 dev e1
ip netns exec r ip -6 addr add fe80::1/64 dev e1
ip netns add n2
ip link add eth0 netns n2 address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec r ip link set e2 mtu 1450
ip netns exec r ip link set e2 up
ip netns exec r ip -6 addr add 2001:db8:2::1/64 dev e2
ip netns exec r ip -6 addr add fe80::1/64 dev e2
ip netns add n3
ip link add eth0 netns n3 address 02:00:00:00:00:03 type veth peer name e3 netns r address 02:00:00:00:05:03
ip netns exec r ip link set e3 mtu 1400
ip netns exec r ip link set e3 up
ip netns exec r ip -6 addr add 2001:db8:3::1/64 dev e3
ip netns exec r ip -6 neigh replace 2001:db8:1::2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip -6 neigh replace fe80::2 lladdr 02:00:00:00:00:01 dev e1 nud permanent
ip netns exec r ip -6 route add 2001:db8:101::/48 via 2001:db8:1::2 dev e1
ip netns exec n1 ip link set eth0 up
ip netns exec r sysctl -qw net.ipv6.conf.e2.proxy_ndp=1
ip netns exec n2 ip link set eth0 up
ip netns exec n2 ip link set lo up
ip netns exec n2 ip -6 addr add 2001:db8:2::2/64 dev eth0
ip netns exec n2 ip -6 addr add fe80::2/64 dev eth0
ip netns exec n2 ip -6 route add default via 2001:db8:2::1 dev eth0
ip netns exec r ip -6 neigh replace 2001:db8:3::2 lladdr 02:00:00:00:00:03 dev e3 nud permanent
ip netns exec r ip -6 neigh replace fe80::2 lladdr 02:00:00:00:00:03 dev e3 nud permanent
ip netns exec n3 ip link set eth0 up
ip netns exec r ip -6 route add prohibit 2001:db8:66::/48
ip netns exec r ip -6 rule add from 2001:db8:3::2 table 100
ip netns exec r ip -6 route add default via 2001:db8:1::2 dev e1 table 100
sleep 0.05
ip netns exec r ip6tables -t mangle -A FORWARD -d 2001:db8::/32 -o e1 -p tcp -m addrtype --dst-type LOCAL -m length --length 0:100 -j TOS --set-tos 0x10
ip netns exec r ip6tables -A FORWARD -p udp --sport 80
ip netns exec r ip6tables -A OUTPUT -p tcp --dport 1024:65535 -j ACCEPT
ip netns exec r ip6tables -A OUTPUT -p icmpv6 --icmpv6-type 1 -j RETURN
ip netns exec r ip6tables -A FORWARD ! -o e1 -p tcp --dport 80
ip netns exec r ip6tables -A INPUT ! -s 2001:db8:3::1/127 -p tcp --dport 80 -m length --length 0:100 -j RETURN
ip netns exec r ip6tables -t raw -A PREROUTING -i e3 -p icmpv6 --icmpv6-type 1 -j NOTRACK
ip netns exec r ip6tables -t raw -A OUTPUT -o e2 -p tcp -m statistic --mode nth --every 3 --packet 0 -j ACCEPT
ip netns exec r ip6tables -A OUTPUT -p tcp -j REJECT --reject-with addr-unreach
ip netns exec r ip6tables -A OUTPUT -p udp -m rt --rt-type 0 -j DROP
ip netns exec r ip6tables -A INPUT ! -s 2001:db8:3::1/48 -p udp --sport 1024:65535 -m eui64 -m length --length 0:100 -j ACCEPT
ip netns exec r ip6tables -A INPUT -p udp -j REJECT --reject-with icmp6-adm-prohibited
ip netns exec r ip6tables -A OUTPUT -d 2001:db8::/32 -p tcp -j REJECT
ip netns exec r ip6tables -A FORWARD -s 2001:db8:1::1 -d 2001:db8::/32 -i e2 -p tcp --dport 1024:65535 -j ACCEPT
ip netns exec r ip6tables -A INPUT -p udp --dport 1000:5000 -m conntrack --ctstate NEW -m hl --hl-eq 64
sleep 0.05
ip netns exec r ip6tables -t nat -A POSTROUTING -s 2001:db8:2::/64 -o e1 -j NETMAP --to 2001:db8:abcd::/64
