# macvlan in private mode: children with stacks, the parent, the wire; every kind of destination
ip netns add a
ip netns add b
ip netns add c
ip netns add out
ip link add eth0 address 02:00:00:00:04:0a type veth peer name eth0 netns out address 02:00:00:00:04:01
ip link set eth0 up
ip netns exec out ip link set eth0 up
ip netns exec out ip addr add 10.0.0.9/24 dev eth0
ip addr add 10.0.0.254/24 dev eth0
ip link add m1 link eth0 address 02:00:00:00:00:01 type macvlan mode private
ip link set m1 netns a name eth0
ip netns exec a ip link set eth0 up
ip netns exec a ip addr add 10.0.0.1/24 dev eth0
ip link add m2 link eth0 address 02:00:00:00:00:02 type macvlan mode private
ip link set m2 netns b name eth0
ip netns exec b ip link set eth0 up
ip netns exec b ip addr add 10.0.0.2/24 dev eth0
ip link add m3 link eth0 address 02:00:00:00:00:03 type macvlan mode bridge
ip link set m3 netns c name eth0
ip netns exec c ip link set eth0 up
ip netns exec c ip addr add 10.0.0.3/24 dev eth0
