/** The words that the rooms of netfilter share (include/uapi/linux/netfilter.h, nf_conntrack_common.h). */

import type { CtTable } from "./ct-table.ts";

export const NF_INET_PRE_ROUTING = 0;
export const NF_INET_LOCAL_IN = 1;
export const NF_INET_FORWARD = 2;
export const NF_INET_LOCAL_OUT = 3;
export const NF_INET_POST_ROUTING = 4;
export const NF_INET_NUMHOOKS = 5;
export const HOOK_NAMES: readonly string[] = ["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"];

export const NF_DROP = 0;
export const NF_ACCEPT = 1;
/** The frame has an owner elsewhere, or is gone already. */
export const NF_STOLEN = 2;

/** enum ip_conntrack_info, in `pool.ctinfo`. */
export const IP_CT_ESTABLISHED = 0;
export const IP_CT_RELATED = 1;
export const IP_CT_NEW = 2;
export const IP_CT_IS_REPLY = 3;
export const IP_CT_ESTABLISHED_REPLY = 3;
export const IP_CT_RELATED_REPLY = 4;
export const IP_CT_UNTRACKED = 7;

export const IP_CT_DIR_ORIGINAL = 0;
export const IP_CT_DIR_REPLY = 1;
export function ctDir(ctinfo: number): number {
	return ctinfo >= IP_CT_IS_REPLY ? IP_CT_DIR_REPLY : IP_CT_DIR_ORIGINAL;
}

/** enum ip_conntrack_status bits. */
export const IPS_EXPECTED = 1 << 0;
export const IPS_SEEN_REPLY = 1 << 1;
export const IPS_ASSURED = 1 << 2;
export const IPS_CONFIRMED = 1 << 3;
export const IPS_SRC_NAT = 1 << 4;
export const IPS_DST_NAT = 1 << 5;
export const IPS_SEQ_ADJUST = 1 << 6;
export const IPS_SRC_NAT_DONE = 1 << 7;
export const IPS_DST_NAT_DONE = 1 << 8;
export const IPS_TEMPLATE = 1 << 11;
export const IPS_DYING = 1 << 9;
export const IPS_FIXED_TIMEOUT = 1 << 10;

/** nf_nat_range2 flags. */
export const NF_NAT_RANGE_MAP_IPS = 1 << 0;
export const NF_NAT_RANGE_PROTO_SPECIFIED = 1 << 1;
export const NF_NAT_RANGE_PROTO_RANDOM = 1 << 2;
export const NF_NAT_RANGE_PERSISTENT = 1 << 3;
export const NF_NAT_RANGE_PROTO_RANDOM_FULLY = 1 << 4;
export const NF_NAT_RANGE_PROTO_OFFSET = 1 << 5;
export const NF_NAT_RANGE_NETMAP = 1 << 6;

export const NF_NAT_MANIP_SRC = 0;
export const NF_NAT_MANIP_DST = 1;

/** Address types (enum rtn_type), as routes and the addrtype match name them. */
export const RTN_UNSPEC = 0;
export const RTN_UNICAST = 1;
export const RTN_LOCAL = 2;
/** The family of a table: IPv4 or IPv6. */
export type NfFamily = 4 | 6;

export const RTN_BROADCAST = 3;
export const RTN_ANYCAST = 4;
export const RTN_MULTICAST = 5;
export const RTN_BLACKHOLE = 6;
export const RTN_UNREACHABLE = 7;
export const RTN_PROHIBIT = 8;
export const RTN_THROW = 9;

/** REJECT --reject-with, in the order of enum ipt_reject_with. */
export const REJECT_NET_UNREACH = 0;
export const REJECT_HOST_UNREACH = 1;
export const REJECT_PROTO_UNREACH = 2;
export const REJECT_PORT_UNREACH = 3;
export const REJECT_ECHOREPLY = 4;
export const REJECT_NET_PROHIBITED = 5;
export const REJECT_HOST_PROHIBITED = 6;
export const REJECT_TCP_RESET = 7;
export const REJECT_ADMIN_PROHIBITED = 8;
/** The same of IPv6, in the order of enum ip6t_reject_with. */
export const REJECT6_NO_ROUTE = 0;
export const REJECT6_ADM_PROHIBITED = 1;
export const REJECT6_NOT_NEIGHBOUR = 2;
export const REJECT6_ADDR_UNREACH = 3;
export const REJECT6_PORT_UNREACH = 4;
export const REJECT6_ECHOREPLY = 5;
export const REJECT6_TCP_RESET = 6;
export const REJECT6_POLICY_FAIL = 7;
export const REJECT6_REJECT_ROUTE = 8;

