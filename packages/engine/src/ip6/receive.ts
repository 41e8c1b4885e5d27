/**
 * IPv6 input: from the device to the local protocols or to forwarding (net/ipv6/ip6_input.c, ip6_forward in ip6_output.c).
 *
 *   receive --- header checks, hop-by-hop options, trim ---> PRE_ROUTING ---> route ---+--> local, multicast: LOCAL_IN -> protocols
 *                                                                                    +--> forward: hop limit, redirect, scope, MTU
 *                                                                                    |             -> FORWARD -> output
 *                                                                                    +--> error:   unreachable to the sender
 */
import type { NetDevice } from "../device/netdev.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_BR_PREROUTED, FRAME_IGNORE_DF } from "../frame/flags.ts";
import {
	PACKET_BROADCAST,
	PACKET_HOST,
	PACKET_LOOPBACK,
	PACKET_MULTICAST,
	PACKET_OTHERHOST,
} from "../frame/pool.ts";
import { EACCES, EINVAL } from "../ip/errno.ts";
import {
	NF_INET_FORWARD,
	NF_INET_LOCAL_IN,
	NF_INET_PRE_ROUTING,
	RTN_ANYCAST,
	RTN_LOCAL,
	RTN_MULTICAST,
	RTN_UNICAST,
} from "../netfilter/types.ts";
import { T_TTL } from "../trace/kinds.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { parseHopOptions } from "./exthdrs.ts";
import type { Inet6 } from "./inet6.ts";

