#!/bin/sh
# One measurement of Open vSwitch's user-space datapath (Debian: openvswitch-switch-dpdk), in a network namespace and a directory of its own:
#   measure.sh DAEMON PATH FRAMES.pcap CORE SECONDS DST_MAC
# One polling thread takes frames from a capture held in memory, copies each, and puts them out at a port that drops. No huge pages.
# Prints one line of JSON: packets in, packets out, CPU time of the polling thread in ns.
set -eu
if [ "${HOOKLINE_PEER_INSIDE:-}" != yes ]; then
	HOOKLINE_PEER_INSIDE=yes exec unshare -n -m sh "$0" "$@"
fi
daemon=$1 path=$2 frames=$3 core=$4 seconds=$5 dst_mac=$6
dir=$(mktemp -d)
export OVS_RUNDIR="$dir" OVS_LOGDIR="$dir" OVS_DBDIR="$dir"
db=unix:$dir/db.sock
ip link set lo up
switch_pid= db_pid=
finish() {
	[ -z "$switch_pid" ] || kill "$switch_pid" 2>/dev/null || true
	[ -z "$db_pid" ] || kill "$db_pid" 2>/dev/null || true
	wait
	rm -rf "$dir"
}
trap finish EXIT
trap 'exit 1' INT TERM
fail() { echo "Open vSwitch: $1" >&2; tail -n 4 "$dir/switch.log" >&2 2>/dev/null || true; exit 1; }
vsctl() { ovs-vsctl --db="$db" --timeout=20 "$@"; }
ctl() { ovs-appctl -t "$dir/ctl" "$@"; }
until_there() { n=0; while [ ! -S "$1" ]; do n=$((n + 1)); [ $n -lt 200 ] || fail "$1 does not appear"; sleep .05; done; }

ovsdb-tool create "$dir/conf.db" /usr/share/openvswitch/vswitch.ovsschema
ovsdb-server "$dir/conf.db" --remote="punix:$dir/db.sock" >"$dir/db.log" 2>&1 &
db_pid=$!
until_there "$dir/db.sock"
vsctl --no-wait init
vsctl --no-wait set Open_vSwitch . other_config:dpdk-init=true "other_config:pmd-cpu-mask=$(printf '0x%x' $((1 << core)))" \
	other_config:dpdk-lcore-mask=0x1 "other_config:dpdk-extra=--no-huge --legacy-mem -m 1024 --no-pci --no-telemetry --file-prefix hookline$$"
"$daemon" "$db" --unixctl="$dir/ctl" --disable-system >"$dir/switch.log" 2>&1 &
switch_pid=$!
until_there "$dir/ctl"

in="type=dpdk options:dpdk-devargs=net_pcap0,rx_pcap=$frames,infinite_rx=1"
out="type=dpdk options:dpdk-devargs=net_null1,no-rx=1"
one_bridge() {
	vsctl add-br br0 -- set bridge br0 datapath_type=netdev \
		-- add-port br0 p0 -- set interface p0 $in ofport_request=1 -- add-port br0 p1 -- set interface p1 $out ofport_request=2
}
case $path in
bridge)
	one_bridge
	ovs-ofctl add-flow br0 actions=NORMAL
	ctl fdb/add br0 p1 0 "$dst_mac" >/dev/null
	;;
nat)
	# both hosts in one bridge: a zone of connection tracking each, source translation in the first, destination translation in the second
	one_bridge
	mac=02:42:00:00:00:02
	ovs-ofctl del-flows br0
	ovs-ofctl add-flow br0 "table=0,in_port=1,ip,actions=ct(commit,zone=1,nat(src=192.168.205.10:1024-65535),table=1)"
	ovs-ofctl add-flow br0 "table=1,ip,actions=dec_ttl,mod_dl_src:$mac,ct(commit,zone=2,nat(dst=172.18.0.2),table=2)"
	ovs-ofctl add-flow br0 "table=2,ip,actions=dec_ttl,mod_dl_src:$mac,output:2"
	;;
vxlan)
	for b in i1 u1 u2 i2; do vsctl add-br $b -- set bridge $b datapath_type=netdev; done
	vsctl add-port i1 p0 -- set interface p0 $in -- add-port i2 p1 -- set interface p1 $out
	vsctl add-port u1 q1 -- set interface q1 type=patch options:peer=q2 -- add-port u2 q2 -- set interface q2 type=patch options:peer=q1
	ip link set u1 address 02:00:00:00:01:01
	ip link set u2 address 02:00:00:00:01:02
	vsctl set bridge u1 other-config:hwaddr=02:00:00:00:01:01 -- set bridge u2 other-config:hwaddr=02:00:00:00:01:02
	ip addr add 192.168.205.10/24 dev u1
	ip addr add 192.168.205.11/24 dev u2
	ip link set u1 up
	ip link set u2 up
	# both ends are in one namespace: without this the second end is no way out of it
	ip route del local 192.168.205.11 table local
	ip route del 192.168.205.0/24 dev u2
	vsctl add-port i1 vx1 -- set interface vx1 type=vxlan options:remote_ip=192.168.205.11 options:local_ip=192.168.205.10 options:key=4097
	vsctl add-port i2 vx2 -- set interface vx2 type=vxlan options:remote_ip=192.168.205.10 options:local_ip=192.168.205.11 options:key=4097
	ctl ovs/route/add 192.168.205.11/32 u1 >/dev/null
	ctl ovs/route/add 192.168.205.10/32 u2 >/dev/null
	ctl tnl/neigh/set u1 192.168.205.11 02:00:00:00:01:02 >/dev/null
	ctl tnl/neigh/set u2 192.168.205.10 02:00:00:00:01:01 >/dev/null
	ctl fdb/add i1 vx1 0 "$dst_mac" >/dev/null
	ctl fdb/add i2 p1 0 "$dst_mac" >/dev/null
	ctl fdb/add u1 q1 0 02:00:00:00:01:02 >/dev/null
	;;
*) fail "no path $path" ;;
esac
sleep 2
thread=$(grep -l '^pmd' /proc/"$switch_pid"/task/*/comm | head -n 1 | cut -d/ -f5)
[ -n "$thread" ] || fail "no polling thread"
busy() { cut -d' ' -f1 "/proc/$switch_pid/task/$thread/schedstat"; }
# packets in at the first port and out at the second, as the ports themselves count them
counts() {
	ctl dpctl/show -s | awk '/^  port/ { port = $3 } /RX packets/ && port == "p0" { split($2, a, ":"); r = a[2] }
		/TX packets/ && port == "p1" { split($2, a, ":"); t = a[2] } END { print r, t }'
}
b0=$(busy) c0=$(counts)
sleep "$seconds"
b1=$(busy) c1=$(counts)
[ -z "${HOOKLINE_PEER_SHOW:-}" ] || { ctl dpif-netdev/pmd-stats-show; ctl dpctl/dump-flows netdev@ovs-netdev | head -n 6; ctl dpctl/dump-conntrack netdev@ovs-netdev | head -n 3; ctl dpctl/show -s; } >&2
echo "$b0 $c0 $b1 $c1" | awk '{ printf "{\"received\":%.0f,\"sent\":%.0f,\"busyNs\":%.0f}\n", $5 - $2, $6 - $3, $4 - $1 }'
