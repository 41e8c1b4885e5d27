# MLD and IGMP, whole and broken, through a bridge that snoops and one that does not
ip netns add h
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns exec h ip link add br1 address 02:00:00:00:01:01 type bridge mcast_snooping 0
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set p1 master br0
ip netns exec h ip link set p1 up
ip netns exec c1 ip link set eth0 up
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link set p2 master br0
ip netns exec h ip link set p2 up
ip netns exec c2 ip link set eth0 up
ip netns add c3
ip link add eth0 netns c3 address 02:00:00:00:00:03 type veth peer name p3 netns h address 02:00:00:00:05:03
ip netns exec h ip link set p3 master br1
ip netns exec h ip link set p3 up
ip netns exec c3 ip link set eth0 up
ip netns add c4
ip link add eth0 netns c4 address 02:00:00:00:00:04 type veth peer name p4 netns h address 02:00:00:00:05:04
ip netns exec h ip link set p4 master br1
ip netns exec h ip link set p4 up
ip netns exec c4 ip link set eth0 up
ip netns exec h ip link set br0 up
ip netns exec h ip link set br1 up
ip netns exec h sysctl -qw net.bridge.bridge-nf-call-iptables=0
ip netns exec h sysctl -qw net.bridge.bridge-nf-call-ip6tables=0
