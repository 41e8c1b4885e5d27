ip netns add r
ip netns add n
ip link add eth0 netns n address 02:00:00:00:00:02 type veth peer name e1 netns r address 02:00:00:00:05:02
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec r sysctl -qw net.ipv4.conf.e1.send_redirects=0
ip netns exec r sysctl -qw net.ipv4.conf.all.send_redirects=0
ip netns exec r ip link set e1 up
ip netns exec n ip link set eth0 up
ip netns exec r ip addr add 10.0.0.1/24 dev e1
ip netns exec r ip -6 addr add 2001:db8::1/64 dev e1
ip netns exec r ip neigh replace 10.0.0.5 lladdr 02:00:00:00:00:02 dev e1 nud permanent
ip netns exec r ip -6 neigh replace 2001:db8::5 lladdr 02:00:00:00:00:02 dev e1 nud permanent
ip netns exec r iptables -A FORWARD -m conntrack --ctstate NEW
ip netns exec r iptables -A FORWARD -m conntrack --ctstate ESTABLISHED --ctdir ORIGINAL
ip netns exec r iptables -A FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY
ip netns exec r ip6tables -A FORWARD -m conntrack --ctstate NEW
ip netns exec r ip6tables -A FORWARD -m conntrack --ctstate ESTABLISHED --ctdir ORIGINAL
ip netns exec r ip6tables -A FORWARD -m conntrack --ctstate ESTABLISHED --ctdir REPLY
