/**
 * Neighbour discovery: what arrives (net/ipv6/ndisc.c; RFC 4861 §7). Messages whose hop limit is not 255 have come from elsewhere and
 * count for nothing.
 */
import type { NetDevice } from "../device/netdev.ts";
import { PACKET_HOST } from "../frame/pool.ts";
import { type NeighTable, NUD_FAILED, NUD_REACHABLE, NUD_STALE, NUD_VALID } from "../ip/neigh.ts";
import type { In6 } from "../ring/in6.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { Inet6 } from "./inet6.ts";
import { IFA_F_OPTIMISTIC, IFA_F_TENTATIVE } from "./inet6-device.ts";
import { isAny, isMulticast, LINKLOCAL_ALLNODES } from "./kinds.ts";
import { NdOptions } from "./nd-options.ts";

export class Ndisc {
	private readonly ip6: Inet6;
	private readonly options: NdOptions = new NdOptions();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** ndisc_rcv: the message at `th`, whose checksum is right. The frame stays the caller's. */
	receive(f: number, dev: NetDevice): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const idev = ip6.devices[dev.id];
		if (idev === undefined) return;
		if (pool.fragMax[f] > 0 && idev.conf.suppress_frag_ndisc !== 0) return;
		if (view.getUint8(nh + ipv6.HOP_LIMIT) !== 255 || view.getUint8(th + icmpv6.CODE) !== 0) return;
		const type = view.getUint8(th);
		if (type === icmpv6.NEIGHBOUR_SOLICITATION) this.solicited(f, dev);
		else if (type === icmpv6.NEIGHBOUR_ADVERTISEMENT) this.advertised(f, dev);
		else if (type === icmpv6.REDIRECT) ip6.redirect.receive(f, dev);
		else if (type === icmpv6.ROUTER_SOLICITATION) this.routerSolicited(f, dev);
		else if (type === icmpv6.ROUTER_ADVERTISEMENT) ip6.routerAdvert.receive(f, dev);
	}
	/** ndisc_recv_ns; also for a proxied solicitation that has waited (`queued`). */
	solicited(f: number, dev: NetDevice, queued = false): void {
		const { ip6, options } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		if (end - th < icmpv6.ND_OPTIONS) return;
		const saddr = wordsAt(view, nh + ipv6.SADDR);
		const daddr = wordsAt(view, nh + ipv6.DADDR);
		const target = wordsAt(view, th + icmpv6.ND_TARGET);
		const dad = isAny(saddr);
		if (isMulticast(target) || (dad && !isSolicitedNode(daddr))) return;
		if (!options.parse(view, th + icmpv6.ND_OPTIONS, end, icmpv6.ND_OPT_SOURCE_LL_ADDR)) return;
		if (options.macBad || (dad && options.hasMac)) return;
		const multicast = isMulticast(daddr);
		const own = ip6.addr.onDevice(dev.id, ip6.in6.findAt(view, th + icmpv6.ND_TARGET));
		const idev = ip6.devices[dev.id];
		if (idev === undefined) return;
		let router = -1;
		if (own !== undefined) {
			if ((own.flags & (IFA_F_TENTATIVE | IFA_F_OPTIMISTIC)) !== 0) {
				if (dad) {
					const looped =
						(options.nonceHi !== 0 || options.nonceLo !== 0) &&
						options.nonceHi === own.dadNonceHi &&
						options.nonceLo === own.dadNonceLo;
					if (!looped) ip6.dad.failure(idev, own);
					return;
				}
				if ((own.flags & IFA_F_OPTIMISTIC) === 0) return;
			}
		} else {
			const h = ip6.in6.findAt(view, th + icmpv6.ND_TARGET);
			const anycast = h > 0 && idev.anycast.has(h);
			if (!anycast) {
				const proxies =
					idev.conf.forwarding !== 0 && (ip6.conf.all.proxy_ndp !== 0 || idev.conf.proxy_ndp !== 0);
				if (!proxies) return;
				router = ip6.proxy.isRouter(h, dev.id);
				if (router < 0) return;
			}
			if (!queued && pool.pktType[f] !== PACKET_HOST && multicast && idev.neigh.proxy_delay !== 0) {
				ip6.proxy.enqueue(f, dev, idev.neigh.proxy_delay);
				return;
			}
		}
		if (router < 0) router = idev.conf.forwarding !== 0 ? 1 : 0;
		if (dad) {
			ip6.ndiscSend.advertisement(
				dev,
				LINKLOCAL_ALLNODES,
				target,
				router === 1,
				false,
				own !== undefined,
				true,
			);
			return;
		}
		const source = ip6.in6.findAt(view, nh + ipv6.SADDR);
		let e = source < 0 ? -1 : ip6.neigh.find(source, dev.id);
		if (e < 0 && (!multicast || options.hasMac)) e = ip6.out.neighbourAt(nh + ipv6.SADDR, dev.id);
		if (e < 0) return;
		learn(ip6.neigh, options, e, NUD_STALE, true);
		ip6.ndiscSend.advertisement(
			dev,
			saddr,
			target,
			router === 1,
			true,
			own !== undefined && multicast,
			multicast,
		);
	}
	/** ndisc_recv_na */
	private advertised(f: number, dev: NetDevice): void {
		const { ip6, options } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		const idev = ip6.devices[dev.id];
		if (end - th < icmpv6.ND_OPTIONS || idev === undefined) return;
		const flags = view.getInt32(th + icmpv6.REST);
		const solicited = (flags & icmpv6.NA_SOLICITED) !== 0;
		if (ipv6.isMulticast(view, th + icmpv6.ND_TARGET)) return;
		if (ipv6.isMulticast(view, nh + ipv6.DADDR) && solicited) return;
		if (!solicited && idev.conf.drop_unsolicited_na !== 0) return;
		if (!options.parse(view, th + icmpv6.ND_OPTIONS, end, icmpv6.ND_OPT_TARGET_LL_ADDR) || options.macBad)
			return;
		const target = ip6.in6.findAt(view, th + icmpv6.ND_TARGET);
		const own = ip6.addr.onDevice(dev.id, target);
		if (own !== undefined) {
			if (!dev.loopback && (own.flags & IFA_F_TENTATIVE) !== 0) ip6.dad.failure(idev, own);
			return;
		}
		let state = solicited ? NUD_REACHABLE : NUD_STALE;
		let e = target < 0 ? -1 : ip6.neigh.find(target, dev.id);
		if (e < 0 && options.hasMac && idev.conf.forwarding !== 0 && this.acceptsUntracked(f, dev)) {
			e = ip6.out.neighbourAt(th + icmpv6.ND_TARGET, dev.id);
			state = NUD_STALE;
		}
		if (e < 0 || (ip6.neigh.currentState(e) & NUD_FAILED) !== 0) return;
		const ourMac = options.hasMac && options.macHi === dev.macHi && options.macLo === dev.macLo;
		if (
			ourMac &&
			ip6.conf.all.forwarding !== 0 &&
			ip6.conf.all.proxy_ndp !== 0 &&
			ip6.proxy.isRouter(target, dev.id) >= 0
		)
			return;
		const wasRouter = ip6.neigh.router[e] !== 0;
		const believed = learn(ip6.neigh, options, e, state, (flags & icmpv6.NA_OVERRIDE) !== 0);
		if (!believed) return;
		ip6.neigh.router[e] = (flags & icmpv6.NA_ROUTER) !== 0 ? 1 : 0;
		if (wasRouter && ip6.neigh.router[e] === 0)
			ip6.routerAdvert.noLongerRouter(ip6.in6.findAt(view, nh + ipv6.SADDR), dev);
	}
	/** ndisc_recv_rs: a router remembers who asks. */
	private routerSolicited(f: number, dev: NetDevice): void {
		const { ip6, options } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		const idev = ip6.devices[dev.id];
		if (idev === undefined || idev.conf.forwarding === 0) return;
		const saddr = wordsAt(view, pool.nh[f] + ipv6.SADDR);
		if (isAny(saddr)) return;
		if (!options.parse(view, th + icmpv6.ICMP6_HLEN, end, icmpv6.ND_OPT_SOURCE_LL_ADDR) || options.macBad)
			return;
		const e = ip6.out.neighbourAt(pool.nh[f] + ipv6.SADDR, dev.id);
		if (e >= 0 && learn(ip6.neigh, options, e, NUD_STALE, true)) ip6.neigh.router[e] = 0;
	}
	/** accept_untracked_na (RFC 9131). */
	private acceptsUntracked(f: number, dev: NetDevice): boolean {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const accept = Math.max(
			ip6.conf.all.accept_untracked_na,
			ip6.devices[dev.id]?.conf.accept_untracked_na ?? 0,
		);
		if (accept === 1) return true;
		if (accept !== 2) return false;
		const saddr = wordsAt(pool.view, pool.nh[f] + ipv6.SADDR);
		return ip6.router.isOnLink(saddr, dev);
	}
}

/**
 * ndisc_update with the link-layer address of the options; without one, what is known stays. False: not believed (permanent, or
 * another address without the right to replace the known one).
 */
export function learn(
	neigh: NeighTable,
	options: NdOptions,
	e: number,
	state: number,
	override: boolean,
): boolean {
	if (options.hasMac) return neigh.update(e, options.macHi, options.macLo, state, override, true);
	if ((neigh.currentState(e) & NUD_VALID) === 0) return false;
	return neigh.update(e, neigh.macHi[e], neigh.macLo[e], state, override, true);
}

export function wordsAt(view: DataView, o: number): In6 {
	return [view.getInt32(o), view.getInt32(o + 4), view.getInt32(o + 8), view.getInt32(o + 12)];
}
/** ff02::1:ff00:0/104 */
function isSolicitedNode(a: In6): boolean {
	return a[0] === (0xff020000 | 0) && a[1] === 0 && a[2] === 1 && a[3] >>> 24 === 0xff;
}
