/** What netfilter asks of the IPv6 side of its namespace. */
import { type NfHost, RTN_ANYCAST, RTN_LOCAL, RTN_UNREACHABLE } from "../netfilter/types.ts";
import type { In6 } from "../ring/in6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Flow6 } from "./fib6-rules.ts";
import { dissect6 } from "./flow-dissect.ts";
import type { Inet6 } from "./inet6.ts";
import { IFA_F_OPTIMISTIC, IFA_F_TENTATIVE } from "./inet6-device.ts";
import { ANY, commonBits, isLinkLocal, isLoopback, isMulticast, SCOPE_SITELOCAL, scopeOf } from "./kinds.ts";
import { wordsAt } from "./ndisc.ts";
import { reversePathFits6 } from "./rpfilter.ts";

export class NfHost6 implements NfHost {
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	get id(): number {
		return this.ip6.ns.id;
	}
	get conntrackMax(): number {
		return this.ip6.ns.conf.nf_conntrack_max;
	}
	/** match_lookup_rt6, and the local addresses of `dev` where one is given. */
	addrType(addr: number, dev: number): number {
		const { ip6, flow } = this;
		let bits = dev >= 0 && ip6.addr.isOwn(addr, dev) ? 1 << RTN_LOCAL : 0;
		const a = ip6.in6.get(addr);
		flow.setDestination(a);
		flow.setSource(ANY);
		flow.mark = 0;
		flow.tclass = 0;
		if (ip6.router.output(flow, dev) !== 0) return 1 << RTN_UNREACHABLE;
		const { out } = ip6.router;
		const route = ip6.fib.route;
		if (dev < 0 && out.type === RTN_LOCAL) bits |= 1 << RTN_LOCAL;
		// the subnet-router anycast address is one even where nobody answers to it
		const subnet =
			route !== undefined && route.prefixLen < 127 && route.gw === 0 && commonBits(route.dst, a) === 128;
		if (out.type === RTN_ANYCAST || subnet) bits |= 1 << RTN_ANYCAST;
		return bits;
	}
	/** The first address of a device that REDIRECT can take for the frame's destination (nf_nat_redirect_ipv6_usable). */
	firstAddress(dev: number, f: number): number {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const scope = scopeBit(wordsAt(pool.view, pool.nh[f] + ipv6.DADDR));
		for (const a of ip6.devices[dev]?.addresses ?? []) {
			if ((a.flags & IFA_F_TENTATIVE) !== 0 && (a.flags & IFA_F_OPTIMISTIC) === 0) continue;
			if (scope === 0 || scope === scopeBit(ip6.in6.get(a.addr))) return a.addr;
		}
		return 0;
	}
	reject(f: number, hook: number, how: number): void {
		this.ip6.rejecter.answer(f, hook, how);
	}
	rpfilter(f: number, inDev: number, flags: number): boolean {
		const { ip6 } = this;
		return reversePathFits6(ip6, this.flow, f, ip6.ns.deviceById(inDev), flags);
	}
	/** tcpmss_reverse_mtu: what the way to an address carries. */
	mtuTo(addr: number): number {
		const { ip6, flow } = this;
		flow.setDestination(ip6.in6.get(addr));
		flow.setSource(ANY);
		flow.mark = 0;
		flow.tclass = 0;
		return ip6.router.output(flow, -1) === 0 ? ip6.router.out.mtu : Number.POSITIVE_INFINITY;
	}
	/** The next hop's handle. */
	nextHop(f: number): number {
		const { pool } = this.ip6.ns.core;
		if (pool.dstGw[f] !== 0) return pool.dstGw[f];
		return this.ip6.in6.internAt(pool.view, pool.nh[f] + ipv6.DADDR);
	}
	/** The source that MASQUERADE takes for a frame about to leave by `dev` (ipv6_dev_get_saddr); In6 handle, 0 none. */
	masqueradeAddress(f: number, dev: number): number {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const device = ip6.ns.deviceById(dev);
		const h = ip6.in6.internAt(pool.view, pool.nh[f] + ipv6.DADDR);
		return ip6.source.select(device, ip6.in6.get(h));
	}
	/** ip6_route_me_harder: route a frame of LOCAL_OUT again. 0, or an errno: the caller drops the frame. */
	routeAgain(f: number): number {
		const { ip6, flow } = this;
		const { pool } = ip6.ns.core;
		const nh = pool.nh[f];
		for (let i = 0; i < 4; i++) {
			flow.w[i] = pool.view.getInt32(nh + ipv6.DADDR + 4 * i);
			flow.w[4 + i] = pool.view.getInt32(nh + ipv6.SADDR + 4 * i);
		}
		flow.mark = pool.mark[f];
		flow.tclass = ipv6.trafficClass(pool.view, nh);
		if (ip6.fib.needsFlow) dissect6(flow, pool.view, nh, pool.off[f] + pool.len[f]);
		// to a group or on the link: out of the device where it was going, whatever the routes say
		const to = wordsAt(pool.view, nh + ipv6.DADDR);
		const strict = isMulticast(to) || isLinkLocal(to);
		const error = ip6.router.output(flow, strict ? pool.dstDev[f] : -1);
		if (error === 0) ip6.router.setRoute(f);
		return error;
	}
	/** nf_ct_frag6_gather: the frame to go on with, or -1. `user` tells the queues of conntrack apart. */
	defrag(f: number, user: number): number {
		return this.ip6.reassembly.gather(f, user);
	}
	/** An address of a device went (masq_inet6_event). */
	addressRemoved(dev: number, addr: number): void {
		this.ip6.ns.conntrack.masqueradeAddressRemoved(this.id, dev, addr, 6);
	}
}

/** ipv6_addr_scope: a kind of scope, 0 the global one. */
function scopeBit(a: In6): number {
	if (isLoopback(a)) return 0x10;
	if (isMulticast(a)) {
		const scope = scopeOf(a);
		return scope === 1 ? 0x10 : scope === 2 ? 0x20 : scope === 5 ? 0x40 : 0;
	}
	if (isLinkLocal(a)) return 0x20;
	return scopeOf(a) === SCOPE_SITELOCAL ? 0x40 : 0;
}
