# The mac match fails for what comes over lo, inverted or not: it is no Ethernet device
ip netns add h
ip netns exec h ip link set lo up
ip netns exec h sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set p1 master br0
ip netns exec h ip link set p1 up
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link set p2 master br0
ip netns exec h ip link set p2 up
ip netns exec h bridge link set dev p2 hairpin on
ip netns exec h ip link set p1 mtu 1400
ip netns exec h ip link set br0 up
ip netns exec h ip -6 addr add 2001:db8:1::1/64 dev br0
ip netns exec h ip -6 addr add fe80::1/64 dev br0
ip netns add c33
ip link add eth0 netns c33 address 02:00:00:00:00:21 type veth peer name e1 netns h address 02:00:00:00:06:01
ip netns exec h ip link set e1 mtu 1400
ip netns exec h ip link set e1 up
ip netns exec h ip -6 addr add 2001:db8:2::1/64 dev e1
ip netns exec h ip -6 addr add fe80::1/64 dev e1
ip netns add c34
ip link add eth0 netns c34 address 02:00:00:00:00:22 type veth peer name e2 netns h address 02:00:00:00:06:02
ip netns exec h ip link set e2 up
ip netns exec h ip -6 addr add 2001:db8:3::1/64 dev e2
ip netns exec h ip -6 addr add fe80::1/64 dev e2
ip netns add c35
ip link add eth0 netns c35 address 02:00:00:00:00:23 type veth peer name e3 netns h address 02:00:00:00:06:03
ip netns exec h ip link set e3 up
ip netns exec h ip -6 addr add 2001:db8:4::1/64 dev e3
ip netns exec h ip -6 addr add fe80::1/64 dev e3
ip netns exec h bridge fdb replace 02:00:00:00:00:01 dev p1 master static
ip netns exec c1 ip link set eth0 up
ip netns exec c1 ip link set lo up
ip netns exec c1 ip -6 addr add 2001:db8:1::2/64 dev eth0
ip netns exec c1 ip -6 addr add fe80::17/64 dev eth0
ip netns exec c1 ip -6 route add default via 2001:db8:1::1 dev eth0
ip netns exec c2 ip link set eth0 up
ip netns exec h ip -6 neigh replace 2001:db8:1::3 lladdr 02:00:00:00:00:02 dev br0 nud permanent
ip netns exec h ip -6 neigh replace fe80::18 lladdr 02:00:00:00:00:02 dev br0 nud permanent
ip netns exec c33 ip link set eth0 up
ip netns exec h ip -6 neigh replace 2001:db8:2::2 lladdr 02:00:00:00:00:21 dev e1 nud permanent
ip netns exec h ip -6 neigh replace fe80::49 lladdr 02:00:00:00:00:21 dev e1 nud permanent
ip netns exec c34 ip link set eth0 up
ip netns exec c34 ip link set lo up
ip netns exec c34 ip -6 addr add 2001:db8:3::2/64 dev eth0
ip netns exec c34 ip -6 addr add fe80::50/64 dev eth0
ip netns exec c34 ip -6 route add default via 2001:db8:3::1 dev eth0
ip netns exec c35 ip link set eth0 up
ip netns exec h ip -6 neigh replace 2001:db8:4::2 lladdr 02:00:00:00:00:23 dev e3 nud permanent
ip netns exec h ip -6 neigh replace fe80::51 lladdr 02:00:00:00:00:23 dev e3 nud permanent
ip netns exec h ip -6 route add unreachable 2001:db8:66::/48
sleep 0.05
ip netns exec h ipset create S1 hash:ip family inet6
ip netns exec h ipset create S2 hash:net family inet6
ip netns exec h ipset create S3 hash:ip,port family inet6
ip netns exec h ipset create S4 hash:ip family inet6
ip netns exec h ipset -exist add S1 2001:db8:2::1
ip netns exec h ipset -exist add S1 2001:db8:4::1
ip netns exec h ipset -exist add S2 2001:db8:1::2/48 nomatch
ip netns exec h ipset -exist add S2 2001:db8:4::1/126 nomatch
ip netns exec h ipset -exist add S3 2001:db8:1::3,tcp:80
ip netns exec h ipset -exist add S3 2001:db8:1::1,udp:4000
ip netns exec h ipset -exist add S3 2001:db8:4::1,udp:4000
ip netns exec h ip6tables -t mangle -N U1
ip netns exec h ip6tables -t mangle -N U2
ip netns exec h ip6tables -t nat -N U1
ip netns exec h ip6tables -t filter -N U1
ip netns exec h ip6tables -t filter -N U2
ip netns exec h ip6tables -t filter -N U3
ip netns exec h ip6tables -t mangle -A INPUT -p udp --dport 1000:5000 -j CONNMARK --set-xmark 0x10/0xf0
ip netns exec h ip6tables -t mangle -A PREROUTING -p udp -m length --length 60:1500 -j CHECKSUM --checksum-fill
ip netns exec h ip6tables -t mangle -A U1 -p tcp ! --tcp-flags RST RST -m conntrack --ctstate SNAT -m recent --name R1 --set -m length --length 28
ip netns exec h ip6tables -t mangle -A U1 -p tcp --tcp-flags SYN,ACK SYN,ACK -m statistic --mode nth ! --every 4 --packet 1 -j U2
ip netns exec h ip6tables -t mangle -A INPUT -p icmpv6 --icmpv6-type echo-request -m iprange --dst-range 2001:db8:1::-2001:db8:2::3 -j DROP
ip netns exec h ip6tables -t filter -A U1 -p tcp -j REJECT --reject-with tcp-reset
ip netns exec h ip6tables -t mangle -A POSTROUTING -p tcp --dport 1024:65535 -m ipv6header --soft --header hop -j RETURN
ip netns exec h ip6tables -t nat -A INPUT -p tcp --dport 53 -m mark ! --mark 0x10/0xf0 -m physdev --physdev-in p2 -j SNAT --to-source 2001:db8:77::9
ip netns exec h ip6tables -t mangle -A U2 -p tcp --dport :1023 -m dscp ! --dscp 46
ip netns exec h ip6tables -t mangle -A FORWARD -m mark ! --mark 0x0 -m connmark --mark 0x2/0x3 -g U2
ip netns exec h ip6tables -t nat -A U1 -p udp --sport 1024:65535 -j MARK --set-mark 3
ip netns exec h ip6tables -t filter -A U2 -p tcp --tcp-flags ALL NONE -m ipv6header --header frag -j RETURN
ip netns exec h ip6tables -t filter -A FORWARD -m dst -j ACCEPT
ip netns exec h ip6tables -t filter -A INPUT -p icmpv6 --icmpv6-type 1 -m conntrack --ctdir ORIGINAL --ctstate NEW,ESTABLISHED,RELATED -j REJECT --reject-with policy-fail
ip netns exec h ip6tables -t mangle -A POSTROUTING -p tcp --tcp-flags SYN,ACK SYN,ACK -m frag --fraglast -m pkttype --pkt-type broadcast -j HL --hl-dec 1
ip netns exec h ip6tables -t mangle -A PREROUTING -m mac ! --mac-source 02:00:00:00:00:01 -j HL --hl-inc 2
ip netns exec h ip6tables -t security -A OUTPUT -j ACCEPT
ip netns exec h ip6tables -t mangle -A INPUT -p icmpv6 --icmpv6-type destination-unreachable -m ipv6header --header hop -j MARK --xor-mark 0x11
ip netns exec h ip6tables -t mangle -A FORWARD -p tcp -m multiport --ports 53,80,4000:4100 -m addrtype --dst-type LOCAL -j HL --hl-set 1
ip netns exec h ip6tables -t filter -A OUTPUT -p tcp -j REJECT --reject-with tcp-reset
ip netns exec h ip6tables -t security -A FORWARD -p tcp --dport 1024:65535 -m rt --rt-segsleft 1:3 -j MARK --xor-mark 0x11
ip netns exec h ip6tables -t filter -A FORWARD -p tcp --tcp-option 4 -s 2001:db8::/32 -j ACCEPT
ip netns exec h ip6tables -t nat -A POSTROUTING -p tcp -m multiport --ports 1:1023 -m limit --limit 2/hour --limit-burst 3 -o e3 -m set --match-set S3 dst,src -j SNAT --to-source 2001:db8:77::1-2001:db8:77::6
ip netns exec h ip6tables -t filter -A INPUT -p tcp ! --tcp-flags SYN,RST,ACK,FIN SYN -m hl --hl-eq 63 -m addrtype --src-type LOCAL -j REJECT
ip netns exec h ip6tables -t security -A INPUT -j MARK --set-mark 1
