# Fragments of a bridged IPv6 answer whose destination is translated back: the path to that one was learned to be narrower, so they are too big
ip netns add a
ip netns add b
ip netns exec a sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec b sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec a ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns a address 02:00:00:00:05:01
ip netns exec a ip link set p1 master br0
ip netns exec a ip link set p1 up
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns a address 02:00:00:00:05:02
ip netns exec a ip link set p2 master br0
ip netns exec a ip link set p2 up
ip netns exec a ip link set br0 up
ip netns exec a ip -6 addr add fd00:17::1/64 dev br0
ip netns exec a ip -6 addr add fe80::1/64 dev br0
ip link add w0 netns a address 02:00:00:00:07:02 type veth peer name d0 netns b address 02:00:00:00:07:01
ip netns exec a ip link set w0 mtu 1500
ip netns exec b ip link set d0 mtu 1500
ip netns exec a ip link set w0 up
ip netns exec b ip link set d0 up
ip netns exec a ip -6 addr add 2001:db8:a::2/64 dev w0
ip netns exec b ip -6 addr add 2001:db8:a::1/64 dev d0
ip netns exec b ip -6 addr add fe80::1/64 dev d0
ip netns add o1
ip link add eth0 netns o1 address 02:00:00:00:00:21 type veth peer name out1 netns b address 02:00:00:00:06:01
ip netns exec b ip link set out1 up
ip netns exec c1 ip link set eth0 up
ip netns exec c1 ip -6 addr add fd00:17::2/64 dev eth0
ip netns exec c2 ip link set eth0 up
ip netns exec a ip -6 neigh replace fd00:17::3 lladdr 02:00:00:00:00:02 dev br0 nud permanent
ip netns exec o1 ip link set eth0 up
ip netns exec a ip6tables -t nat -A POSTROUTING -s fd00:17::/64 -d fd00:17::/64 -j MASQUERADE
