ip netns add r
ip netns add u
ip netns exec u ip link add lan address 02:00:00:00:09:00 type bridge
ip netns exec u ip link set lan up
ip link add e1 netns r address 02:00:00:00:05:01 type veth peer name r1 netns u address 02:00:00:00:09:01
ip netns exec u ip link set r1 master lan
ip netns exec u ip link set r1 up
ip netns add a1
ip link add eth0 netns a1 address 02:00:00:00:00:01 type veth peer name a1 netns u address 02:00:00:00:09:11
ip netns exec u ip link set a1 master lan
ip netns exec u ip link set a1 up
ip netns add a2
ip link add eth0 netns a2 address 02:00:00:00:00:02 type veth peer name a2 netns u address 02:00:00:00:09:12
ip netns add b1
ip link add eth0 netns b1 address 02:00:00:00:00:11 type veth peer name f1 netns r address 02:00:00:00:06:01
ip netns add b2
ip link add eth0 netns b2 address 02:00:00:00:00:12 type veth peer name f2 netns r address 02:00:00:00:06:02
ip netns exec r ip link set e1 up
ip netns exec r ip addr add 10.1.0.1/24 dev e1
ip netns exec r ip link set f1 up
ip netns exec r ip route replace local 10.31.0.0/24 dev lo
ip netns exec a1 ip link set eth0 up
ip netns exec r ip neigh replace 10.1.0.2 lladdr 02:00:00:00:00:01 dev e1 nud delay