/**
 * What netfilter asks of one family's side of the namespace it works in. IPv4 addresses are signed 32-bit integers in host order,
 * IPv6 addresses are handles (ring/in6.ts); devices are ids.
 */
export interface NfHost {
	/** Namespace id: the conntrack zone. */
	readonly id: number;
	/**
	 * IPv4: RTN_* of an address (inet_addr_type / inet_dev_addr_type). IPv6: bits 1 << RTN_* of LOCAL, ANYCAST and UNREACHABLE, as
	 * a route to it tells them (match_lookup_rt6). `dev` -1: any device.
	 */
	addrType(addr: number, dev: number): number;
	/**
	 * The address MASQUERADE takes for a frame about to leave by `dev`: inet_select_addr(dev, next hop), ipv6_dev_get_saddr(dev,
	 * destination); 0 when there is none.
	 */
	masqueradeAddress(f: number, dev: number): number;
	/** The address of a device that REDIRECT gives the frame: its first, of IPv6 the first that serves; 0 when there is none. */
	firstAddress(dev: number, f: number): number;
	/** Answer the frame (ICMP error or TCP reset); the caller then drops it. `how` is REJECT_* or REJECT6_*. */
	reject(f: number, hook: number, how: number): void;
	/**
	 * Put fragments together (nf_defrag_ipv4, nf_defrag_ipv6). Returns the frame to go on with, which may be another one, or -1 when it was kept
	 * or dropped. `user` tells apart the queues of the places that defragment (IP_DEFRAG_CONNTRACK_IN 0, _OUT 1, bridge-in 2).
	 */
	defrag(f: number, user: number): number;
	/** ip_route_me_harder: route a frame of LOCAL_OUT again. Returns 0, or an errno: the caller drops the frame. */
	routeAgain(f: number): number;
	/** MTU of the way to an address, bytes of IP; Infinity when there is none (tcpmss_reverse_mtu). */
	mtuTo(addr: number): number;
	/** The next hop's address of the frame's route (for `rt_nexthop`), host order. */
	nextHop(f: number): number;
	/** rpfilter_lookup_reverse: would an answer leave by `inDev`? `flags` are RPFILTER_*. */
	rpfilter(f: number, inDev: number, flags: number): boolean;
	/** Is this namespace allowed to use conntrack's early drop and so on: nf_conntrack_max. */
	readonly conntrackMax: number;
}

/** What rule matches and targets read of connections. `ct` is a number > 0 from `pool.ct`. */
export interface CtView {
	status(ct: number): number;
	getMark(ct: number): number;
	setMark(ct: number, mark: number): void;
	protocol(ct: number): number;
	/** Tuple fields of a direction (IP_CT_DIR_*): addresses signed 32-bit, ports 0..65535 (ICMP: id as source, type<<8|code as destination). */
	src(ct: number, dir: number): number;
	dst(ct: number, dir: number): number;
	sport(ct: number, dir: number): number;
	dport(ct: number, dir: number): number;
	/** Virtual ns until it expires, not below 0. */
	expiresIn(ct: number): number;
	/** The connections themselves. */
	readonly table: CtTable;
}

/** What NAT targets ask of the NAT core. */
export interface NatSetup {
	/**
	 * nf_nat_setup_info: decide the translation of a new connection. `manip` is NF_NAT_MANIP_*. Addresses host order, ports host
	 * order (for ICMP the id). Returns NF_ACCEPT or NF_DROP.
	 */
	setup(
		f: number,
		ct: number,
		manip: number,
		flags: number,
		minAddr: number,
		maxAddr: number,
		minPort: number,
		maxPort: number,
		basePort: number,
	): number;
	/** Remember which device MASQUERADE chose the address for (nat->masq_index). */
	setMasqueradeDevice(ct: number, dev: number): void;
}

/** A table as the hook list calls it. */
export interface TableRunner {
	/** Bit h set: the table has a base chain at hook h. */
	readonly hookMask: number;
	/** Walk the base chain of `hook`. `inDev`/`outDev` are device ids or -1. Returns NF_*; NF_DROP leaves the frame to the caller. */
	run(hook: number, f: number, inDev: number, outDev: number): number;
}
