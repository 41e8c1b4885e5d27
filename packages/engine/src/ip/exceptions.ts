/**
 * What a route's next hop has learnt about single destinations (struct fib_nh_exception, net/ipv4/route.c): a smaller MTU that a
 * "fragmentation needed" reported (RFC 1191), another gateway that a redirect named (RFC 1122 §3.2.2.2).
 */
import type { NetDevice } from "../device/netdev.ts";
import { RTN_UNICAST } from "../netfilter/types.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { onLink } from "./address.ts";
import { type Route, RTAX_MTU_MAX } from "./fib.ts";
import { NUD_VALID } from "./neigh.ts";
import type { Netns } from "./netns.ts";

const SECOND = 1e9;
/** How long a redirect is followed, seconds (ip_rt_gc_timeout). */
const REDIRECT_LIFE = 300;
/** Exceptions of one next hop; the oldest goes beyond that (FNHE_HASH_SIZE buckets of FNHE_RECLAIM_DEPTH). */
const MAX_EXCEPTIONS = 2048 * 5;

export interface RouteException {
	/** The gateway to take, 0 = the route's. */
	gw: number;
	/** Bytes of IP, 0 = the route's. */
	pmtu: number;
	/** Too small to be believed: packets go out without DF. */
	locked: boolean;
	/** Virtual ns */
	expires: number;
}

export class RouteExceptions {
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** find_exception; the caller has seen that the route has some. */
	find(route: Route, daddr: number): RouteException | undefined {
		const x = route.exceptions?.get(daddr);
		if (x === undefined || this.ns.core.clock[0] <= x.expires) return x;
		route.exceptions?.delete(daddr);
		return undefined;
	}
	/** `ip route flush cache` */
	flush(): void {
		for (const t of this.ns.fib.tables.values()) for (const r of t.routes) r.exceptions = null;
		this.ns.core.generation++;
	}
	/** __ip_rt_update_pmtu: packets from `saddr` to `daddr` must not be longer than `mtu`. */
	updatePmtu(daddr: number, saddr: number, tos: number, mark: number, mtu: number): void {
		const { ns } = this;
		if (ns.router.output(daddr, saddr, tos, mark, -1) !== 0) return;
		const { out } = ns.router;
		const old = out.mtu;
		if (out.mtuLocked || old < mtu || out.route === null) return;
		const locked = mtu < ns.conf.min_pmtu;
		const pmtu = locked ? Math.min(old, ns.conf.min_pmtu) : mtu;
		const life = ns.conf.mtu_expires * SECOND;
		const known = this.find(out.route, daddr);
		const now = ns.core.clock[0];
		if (known?.pmtu === pmtu && !locked && now < known.expires - life / 2) return;
		this.learn(out.route, daddr, 0, pmtu, locked, now + life);
	}
	/** __ip_do_redirect: the packet `f` from a gateway names a better one for what goes from `saddr` to `daddr`. */
	redirect(f: number, dev: NetDevice, daddr: number, saddr: number, tos: number, gw: number): void {
		const { ns } = this;
		const { pool } = ns.core;
		const old = pool.view.getInt32(pool.nh[f] + ipv4.SADDR);
		if (ns.router.output(daddr, saddr, tos, 0, -1) !== 0) return;
		const { gw: way, route, dev: outId } = ns.router.out;
		const inDev = ns.inDevices[dev.id];
		if (way === 0 || way !== old || inDev === undefined || route === null) return;
		const all = ns.confAll;
		const { conf } = inDev;
		const believed =
			conf.forwarding !== 0
				? conf.accept_redirects !== 0 && all.accept_redirects !== 0
				: conf.accept_redirects !== 0 || all.accept_redirects !== 0;
		if (gw === old || !believed || ipv4.isMulticast(gw) || gw === ipv4.BROADCAST || gw === 0) return;
		if (conf.shared_media === 0 && all.shared_media === 0) {
			if (!onLink(inDev, gw, old)) return;
			const secure = conf.secure_redirects !== 0 || all.secure_redirects !== 0;
			if (secure && !this.isGateway(gw, dev)) return;
		} else if (ns.fib.addressType(gw, -1) !== RTN_UNICAST) return;
		const entry = ns.neigh.findOrCreate(gw, outId);
		if (entry < 0) return;
		// a gateway that nobody knows yet is asked for, and believed the next time
		if ((ns.neigh.currentState(entry) & NUD_VALID) === 0) ns.neigh.ask(entry);
		else this.learn(route, daddr, gw, 0, false, ns.core.clock[0] + REDIRECT_LIFE * SECOND);
	}
	/** fib_nhc_update_mtu: the device's MTU changed from `was`. */
	deviceMtuChanged(dev: NetDevice, was: number): void {
		const seen = new Set<Map<number, RouteException>>();
		for (const t of this.ns.fib.tables.values())
			for (const r of t.routes) {
				if (r.dev !== dev || r.exceptions === null || seen.has(r.exceptions)) continue;
				seen.add(r.exceptions);
				for (const x of r.exceptions.values()) {
					if (x.locked) {
						if (dev.mtu > x.pmtu) continue;
						x.pmtu = dev.mtu;
						x.locked = false;
					} else if (dev.mtu < x.pmtu || was === x.pmtu) x.pmtu = dev.mtu;
				}
			}
	}
	/** ip_fib_check_default: some route already leads over this gateway. */
	private isGateway(gw: number, dev: NetDevice): boolean {
		for (const t of this.ns.fib.tables.values())
			if (t.routes.some((r) => r.gw === gw && r.dev === dev && !r.dead)) return true;
		return false;
	}
	/** update_or_create_fnhe */
	private learn(
		route: Route,
		daddr: number,
		gw: number,
		pmtu: number,
		locked: boolean,
		expires: number,
	): void {
		this.ns.core.flows.stale();
		let known = route.exceptions;
		if (known === null) {
			known = new Map();
			const table = this.ns.fib.tables.get(route.table);
			for (const r of table?.routes ?? []) if (sameInfo(r, route)) r.exceptions = known;
			route.exceptions = known;
		}
		const x = known.get(daddr);
		if (x === undefined) {
			if (known.size >= MAX_EXCEPTIONS)
				for (const oldest of known.keys()) {
					known.delete(oldest);
					break;
				}
			known.set(daddr, { gw, pmtu, locked, expires });
		} else {
			if (gw !== 0) x.gw = gw;
			if (pmtu !== 0) {
				x.pmtu = pmtu;
				x.locked = locked;
			}
			x.expires = expires;
		}
		this.ns.core.generation++;
	}
}

