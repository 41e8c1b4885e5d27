#!/bin/sh
# One measurement of the kernel, in namespaces of its own that go with it:
#   measure.sh FLOOD LAB.sh SOURCE_NS SOURCE_DEV SINK_NS SINK_DEV CORE COUNT FRAME FLOWS TTL DST_MAC SRC_IP DST_IP
# Prints three lines of JSON: what the receiver of the first pass found, the sender into a device that goes nowhere, the measurement itself;
# then the frames that the sink's device counted in it.
set -eu
if [ "${HOOKLINE_PEER_INSIDE:-}" != yes ]; then
	HOOKLINE_PEER_INSIDE=yes exec unshare -n -m sh "$0" "$@"
fi
flood=$1 lab=$2 source_ns=$3 source_dev=$4 sink_ns=$5 sink_dev=$6 core=$7 count=$8 frame=$9
shift 9
flows=$1 ttl=$2 dst_mac=$3 src_ip=$4 dst_ip=$5
mount -t tmpfs none /run
mkdir -p /run/netns /run/work
sh -e "$lab" >/run/work/lab.out 2>&1 || { cat /run/work/lab.out >&2; exit 1; }
# what arrives is counted by the device and goes no further; a kernel without this classifier lets its IP layer look at it and drop it
sink=no
if [ "${HOOKLINE_PEER_SINK:-tc}" = tc ] && ip netns exec "$sink_ns" tc qdisc add dev "$sink_dev" clsact 2>/dev/null; then sink=clsact; fi
# stations and routers have been looked for, addresses been found free
sleep 2
send() { ip netns exec "$1" taskset -c "$core" "$flood" send "$2" "$3" "$frame" "$flows" "$dst_mac" "$src_ip" "$dst_ip"; }
counted() { ip netns exec "$sink_ns" cat "/sys/class/net/$sink_dev/statistics/rx_packets"; }
ip netns exec "$sink_ns" "$flood" check "$sink_dev" "$flows" "$frame" "$ttl" >/run/work/check &
checker=$!
until grep -qs ready /run/work/check; do kill -0 $checker; sleep .05; done
send "$source_ns" "$source_dev" "$flows" >/dev/null
wait $checker || { tail -n 1 /run/work/check >&2; exit 1; }
tail -n 1 /run/work/check
ip netns add nowhere
send nowhere nowhere 20000 >/dev/null
send nowhere nowhere "$count"
if [ $sink = clsact ]; then
	ip netns exec "$sink_ns" tc filter add dev "$sink_dev" ingress bpf da bytecode '1,6 0 0 2' 2>/dev/null || sink=no
fi
send "$source_ns" "$source_dev" 20000 >/dev/null
sleep .1
before=$(counted)
send "$source_ns" "$source_dev" "$count"
after=$(counted)
echo "{\"counted\":$((after - before)),\"sink\":\"$sink\"}"
