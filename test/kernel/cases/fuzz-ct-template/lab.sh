ip netns add h
ip netns add c
ip link add eth0 netns c address 02:00:00:00:00:01 type veth peer name e1 netns h address 02:00:00:00:05:01
ip netns exec h ip link set e1 up
ip netns exec h ip addr add 10.1.0.1/24 dev e1
ip netns exec c ip link set eth0 up
ip netns exec c ip addr add 10.1.0.2/24 dev eth0
I="ip netns exec h iptables -t raw -A PREROUTING"
$I -j CT --ctevents new
$I -m conntrack --ctstate NEW
$I -m conntrack --ctstate INVALID
$I -m conntrack --ctstatus CONFIRMED
$I -m conntrack --ctstatus NONE
$I -m conntrack --ctproto udp
$I -m conntrack ! --ctproto udp
$I -m conntrack --ctproto 0
$I -m conntrack --ctorigsrc 0.0.0.0
$I -m conntrack --ctorigsrc 10.1.0.2
$I -m conntrack --ctdir ORIGINAL
$I -m conntrack --ctdir REPLY
$I -m connmark --mark 0
$I -j CONNMARK --set-mark 5
$I -m connmark --mark 5
$I -j CT --notrack
ip netns exec h iptables -A INPUT -m conntrack --ctstate UNTRACKED
ip netns exec h iptables -A INPUT -m connmark --mark 5

