# matches about extension headers, and headers that say they are longer than the packet
ip netns add r
ip netns add a
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name e1 netns r address 02:00:00:00:01:01
ip netns exec r ip link set lo up
ip netns exec r ip link set e1 up
ip netns exec a ip link set eth0 up
ip netns exec r ip -6 addr add 2001:db8::1/64 dev e1
ip netns exec r ip6tables -t raw -A PREROUTING -s 2001:db8::11 -m dst --dst-opts 5
ip netns exec r ip6tables -t raw -A PREROUTING -s 2001:db8::12 -m dst ! --dst-len 8
ip netns exec r ip6tables -t raw -A PREROUTING -s 2001:db8::13 -m rt --rt-type 0
ip netns exec r ip6tables -t raw -A PREROUTING -s 2001:db8::14 -m rt ! --rt-len 24
ip netns exec r ip6tables -t raw -A PREROUTING -s 2001:db8::15 -m ipv6header --soft --header dst
ip netns exec r ip6tables -t raw -A PREROUTING -s 2001:db8::16 -m dst --dst-opts 1:2,30
ip netns exec r ip6tables -t raw -A PREROUTING -s 2001:db8::17 -p mh -m mh --mh-type 1
for n in 11 12 13 14 15 16 17
do
ip netns exec r ip6tables -t raw -A PREROUTING -s 2001:db8::$n
done
