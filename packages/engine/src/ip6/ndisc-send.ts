/** Neighbour discovery: building and sending (net/ipv6/ndisc.c; RFC 4861 §4). Addresses are four words. */
import type { NetDevice } from "../device/netdev.ts";
import { L4SUM_VALID } from "../frame/pool.ts";
import type { In6 } from "../ring/in6.ts";
import { T_ICMP6_SEND } from "../trace/kinds.ts";
import * as eth from "../wire/ethernet.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { Inet6 } from "./inet6.ts";
import { isAny, isMulticast, LINKLOCAL_ALLROUTERS, solicitedNode } from "./kinds.ts";

/** Nonce option (RFC 3971 §5.3.2). */
const ND_OPT_NONCE = 14;
const ND_HOP_LIMIT = 255;
const LLADDR_OPTION = 8;

export class NdiscSend {
	private readonly ip6: Inet6;
	private readonly words: Int32Array = new Int32Array(8);

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** ndisc_solicit: ask for the address of a neighbour entry. `f`: the newest waiting frame, or -1. */
	solicit(entry: number, f: number, unicast: boolean): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const { neigh } = ip6;
		const dev = ip6.ns.deviceById(neigh.dev[entry]);
		const target = ip6.in6.get(neigh.addr[entry]);
		let source: In6 | null = null;
		if (f >= 0) {
			const h = ip6.in6.findAt(pool.view, pool.nh[f] + ipv6.SADDR);
			if (ip6.addr.isOwn(h, dev.id)) source = ip6.in6.get(h);
		}
		this.solicitation(dev, target, unicast ? target : solicitedNode(target), source, 0, 0);
	}
	/**
	 * ndisc_send_ns. `source` null: the device's link-local address, and without one nothing is sent. The nonce (48 bits, RFC 7527)
	 * is left out when it is 0.
	 */
	solicitation(
		dev: NetDevice,
		target: In6,
		daddr: In6,
		source: In6 | null,
		nonceHi: number,
		nonceLo: number,
	): void {
		const { ip6 } = this;
		let saddr = source;
		if (saddr === null) {
			const own = ip6.addr.linkLocal(dev.id);
			if (own === 0) return;
			saddr = ip6.in6.get(own);
		}
		const withMac = !isAny(saddr);
		const withNonce = nonceHi !== 0 || nonceLo !== 0;
		const f = ip6.newPacket(icmpv6.ND_OPTIONS + (withMac ? LLADDR_OPTION : 0) + (withNonce ? 8 : 0));
		if (f < 0) return;
		const view = ip6.ns.core.pool.view;
		let o = this.begin(f, icmpv6.NEIGHBOUR_SOLICITATION, 0, target);
		if (withMac) o = macOption(view, o, icmpv6.ND_OPT_SOURCE_LL_ADDR, dev.macHi, dev.macLo);
		if (withNonce) macOption(view, o, ND_OPT_NONCE, nonceHi, nonceLo);
		this.finish(f, dev, saddr, daddr);
	}
	/** ndisc_send_na. `withMac`: the target's link-layer address is told. */
	advertisement(
		dev: NetDevice,
		daddr: In6,
		target: In6,
		router: boolean,
		solicited: boolean,
		override: boolean,
		withMac: boolean,
	): void {
		const { ip6 } = this;
		const own = ip6.addr.onDevice(dev.id, ip6.handle(target));
		let saddr = target;
		let tell = withMac;
		if (own === undefined) {
			const h = ip6.source.select(dev, daddr);
			if (h === 0) return;
			saddr = ip6.in6.get(h);
		} else if (ip6.devices[dev.id]?.conf.force_tllao) tell = true;
		const f = ip6.newPacket(icmpv6.ND_OPTIONS + (tell ? LLADDR_OPTION : 0));
		if (f < 0) return;
		const flags =
			(router ? icmpv6.NA_ROUTER : 0) |
			(solicited ? icmpv6.NA_SOLICITED : 0) |
			(override ? icmpv6.NA_OVERRIDE : 0);
		const o = this.begin(f, icmpv6.NEIGHBOUR_ADVERTISEMENT, flags, target);
		if (tell) macOption(ip6.ns.core.pool.view, o, icmpv6.ND_OPT_TARGET_LL_ADDR, dev.macHi, dev.macLo);
		this.finish(f, dev, saddr, daddr);
	}
	/** ndisc_send_rs */
	routerSolicitation(dev: NetDevice, saddr: In6): void {
		const { ip6 } = this;
		const withMac = !isAny(saddr);
		const f = ip6.newPacket(icmpv6.ICMP6_HLEN + (withMac ? LLADDR_OPTION : 0));
		if (f < 0) return;
		const { pool } = ip6.ns.core;
		icmpv6.emit(pool.view, pool.th[f], icmpv6.ROUTER_SOLICITATION, 0, 0);
		if (withMac)
			macOption(
				pool.view,
				pool.th[f] + icmpv6.ICMP6_HLEN,
				icmpv6.ND_OPT_SOURCE_LL_ADDR,
				dev.macHi,
				dev.macLo,
			);
		this.finish(f, dev, saddr, LINKLOCAL_ALLROUTERS);
	}
	/**
	 * ndisc_send_redirect's message: `f` would better go to `target`; `hi` -1: its link-layer address is not known. As much of `f` is
	 * quoted as fits.
	 */
	redirect(f: number, dev: NetDevice, saddr: In6, target: In6, hi: number, lo: number): number {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const length = pool.off[f] + pool.len[f] - nh;
		const head = icmpv6.ND_OPTIONS + 16;
		const withMac = hi >= 0 ? LLADDR_OPTION : 0;
		const quoted = Math.min(ipv6.IPV6_MIN_MTU - ipv6.IP6_HLEN - head - withMac, length + 8) & ~7;
		const g = ip6.newPacket(head + withMac + quoted);
		if (g < 0) return -1;
		let o = this.begin(g, icmpv6.REDIRECT, 0, target);
		pool.bytes.copyWithin(o, nh + ipv6.DADDR, nh + ipv6.DADDR + 16);
		o += 16;
		if (withMac !== 0) o = macOption(view, o, icmpv6.ND_OPT_TARGET_LL_ADDR, hi, lo);
		pool.bytes.fill(0, o, o + 8);
		view.setUint8(o, icmpv6.ND_OPT_REDIRECT_HDR);
		view.setUint8(o + 1, quoted >> 3);
		pool.bytes.copyWithin(o + 8, nh, nh + quoted - 8);
		this.header(g, dev, saddr, [
			view.getInt32(nh + ipv6.SADDR),
			view.getInt32(nh + ipv6.SADDR + 4),
			view.getInt32(nh + ipv6.SADDR + 8),
			view.getInt32(nh + ipv6.SADDR + 12),
		]);
		return g;
	}
	/** ICMPv6 header and target; returns where options go. */
	private begin(f: number, type: number, rest: number, target: In6): number {
		const { pool } = this.ip6.ns.core;
		const th = pool.th[f];
		icmpv6.emit(pool.view, th, type, 0, rest);
		for (let i = 0; i < 4; i++) pool.view.setInt32(th + icmpv6.ND_TARGET + 4 * i, target[i]);
		return th + icmpv6.ND_OPTIONS;
	}
	/** ndisc_send_skb: header, checksum, and out of this device. */
	private finish(f: number, dev: NetDevice, saddr: In6, daddr: In6): void {
		const { ip6 } = this;
		this.header(f, dev, saddr, daddr);
		ip6.router.setDirect(f, dev, isMulticast(daddr));
		ip6.out.localOut(f);
	}
	private header(f: number, dev: NetDevice, saddr: In6, daddr: In6): void {
		const { ip6, words } = this;
		const { pool, trace } = ip6.ns.core;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		for (let i = 0; i < 4; i++) {
			words[i] = saddr[i];
			words[4 + i] = daddr[i];
		}
		const tclass = ip6.devices[dev.id]?.conf.ndisc_tclass ?? 0;
		ipv6.emit(pool.view, nh, tclass, 0, end - th, ipv6.NEXTHDR_ICMP, ND_HOP_LIMIT, words, 0, 4);
		icmpv6.setChecksum(pool.view, nh + ipv6.SADDR, th, end);
		pool.l4sum[f] = L4SUM_VALID;
		if (trace.on !== 0) trace.add(T_ICMP6_SEND, f, dev.id, pool.view.getUint8(th), 0, 0, 0);
	}
}

/** An option of 8 bytes with six bytes of content (ndisc_fill_addr_option); returns where the next one goes. */
function macOption(view: DataView, o: number, type: number, hi: number, lo: number): number {
	view.setUint8(o, type);
	view.setUint8(o + 1, 1);
	eth.setMac(view, o + 2, hi, lo);
	return o + LLADDR_OPTION;
}
