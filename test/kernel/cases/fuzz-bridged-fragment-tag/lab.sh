ip netns add h
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set p1 master br0
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link set p2 master br0
ip netns exec h ip link set p1 up
ip netns exec h ip link set p2 up
ip netns exec h ip link set br0 up
ip netns exec c1 ip link set eth0 up
ip netns exec c2 ip link set eth0 up
ip netns exec h sysctl -qw net.bridge.bridge-nf-filter-vlan-tagged=1
ip netns exec h iptables -A FORWARD -m conntrack --ctstate NEW
ip netns exec h ip6tables -A FORWARD -m conntrack --ctstate NEW
