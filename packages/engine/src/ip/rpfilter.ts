/** The rpfilter match's question to the routes (net/ipv4/netfilter/ipt_rpfilter.c). */
import type { NetDevice } from "../device/netdev.ts";
import { RPFILTER_ACCEPT_LOCAL, RPFILTER_LOOSE, RPFILTER_VALID_MARK } from "../netfilter/list-ops.ts";
import { RTN_LOCAL, RTN_UNICAST } from "../netfilter/types.ts";
import * as ipv4 from "../wire/ipv4.ts";
import type { Route } from "./fib.ts";
import type { Netns } from "./netns.ts";

/** Would an answer to the frame, which came in by `dev`, leave by it? `flags` are RPFILTER_*. */
export function reversePathFits(ns: Netns, f: number, dev: NetDevice, flags: number): boolean {
	const { pool } = ns.core;
	if (dev.loopback) return true;
	const nh = pool.nh[f];
	const saddr = pool.view.getInt32(nh + ipv4.SADDR);
	const daddr = pool.view.getInt32(nh + ipv4.DADDR);
	const group = ipv4.isMulticast(daddr);
	// who has no address yet asks everyone
	if (ipv4.isZeronet(saddr) && (daddr === ipv4.BROADCAST || (group && daddr >>> 8 === LOCAL_MULTICAST)))
		return true;
	const from = group || daddr === ipv4.BROADCAST || ipv4.isZeronet(daddr) ? 0 : daddr;
	const mark = (flags & RPFILTER_VALID_MARK) !== 0 ? pool.mark[f] : 0;
	// the kernel asks as if the packet came from the loopback device
	if (ns.fib.lookup(saddr, from, pool.view.getUint8(nh + ipv4.TOS), mark, ns.lo, -1, "") !== 0) return false;
	const route = ns.fib.route as Route;
	if (route.type !== RTN_UNICAST && (route.type !== RTN_LOCAL || (flags & RPFILTER_ACCEPT_LOCAL) === 0))
		return false;
	return (flags & RPFILTER_LOOSE) !== 0 || route.dev === dev;
}
/** 224.0.0.0/24, its first 24 bits. */
const LOCAL_MULTICAST = 0xe00000;
