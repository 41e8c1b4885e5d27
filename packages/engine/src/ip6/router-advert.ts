/**
 * Router advertisements as a host takes them (net/ipv6/ndisc.c, ndisc_router_discovery; net/ipv6/addrconf.c, addrconf_prefix_rcv;
 * RFC 4861 §6.3.4, RFC 4862 §5.5): a default route, hop limit, timers, MTU, prefixes on the link, addresses made of them.
 */
import type { NetDevice } from "../device/netdev.ts";
import { NUD_STALE } from "../ip/neigh.ts";
import { RTN_UNICAST } from "../netfilter/types.ts";
import type { In6 } from "../ring/in6.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { IFAPROT_KERNEL_RA } from "./addrconf.ts";
import type { Route6 } from "./fib6.ts";
import type { Inet6 } from "./inet6.ts";
import { IFA_F_MANAGETEMPADDR, INFINITY_LIFE_TIME, type Inet6Device } from "./inet6-device.ts";
import { ANY, eui64, isLinkLocal, isMulticast } from "./kinds.ts";
import { NdOptions } from "./nd-options.ts";
import { learn, wordsAt } from "./ndisc.ts";

export const RTPROT_RA = 9;
/** Where options begin: behind reachable time and retransmission timer. */
const RA_OPTIONS = 16;
const ND_OPT_ROUTE_INFO = 24;
const PREFIX_ON_LINK = 0x80;
const PREFIX_AUTONOMOUS = 0x40;
/** Seconds that a lifetime is not cut below by a message that nobody vouches for (RFC 4862 §5.5.3 e). */
const MIN_VALID_LIFETIME = 7200;
const PREF_INVALID = 2;

/** ipv6_accept_ra */
export function acceptsAdvertisements(idev: Inet6Device): boolean {
	const { accept_ra, forwarding } = idev.conf;
	return forwarding !== 0 ? accept_ra === 2 : accept_ra !== 0;
}