/** Do two routes differ in nothing but their prefix? They then share what they learn (fib_find_info). */
export function sameInfo(a: Route, b: Route): boolean {
	return (
		a.table === b.table &&
		a.protocol === b.protocol &&
		a.scope === b.scope &&
		a.prefsrc === b.prefsrc &&
		a.metric === b.metric &&
		a.type === b.type &&
		a.mtu === b.mtu &&
		a.mtuLock === b.mtuLock &&
		a.dev === b.dev &&
		a.gw === b.gw &&
		a.onlink === b.onlink
	);
}

/** The MTU of a way out (ip_dst_mtu_maybe_forward), bytes of IP. `forwarding`: learnt values count only by ip_forward_use_pmtu. */
export function routeMtu(
	ns: Netns,
	route: Route,
	dev: NetDevice,
	x: RouteException | undefined,
	forwarding: boolean,
): number {
	const locked = route.mtuLock || (x?.locked ?? false);
	if (x !== undefined && x.pmtu !== 0 && (!forwarding || locked || ns.conf.ip_forward_use_pmtu !== 0))
		return Math.min(x.pmtu, RTAX_MTU_MAX);
	if (route.mtu !== 0) return Math.min(route.mtu, RTAX_MTU_MAX);
	// a lock without a value: what every host must take
	if (locked && route.gw !== 0 && dev.mtu > 576) return 576;
	return Math.min(dev.mtu, RTAX_MTU_MAX);
}
