# NOTRACK, ct matches
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
ip netns exec r iptables -t raw -A PREROUTING -p udp --dport 1 -j NOTRACK
ip netns exec r iptables -t raw -A PREROUTING -p udp --dport 2 -j CT --notrack
ip netns exec r iptables -t raw -A OUTPUT -p udp --dport 3 -j NOTRACK
ip netns exec r iptables -t nat -A POSTROUTING -o eb -p udp -j MASQUERADE
ip netns exec r iptables -N M
ip netns exec r iptables -A FORWARD -j M
ip netns exec r iptables -A M -m conntrack --ctstatus SEEN_REPLY -j RETURN
ip netns exec r iptables -A M -m conntrack --ctstatus ASSURED
ip netns exec r iptables -A M -m conntrack --ctstatus CONFIRMED
ip netns exec r iptables -A M -m conntrack --ctstatus NONE
ip netns exec r iptables -A M -m conntrack --ctstatus EXPECTED
ip netns exec r iptables -A M -m conntrack --ctstate SNAT
ip netns exec r iptables -A M -m conntrack --ctstate DNAT
ip netns exec r iptables -A M -m conntrack --ctproto udp
ip netns exec r iptables -A M -m conntrack ! --ctproto udp
ip netns exec r iptables -A M -m conntrack --ctorigsrc 10.1.0.0/24 --ctorigdstport 5
ip netns exec r iptables -A M -m conntrack --ctreplsrc 10.2.0.2 --ctrepldst 10.2.0.254
ip netns exec r iptables -A M -m conntrack ! --ctorigdst 10.2.0.2
ip netns exec r iptables -A M -m conntrack --ctreplsrcport 5:9 --ctorigsrcport 1
ip netns exec r iptables -A M -m conntrack --ctdir ORIGINAL
ip netns exec r iptables -A M -m conntrack --ctdir REPLY
ip netns exec r iptables -A M -m conntrack --ctexpire 10:30
ip netns exec r iptables -A M -m conntrack --ctexpire 100:500
ip netns exec r iptables -A M -m state --state NEW,UNTRACKED
ip netns exec r iptables -A M -m conntrack ! --ctstate NEW,INVALID
ip netns exec r iptables -A M -m conntrack --ctstate RELATED --ctdir REPLY
ip netns exec r iptables -A M -m conntrack ! --ctstatus CONFIRMED
