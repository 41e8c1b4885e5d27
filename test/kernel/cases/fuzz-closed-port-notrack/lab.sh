# seed 1233: nat
ip netns add h
ip netns exec h ip link set lo up
ip netns exec h sysctl -qw net.ipv4.ip_forward=1
ip netns exec h ip link add br0 address 02:00:00:00:01:00 type bridge
ip netns exec h ip addr add 172.17.0.1/16 dev br0
ip netns exec h ip link set br0 up
ip netns add c1
ip link add eth0 netns c1 address 02:00:00:00:00:01 type veth peer name p1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set p1 master br0
ip netns exec h ip link set p1 up
ip netns add c2
ip link add eth0 netns c2 address 02:00:00:00:00:02 type veth peer name p2 netns h address 02:00:00:00:05:02
ip netns exec h ip link set p2 master br0
ip netns exec h ip link set p2 up
ip netns add c3
ip link add eth0 netns c3 address 02:00:00:00:00:03 type veth peer name p3 netns h address 02:00:00:00:05:03
ip netns exec h ip link set p3 master br0
ip netns exec h ip link set p3 up
ip netns add o1
ip link add eth0 netns o1 address 02:00:00:00:00:21 type veth peer name up1 netns h address 02:00:00:00:06:01
ip netns exec h ip addr add 192.168.1.1/24 dev up1
ip netns exec h ip link set up1 up
ip netns exec c1 ip link set eth0 up
ip netns exec h ip neigh replace 172.17.0.2 lladdr 02:00:00:00:00:01 dev br0 nud permanent
ip netns exec c2 ip link set eth0 up
ip netns exec h ip neigh replace 172.17.0.3 lladdr 02:00:00:00:00:02 dev br0 nud permanent
ip netns exec h bridge link set dev p2 hairpin on
ip netns exec c3 ip link set eth0 up
ip netns exec c3 ip link set lo up
ip netns exec c3 ip addr add 172.17.0.4/16 dev eth0
ip netns exec c3 ip route add default via 172.17.0.1
ip netns exec o1 ip link set eth0 up
ip netns exec o1 ip link set lo up
ip netns exec o1 ip addr add 192.168.1.2/24 dev eth0
ip netns exec o1 ip route add default via 192.168.1.1
ip netns exec h ip route add default via 192.168.1.2
ip netns exec h iptables -t nat -A PREROUTING -i up1 -p tcp --dport 443 -j REDIRECT --to-ports 1000-1010
ip netns exec h iptables -t nat -A OUTPUT -d 192.168.1.1 -p tcp --dport 443 -j DNAT --to-destination 172.17.0.3
ip netns exec h iptables -t nat -A PREROUTING -d 192.168.1.1 -p udp --dport 53 -j DNAT --to-destination 172.17.0.3:8080
ip netns exec h iptables -t nat -A PREROUTING -p udp --dport 4000 -j REDIRECT --to-ports 1000-1010
ip netns exec h iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o br0 -j MASQUERADE
ip netns exec h iptables -t nat -A POSTROUTING -s 172.17.0.0/16 -d 172.17.0.0/16 -j MASQUERADE
ip netns exec h iptables -N U1
ip netns exec h iptables -N U2
ip netns exec h iptables -N U3
ip netns exec h iptables -A U3 -d 0.0.0.0/1 -j ACCEPT
ip netns exec h iptables -A U1 ! -d 10.0.0.0/8 -p udp --dport 1024:65535 -j REJECT
ip netns exec h iptables -A INPUT -p udp --dport 80 -m conntrack ! --ctstate NEW,UNTRACKED
ip netns exec h iptables -A U3 -p icmp --icmp-type 8 -m statistic --mode nth --every 4 --packet 0 -j REJECT --reject-with icmp-net-prohibited
ip netns exec h iptables -A U1 -d 0.0.0.0/1 -p tcp --dport 1024:65535 -j ACCEPT
ip netns exec h iptables -t raw -A OUTPUT ! -s 8.8.8.8 ! -d 172.17.0.4 -j NOTRACK
ip netns exec h iptables -t raw -A OUTPUT -p udp --dport 53 -j NOTRACK
ip netns exec h iptables -A U1 -p tcp --tcp-flags SYN,RST,ACK,FIN ACK -m comment --comment fuzz -j U3
ip netns exec h iptables -A FORWARD -p tcp --tcp-flags SYN,RST,ACK,FIN SYN -j ACCEPT
ip netns exec h iptables -A FORWARD -s 0.0.0.0/1 ! -o br0 -p icmp -j U2
ip netns exec h iptables -A FORWARD -p udp -m multiport --sports 53,80,4000:4100 -j U2
ip netns exec h iptables -t mangle -A OUTPUT ! -s 192.168.1.2/30 -o up1 -m conntrack --ctstate DNAT -m length --length 1000: -j DSCP --set-dscp 12
ip netns exec h iptables -A U1 -p udp --dport 80 -j U3
ip netns exec h iptables -A FORWARD -s 172.17.0.2/30 -d 172.17.0.4/30 -p udp -j ACCEPT
ip netns exec h iptables -A OUTPUT -p tcp --sport 4000 -j ACCEPT
ip netns exec h iptables -t mangle -A INPUT -i up1 -m pkttype --pkt-type broadcast -j DSCP --set-dscp 12
ip netns exec h iptables -t raw -A PREROUTING -d 10.0.0.0/8 -i br0 -p tcp --dport 8080 -j MARK --set-mark 1
ip netns exec h iptables -A U2 -d 172.17.0.3/16 -p icmp --icmp-type 3/4 -m ttl --ttl-gt 60 -j RETURN
ip netns exec h iptables -A FORWARD ! -o up1 -j ACCEPT
ip netns exec h iptables -t mangle -A FORWARD ! -s 172.17.0.2/24 -p icmp -j DSCP --set-dscp 12
ip netns exec h iptables -t raw -A OUTPUT -p tcp --sport 1000:5000 -j NOTRACK
ip netns exec h iptables -A OUTPUT ! -d 172.17.0.3/16 -p udp --dport 80 -j ACCEPT
ip netns exec h iptables -A U2 -p udp --dport 4000 -j DROP
ip netns exec h iptables -A U2 -p tcp --dport 53 -m addrtype ! --dst-type MULTICAST -j U3
ip netns exec h iptables -A FORWARD -i up1 -o br0 -p tcp -m multiport --sports 53,80,4000:4100 -m length --length 1000:
ip netns exec h iptables -A U2 -s 8.8.8.8/30 -p udp --dport 1000:5000 -j ACCEPT
ip netns exec h iptables -A FORWARD -p udp -m multiport --sports 53,80,4000:4100 -m length --length 28 -j U2
ip netns exec h iptables -A OUTPUT ! -o up1 -p udp -m multiport --dports 53,80,4000:4100 -m conntrack ! --ctstate NEW,UNTRACKED -j REJECT --reject-with icmp-host-unreachable
ip netns exec h iptables -A OUTPUT -p udp -m multiport --dports 53,80,4000:4100 -j U1
ip netns exec h iptables -A U1 -p udp --sport 8080 -j ACCEPT
