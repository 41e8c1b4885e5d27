/**
 * IPv6 routing decisions: for a packet that arrived (ip6_route_input) and for one that this namespace sends (ip6_route_output,
 * ip6_dst_lookup), net/ipv6/route.c. The answer to an arriving packet is written to the frame (`dst*` fields):
 *
 *   dstType   RTN_LOCAL, _ANYCAST, _MULTICAST, _UNICAST (forward), or _UNREACHABLE with the errno in dstError
 *   dstGw     In6 handle of the next hop, 0 = the destination itself
 *   dstMtu    MTU of the way out; for _UNICAST dstError is the MTU that forwarding goes by (ip6_dst_mtu_maybe_forward)
 */
import type { NetDevice } from "../device/netdev.ts";
import { EADDRNOTAVAIL, ENETUNREACH } from "../ip/errno.ts";
import { RTN_ANYCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST, RTN_UNREACHABLE } from "../netfilter/types.ts";
import type { In6 } from "../ring/in6.ts";
import { T_ROUTE6, T_ROUTE6_FAIL } from "../trace/kinds.ts";
import { DADDR, IPV6_MIN_MTU, SADDR, trafficClass } from "../wire/ipv6.ts";
import type { Route6 } from "./fib6.ts";
import { Flow6 } from "./fib6-rules.ts";
import { dissect6 } from "./flow-dissect.ts";
import type { Inet6 } from "./inet6.ts";
import { isMulticast } from "./kinds.ts";

/** The way out that `output` found. */
export interface OutputRoute6 {
	type: number;
	dev: number;
	/** In6 handle, 0 = the destination itself. */
	gw: number;
	mtu: number;
	hopLimit: number;
	/** Preferred source of the route, In6 handle, 0 none. */
	prefsrc: number;
}
/** What was learned about one destination (struct rt6_exception): a smaller MTU, or a better first hop. */
interface Exception {
	readonly route: Route6;
	mtu: number;
	/** In6 handle; -1: nothing learned, 0: on link. */
	gw: number;
	/** Virtual ns, 0 never. */
	expires: number;
}

/** Destinations about which something is remembered. */
const MAX_EXCEPTIONS = 4096;

