# a host that sends datagrams to groups and to broadcast addresses, and a neighbour that listens
ip netns add a
ip netns add b
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name eth0 netns b address 02:00:00:00:00:02
ip netns exec a ip link set lo up
ip netns exec b ip link set lo up
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec a ip addr add 10.0.0.1/24 brd + dev eth0
ip netns exec b ip addr add 10.0.0.2/24 brd + dev eth0
ip netns exec a ip -6 addr add 2001:db8::1/64 dev eth0
ip netns exec b ip -6 addr add 2001:db8::2/64 dev eth0
ip netns exec a ip route add default via 10.0.0.2
ip netns exec a ip -6 route add default via 2001:db8::2
ip netns exec b sysctl -qw net.ipv4.ip_forward=1
ip netns exec b sysctl -qw net.ipv6.conf.all.forwarding=1
