/** What netfilter asks of the IPv6 side of its namespace, and what IPv6 asks of netfilter. */
import { NF_INET_NUMHOOKS, RTN_ANYCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST } from "../netfilter/types.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Flow6 } from "./fib6-rules.ts";
import type { Inet6 } from "./inet6.ts";

/** The hooks as the IPv6 path calls them (netfilter/hooks.ts has the same for IPv4). */
export interface Hooks6 {
	/** 1 where anything stands at the hook (NF_INET_*). */
	readonly active: Uint8Array;
	/** The frame to go on with, or -1: it was dropped or has another owner. Devices are ids or -1. */
	hook(hook: number, f: number, inDev: number, outDev: number): number;
}

/** A namespace where nothing stands at any hook. */
export const NO_HOOKS: Hooks6 = {
	active: new Uint8Array(NF_INET_NUMHOOKS),
	hook: (_hook, f) => f,
};

export class NfHost6 {
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** RTN_* of an address (xt_addrtype's match_lookup_rt6); In6 handle; `dev` -1: any device. */
	addrType(addr: number, dev: number): number {
		const { ip6 } = this;
		const a = ip6.in6.get(addr);
		if (a[0] >>> 24 === 0xff) return RTN_MULTICAST;
		if (ip6.addr.isOwn(addr, dev)) return RTN_LOCAL;
		return ip6.mcast.isAnycast(addr, dev) ? RTN_ANYCAST : RTN_UNICAST;
	}
	/** The source that MASQUERADE takes for a frame about to leave by `dev` (ipv6_dev_get_saddr); In6 handle, 0 none. */
	masqueradeAddress(f: number, dev: number): number {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const device = ip6.ns.deviceById(dev);
		const h = ip6.in6.internAt(pool.view, pool.nh[f] + ipv6.DADDR);
		return ip6.source.select(device, ip6.in6.get(h));
	}
	/** ip6_route_me_harder: route a frame of LOCAL_OUT again. False: no route; the caller drops the frame. */
	routeAgain(f: number): boolean {
		const { ip6, flow } = this;
		const { pool } = ip6.ns.core;
		const nh = pool.nh[f];
		for (let i = 0; i < 4; i++) {
			flow.w[i] = pool.view.getInt32(nh + ipv6.DADDR + 4 * i);
			flow.w[4 + i] = pool.view.getInt32(nh + ipv6.SADDR + 4 * i);
		}
		flow.mark = pool.mark[f];
		flow.tclass = ipv6.trafficClass(pool.view, nh);
		if (ip6.router.output(flow, -1) !== 0) return false;
		ip6.router.setRoute(f);
		return true;
	}
	/** nf_ct_frag6_gather: the frame to go on with, or -1. `user` tells the queues of conntrack apart. */
	defrag(f: number, user: number): number {
		return this.ip6.reassembly.gather(f, user);
	}
	/** An address of a device went (the masquerade notifier). */
	addressRemoved(_dev: number, _addr: number): void {}
}
