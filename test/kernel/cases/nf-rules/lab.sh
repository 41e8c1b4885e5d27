# limit credit, statistic, deep chains, runtime replace, -Z -F
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
ip netns exec r iptables -A FORWARD -p udp --dport 1 -m limit --limit 10/s --limit-burst 3 -j ACCEPT
ip netns exec r iptables -A FORWARD -p udp --dport 1 -j DROP
ip netns exec r iptables -A FORWARD -p udp --dport 2 -m statistic --mode nth --every 3 --packet 1 -j DROP
ip netns exec r iptables -A FORWARD -p udp --dport 2 -m statistic --mode nth --every 2 --packet 0 -j REJECT
ip netns exec r iptables -N C1
ip netns exec r iptables -N C2
ip netns exec r iptables -N C3
ip netns exec r iptables -A C3 -p udp --sport 5 -j RETURN
ip netns exec r iptables -A C3 -p udp --sport 6 -j DROP
ip netns exec r iptables -A C3 -p udp --sport 7 -g C1
ip netns exec r iptables -A C2 -g C3
ip netns exec r iptables -A C2 -j DROP
ip netns exec r iptables -A FORWARD -p udp --dport 3 -j C2
ip netns exec r iptables -A FORWARD -p udp --dport 3 -j LOG --log-prefix "x "
ip netns exec r iptables -A C1 -p udp --sport 7 -j ACCEPT
ip netns exec r iptables -P FORWARD DROP
ip netns exec r iptables -A FORWARD -p udp --dport 4 -m limit --limit 1/min -j ACCEPT
ip netns exec r iptables -A FORWARD -p udp -m multiport --dports 10:12,20 -m comment --comment "hello there" -j ACCEPT
ip netns exec r iptables -A FORWARD -p udp -m multiport --ports 30,31 -j ACCEPT
ip netns exec r iptables -A FORWARD -m iprange --src-range 10.1.0.2-10.1.0.3 -j ACCEPT
ip netns exec r iptables -A FORWARD -m ttl --ttl-lt 5 -j ACCEPT
ip netns exec r iptables -A FORWARD -m ttl --ttl-gt 100 -j ACCEPT
ip netns exec r iptables -A FORWARD -m tos --tos 0x10/0x1c -j ACCEPT
ip netns exec r iptables -A FORWARD -m dscp --dscp 46 -j ACCEPT
ip netns exec r iptables -A FORWARD -m dscp --dscp-class CS1 -j ACCEPT
ip netns exec r iptables -A FORWARD -m mac --mac-source 02:00:00:00:00:09 -j ACCEPT
ip netns exec r iptables -A FORWARD -m pkttype --pkt-type unicast -m length --length 100:200 -j ACCEPT
ip netns exec r iptables -A FORWARD -m addrtype --src-type UNICAST --dst-type BROADCAST -j ACCEPT
ip netns exec r iptables -A FORWARD -m addrtype --dst-type UNICAST --limit-iface-out -j LOG
