# A rule by protocol and destination port finds the route of a tunnel's packets: one peer is unreachable by it
ip netns add u
ip netns exec u ip link add ubr type bridge
ip netns exec u ip link set ubr address 02:00:00:00:07:00
ip netns exec u ip link set ubr up
ip netns add h1
ip link add eth0 netns h1 address 02:00:00:00:08:01 type veth peer name u1 netns u address 02:00:00:00:07:01
ip netns exec u ip link set u1 master ubr
ip netns exec u ip link set u1 up
ip netns exec h1 ip addr add 192.168.50.1/24 dev eth0
ip netns exec h1 ip link set eth0 up
ip netns exec h1 ip neigh add 192.168.50.2 lladdr 02:00:00:00:08:02 dev eth0 nud permanent
ip netns exec h1 ip neigh add 192.168.50.3 lladdr 02:00:00:00:08:03 dev eth0 nud permanent
ip netns add c1
ip netns exec h1 ip link add vx42 address 02:00:00:00:09:11 type vxlan id 42 dstport 4789 local 192.168.50.1 dev eth0 nolearning
ip netns exec h1 ip link add br42 type bridge
ip netns exec h1 ip link set br42 address 02:00:00:00:0a:11
ip netns exec h1 ip link set vx42 master br42
ip link add eth0 netns c1 address 02:00:00:00:01:11 type veth peer name pc1 netns h1 address 02:00:00:00:0b:11
ip netns exec h1 ip link set pc1 master br42
ip netns exec h1 ip link set pc1 up
ip netns exec h1 ip link set vx42 up
ip netns exec h1 ip link set br42 up
ip netns exec c1 ip link set eth0 mtu 1450
ip netns exec c1 ip link set eth0 up
ip netns exec h1 bridge fdb append 00:00:00:00:00:00 dev vx42 dst 192.168.50.2
ip netns exec h1 bridge fdb append 00:00:00:00:00:00 dev vx42 dst 192.168.50.3
ip netns add h2
ip link add eth0 netns h2 address 02:00:00:00:08:02 type veth peer name u2 netns u address 02:00:00:00:07:02
ip netns exec u ip link set u2 master ubr
ip netns exec u ip link set u2 up
ip netns exec h2 ip addr add 192.168.50.2/24 dev eth0
ip netns exec h2 ip link set eth0 up
ip netns exec h2 ip neigh add 192.168.50.1 lladdr 02:00:00:00:08:01 dev eth0 nud permanent
ip netns exec h2 ip neigh add 192.168.50.3 lladdr 02:00:00:00:08:03 dev eth0 nud permanent
ip netns add c2
ip netns exec h2 ip link add vx42 address 02:00:00:00:09:21 type vxlan id 42 dstport 4789 local 192.168.50.2 dev eth0 nolearning
ip netns exec h2 ip link add br42 type bridge
ip netns exec h2 ip link set br42 address 02:00:00:00:0a:21
ip netns exec h2 ip link set vx42 master br42
ip link add eth0 netns c2 address 02:00:00:00:01:12 type veth peer name pc2 netns h2 address 02:00:00:00:0b:21
ip netns exec h2 ip link set pc2 master br42
ip netns exec h2 ip link set pc2 up
ip netns exec h2 ip link set vx42 up
ip netns exec h2 ip link set br42 up
ip netns exec c2 ip link set eth0 mtu 1450
ip netns exec c2 ip link set eth0 up
ip netns exec h2 bridge fdb append 00:00:00:00:00:00 dev vx42 dst 192.168.50.1
ip netns exec h2 bridge fdb append 00:00:00:00:00:00 dev vx42 dst 192.168.50.3
ip netns add h3
ip link add eth0 netns h3 address 02:00:00:00:08:03 type veth peer name u3 netns u address 02:00:00:00:07:03
ip netns exec u ip link set u3 master ubr
ip netns exec u ip link set u3 up
ip netns exec h3 ip addr add 192.168.50.3/24 dev eth0
ip netns exec h3 ip link set eth0 up
ip netns exec h3 ip neigh add 192.168.50.1 lladdr 02:00:00:00:08:01 dev eth0 nud permanent
ip netns exec h3 ip neigh add 192.168.50.2 lladdr 02:00:00:00:08:02 dev eth0 nud permanent
ip netns add c3
ip netns exec h3 ip link add vx42 address 02:00:00:00:09:31 type vxlan id 42 dstport 4789 local 192.168.50.3 dev eth0 nolearning
ip netns exec h3 ip link add br42 type bridge
ip netns exec h3 ip link set br42 address 02:00:00:00:0a:31
ip netns exec h3 ip link set vx42 master br42
ip link add eth0 netns c3 address 02:00:00:00:01:13 type veth peer name pc3 netns h3 address 02:00:00:00:0b:31
ip netns exec h3 ip link set pc3 master br42
ip netns exec h3 ip link set pc3 up
ip netns exec h3 ip link set vx42 up
ip netns exec h3 ip link set br42 up
ip netns exec c3 ip link set eth0 mtu 1450
ip netns exec c3 ip link set eth0 up
ip netns exec h3 bridge fdb append 00:00:00:00:00:00 dev vx42 dst 192.168.50.1
ip netns exec h3 bridge fdb append 00:00:00:00:00:00 dev vx42 dst 192.168.50.2
ip netns exec h1 bridge fdb add 02:00:00:00:01:12 dev vx42 dst 192.168.50.2
ip netns exec h1 bridge fdb append 02:00:00:00:01:12 dev vx42 master static
ip netns exec h1 ip route add unreachable default table 100
ip netns exec h1 ip rule add pref 90 ipproto udp dport 4789 to 192.168.50.2 lookup 100
