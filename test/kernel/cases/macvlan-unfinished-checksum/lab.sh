# macvlans leave checksums to whoever takes the frame out: a sibling that quotes one shows what stood there
ip netns add p
ip netns add o
ip netns add k1
ip netns add k2
ip link add w0 netns p address 02:00:00:00:05:00 type veth peer name eth0 netns o address 02:00:00:00:00:09
ip netns exec p ip link set w0 up
ip netns exec p ip link add m1 link w0 address 02:00:00:00:00:01 type macvlan mode bridge
ip netns exec p ip link set m1 netns k1 name eth0
ip netns exec p ip link add m2 link w0 address 02:00:00:00:00:02 type macvlan mode bridge
ip netns exec p ip link set m2 netns k2 name eth0
ip netns exec p ip addr add 10.1.0.254/24 dev w0
ip netns exec o ip link set eth0 up
ip netns exec o ip addr add 10.1.0.9/24 dev eth0
ip netns exec k1 ip link set eth0 up
ip netns exec k1 ip addr add 10.1.0.1/24 dev eth0
ip netns exec k1 ip -6 addr add 2001:db8::1/64 dev eth0
ip netns exec k2 ip link set eth0 up
ip netns exec k2 ip addr add 10.1.0.2/24 dev eth0
ip netns exec k2 ip -6 addr add 2001:db8::2/64 dev eth0
ip netns exec o ip -6 addr add 2001:db8::9/64 dev eth0
ip netns exec k1 ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ip netns exec k2 ip neigh replace 10.1.0.1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
ip netns exec k2 ip neigh replace 10.1.0.9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent
ip netns exec o ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ip netns exec k1 ip -6 neigh replace 2001:db8::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
ip netns exec k2 ip -6 neigh replace 2001:db8::1 lladdr 02:00:00:00:00:01 dev eth0 nud permanent
ip netns exec k2 ip -6 neigh replace 2001:db8::9 lladdr 02:00:00:00:00:09 dev eth0 nud permanent
ip netns exec o ip -6 neigh replace 2001:db8::2 lladdr 02:00:00:00:00:02 dev eth0 nud permanent
