ip netns add p
ip netns add o
ip link add eth0 netns o address 02:00:00:00:00:41 type veth peer name w0 netns p address 02:00:00:00:05:00
ip netns exec p ip link set w0 up
ip netns add a
ip netns exec p ip link add m1 link w0 address 02:00:00:00:00:01 type macvlan mode bridge
ip netns exec p ip link set m1 netns a name eth0
ip netns add b
ip netns exec p ip link add m2 link w0 address 02:00:00:00:00:02 type macvlan mode bridge
ip netns exec p ip link set m2 netns b name eth0
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec o ip link set eth0 up
