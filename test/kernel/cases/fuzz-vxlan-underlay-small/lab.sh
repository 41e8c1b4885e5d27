# The other end of the wire has a smaller MTU than this one thinks
ip netns add c
ip netns add out
ip link add u0 address 02:00:00:00:09:01 type veth peer name eth0 netns out address 02:00:00:00:09:02
ip link set u0 up
ip netns exec out ip link set eth0 up
ip netns exec out ip link set eth0 mtu 500
ip addr add 192.0.2.1/24 dev u0
ip neigh add 192.0.2.2 lladdr 02:00:00:00:09:02 dev u0 nud permanent
ip link add vx0 address 02:00:00:00:08:01 type vxlan id 100 local 192.0.2.1 dstport 4789 remote 192.0.2.2
ip link add br0 address 02:00:00:00:07:00 type bridge
ip link add p1 address 02:00:00:00:01:01 type veth peer name eth0 netns c address 02:00:00:00:00:01
ip netns exec c ip link set eth0 up
ip link set p1 master br0
ip link set vx0 master br0
ip link set p1 up
ip link set vx0 up
ip link set br0 up
