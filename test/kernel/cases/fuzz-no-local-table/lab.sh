# a switch without any address of its own, and what its rules think of addresses
ip netns add u
ip netns add a
ip netns add b
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name pa netns u address 02:00:00:00:01:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name pb netns u address 02:00:00:00:01:02
ip netns exec u ip link add lan address 02:00:00:00:09:00 type bridge
ip netns exec u ip link set pa master lan
ip netns exec u ip link set pb master lan
ip netns exec u ip link set pa up
ip netns exec u ip link set pb up
ip netns exec u ip link set lan up
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec u iptables -t raw -A PREROUTING -m addrtype --dst-type BROADCAST
ip netns exec u iptables -t raw -A PREROUTING -m addrtype --dst-type UNICAST
ip netns exec u iptables -t raw -A PREROUTING -m addrtype --src-type BROADCAST
