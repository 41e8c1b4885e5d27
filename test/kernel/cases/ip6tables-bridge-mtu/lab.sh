ip netns add a
ip netns add b
ip netns add x
ip netns add r
ip netns exec r ip link add br0 address 02:00:00:00:0b:00 type bridge
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name pa netns r address 02:00:00:00:05:01
ip link add eth0 netns b address 02:00:00:00:00:02 type veth peer name pb netns r address 02:00:00:00:05:02
ip link add eth0 netns x address 02:00:00:00:00:03 type veth peer name ex netns r address 02:00:00:00:05:03
ip netns exec r ip link set pa master br0
ip netns exec r ip link set pb master br0
ip netns exec a ip link set eth0 up
ip netns exec b ip link set eth0 up
ip netns exec x ip link set eth0 up
ip netns exec r sysctl -qw net.ipv6.conf.all.forwarding=1
ip netns exec r sysctl -qw net.ipv6.icmp.ratelimit=0
ip netns exec r ip link set lo up
ip netns exec r ip link set br0 up
ip netns exec r ip link set pa up
ip netns exec r ip link set pb up
ip netns exec r ip link set ex up
ip netns exec r ip -6 addr add fe80::1/64 dev br0
ip netns exec r ip -6 addr add fd00:a::fe/64 dev br0
ip netns exec r ip -6 addr add fe80::1/64 dev ex
ip netns exec r ip -6 addr add fd00:c::fe/64 dev ex
ip netns exec r ip -6 neigh add fd00:a::1 lladdr 02:00:00:00:00:01 dev br0
ip netns exec r ip -6 neigh add fd00:a::2 lladdr 02:00:00:00:00:02 dev br0
ip netns exec r ip -6 neigh add fd00:c::1 lladdr 02:00:00:00:00:03 dev ex
ip netns exec r ip link set pb mtu 1400
ip netns exec b ip link set eth0 mtu 1400
ip netns exec r ip6tables -A FORWARD -m conntrack --ctstate NEW
