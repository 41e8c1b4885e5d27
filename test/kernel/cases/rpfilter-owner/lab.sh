# rpfilter (loose, validmark, accept-local, invert), owner and recent on packets of the router itself
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
ip netns exec r sysctl -qw net.ipv4.conf.all.rp_filter=0
ip netns exec r sysctl -qw net.ipv4.conf.ea.rp_filter=0
ip netns exec r ip route add 10.3.0.0/24 via 10.1.0.1 table 100
ip netns exec r ip rule add fwmark 1 lookup 100
ip netns exec r ip route add blackhole 10.4.0.0/24
ip netns exec r iptables -t raw -A PREROUTING -p udp --dport 7 -j MARK --set-mark 1
ip netns exec r iptables -t raw -A PREROUTING -m rpfilter 
ip netns exec r iptables -t raw -A PREROUTING -m rpfilter --loose
ip netns exec r iptables -t raw -A PREROUTING -m rpfilter --invert
ip netns exec r iptables -t raw -A PREROUTING -m rpfilter --accept-local
ip netns exec r iptables -t raw -A PREROUTING -m rpfilter --loose --accept-local
ip netns exec r iptables -t raw -A PREROUTING -m rpfilter --validmark
ip netns exec r iptables -t raw -A PREROUTING -m rpfilter --validmark --invert
ip netns exec r iptables -t mangle -A PREROUTING -m rpfilter --loose --invert
ip netns exec r iptables -t filter -A OUTPUT -m owner --socket-exists
ip netns exec r iptables -t filter -A OUTPUT -m owner ! --socket-exists
ip netns exec r iptables -t filter -A OUTPUT -m owner --uid-owner 0
ip netns exec r iptables -t filter -A OUTPUT -m owner ! --uid-owner 0
ip netns exec r iptables -t filter -A OUTPUT -m owner --uid-owner 5
ip netns exec r iptables -t filter -A OUTPUT -m owner ! --uid-owner 5
ip netns exec r iptables -t filter -A OUTPUT -m owner --gid-owner 0 --socket-exists
ip netns exec r iptables -t filter -A OUTPUT -m owner ! --gid-owner 0-7
ip netns exec r iptables -t mangle -A POSTROUTING -m owner --socket-exists
ip netns exec r iptables -t mangle -A POSTROUTING -m owner ! --uid-owner 0
ip netns exec r iptables -t filter -A INPUT -p tcp --dport 22 -j REJECT --reject-with tcp-reset
ip netns exec r iptables -t filter -A INPUT -p tcp --dport 23 -j REJECT
ip netns exec r iptables -t filter -A OUTPUT -m recent --name O --set --rdest
ip netns exec r iptables -t filter -A OUTPUT -m recent --name O --rcheck --rttl --rdest
ip netns exec r iptables -t mangle -A POSTROUTING -m recent --name O --rcheck --rttl --rdest
