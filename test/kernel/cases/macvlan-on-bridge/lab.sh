# macvlan on a bridge: the bridge takes everything for it
ip netns add a
ip netns add b
ip netns add h
ip netns add g
ip link add br0 address 02:00:00:00:05:00 type bridge
ip link add s1 address 02:00:00:00:05:01 type veth peer name eth0 netns h address 02:00:00:00:06:01
ip link add s2 address 02:00:00:00:05:02 type veth peer name eth0 netns g address 02:00:00:00:06:02
ip link set s1 master br0
ip link set s2 master br0
ip link set s1 up
ip link set s2 up
ip link set br0 up
ip addr add 10.0.0.254/24 dev br0
ip netns exec h ip link set eth0 up
ip netns exec g ip link set eth0 up
ip netns exec h ip addr add 10.0.0.9/24 dev eth0
ip netns exec g ip addr add 10.0.0.8/24 dev eth0
ip link add m1 link br0 address 02:00:00:00:00:01 type macvlan mode bridge
ip link set m1 netns a name eth0
ip netns exec a ip link set eth0 up
ip netns exec a ip addr add 10.0.0.1/24 dev eth0
ip link add m2 link br0 address 02:00:00:00:00:02 type macvlan mode bridge
ip link set m2 netns b name eth0
ip netns exec b ip link set eth0 up
ip netns exec b ip addr add 10.0.0.2/24 dev eth0
