# packets wait for two neighbours behind a bridge and a VXLAN, and leave in one go when the answers come in the middle
ip netns add a
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip netns exec a ip link set eth0 up
ip netns exec r ip addr add 10.1.0.254/24 dev ea
ip netns exec r ip link set ea up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r ip link add br0 type bridge
ip netns exec r ip link set br0 address 02:42:00:00:00:01
ip netns exec r ip addr add 10.9.0.254/24 dev br0
ip netns exec r ip link set br0 up
ip netns add c1
ip netns add c2
ip netns add u1
ip link add eth0 netns c1 address 02:00:00:00:09:01 type veth peer name v1 netns r address 02:00:00:00:06:01
ip link add eth0 netns c2 address 02:00:00:00:09:02 type veth peer name v2 netns r address 02:00:00:00:06:02
ip link add eth0 netns u1 address 02:00:00:00:0a:01 type veth peer name eu netns r address 02:00:00:00:0a:02
ip netns exec c1 ip link set eth0 up
ip netns exec c2 ip link set eth0 up
ip netns exec u1 ip link set eth0 up
ip netns exec r ip link set v1 master br0
ip netns exec r ip link set v2 master br0
ip netns exec r ip link set v1 up
ip netns exec r ip link set v2 up
ip netns exec r ip addr add 192.168.7.1/24 dev eu
ip netns exec r ip link set eu up
ip netns exec r ip neigh add 192.168.7.2 lladdr 02:00:00:00:0a:01 dev eu nud permanent
ip netns exec r ip neigh add 192.168.7.3 lladdr 02:00:00:00:0a:01 dev eu nud permanent
ip netns exec r ip link add vx0 address 02:00:00:00:07:01 type vxlan id 42 dev eu dstport 4789 local 192.168.7.1
ip netns exec r ip link set vx0 master br0
ip netns exec r ip link set vx0 up
ip netns exec r bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.7.2
ip netns exec r bridge fdb append 00:00:00:00:00:00 dev vx0 dst 192.168.7.3
