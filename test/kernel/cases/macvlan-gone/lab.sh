# macvlan: child moved to another namespace and back, its namespace removed, the parent removed
ip netns add a
ip netns add b
ip netns add out
ip link add eth0 address 02:00:00:00:04:0a type veth peer name eth0 netns out address 02:00:00:00:04:01
ip link add eth1 address 02:00:00:00:04:0b type veth peer name eth1 netns out address 02:00:00:00:04:02
ip link set eth0 up
ip link set eth1 up
ip netns exec out ip link set eth0 up
ip netns exec out ip link set eth1 up
ip link add m1 link eth0 address 02:00:00:00:00:01 type macvlan mode bridge
ip link add m2 link eth0 address 02:00:00:00:00:02 type macvlan mode bridge
ip link add m3 link eth1 address 02:00:00:00:00:03 type macvlan mode bridge
ip link set m1 up
ip link set m2 up
ip link set m3 up
ip addr add 10.0.0.1/24 dev m1
