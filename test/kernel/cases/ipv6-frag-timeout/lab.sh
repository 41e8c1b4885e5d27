# IPv6 datagrams of which a part never comes, at a router that tracks connections
ip netns add c
ip netns add s
ip link add e1 address 02:00:00:00:05:01 type veth peer name eth0 netns c address 02:00:00:00:00:03
ip link add e2 address 02:00:00:00:05:02 type veth peer name eth0 netns s address 02:00:00:00:00:02
ip link set e1 up
ip link set e2 up
ip netns exec c ip link set eth0 up
ip netns exec s ip link set eth0 up
ip addr add 2001:db8:1::1/64 dev e1
ip addr add 2001:db8:1::9/64 dev e1
ip addr add 2001:db8:2::1/64 dev e2
ip neigh add 2001:db8:1::3 lladdr 02:00:00:00:00:03 dev e1 nud permanent
ip neigh add 2001:db8:2::2 lladdr 02:00:00:00:00:02 dev e2 nud permanent
sysctl -qw net.ipv6.conf.all.forwarding=1
sysctl -qw net.netfilter.nf_conntrack_frag6_timeout=1
sysctl -qw net.ipv6.ip6frag_time=1
sysctl -qw net.ipv6.icmp.ratelimit=0
ip6tables -A FORWARD -m conntrack --ctstate INVALID -j DROP
