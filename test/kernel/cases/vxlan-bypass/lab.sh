# VXLAN remotes that are this host itself
ip netns add c
ip netns add out
ip link add u0 address 02:00:00:00:09:01 type veth peer name eth0 netns out address 02:00:00:00:09:02
ip link set u0 up
ip netns exec out ip link set eth0 up
ip addr add 192.0.2.1/24 dev u0
ip neigh add 192.0.2.2 lladdr 02:00:00:00:09:02 dev u0 nud permanent
ip link add lan address 02:00:00:00:06:00 type bridge
ip link set lan up
ip addr add 198.51.100.1/24 dev lan
ip link add p1 address 02:00:00:00:01:01 type veth peer name eth0 netns c address 02:00:00:00:00:01
ip netns exec c ip link set eth0 up
ip link set p1 up
ip link add br0 address 02:00:00:00:07:00 type bridge nf_call_iptables 0
ip link add br1 address 02:00:00:00:07:01 type bridge
ip link set br0 up
ip link set br1 up
ip link add vx0 address 02:00:00:00:08:01 type vxlan id 100 dev u0 local 192.0.2.1 dstport 4789
ip link add vx1 address 02:00:00:00:08:02 type vxlan id 101 dev u0 local 192.0.2.1 dstport 4789 nolearning
ip link add vx2 address 02:00:00:00:08:03 type vxlan id 100 local 192.0.2.1 dstport 4790
ip link add vx3 address 02:00:00:00:08:04 type vxlan id 102 local 192.0.2.1 dstport 4790
ip link set p1 master br0
ip link set vx0 master br0
ip link set vx1 master br1
ip link set vx2 master br1
ip link set vx0 up
ip link set vx1 up
ip link set vx2 up
bridge fdb add 02:00:00:00:aa:01 dev vx0 dst 192.0.2.1
bridge fdb add 02:00:00:00:aa:02 dev vx0 dst 192.0.2.1 via u0
bridge fdb add 02:00:00:00:aa:03 dev vx0 dst 192.0.2.1 vni 101
bridge fdb add 02:00:00:00:aa:04 dev vx0 dst 192.0.2.1 vni 99
bridge fdb add 02:00:00:00:aa:05 dev vx0 dst 192.0.2.1 port 4790
bridge fdb add 02:00:00:00:aa:06 dev vx0 dst 192.0.2.1 port 4791
bridge fdb add 02:00:00:00:aa:07 dev vx0 dst 198.51.100.1
bridge fdb add 02:00:00:00:aa:08 dev vx0 dst 198.51.100.9
bridge fdb add 02:00:00:00:aa:09 dev vx0 dst 192.0.2.1 port 4790 vni 102
bridge fdb add 02:00:00:00:aa:0a dev vx0 dst 192.0.2.2
bridge fdb add ff:ff:ff:ff:ff:ff dev vx0 dst 192.0.2.2
bridge fdb append ff:ff:ff:ff:ff:ff dev vx0 dst 192.0.2.1 port 4790
bridge fdb add 02:00:00:00:bb:01 dev vx2 dst 192.0.2.2
