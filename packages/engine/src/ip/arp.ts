/** ARP: asking for neighbours, and answering (net/ipv4/arp.c; RFC 826). */
import type { NetDevice } from "../device/netdev.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { PACKET_HOST, PACKET_OTHERHOST } from "../frame/pool.ts";
import { RTN_LOCAL, RTN_UNICAST } from "../netfilter/types.ts";
import { T_ARP } from "../trace/kinds.ts";
import * as arp from "../wire/arp.ts";
import * as eth from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import {
	confirmAddress,
	type InDevice,
	onLink,
	RT_SCOPE_HOST,
	RT_SCOPE_LINK,
	selectAddress,
} from "./address.ts";
import { NUD_REACHABLE, NUD_STALE } from "./neigh.ts";
import type { Netns } from "./netns.ts";

export class Arp {
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	receive(f: number, dev: NetDevice): void {
		const { pool, trace } = this.ns.core;
		if (dev.noArp || dev.loopback || pool.pktType[f] === PACKET_OTHERHOST) {
			pool.drop(f, DROP.OTHERHOST);
			return;
		}
		const view = pool.view;
		const o = pool.nh[f];
		const inDev = this.ns.inDevices[dev.id];
		if (!arp.check(view, o, pool.off[f] + pool.len[f]) || inDev === undefined) {
			pool.drop(f, inDev === undefined ? DROP.UNHANDLED_PROTO : DROP.HDR_TRUNC);
			return;
		}
		const op = view.getUint16(o + arp.OP);
		if (op !== arp.ARPOP_REQUEST && op !== arp.ARPOP_REPLY) {
			pool.drop(f, DROP.UNHANDLED_PROTO);
			return;
		}
		const answered = this.process(f, dev, inDev, op);
		if (trace.on !== 0) trace.add(T_ARP, f, dev.id, op, view.getInt32(o + arp.TPA), answered ? 1 : 0, 0);
		pool.deliver(f, DELIVERED.arp);
	}
	/** arp_process; true when a reply was sent. */
	private process(f: number, dev: NetDevice, inDev: InDevice, op: number): boolean {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const o = pool.nh[f];
		const shaHi = eth.macHi(view, o + arp.SHA);
		const shaLo = eth.macLo(view, o + arp.SHA);
		const sip = view.getInt32(o + arp.SPA);
		const tip = view.getInt32(o + arp.TPA);
		const all = ns.confAll;
		const conf = inDev.conf;
		if (ipv4.isMulticast(tip) || (ipv4.isLoopback(tip) && !(all.route_localnet || conf.route_localnet)))
			return false;
		if (sip === tip && (all.drop_gratuitous_arp || conf.drop_gratuitous_arp)) return false;
		if (sip === 0) {
			// duplicate address detection (RFC 2131)
			if (
				op !== arp.ARPOP_REQUEST ||
				ns.fib.addressType(tip, -1) !== RTN_LOCAL ||
				this.ignore(inDev, sip, tip)
			)
				return false;
			this.send(dev, arp.ARPOP_REPLY, shaHi, shaLo, tip, shaHi, shaLo, sip);
			return true;
		}
		if (op === arp.ARPOP_REQUEST && ns.router.inputForArp(tip, sip, dev)) {
			const type = ns.router.arpType;
			if (type === RTN_LOCAL) {
				if (
					this.ignore(inDev, sip, tip) ||
					((all.arp_filter || conf.arp_filter) && this.filtered(sip, tip, dev))
				)
					return false;
				if (!ns.neigh.eventNs(sip, dev.id, shaHi, shaLo)) return false;
				this.send(dev, arp.ARPOP_REPLY, shaHi, shaLo, tip, shaHi, shaLo, sip);
				return true;
			}
			if (conf.forwarding && type === RTN_UNICAST && this.proxies(dev, inDev, sip, tip)) {
				ns.neigh.eventNs(sip, dev.id, shaHi, shaLo);
				if (pool.pktType[f] === PACKET_HOST || inDev.neigh.proxy_delay === 0) {
					this.send(dev, arp.ARPOP_REPLY, shaHi, shaLo, tip, shaHi, shaLo, sip);
					return true;
				}
				ns.proxyQueue(dev, tip, sip, shaHi, shaLo, inDev.neigh.proxy_delay);
				return true;
			}
		}
		const accept = this.accepts(inDev, sip);
		let e = ns.neigh.find(sip, dev.id);
		const gratuitous = (e >= 0 || accept) && this.isGratuitous(op, sip, tip, shaHi, shaLo, o);
		if (
			accept &&
			e < 0 &&
			(gratuitous || (op === arp.ARPOP_REPLY && ns.fib.addressType(sip, -1) === RTN_UNICAST))
		)
			e = ns.neigh.create(sip, dev.id);
		if (e >= 0) {
			const state = op !== arp.ARPOP_REPLY || pool.pktType[f] !== PACKET_HOST ? NUD_STALE : NUD_REACHABLE;
			ns.neigh.update(e, shaHi, shaLo, state, ns.neigh.pastLocktime(e) || gratuitous);
		}
		return false;
	}
	/** Ask for the address of a neighbour entry (arp_solicit). `f`: the newest waiting frame, or -1. */
	solicit(entry: number, f: number, unicast: boolean): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const { neigh } = ns;
		const dev = ns.deviceById(neigh.dev[entry]);
		const inDev = ns.inDevices[dev.id];
		if (inDev === undefined) return;
		const target = neigh.addr[entry];
		const announce = Math.max(ns.confAll.arp_announce, inDev.conf.arp_announce);
		const asked = f >= 0 ? pool.view.getInt32(pool.nh[f] + ipv4.SADDR) : 0;
		let saddr = 0;
		// any other level is taken for 0
		if (announce !== 2 && asked !== 0 && ns.fib.addressType(asked, -1) === RTN_LOCAL) {
			if (announce !== 1 || onLink(inDev, target, asked)) saddr = asked;
		}
		if (saddr === 0) saddr = selectAddress(inDev, ns.allInDevices(), target, RT_SCOPE_LINK);
		if (unicast)
			this.send(dev, arp.ARPOP_REQUEST, neigh.macHi[entry], neigh.macLo[entry], saddr, 0, 0, target);
		else this.send(dev, arp.ARPOP_REQUEST, 0xffff, -1, saddr, 0, 0, target);
	}
	/** Build and send a 42-byte ARP frame; sender MAC is the device's. */
	send(
		dev: NetDevice,
		op: number,
		dstHi: number,
		dstLo: number,
		spa: number,
		thaHi: number,
		thaLo: number,
		tpa: number,
	): void {
		const pool = this.ns.core.pool;
		if (dev.noArp || dev.loopback) return;
		const f = pool.generate(eth.ETH_HLEN + arp.ARP_LEN);
		if (f < 0) {
			pool.dropUnborn(DROP.NOMEM);
			return;
		}
		const o = pool.off[f];
		eth.emit(pool.view, o, dstHi, dstLo, dev.macHi, dev.macLo, eth.ETH_P_ARP);
		arp.emit(pool.view, o + eth.ETH_HLEN, op, dev.macHi, dev.macLo, spa, thaHi, thaLo, tpa);
		pool.nh[f] = o + eth.ETH_HLEN;
		dev.transmit(f);
	}
	private proxies(dev: NetDevice, inDev: InDevice, sip: number, tip: number): boolean {
		const out = this.ns.router.arpDev;
		// arp_fwd_pvlan_proxy: not to who asks for itself
		if (out === dev.id)
			return sip !== tip && (inDev.conf.proxy_arp_pvlan !== 0 || this.ns.confAll.proxy_arp_pvlan !== 0);
		return this.proxiesForward(inDev, out) || this.ns.pneigh.find(tip, dev.id) !== undefined;
	}
	/** arp_fwd_proxy: not between devices of one medium. */
	private proxiesForward(inDev: InDevice, out: number): boolean {
		if (this.ns.confAll.proxy_arp === 0 && inDev.conf.proxy_arp === 0) return false;
		const medium = inDev.conf.medium_id;
		if (medium === 0) return true;
		if (medium === -1) return false;
		const other = this.ns.inDevices[out]?.conf.medium_id ?? -1;
		return other !== medium && other !== -1;
	}
	/** arp_accept: may a neighbour be made from what nobody asked for? */
	private accepts(inDev: InDevice, sip: number): boolean {
		const level = Math.max(this.ns.confAll.arp_accept, inDev.conf.arp_accept);
		return level === 1 || (level === 2 && confirmAddress(inDev, sip, 0, RT_SCOPE_LINK) !== 0);
	}
	/** arp_ignore: true when the request must stay unanswered. */
	private ignore(inDev: InDevice, sip: number, tip: number): boolean {
		const level = Math.max(this.ns.confAll.arp_ignore, inDev.conf.arp_ignore);
		if (level === 1) return confirmAddress(inDev, 0, tip, RT_SCOPE_HOST) === 0;
		if (level === 2) return confirmAddress(inDev, sip, tip, RT_SCOPE_HOST) === 0;
		if (level === 3)
			return ![...this.ns.allInDevices()].some((d) => confirmAddress(d, 0, tip, RT_SCOPE_LINK) !== 0);
		return level === 8;
	}
	/** arp_filter: would the answer's packets leave by another device? */
	private filtered(sip: number, tip: number, dev: NetDevice): boolean {
		return this.ns.router.output(sip, tip, 0, 0, -1) !== 0 || this.ns.router.out.dev !== dev.id;
	}
	private isGratuitous(
		op: number,
		sip: number,
		tip: number,
		shaHi: number,
		shaLo: number,
		o: number,
	): boolean {
		if (sip !== tip) return false;
		const view = this.ns.core.pool.view;
		// A reply is gratuitous only when it carries its own MAC as the target, too (RFC 5227, arp_is_garp).
		if (
			op === arp.ARPOP_REPLY &&
			(eth.macHi(view, o + arp.THA) !== shaHi || eth.macLo(view, o + arp.THA) !== shaLo)
		)
			return false;
		return this.ns.fib.addressType(sip, -1) === RTN_UNICAST;
	}
}
