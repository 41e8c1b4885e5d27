# per bridge nf_call_iptables
ip netns add c1
ip netns add c2
ip link add br0 type bridge
ip link set br0 address 02:42:00:00:00:01
ip link add v1 address 02:00:00:00:03:01 type veth peer name eth0 netns c1 address 02:00:00:00:00:01
ip link add v2 address 02:00:00:00:03:02 type veth peer name eth0 netns c2 address 02:00:00:00:00:02
ip link set v1 master br0
ip link set v2 master br0
ip addr add 10.0.0.254/24 dev br0
ip link set br0 up
ip link set v1 up
ip link set v2 up
ip netns exec c1 ip link set eth0 up
ip netns exec c2 ip link set eth0 up
sysctl -qw net.ipv4.ip_forward=1
ip neigh add 10.0.0.1 lladdr 02:00:00:00:00:01 dev br0 nud permanent
ip neigh add 10.0.0.2 lladdr 02:00:00:00:00:02 dev br0 nud permanent
sysctl -qw net.bridge.bridge-nf-call-iptables=0
ip link set br0 type bridge nf_call_iptables 1
iptables -A FORWARD -p udp --dport 3 -j DROP
