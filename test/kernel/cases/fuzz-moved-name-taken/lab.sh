# a device that moves to a namespace where the name it shall have is taken
ip netns add u
ip netns add a
ip link add eth0 netns a address 02:00:00:00:00:01 type veth peer name pa netns u address 02:00:00:00:01:01
ip link add x0 netns u address 02:00:00:00:00:02 type veth peer name x1 netns u address 02:00:00:00:01:02
ip netns exec u ip link add lan address 02:00:00:00:09:00 type bridge
ip netns exec u ip link set pa master lan
ip netns exec u ip link set pa up
ip netns exec u ip link set x1 master lan
ip netns exec u ip link set x1 up
ip netns exec u ip link set lan up
ip netns exec a ip link set eth0 up
