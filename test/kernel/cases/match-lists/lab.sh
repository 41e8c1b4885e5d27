# recent (set, rcheck, update, remove, seconds, hitcount, rttl, reap, mask, the hundred-and-first address) and hashlimit (packets, bytes, rate, masks, collector, full table), each rule counting
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
ip netns exec r iptables -N X
ip netns exec r iptables -A X -p udp --dport 1000 -m recent --name A --set
ip netns exec r iptables -A X -p udp --dport 1001 -m recent --name A --rcheck
ip netns exec r iptables -A X -p udp --dport 1002 -m recent --name A --update --seconds 1 --hitcount 3
ip netns exec r iptables -A X -p udp --dport 1003 -m recent --name A --remove
ip netns exec r iptables -A X -p udp --dport 1004 -m recent --name A --rcheck --seconds 1 --reap
ip netns exec r iptables -A X -p udp --dport 1005 -m recent --name A --rcheck --rttl
ip netns exec r iptables -A X -p udp --dport 1006 -m recent --name B --set --mask 255.255.255.252
ip netns exec r iptables -A X -p udp --dport 1007 -m recent --name B --rcheck --mask 255.255.255.252
ip netns exec r iptables -A X -p udp --dport 1008 -m recent --name B ! --rcheck --mask 255.255.255.252 --rdest
ip netns exec r iptables -A X -p udp --dport 1009 -m recent --name C --update --hitcount 40 --rdest
ip netns exec r iptables -A X -p udp --dport 1010 -m recent --name C ! --set --rdest
ip netns exec r iptables -A X -p udp --dport 1011 -m recent --name C ! --update --seconds 1 --rdest
ip netns exec r iptables -A X -p udp --dport 1012 -m recent --name A --update --seconds 1 --reap --rttl
ip netns exec r iptables -A X -p udp --dport 2000 -m hashlimit --hashlimit-upto 5/sec --hashlimit-burst 3 --hashlimit-mode srcip --hashlimit-name h1
ip netns exec r iptables -A X -p udp --dport 2000:2003 -m hashlimit --hashlimit-above 2/sec --hashlimit-burst 2 --hashlimit-mode srcip,dstport --hashlimit-srcmask 30 --hashlimit-name h2
ip netns exec r iptables -A X -p udp --dport 2010 -m hashlimit --hashlimit-upto 1000b/s --hashlimit-burst 3kb --hashlimit-mode srcip --hashlimit-name h3
ip netns exec r iptables -A X -p udp --dport 2010 -m hashlimit --hashlimit-upto 1kb/s --hashlimit-mode dstip,srcport --hashlimit-name h4
ip netns exec r iptables -A X -p udp --dport 2020 -m hashlimit --hashlimit-upto 4/sec --hashlimit-rate-match --hashlimit-rate-interval 1 --hashlimit-burst 2 --hashlimit-name h5
ip netns exec r iptables -A X -p udp --dport 2030 -m hashlimit --hashlimit-upto 1/min --hashlimit-burst 1 --hashlimit-htable-max 2 --hashlimit-htable-size 2 --hashlimit-mode srcip --hashlimit-name h6
ip netns exec r iptables -A X -p udp --dport 2040 -m hashlimit --hashlimit-upto 1/hour --hashlimit-burst 2 --hashlimit-htable-expire 500 --hashlimit-mode srcip --hashlimit-name h7
ip netns exec r iptables -A FORWARD -j X
ip netns exec r iptables -A FORWARD -j ACCEPT
ip netns exec r ip route add 10.1.1.0/24 via 10.1.0.1
ip netns exec r sysctl -qw net.ipv4.conf.all.rp_filter=0
