# arp_ignore 0,1,2,3,8 on e1: aliases, scopes, other devices
ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name e2 netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip link set lo up
ip netns exec r ip addr add 10.0.1.1/24 dev e1
ip netns exec r ip addr add 10.0.2.1/24 dev e2
ip netns exec r ip link set e1 up
ip netns exec r ip link set e2 up

ip netns exec r ip addr add 10.0.1.2/24 dev e1
ip netns exec r ip addr add 10.0.3.1/24 dev e1
ip netns exec r ip addr add 10.9.9.9/32 dev lo
ip netns exec r ip addr add 10.0.4.1/24 dev e1 scope link
ip netns exec r ip addr add 10.0.5.1/24 dev e1 scope host
ip netns exec r ip addr add 10.0.6.1/24 dev e2 scope link
ip netns exec r ip addr add 10.0.7.1 peer 10.0.8.1/32 dev e1
ip netns exec r ip addr add 10.0.9.0/31 dev e1
