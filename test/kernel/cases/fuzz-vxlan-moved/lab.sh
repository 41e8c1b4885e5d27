# A VXLAN device that lives in a container, with its packets left to the host
ip netns add c
ip netns add out
ip link add u0 address 02:00:00:00:09:01 type veth peer name eth0 netns out address 02:00:00:00:09:02
ip link set u0 up
ip netns exec out ip link set eth0 up
ip addr add 192.0.2.1/24 dev u0
ip neigh add 192.0.2.2 lladdr 02:00:00:00:09:02 dev u0 nud permanent
ip link add vx0 address 02:00:00:00:08:01 type vxlan id 100 local 192.0.2.1 dstport 4789 remote 192.0.2.2
ip link add vx1 address 02:00:00:00:08:02 type vxlan id 101 local 192.0.2.1 dstport 4789
bridge fdb add 02:00:00:00:aa:01 dev vx0 dst 192.0.2.1 vni 101
ip link set vx0 netns c name moved
ip netns exec c ip link set moved up
ip link set vx1 up
ip netns exec c bridge fdb add 02:00:00:00:aa:02 dev moved dst 192.0.2.2
