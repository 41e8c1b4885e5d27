# MARK, CONNMARK, fwmark rules, TTL, TOS, DSCP
ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip addr add 10.1.0.254/24 dev ea
ip netns exec r ip addr add 10.2.0.254/24 dev eb
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r ip link set lo up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r ip neigh add 10.1.0.1 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.3 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ip neigh add 10.2.0.3 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ip neigh add 10.2.0.4 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r iptables -N ST
ip netns exec r iptables -A ST -m conntrack --ctstate INVALID -j RETURN
ip netns exec r iptables -A ST -m conntrack --ctstate NEW -j RETURN
ip netns exec r iptables -A ST -m conntrack --ctstate ESTABLISHED -j RETURN
ip netns exec r iptables -A ST -m conntrack --ctstate RELATED -j RETURN
ip netns exec r iptables -A ST -m conntrack --ctstate UNTRACKED -j RETURN
ip netns exec r iptables -A FORWARD -j ST
ip netns exec r ip addr add 10.3.0.254/24 dev eb
ip netns exec r ip neigh add 10.3.0.1 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ip neigh add 10.3.0.9 lladdr 02:00:00:00:00:77 dev eb nud permanent
ip netns exec r ip route add default via 10.3.0.1 table 100
ip netns exec r ip route add default via 10.3.0.9 table 101
ip netns exec r ip rule add fwmark 0x1 lookup 100
ip netns exec r ip rule add fwmark 0x20/0xf0 lookup 101
ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 1 -j MARK --set-mark 1
ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 2 -j MARK --set-xmark 0x25/0xff
ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 2 -j MARK --and-mark 0xf0
ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 3 -j MARK --or-mark 0x11
ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 3 -j MARK --xor-mark 0x31
ip netns exec r iptables -t mangle -A OUTPUT -p udp --dport 1 -j MARK --set-mark 1
ip netns exec r iptables -t mangle -A OUTPUT -p udp --dport 4 -j TOS --set-tos 0x10
ip netns exec r iptables -t mangle -A FORWARD -p udp --dport 5 -j TTL --ttl-set 9
ip netns exec r iptables -t mangle -A FORWARD -p udp --dport 6 -j TTL --ttl-dec 3
ip netns exec r iptables -t mangle -A POSTROUTING -p udp --dport 7 -j TTL --ttl-inc 3
ip netns exec r iptables -t mangle -A FORWARD -p udp --dport 8 -j DSCP --set-dscp 46
ip netns exec r iptables -t mangle -A FORWARD -p udp --dport 8 -j TOS --set-tos 0x03/0x03
ip netns exec r iptables -t mangle -A PREROUTING -j CONNMARK --restore-mark
ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 9 -j MARK --set-mark 0x1234
ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 9 -j CONNMARK --save-mark --nfmask 0xff00 --ctmask 0xffff
ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 10 -j CONNMARK --set-xmark 0xaa/0x0f
ip netns exec r iptables -t mangle -A PREROUTING -p udp --dport 11 -j CONNMARK --or-mark 0x100
ip netns exec r iptables -t mangle -A POSTROUTING -m connmark --mark 0x1200/0xff00 -j ACCEPT
ip netns exec r iptables -t mangle -A POSTROUTING -m mark --mark 0x1200 -j ACCEPT
ip netns exec r iptables -t mangle -A PREROUTING -p tcp --dport 5 -j DSCP --set-dscp-class EF
ip netns exec r iptables -t nat -A POSTROUTING -o eb -m mark --mark 0x20/0xf0 -j SNAT --to-source 10.3.0.254
