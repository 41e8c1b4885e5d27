ip netns add p
ip netns add o
ip netns exec p ip link add br0 address 02:00:00:00:05:00 type bridge
ip link add eth0 netns o address 02:00:00:00:00:41 type veth peer name s1 netns p address 02:00:00:00:09:10
ip netns exec p ip link set s1 master br0
ip netns exec p ip link set s1 up
ip netns exec p ip link set br0 up
ip netns exec p ip addr add 10.1.0.254/24 dev br0
ip netns exec p ip neigh add 10.1.0.65 lladdr 02:00:00:00:00:41 dev br0 nud permanent
ip netns exec p sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=0
ip netns exec p iptables -A INPUT -m conntrack --ctstate INVALID
ip netns exec p iptables -A INPUT -m conntrack --ctstate NEW
ip netns add a
ip netns exec p ip link add m1 link br0 address 02:00:00:00:00:01 type macvlan mode bridge
ip netns exec p ip link set m1 netns a name eth0
ip netns add b
ip netns exec p ip link add m2 link br0 address 02:00:00:00:00:02 type macvlan mode bridge
ip netns exec p ip link set m2 netns b name eth0
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec o ip link set eth0 up
