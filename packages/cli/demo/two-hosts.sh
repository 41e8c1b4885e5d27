#!/bin/sh -eu
# Two Docker hosts on one wire. Each has docker0 with a container behind MASQUERADE; host2 publishes its container's ports
# (docker run -p 21:21 -p 56666-56667:56666-56667 -p 53:53/udp, an FTP server with
# passive ports, and DNS). A VXLAN overlay joins second interfaces of both containers. Run it as root on a real
# kernel, or with `hookline run`.

# ---- the underlay: one cable between the hosts
ip netns add host1
ip netns add host2
ip link add eth0 netns host1 address 02:00:00:00:50:01 type veth peer name eth0 netns host2 address 02:00:00:00:50:02
ip netns exec host1 ip addr add 192.168.50.1/24 dev eth0
ip netns exec host2 ip addr add 192.168.50.2/24 dev eth0

# ---- the same on both hosts: N is the number of the host
for N in 1 2; do
	ip netns exec host$N ip link set lo up
	ip netns exec host$N ip link set eth0 up
	ip netns exec host$N sysctl -qw net.ipv4.ip_forward=1

	# docker0, and the container on it
	ip netns exec host$N ip link add docker0 type bridge
	ip netns exec host$N ip link set docker0 address 02:42:00:00:00:0$N
	ip netns exec host$N ip addr add 172.17.0.1/16 dev docker0
	ip netns exec host$N ip link set docker0 up
	ip netns add c$N
	ip link add eth0 netns c$N address 02:42:ac:11:00:02 type veth peer name veth$N netns host$N address 02:00:00:00:51:0$N
	ip netns exec host$N ip link set veth$N master docker0
	ip netns exec host$N ip link set veth$N up
	ip netns exec c$N ip link set lo up
	ip netns exec c$N ip addr add 172.17.0.2/16 dev eth0
	ip netns exec c$N ip link set eth0 up
	ip netns exec c$N ip route add default via 172.17.0.1

	# the chains and rules that Docker makes for docker0
	ip netns exec host$N iptables -t nat -N DOCKER
	ip netns exec host$N iptables -t nat -A PREROUTING -m addrtype --dst-type LOCAL -j DOCKER
	ip netns exec host$N iptables -t nat -A OUTPUT ! -d 127.0.0.0/8 -m addrtype --dst-type LOCAL -j DOCKER
	ip netns exec host$N iptables -t nat -A POSTROUTING -s 172.17.0.0/16 ! -o docker0 -j MASQUERADE
	ip netns exec host$N iptables -t nat -A DOCKER -i docker0 -j RETURN
	ip netns exec host$N iptables -N DOCKER
	ip netns exec host$N iptables -N DOCKER-ISOLATION-STAGE-1
	ip netns exec host$N iptables -N DOCKER-ISOLATION-STAGE-2
	ip netns exec host$N iptables -N DOCKER-USER
	ip netns exec host$N iptables -A DOCKER-USER -j RETURN
	ip netns exec host$N iptables -A DOCKER-ISOLATION-STAGE-1 -i docker0 ! -o docker0 -j DOCKER-ISOLATION-STAGE-2
	ip netns exec host$N iptables -A DOCKER-ISOLATION-STAGE-1 -j RETURN
	ip netns exec host$N iptables -A DOCKER-ISOLATION-STAGE-2 -o docker0 -j DROP
	ip netns exec host$N iptables -A DOCKER-ISOLATION-STAGE-2 -j RETURN
	ip netns exec host$N iptables -P FORWARD DROP
	ip netns exec host$N iptables -A FORWARD -j DOCKER-USER
	ip netns exec host$N iptables -A FORWARD -j DOCKER-ISOLATION-STAGE-1
	ip netns exec host$N iptables -A FORWARD -o docker0 -m conntrack --ctstate RELATED,ESTABLISHED -j ACCEPT
	ip netns exec host$N iptables -A FORWARD -o docker0 -j DOCKER
	ip netns exec host$N iptables -A FORWARD -i docker0 ! -o docker0 -j ACCEPT
	ip netns exec host$N iptables -A FORWARD -i docker0 -o docker0 -j ACCEPT

	# the overlay network has a namespace of its own on each host, as Docker makes it: no iptables rule is there. The VXLAN
	# device is made in the host and moved, so its packets still go out through the host.
	ip netns add overlay$N
	ip netns exec overlay$N ip link add br0 type bridge
	ip netns exec overlay$N ip link set br0 address 02:42:00:00:09:0$N
	ip netns exec overlay$N ip link set br0 up
	ip netns exec host$N ip link add vxlan1 address 02:00:00:00:52:0$N type vxlan id 4097 dstport 4789 local 192.168.50.$N nolearning
	ip netns exec host$N ip link set vxlan1 netns overlay$N
	ip netns exec overlay$N ip link set vxlan1 mtu 1450
	ip netns exec overlay$N ip link set vxlan1 master br0
	ip netns exec overlay$N ip link set vxlan1 up
	ip link add eth1 netns c$N address 02:42:0a:00:09:0$N type veth peer name veth0 netns overlay$N address 02:00:00:00:53:0$N
	ip netns exec overlay$N ip link set veth0 mtu 1450
	ip netns exec overlay$N ip link set veth0 master br0
	ip netns exec overlay$N ip link set veth0 up
	ip netns exec c$N ip link set eth1 mtu 1450
	ip netns exec c$N ip addr add 10.0.9.$N/24 dev eth1
	ip netns exec c$N ip link set eth1 up
done

# ---- docker run -p 21:21 -p 56666-56667:56666-56667 -p 53:53/udp on host2
for PORT in 21 56666 56667; do
	ip netns exec host2 iptables -t nat -A DOCKER ! -i docker0 -p tcp -m tcp --dport $PORT -j DNAT --to-destination 172.17.0.2:$PORT
	ip netns exec host2 iptables -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p tcp -m tcp --dport $PORT -j ACCEPT
	ip netns exec host2 iptables -t nat -A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p tcp -m tcp --dport $PORT -j MASQUERADE
done
ip netns exec host2 iptables -t nat -A DOCKER ! -i docker0 -p udp -m udp --dport 53 -j DNAT --to-destination 172.17.0.2:53
ip netns exec host2 iptables -A DOCKER -d 172.17.0.2/32 ! -i docker0 -o docker0 -p udp -m udp --dport 53 -j ACCEPT
ip netns exec host2 iptables -t nat -A POSTROUTING -s 172.17.0.2/32 -d 172.17.0.2/32 -p udp -m udp --dport 53 -j MASQUERADE

# ---- the overlay's control plane has told each host where the other's container is
ip netns exec overlay1 bridge fdb add 02:42:0a:00:09:02 dev vxlan1 dst 192.168.50.2
ip netns exec overlay2 bridge fdb add 02:42:0a:00:09:01 dev vxlan1 dst 192.168.50.1
ip netns exec c1 ip neigh add 10.0.9.2 lladdr 02:42:0a:00:09:02 dev eth1 nud permanent
ip netns exec c2 ip neigh add 10.0.9.1 lladdr 02:42:0a:00:09:01 dev eth1 nud permanent
