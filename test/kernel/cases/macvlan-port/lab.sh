# macvlan children as ports of a bridge, and one in passthru mode as a port
ip netns add out
ip netns add out2
ip netns add h
ip link add eth0 address 02:00:00:00:04:0a type veth peer name eth0 netns out address 02:00:00:00:04:01
ip link add eth1 address 02:00:00:00:04:0b type veth peer name eth0 netns out2 address 02:00:00:00:04:02
ip link set eth0 up
ip link set eth1 up
ip netns exec out ip link set eth0 up
ip netns exec out2 ip link set eth0 up
ip link add m1 link eth0 address 02:00:00:00:00:01 type macvlan mode bridge
ip link add m2 link eth1 type macvlan mode passthru
ip link add s1 address 02:00:00:00:05:01 type veth peer name eth0 netns h address 02:00:00:00:06:01
ip link add br0 address 02:00:00:00:05:00 type bridge
ip link set m1 master br0
ip link set m2 master br0
ip link set s1 master br0
ip link set m1 up
ip link set m2 up
ip link set s1 up
ip link set br0 up
ip netns exec h ip link set eth0 up
