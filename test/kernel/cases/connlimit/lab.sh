# connections counted by source, destination and network, after resets and closes; a refused connection
ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip addr add 10.1.0.254/24 dev ea
ip netns exec r ip addr add 10.2.0.254/24 dev eb
ip netns exec r ip link set lo up
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r ip neigh add 10.1.0.1 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.3 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.4 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.5 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.6 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.7 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.8 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.9 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.13 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.17 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ip neigh add 10.2.0.3 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r iptables -N X
ip netns exec r iptables -A X -p tcp --syn -m connlimit --connlimit-above 2
ip netns exec r iptables -A X -p tcp --syn -m connlimit --connlimit-upto 2 --connlimit-daddr
ip netns exec r iptables -A X -p tcp -m connlimit --connlimit-above 3 --connlimit-mask 30
ip netns exec r iptables -A X -p udp -m connlimit --connlimit-above 1
ip netns exec r iptables -A X -p icmp -m connlimit --connlimit-upto 1 --connlimit-mask 0
ip netns exec r iptables -A FORWARD -p tcp --dport 99 -m connlimit --connlimit-above 0 --connlimit-mask 24 -j REJECT --reject-with tcp-reset
ip netns exec r iptables -A FORWARD -j X
ip netns exec r iptables -t mangle -A FORWARD -p tcp -m connlimit --connlimit-above 3 --connlimit-mask 30 -j TOS --set-tos 0x10
