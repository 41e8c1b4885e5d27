# physdev, mac, pkttype, addrtype on a bridge
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
iptables -A FORWARD -m physdev --physdev-in v1
iptables -A FORWARD -m physdev --physdev-out v2
iptables -A FORWARD -m physdev ! --physdev-in v1
iptables -A INPUT -m physdev --physdev-in v1
iptables -A FORWARD -m mac --mac-source 02:00:00:00:00:01
iptables -A FORWARD -m pkttype --pkt-type unicast
iptables -A FORWARD -m pkttype --pkt-type broadcast
iptables -A FORWARD -m pkttype --pkt-type multicast
iptables -A INPUT -m pkttype --pkt-type unicast
iptables -A INPUT -m pkttype --pkt-type broadcast
iptables -A INPUT -m pkttype --pkt-type multicast
iptables -A FORWARD -m addrtype --dst-type LOCAL
iptables -A FORWARD -m addrtype --dst-type BROADCAST
iptables -A FORWARD -m addrtype --dst-type UNICAST
iptables -A FORWARD -i br0 -o br0
iptables -A FORWARD -i br+ ! -o br0
iptables -t mangle -A POSTROUTING -o br0
iptables -t mangle -A PREROUTING -i br0
iptables -t mangle -A PREROUTING -m physdev --physdev-in v2 -j TTL --ttl-dec 1
iptables -t mangle -A POSTROUTING -m physdev --physdev-is-bridged
iptables -t mangle -A POSTROUTING -m physdev --physdev-is-in
iptables -t raw -A PREROUTING -p udp --dport 99 -j NOTRACK
iptables -A FORWARD -m conntrack --ctstate UNTRACKED
iptables -A FORWARD -m length --length 0:60
iptables -t mangle -A FORWARD -p udp --dport 5 -j DSCP --set-dscp 1
iptables -A FORWARD -m limit --limit 1/hour --limit-burst 2
