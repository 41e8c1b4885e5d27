# macvlan: in which order the children hear a broadcast and answer it
ip netns add a
ip netns add b
ip netns add c
ip netns add out
ip link add eth0 address 02:00:00:00:04:0a type veth peer name eth0 netns out address 02:00:00:00:04:01
ip link set eth0 up
ip netns exec out ip link set eth0 up
ip netns exec out ip addr add 10.0.0.9/24 dev eth0
ip addr add 10.0.0.254/24 dev eth0
ip netns add k0
ip link add m0 link eth0 address 02:00:00:00:00:01 type macvlan mode bridge
ip link set m0 netns k0 name eth0
ip netns exec k0 ip link set eth0 up
ip netns exec k0 ip addr add 10.0.0.1/24 dev eth0
ip netns exec k0 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns add k1
ip link add m1 link eth0 address 02:00:00:00:00:02 type macvlan mode bridge
ip link set m1 netns k1 name eth0
ip netns exec k1 ip link set eth0 up
ip netns exec k1 ip addr add 10.0.0.2/24 dev eth0
ip netns exec k1 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns add k2
ip link add m2 link eth0 address 06:42:ac:11:00:05 type macvlan mode vepa
ip link set m2 netns k2 name eth0
ip netns exec k2 ip link set eth0 up
ip netns exec k2 ip addr add 10.0.0.3/24 dev eth0
ip netns exec k2 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns add k3
ip link add m3 link eth0 address 02:42:0a:00:00:07 type macvlan mode private
ip link set m3 netns k3 name eth0
ip netns exec k3 ip link set eth0 up
ip netns exec k3 ip addr add 10.0.0.4/24 dev eth0
ip netns exec k3 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns add k4
ip link add m4 link eth0 address 7e:12:34:56:78:9a type macvlan mode bridge
ip link set m4 netns k4 name eth0
ip netns exec k4 ip link set eth0 up
ip netns exec k4 ip addr add 10.0.0.5/24 dev eth0
ip netns exec k4 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns add k5
ip link add m5 link eth0 address 02:aa:bb:cc:dd:ee type macvlan mode vepa
ip link set m5 netns k5 name eth0
ip netns exec k5 ip link set eth0 up
ip netns exec k5 ip addr add 10.0.0.6/24 dev eth0
ip netns exec k5 sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
