ip netns add a
ip netns add b
ip netns add r
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name ea netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name eb netns r address 02:00:00:00:05:02
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec r ip link set lo up
ip netns exec r ip link set ea up
ip netns exec r ip link set eb up
ip netns exec r ip -6 addr add fe80::1/64 dev ea
ip netns exec r ip -6 addr add fd00:a::fe/64 dev ea
ip netns exec r ip -6 addr add fe80::1/64 dev eb
ip netns exec r ip -6 addr add fd00:b::fe/64 dev eb
ip netns exec r ip -6 neigh add fd00:a::1 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::1 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fd00:a::2 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::2 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fd00:a::3 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::3 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fd00:a::4 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::4 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fd00:a::5 lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip -6 neigh add fd00:b::5 lladdr 02:00:00:00:00:02 dev eb
ip netns exec r ip -6 neigh add fe80::a lladdr 02:00:00:00:00:01 dev ea
ip netns exec r ip6tables -N M
ip netns exec r ip6tables -A FORWARD -j M
ip netns exec r ip6tables -A INPUT -j M
ip netns exec r ip6tables -A M -s fd00:a::/64
ip netns exec r ip6tables -A M ! -s fd00:a::/64
ip netns exec r ip6tables -A M -d fd00:b::1
ip netns exec r ip6tables -A M -d ::/0
ip netns exec r ip6tables -A M ! -d fd00:b::/ffff:ffff:ffff:ffff::
ip netns exec r ip6tables -A M -i ea -o eb
ip netns exec r ip6tables -A M ! -i e+
ip netns exec r ip6tables -A M -p tcp
ip netns exec r ip6tables -A M ! -p tcp
ip netns exec r ip6tables -A M -p udp
ip netns exec r ip6tables -A M -p icmpv6
ip netns exec r ip6tables -A M -p esp
ip netns exec r ip6tables -A M -p 135
ip netns exec r ip6tables -A M -p tcp --dport 80
ip netns exec r ip6tables -A M -p tcp ! --dport 1:100
ip netns exec r ip6tables -A M -p tcp --syn
ip netns exec r ip6tables -A M -p tcp --tcp-option 2
ip netns exec r ip6tables -A M -p udp --sport 1000 --dport 53
ip netns exec r ip6tables -A M -p icmpv6 --icmpv6-type echo-request
ip netns exec r ip6tables -A M -p icmpv6 --icmpv6-type 1/4
ip netns exec r ip6tables -A M -p icmpv6 ! --icmpv6-type 128
ip netns exec r ip6tables -A M -p udp -m multiport --dports 53,60:70
ip netns exec r ip6tables -A M -p tcp -m multiport --ports 80,443
ip netns exec r ip6tables -A M -m hl --hl-eq 64
ip netns exec r ip6tables -A M -m hl --hl-lt 10
ip netns exec r ip6tables -A M -m hl --hl-gt 64
ip netns exec r ip6tables -A M -m length --length 40:60
ip netns exec r ip6tables -A M -m length --length 61
ip netns exec r ip6tables -A M -m tos --tos 0x10/0xff
ip netns exec r ip6tables -A M -m dscp --dscp 0x0a
ip netns exec r ip6tables -A M -m frag --fragfirst
ip netns exec r ip6tables -A M -m frag --fragmore
ip netns exec r ip6tables -A M -m frag --fraglast
ip netns exec r ip6tables -A M -m frag --fragid 4660
ip netns exec r ip6tables -A M -m rt --rt-type 0
ip netns exec r ip6tables -A M -m rt --rt-type 2 --rt-segsleft 0:1
ip netns exec r ip6tables -A M -m rt --rt-len 24
ip netns exec r ip6tables -A M -m rt --rt-type 0 --rt-0-addrs fd00:b::2
ip netns exec r ip6tables -A M -m rt --rt-type 0 --rt-0-addrs fd00:b::3 --rt-0-not-strict
ip netns exec r ip6tables -A M -m hbh --hbh-len 8
ip netns exec r ip6tables -A M -m hbh --hbh-opts 5:2
ip netns exec r ip6tables -A M -m dst --dst-len 8
ip netns exec r ip6tables -A M -m dst --dst-opts 1,30:4
ip netns exec r ip6tables -A M -m ipv6header --header hop --soft
ip netns exec r ip6tables -A M -m ipv6header --header frag
ip netns exec r ip6tables -A M -m ipv6header --header dst,prot
ip netns exec r ip6tables -A M -m ipv6header --header none
ip netns exec r ip6tables -A M -m ipv6header ! --header prot
ip netns exec r ip6tables -A M -m iprange --src-range fd00:a::2-fd00:a::4
ip netns exec r ip6tables -A M -m iprange ! --dst-range fd00:b::-fd00:b::ffff
ip netns exec r ip6tables -A M -m eui64
ip netns exec r ip6tables -A M -m mac --mac-source 02:00:00:00:00:01
ip netns exec r ip6tables -A M -m pkttype --pkt-type unicast
ip netns exec r ip6tables -A M -m addrtype --dst-type LOCAL
ip netns exec r ip6tables -A M -m addrtype --dst-type UNICAST
ip netns exec r ip6tables -A M -m addrtype --src-type UNICAST,LOCAL
ip netns exec r ip6tables -A M -m addrtype --dst-type MULTICAST
ip netns exec r ip6tables -A M -m addrtype --dst-type ANYCAST
ip netns exec r ip6tables -A M -m addrtype --dst-type UNREACHABLE
ip netns exec r ip6tables -A M -m addrtype --dst-type LOCAL --limit-iface-in
ip netns exec r ip6tables -A M -p 135 -m mh --mh-type 1:5
ip netns exec r ip6tables -A M -m limit --limit 1/min --limit-burst 3
ip netns exec r ip6tables -A M -m statistic --mode nth --every 3 --packet 0
ip netns exec r ip6tables -A M -m mark --mark 0
ip netns exec r ip6tables -P INPUT DROP
