# sets of addresses, networks and ports: directions, nomatch, counters, time-outs, SET from packets, full sets, swapped sets
ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r ip addr add 10.1.0.254/24 dev ea
ip netns exec r ip addr add 10.2.0.254/24 dev eb
ip netns exec r ip link set lo up
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r sysctl -qw net.ipv4.ip_forward=1
ip netns exec r ip neigh add 10.1.0.1 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.2 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.3 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.4 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.5 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.6 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.7 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.8 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.9 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.13 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.1.0.17 lladdr 02:00:00:00:00:01 dev ea nud permanent
ip netns exec r ip neigh add 10.2.0.2 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ip neigh add 10.2.0.3 lladdr 02:00:00:00:00:02 dev eb nud permanent
ip netns exec r ipset create A hash:ip
ip netns exec r ipset add A 10.1.0.1
ip netns exec r ipset add A 10.1.0.3-10.1.0.4
ip netns exec r ipset create N hash:net
ip netns exec r ipset add N 10.1.0.0/29
ip netns exec r ipset add N 10.1.0.4/31 nomatch
ip netns exec r ipset add N 10.1.0.5
ip netns exec r ipset create P hash:ip,port
ip netns exec r ipset add P 10.2.0.2,udp:53
ip netns exec r ipset add P 10.2.0.2,tcp:80
ip netns exec r ipset add P 10.2.0.2,icmp:echo-request
ip netns exec r ipset add P 10.1.0.2,gre:0
ip netns exec r ipset create T hash:ip timeout 2
ip netns exec r ipset create C hash:ip counters
ip netns exec r ipset add C 10.1.0.1 packets 2 bytes 100
ip netns exec r ipset create M hash:ip netmask 30
ip netns exec r ipset add M 10.1.0.6
ip netns exec r ipset create E hash:net
ip netns exec r ipset create Q hash:ip,port timeout 1
ip netns exec r ipset create F hash:ip maxelem 2
ip netns exec r ipset create S1 hash:ip
ip netns exec r ipset add S1 10.1.0.1
ip netns exec r ipset create S2 hash:ip
ip netns exec r iptables -N X
ip netns exec r iptables -A X -m set --match-set A src
ip netns exec r iptables -A X -m set ! --match-set A src
ip netns exec r iptables -A X -m set --match-set A dst
ip netns exec r iptables -A X -m set --match-set A src,dst
ip netns exec r iptables -A X -m set --match-set N src
ip netns exec r iptables -A X -m set --match-set N src --return-nomatch
ip netns exec r iptables -A X -m set ! --match-set N src --return-nomatch
ip netns exec r iptables -A X -m set --match-set P dst,dst
ip netns exec r iptables -A X -m set --match-set P dst,src
ip netns exec r iptables -A X -m set --match-set P dst
ip netns exec r iptables -A X -m set ! --match-set P dst
ip netns exec r iptables -A X -m set --match-set P src,dst
ip netns exec r iptables -A X -m set --match-set T src
ip netns exec r iptables -A X -m set --match-set C src
ip netns exec r iptables -A X -m set --match-set C src --packets-gt 4
ip netns exec r iptables -A X -m set --match-set C src ! --update-counters --bytes-lt 200
ip netns exec r iptables -A X -m set --match-set C src ! --update-counters --packets-eq 5
ip netns exec r iptables -A X -m set --match-set M src
ip netns exec r iptables -A X -m set --match-set E src
ip netns exec r iptables -A X -m set --match-set Q src,dst
ip netns exec r iptables -A X -m set --match-set F src
ip netns exec r iptables -A X -m set --match-set S1 src
ip netns exec r iptables -A X -m set --match-set S2 src
ip netns exec r iptables -A X -p udp --dport 1000 -j SET --add-set T src
ip netns exec r iptables -A X -p udp --dport 1001 -j SET --add-set T src --timeout 10
ip netns exec r iptables -A X -p udp --dport 1002 -j SET --add-set T src --exist
ip netns exec r iptables -A X -p udp --dport 1003 -j SET --del-set T src
ip netns exec r iptables -A X -p udp --dport 1004 -j SET --add-set E src
ip netns exec r iptables -A X -p udp --dport 1005 -j SET --add-set Q src,dst
ip netns exec r iptables -A X -p udp --dport 1006 -j SET --add-set F src
ip netns exec r iptables -A X -p udp --dport 1007 -j SET --add-set C src --exist
ip netns exec r iptables -A X -p udp --dport 1008 -j SET --add-set M src --del-set A src
ip netns exec r iptables -A X -p tcp -j SET --add-set Q src,src
ip netns exec r iptables -A FORWARD -j X
ip netns exec r ipset swap S1 S2
ip netns exec r ip route add 10.1.1.0/24 via 10.1.0.1
