# macvlan in vepa mode behind a bridge port in hairpin mode: the children reach each other through the switch
ip netns add a
ip netns add b
ip netns add sw
ip netns add h
ip link add eth0 address 02:00:00:00:04:0a type veth peer name s1 netns sw address 02:00:00:00:05:01
ip netns exec sw ip link add s2 address 02:00:00:00:05:02 type veth peer name eth0 netns h address 02:00:00:00:06:01
ip link set eth0 up
ip netns exec sw ip link add br0 address 02:00:00:00:05:00 type bridge
ip netns exec sw ip link set s1 master br0
ip netns exec sw ip link set s2 master br0
ip netns exec sw ip link set s1 up
ip netns exec sw ip link set s2 up
ip netns exec sw ip link set br0 up
ip netns exec sw bridge link set dev s1 hairpin on
ip netns exec h ip link set eth0 up
ip addr add 10.0.0.254/24 dev eth0
ip netns exec h ip addr add 10.0.0.9/24 dev eth0
ip link add m1 link eth0 address 02:00:00:00:00:01 type macvlan mode vepa
ip link set m1 netns a name eth0
ip netns exec a ip link set eth0 up
ip netns exec a ip addr add 10.0.0.1/24 dev eth0
ip link add m2 link eth0 address 02:00:00:00:00:02 type macvlan mode vepa
ip link set m2 netns b name eth0
ip netns exec b ip link set eth0 up
ip netns exec b ip addr add 10.0.0.2/24 dev eth0
ip netns add c
ip link add m3 link eth0 address 02:00:00:00:00:03 type macvlan mode bridge
ip link set m3 netns c name eth0
ip netns exec c ip link set eth0 up
ip netns exec c ip addr add 10.0.0.3/24 dev eth0