export class Ip6Receive {
	private readonly ip6: Inet6;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** ipv6_rcv */
	receive(f: number, dev: NetDevice): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		if (pool.pktType[f] === PACKET_OTHERHOST) {
			pool.drop(f, DROP.OTHERHOST);
			return;
		}
		const idev = ip6.devices[dev.id];
		if (idev === undefined || idev.conf.disable_ipv6 !== 0 || dev.mtu < ipv6.IPV6_MIN_MTU) {
			pool.drop(f, DROP.IPV6DISABLED);
			return;
		}
		const reason = this.check(f, dev, idev.conf.drop_unicast_in_l2_multicast !== 0);
		if (reason !== 0) {
			pool.drop(f, reason);
			return;
		}
		if (pool.view.getUint8(pool.nh[f] + ipv6.NEXT_HDR) === ipv6.NEXTHDR_HOP && !parseHopOptions(ip6, f))
			return;
		let g = f;
		const bridged = (pool.flags[f] & FRAME_BR_PREROUTED) !== 0;
		if (bridged) {
			pool.flags[f] &= ~FRAME_BR_PREROUTED;
			pool.forgetFragmentSize(f);
		}
		if (bridged && ip6.ns.brNetfilter.enabled) {
			this.finish(f, dev);
			return;
		}
		if (ip6.nf.active[NF_INET_PRE_ROUTING] !== 0) {
			g = ip6.nf.hook(NF_INET_PRE_ROUTING, f, dev.id, -1);
			if (g < 0) return;
		}
		this.finish(g, dev);
	}
	/** ip6_rcv_finish: route, then go on. */
	finish(f: number, dev: NetDevice): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		// a bridge translated its destination and routed it: ip6_rcv_core takes that route's device for the one it came by
		const routed = pool.dstType[f] !== 0;
		if (routed) pool.iif[f] = pool.dstDev[f];
		else ip6.router.input(f, dev);
		const type = pool.dstType[f];
		if (type === RTN_UNICAST) this.forward(f, dev, routed);
		else if (type === RTN_LOCAL || type === RTN_ANYCAST) this.localDeliver(f, dev);
		else if (type === RTN_MULTICAST) this.multicastDeliver(f, dev);
		else this.error(f);
	}
	/** ip6_forward */
	private forward(f: number, dev: NetDevice, routed: boolean): void {
		const { ip6 } = this;
		const { pool, trace } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const idev = ip6.devices[dev.id];
		if (ip6.conf.all.forwarding === 0 && (idev === undefined || idev.conf.force_forwarding === 0)) {
			pool.drop(f, DROP.IP_INADDRERRORS);
			return;
		}
		if (pool.pktType[f] !== PACKET_HOST) {
			pool.drop(f, DROP.NOT_SPECIFIED);
			return;
		}
		const hops = view.getUint8(nh + ipv6.HOP_LIMIT);
		if (hops <= 1) {
			ip6.icmp.send(f, icmpv6.TIME_EXCEED, icmpv6.EXC_HOPLIMIT, 0);
			pool.drop(f, DROP.IP_INHDR);
			return;
		}
		if (ip6.conf.all.proxy_ndp !== 0 && ip6.proxy.hasAt(view, nh + ipv6.DADDR, dev.id)) {
			const proxied = ip6.proxy.forwardCheck(f);
			if (proxied > 0) {
				this.localDeliver(f, dev);
				return;
			}
			if (proxied < 0) {
				pool.drop(f, DROP.NOT_SPECIFIED);
				return;
			}
		}
		const out = pool.dstDev[f];
		if (routed || out === dev.id) ip6.redirect.offer(f, dev);
		else if (!this.mayLeaveLink(f)) {
			pool.drop(f, DROP.IP_INADDRERRORS);
			return;
		}
		const mtu = Math.max(pool.dstError[f], ipv6.IPV6_MIN_MTU);
		if (this.exceedsMtu(f, mtu)) {
			pool.dev[f] = out;
			ip6.icmp.send(f, icmpv6.PKT_TOOBIG, 0, mtu);
			pool.drop(f, DROP.PKT_TOO_BIG);
			return;
		}
		// skb_cow: whoever has seen the frame keeps what it saw
		pool.unshare(f);
		view.setUint8(nh + ipv6.HOP_LIMIT, hops - 1);
		if (trace.on !== 0) trace.add(T_TTL, f, dev.id, hops - 1, 0, 0, 0);
		let g = f;
		if (ip6.nf.active[NF_INET_FORWARD] !== 0) {
			g = ip6.nf.hook(NF_INET_FORWARD, f, dev.id, out);
			if (g < 0) return;
		}
		ip6.out.output(g);
	}
	/** ip6_input */
	localDeliver(f: number, dev: NetDevice): void {
		const { ip6 } = this;
		let g = f;
		if (ip6.nf.active[NF_INET_LOCAL_IN] !== 0) {
			g = ip6.nf.hook(NF_INET_LOCAL_IN, f, dev.id, -1);
			if (g < 0) return;
		}
		ip6.protocols.deliver(g, dev);
	}
	/** ip6_mc_input */
	private multicastDeliver(f: number, dev: NetDevice): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const idev = ip6.devices[dev.id];
		if (idev !== undefined && ip6.mcast.has(idev, pool.view, pool.nh[f] + ipv6.DADDR))
			this.localDeliver(f, dev);
		else pool.drop(f, DROP.IP_INADDRERRORS);
	}
	/** ip6_rcv_core: 0, and the frame is trimmed and `th` set; else the reason to drop. */
	private check(f: number, dev: NetDevice, unicastOnly: boolean): number {
		const { pool } = this.ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const length = pool.off[f] + pool.len[f] - nh;
		if (length < ipv6.IP6_HLEN) return DROP.IP_INHDR;
		if (view.getUint8(nh) >> 4 !== 6) return DROP.UNHANDLED_PROTO;
		const s = nh + ipv6.SADDR;
		const d = nh + ipv6.DADDR;
		const toGroup = ipv6.isMulticast(view, d);
		if (!dev.loopback) {
			if (ipv6.isLoopback(view, s) || ipv6.isLoopback(view, d)) return DROP.IP_INHDR;
			if (toGroup && ipv6.multicastScope(view, d) === 1 && pool.pktType[f] !== PACKET_LOOPBACK)
				return DROP.IP_INHDR;
		}
		const type = pool.pktType[f];
		if (unicastOnly && !toGroup && (type === PACKET_BROADCAST || type === PACKET_MULTICAST))
			return DROP.IP_INHDR;
		if ((toGroup && ipv6.multicastScope(view, d) === 0) || ipv6.isMulticast(view, s)) return DROP.IP_INHDR;
		pool.th[f] = nh + ipv6.IP6_HLEN;
		const payload = view.getUint16(nh + ipv6.PAYLOAD_LEN);
		if (payload !== 0 || view.getUint8(nh + ipv6.NEXT_HDR) !== ipv6.NEXTHDR_HOP) {
			if (payload + ipv6.IP6_HLEN > length) return DROP.PKT_TOO_SMALL;
			pool.len[f] = nh - pool.off[f] + ipv6.IP6_HLEN + payload;
		}
		return 0;
	}
	/** The source must mean something beyond its link. */
	private mayLeaveLink(f: number): boolean {
		const { pool } = this.ip6.ns.core;
		const view = pool.view;
		const s = pool.nh[f] + ipv6.SADDR;
		if (ipv6.isUnspecified(view, s) || ipv6.isMulticast(view, s) || ipv6.isLoopback(view, s)) return false;
		if (!ipv6.isLinkLocal(view, s)) return true;
		this.ip6.icmp.send(f, icmpv6.DEST_UNREACH, icmpv6.NOT_NEIGHBOUR, 0);
		return false;
	}
	/** ip6_pkt_too_big */
	private exceedsMtu(f: number, mtu: number): boolean {
		const { pool } = this.ip6.ns.core;
		if (pool.off[f] + pool.len[f] - pool.nh[f] <= mtu) return false;
		return pool.fragMax[f] > mtu || (pool.flags[f] & FRAME_IGNORE_DF) === 0;
	}
	/** ip6_pkt_discard, ip6_pkt_prohibit, dst_discard: there is no way; say so to the sender. */
	private error(f: number): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const error = pool.dstError[f];
		if (error === EINVAL) {
			pool.drop(f, DROP.NOT_SPECIFIED);
			return;
		}
		const code = error === EACCES ? icmpv6.ADM_PROHIBITED : icmpv6.NOROUTE;
		ip6.icmp.send(f, icmpv6.DEST_UNREACH, code, 0);
		pool.drop(f, DROP.IP_INNOROUTES);
	}
}
