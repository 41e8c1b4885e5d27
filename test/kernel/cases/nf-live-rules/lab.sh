# nat rules come and go while connections exist; conntrack goes off and on; masquerade device down
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
ip netns exec r ip addr add 10.2.0.60/24 dev eb
