ip netns add r
for n in 1 2 3 4 5 6; do
  ip netns add n$n
  ip link add eth0 netns n$n address 02:00:00:00:00:0$n type veth peer name e$n netns r address 02:00:00:00:05:0$n
done
ip netns exec r ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns exec r ip link add v0 address 02:00:00:00:02:00 type veth peer name v1 address 02:00:00:00:02:01
ip netns exec r ip link add v2 address 02:00:00:00:02:02 type veth peer name v3 address 02:00:00:00:02:03
ip netns exec r ip link add mv2 link e2 address 02:00:00:00:03:02 type macvlan mode bridge
ip netns exec r ip link add mv3 link e3 address 02:00:00:00:03:03 type macvlan mode bridge
ip netns exec r ip link set v0 up
ip netns exec r ip link set v1 netns n1
ip netns exec n1 ip link set v1 name eth1
ip netns exec r ip link set v2 netns n2
ip netns exec n2 ip link set v2 up
ip netns exec r ip link set br0 up
ip netns exec r ip link set e6 master br0
for n in 1 2 3 4 5 6; do ip netns exec r ip link set e$n up; done
for n in 1 3 4 5 6; do ip netns exec n$n ip link set eth0 up; done
ip netns exec r ip link set mv2 up
ip netns exec r ip link set mv3 up
