ip netns add p
ip netns add o
ip netns exec p ip link add br0 address 02:00:00:00:05:00 type bridge
ip link add eth0 netns o address 02:00:00:00:00:41 type veth peer name s0 netns p address 02:00:00:00:09:10
ip netns exec p ip link set s0 master br0
ip netns exec p ip link set s0 up
ip netns exec p ip link set br0 up
ip netns exec o ip link set eth0 up
# k1 never saw a bridge, k2 had one, k3 is the bridge's own namespace
ip netns add k1
ip netns add k2
ip netns exec p ip link add m1 link br0 address 02:00:00:00:00:01 type macvlan mode bridge
ip netns exec p ip link set m1 netns k1 name eth0
ip netns exec p ip link add m2 link br0 address 02:00:00:00:00:02 type macvlan mode bridge
ip netns exec p ip link set m2 netns k2 name eth0
ip netns exec p ip link add m3 link br0 address 02:00:00:00:00:03 type macvlan mode bridge
ip netns exec p ip link set m3 up
ip netns exec k1 ip link set eth0 up
ip netns exec k2 ip link set eth0 up
ip netns exec k2 ip link add gone address 02:00:00:00:05:01 type bridge
ip netns exec k2 ip link del gone
ip netns exec k1 iptables -t mangle -A PREROUTING -p udp
ip netns exec k1 ip6tables -t mangle -A PREROUTING -p udp
ip netns exec k2 iptables -t mangle -A PREROUTING -p udp
ip netns exec k2 ip6tables -t mangle -A PREROUTING -p udp
ip netns exec p iptables -t mangle -A PREROUTING -p udp
ip netns exec p ip6tables -t mangle -A PREROUTING -p udp