export class Router6 {
	readonly out: OutputRoute6 = { type: 0, dev: 0, gw: 0, mtu: 0, hopLimit: 64, prefsrc: 0 };
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();
	private readonly exceptions: Map<number, Exception> = new Map();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** Route an arriving packet whose header is checked. */
	input(f: number, dev: NetDevice): void {
		const { ip6, flow } = this;
		const { pool, trace } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const { w } = flow;
		for (let i = 0; i < 4; i++) {
			w[i] = view.getInt32(nh + DADDR + 4 * i);
			w[4 + i] = view.getInt32(nh + SADDR + 4 * i);
		}
		flow.iif = dev.name;
		flow.oif = "";
		flow.mark = pool.mark[f];
		flow.tclass = trafficClass(view, nh);
		if (ip6.fib.needsFlow) dissect6(flow, view, nh, pool.off[f] + pool.len[f]);
		const { forwarding } = ip6.conf.all;
		const error = ip6.fib.lookup(flow, dev.id, strictWords(w), forwarding === 0);
		const route = ip6.fib.route;
		pool.dstDev[f] = dev.id;
		pool.dstGw[f] = 0;
		if (error !== 0 || route === undefined) {
			if (trace.on !== 0) trace.add(T_ROUTE6_FAIL, f, dev.id, w[0], w[1], w[2], w[3]);
			pool.dstType[f] = RTN_UNREACHABLE;
			pool.dstError[f] = error;
			return;
		}
		if (trace.on !== 0) {
			const own = route.type === RTN_LOCAL || route.type === RTN_ANYCAST;
			const hop = route.gw !== 0 ? ip6.in6.get(route.gw) : flow.destination();
			trace.add(T_ROUTE6, f, own ? dev.id : route.dev.id, ...hop);
		}
		if (route.type === RTN_LOCAL || route.type === RTN_ANYCAST) {
			pool.dstType[f] = route.type;
			return;
		}
		if (route.dst[0] >>> 24 === 0xff && route.prefixLen >= 8) {
			pool.dstType[f] = RTN_MULTICAST;
			return;
		}
		pool.dstType[f] = RTN_UNICAST;
		pool.dstDev[f] = route.dev.id;
		pool.dstGw[f] = route.gw;
		const link = ip6.devices[route.dev.id]?.conf.mtu ?? IPV6_MIN_MTU;
		pool.dstMtu[f] = route.mtu !== 0 ? route.mtu : link;
		pool.dstError[f] = route.mtuLock && route.mtu !== 0 ? route.mtu : link;
		if (this.exceptions.size > 0) {
			const x = this.exception(ip6.in6.findAt(view, nh + DADDR), route);
			if (x !== null) {
				if (x.mtu !== 0 && x.mtu < pool.dstMtu[f]) pool.dstMtu[f] = x.mtu;
				if (x.gw >= 0) pool.dstGw[f] = x.gw;
			}
		}
	}
	/** Route a packet of this namespace's own (ip6_route_output). 0 and the answer in `out`, or an errno. `oif` -1: any. */
	output(flow: Flow6, oif: number): number {
		const { ip6, out } = this;
		flow.iif = "lo";
		flow.oif = oif >= 0 ? ip6.ns.deviceById(oif).name : "";
		const strict = strictWords(flow.w) || (oif >= 0 && !flow.hasSource());
		const error = ip6.fib.lookup(flow, oif, strict, ip6.conf.all.forwarding === 0);
		const route = ip6.fib.route;
		if (error !== 0) return error;
		if (route === undefined) return ENETUNREACH;
		out.prefsrc = route.prefsrc;
		out.gw = route.gw;
		if (route.type === RTN_LOCAL || route.type === RTN_ANYCAST) {
			out.type = route.type;
			out.dev = ip6.ns.lo.id;
			out.gw = 0;
		} else {
			out.type = isMulticast(flow.destination()) ? RTN_MULTICAST : RTN_UNICAST;
			out.dev = route.dev.id;
		}
		const conf = ip6.devices[out.dev]?.conf;
		out.mtu = route.mtu !== 0 ? route.mtu : (conf?.mtu ?? IPV6_MIN_MTU);
		out.hopLimit = route.hopLimit !== 0 ? route.hopLimit : (conf?.hop_limit ?? 64);
		if (this.exceptions.size > 0) {
			const { w } = flow;
			const x = this.exception(ip6.in6.find(w[0], w[1], w[2], w[3]), route);
			if (x !== null) {
				if (x.mtu !== 0 && x.mtu < out.mtu) out.mtu = x.mtu;
				if (x.gw >= 0) out.gw = x.gw;
			}
		}
		return 0;
	}
	/** ip6_dst_lookup: route, and choose the source if the flow has none; 0 or an errno. */
	lookup(flow: Flow6, oif: number): number {
		const { ip6, out } = this;
		const error = this.output(flow, oif);
		if (error !== 0 || flow.hasSource()) return error;
		const route = ip6.fib.route;
		const source =
			out.prefsrc !== 0 ? out.prefsrc : ip6.source.select(route?.dev ?? null, flow.destination());
		if (source === 0) return EADDRNOTAVAIL;
		flow.setSource(ip6.in6.get(source));
		return 0;
	}
	/** Is an address reached by the device without a gateway? */
	isOnLink(daddr: In6, dev: NetDevice): boolean {
		const { flow } = this;
		flow.setDestination(daddr);
		flow.setSource([0, 0, 0, 0]);
		flow.setTransport(0, 0, 0);
		return this.output(flow, dev.id) === 0 && this.out.gw === 0 && this.out.dev === dev.id;
	}
	/** Give a frame the route that `output` found last. */
	setRoute(f: number): void {
		const { out } = this;
		const { pool } = this.ip6.ns.core;
		pool.dstType[f] = out.type;
		pool.dstDev[f] = out.dev;
		pool.dstGw[f] = out.gw;
		pool.dstMtu[f] = out.mtu;
		pool.dev[f] = out.dev;
	}
	/** A packet to this very device's link, without asking the tables (icmp6_dst_alloc). */
	setDirect(f: number, dev: NetDevice, multicast: boolean): void {
		const { pool } = this.ip6.ns.core;
		pool.dstType[f] = multicast ? RTN_MULTICAST : RTN_UNICAST;
		pool.dstDev[f] = dev.id;
		pool.dstGw[f] = 0;
		pool.dstMtu[f] = this.ip6.devices[dev.id]?.conf.mtu ?? dev.mtu;
		pool.dev[f] = dev.id;
	}
	/** ip6_update_pmtu: the way to `daddr` carries no more than `mtu` bytes. */
	updatePmtu(daddr: In6, mtu: number, oif: number): void {
		const { ip6, flow } = this;
		flow.setDestination(daddr);
		flow.setSource([0, 0, 0, 0]);
		flow.mark = 0;
		flow.tclass = 0;
		flow.setTransport(0, 0, 0);
		if (mtu < IPV6_MIN_MTU || this.output(flow, oif) !== 0) return;
		const route = ip6.fib.route;
		if (route === undefined || mtu >= this.out.mtu || this.out.type === RTN_LOCAL) return;
		const x = this.remember(daddr, route);
		x.mtu = mtu;
		x.expires = ip6.clock[0] + ip6.conf.net.route_mtu_expires * 1e9;
	}
	/** ip6_redirect_nh_match: is `gw` the route's gateway, or what was learned in its place about the flow's destination? */
	leadsBy(route: Route6, flow: Flow6, gw: number): boolean {
		if (route.gw === 0 || gw <= 0) return false;
		if (route.gw === gw) return true;
		const { w } = flow;
		return this.exception(this.ip6.in6.find(w[0], w[1], w[2], w[3]), route)?.gw === gw;
	}
	/** rt6_do_redirect: there is a better first hop to `daddr`; `gw` 0: it is on the link. */
	redirected(daddr: In6, gw: number, route: Route6): void {
		this.remember(daddr, route).gw = gw;
	}
	/** rt6_mtu_change: what was learned about a link's paths is void when its MTU changes below or was the link's own. */
	mtuChanged(dev: NetDevice, mtu: number, was: number): void {
		for (const [h, x] of this.exceptions)
			if (x.route.dev === dev && x.mtu !== 0 && (x.mtu >= mtu || x.mtu === was)) this.exceptions.delete(h);
	}
	/** What has been learned, for printing: destination handle, MTU (0 none), gateway (-1 none), expiry. */
	*learned(): IterableIterator<{ daddr: number; mtu: number; gw: number; expires: number; route: Route6 }> {
		for (const [daddr, x] of this.exceptions) yield { daddr, ...x };
	}
	/** `ip -6 route flush cache` */
	flushLearned(): void {
		this.exceptions.clear();
	}
	private remember(daddr: In6, route: Route6): Exception {
		const h = this.ip6.handle(daddr);
		let x = this.exceptions.get(h);
		if (x === undefined || x.route !== route) {
			if (this.exceptions.size >= MAX_EXCEPTIONS)
				for (const old of this.exceptions.keys()) {
					this.exceptions.delete(old);
					break;
				}
			x = { route, mtu: 0, gw: -1, expires: 0 };
			this.exceptions.set(h, x);
		}
		return x;
	}
	private exception(h: number, route: Route6): Exception | null {
		const x = h > 0 ? this.exceptions.get(h) : undefined;
		if (x === undefined) return null;
		if (x.route !== route || (x.expires !== 0 && x.expires < this.ip6.clock[0])) {
			if (
				x.route !== route &&
				!this.ip6.fib.table(x.route.table).at(x.route.dst, x.route.prefixLen).includes(x.route)
			)
				this.exceptions.delete(h);
			return null;
		}
		return x;
	}
}

function strictWords(w: Int32Array): boolean {
	const top = w[0] >>> 22;
	return w[0] >>> 24 === 0xff || top === 0xfe80 >> 6 || ((w[0] | w[1] | w[2]) === 0 && w[3] === 1);
}