export class RouterAdvert {
	private readonly ip6: Inet6;
	private readonly options: NdOptions = new NdOptions();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** ndisc_router_discovery: the message at `th`; hop limit, code and checksum have been looked at. */
	receive(f: number, dev: NetDevice): void {
		const { ip6, options } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		const idev = ip6.devices[dev.id];
		const router = wordsAt(view, pool.nh[f] + ipv6.SADDR);
		if (idev === undefined || !isLinkLocal(router) || end - th < RA_OPTIONS) return;
		if (!options.parse(view, th + RA_OPTIONS, end, icmpv6.ND_OPT_SOURCE_LL_ADDR)) return;
		const accepted = acceptsAdvertisements(idev);
		let route: Route6 | undefined;
		if (accepted) {
			idev.solicitations = ANSWERED;
			route = this.defaultRouter(idev, view, th, router);
			this.timers(idev, view.getUint32(th + 8), view.getUint32(th + 12));
		}
		const e = ip6.neigh.findOrCreate(ip6.handle(router), dev.id);
		if (options.macBad) return;
		if (e >= 0 && learn(ip6.neigh, options, e, NUD_STALE, true)) ip6.neigh.router[e] = 1;
		if (!accepted) return;
		for (let o = th + RA_OPTIONS; o < end; o += view.getUint8(o + 1) << 3) {
			const type = view.getUint8(o);
			const length = view.getUint8(o + 1) << 3;
			if (type === icmpv6.ND_OPT_PREFIX_INFO && length === 32 && idev.conf.accept_ra_pinfo !== 0)
				this.prefix(idev, view, o);
			else if (type === icmpv6.ND_OPT_MTU && length === 8 && idev.conf.accept_ra_mtu !== 0)
				this.mtu(idev, view.getUint32(o + 4), route);
			else if (type === ND_OPT_ROUTE_INFO) this.routeInfo(idev, view, o, length, router);
		}
		ip6.changed();
	}
	/** A router says that it is none any more (rt6_clean_tohost): its routes go. */
	noLongerRouter(addr: number, dev: NetDevice): void {
		this.ip6.fib.main.removeIf((r) => r.protocol === RTPROT_RA && r.gw === addr && r.dev === dev);
		this.ip6.changed();
	}
	/** Forwarding was switched on: routers learned by advertisement go (rt6_purge_dflt_routers). */
	purge(): void {
		this.ip6.fib.main.removeIf(
			(r) =>
				r.protocol === RTPROT_RA && r.prefixLen === 0 && this.ip6.devices[r.dev.id]?.conf.accept_ra !== 2,
		);
	}
	private defaultRouter(idev: Inet6Device, view: DataView, th: number, router: In6): Route6 | undefined {
		const { ip6 } = this;
		const { conf, dev } = idev;
		const hops = view.getUint8(th + 4);
		let route: Route6 | undefined;
		const lifetime = view.getUint16(th + 6);
		const gw = ip6.handle(router);
		const own = conf.accept_ra_from_local === 0 && ip6.addr.isOwn(gw, dev.id);
		if (conf.accept_ra_defrtr === 0 || own || (lifetime !== 0 && lifetime < conf.accept_ra_min_lft))
			return undefined;
		const bits = (view.getUint8(th + 5) >> 3) & 3;
		const pref = bits === PREF_INVALID || conf.accept_ra_rtr_pref === 0 ? 0 : bits;
		const main = ip6.fib.main;
		route = main.at(ANY, 0).find((r) => r.protocol === RTPROT_RA && r.gw === gw && r.dev === dev);
		if (
			route !== undefined &&
			(lifetime === 0 || route.metric !== conf.ra_defrtr_metric || route.pref !== pref)
		) {
			main.remove(route);
			route = undefined;
		}
		if (route === undefined && lifetime !== 0) {
			route = this.route(dev, ANY, 0, gw, conf.ra_defrtr_metric, pref);
			main.insert(route);
			const e = ip6.neigh.findOrCreate(gw, dev.id);
			if (e >= 0) ip6.neigh.router[e] = 1;
		}
		if (route !== undefined) route.expires = ip6.clock[0] + lifetime * 1e9;
		if (hops !== 0 && conf.accept_ra_min_hop_limit <= hops) {
			conf.hop_limit = hops;
			if (route !== undefined) route.hopLimit = hops;
		}
		return route;
	}
	/** Reachable time and retransmission timer, ms; 0: not said. */
	private timers(idev: Inet6Device, reachable: number, retrans: number): void {
		if (retrans !== 0) idev.neigh.retrans_time_ms = Math.max(retrans, 10);
		if (reachable === 0) return;
		idev.neigh.base_reachable_time_ms = Math.max(reachable, 100);
		idev.neigh.gc_stale_time = Math.floor((3 * reachable) / 1000);
	}
	private mtu(idev: Inet6Device, mtu: number, route: Route6 | undefined): void {
		if (mtu < ipv6.IPV6_MIN_MTU || mtu > idev.dev.mtu || mtu === idev.conf.mtu) return;
		const was = idev.conf.mtu;
		idev.conf.mtu = mtu;
		if (route !== undefined) route.mtu = mtu;
		this.ip6.router.mtuChanged(idev.dev, mtu, was);
	}
	/** addrconf_prefix_rcv */
	private prefix(idev: Inet6Device, view: DataView, o: number): void {
		const { ip6 } = this;
		const { dev } = idev;
		const length = view.getUint8(o + 2);
		const flags = view.getUint8(o + 3);
		const valid = view.getUint32(o + 4);
		const preferred = view.getUint32(o + 8);
		const prefix = wordsAt(view, o + 16);
		if (isMulticast(prefix) || isLinkLocal(prefix) || preferred > valid || length > 128) return;
		if ((flags & PREFIX_ON_LINK) !== 0) {
			const expires = valid === INFINITY_LIFE_TIME ? 0 : ip6.clock[0] + valid * 1e9;
			if (valid === 0) ip6.routes.removePrefix(dev, prefix, length);
			else ip6.routes.addPrefix(dev, prefix, length, 0, expires);
		}
		if ((flags & PREFIX_AUTONOMOUS) === 0 || idev.conf.autoconf === 0 || length !== 64) return;
		const addr = ip6.handle(eui64(prefix, dev.macHi, dev.macLo));
		const known = ip6.addr.onDevice(dev.id, addr);
		if (known === undefined) {
			const most = idev.conf.max_addresses;
			if (valid === 0 || (most > 0 && idev.addresses.length >= most)) return;
			ip6.addr.add(dev, {
				addr,
				prefixLen: 64,
				flags: IFA_F_MANAGETEMPADDR,
				fromRouter: true,
				validLft: valid,
				preferredLft: preferred,
				protocol: IFAPROT_KERNEL_RA,
			});
			return;
		}
		const gone = (ip6.clock[0] - known.stamp) / 1e9;
		const left =
			known.validLft === INFINITY_LIFE_TIME ? INFINITY_LIFE_TIME : Math.max(0, known.validLft - gone);
		ip6.addr.setLifetimes(known, Math.max(valid, Math.min(left, MIN_VALID_LIFETIME)), preferred);
	}
	/** rt6_route_rcv (RFC 4191 §2.3), as far as accept_ra_rt_info_max_plen allows. */
	private routeInfo(idev: Inet6Device, view: DataView, o: number, size: number, router: In6): void {
		const { ip6 } = this;
		const length = view.getUint8(o + 2);
		const { accept_ra_rt_info_max_plen: most, accept_ra_rt_info_min_plen: least } = idev.conf;
		if (length > most || length < least || length > 128 || size < 8 + (length > 64 ? 16 : length > 0 ? 8 : 0))
			return;
		const bits = (view.getUint8(o + 3) >> 3) & 3;
		if (bits === PREF_INVALID) return;
		const lifetime = view.getUint32(o + 4);
		const dst: In6 = [
			size >= 16 ? view.getInt32(o + 8) : 0,
			size >= 16 ? view.getInt32(o + 12) : 0,
			size >= 24 ? view.getInt32(o + 16) : 0,
			size >= 24 ? view.getInt32(o + 20) : 0,
		];
		const gw = ip6.handle(router);
		const { main } = ip6.fib;
		const known = main
			.at(dst, length)
			.find((r) => r.protocol === RTPROT_RA && r.gw === gw && r.dev === idev.dev);
		if (known !== undefined) main.remove(known);
		if (lifetime === 0) return;
		const route = this.route(idev.dev, dst, length, gw, idev.conf.ra_defrtr_metric, bits);
		route.expires = lifetime === INFINITY_LIFE_TIME ? 0 : ip6.clock[0] + lifetime * 1e9;
		main.insert(route);
	}
	private route(
		dev: NetDevice,
		dst: In6,
		prefixLen: number,
		gw: number,
		metric: number,
		pref: number,
	): Route6 {
		return {
			dst,
			prefixLen,
			metric,
			type: RTN_UNICAST,
			protocol: RTPROT_RA,
			prefsrc: 0,
			table: this.ip6.fib.main.id,
			dev,
			gw,
			onlink: false,
			mtu: 0,
			mtuLock: false,
			hopLimit: 0,
			expires: 0,
			pref,
		};
	}
}

/** In `solicitations`: an answer came, no more are sent. */
export const ANSWERED = 1e9;
