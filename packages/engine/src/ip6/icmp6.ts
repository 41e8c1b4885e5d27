/** ICMPv6: errors about packets, and the answers to questions (net/ipv6/icmp.c; RFC 4443). Neighbour discovery is in ndisc.ts. */
import type { NetDevice } from "../device/netdev.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_CSUM_PARTIAL, FRAME_IGNORE_DF } from "../frame/flags.ts";
import { L4SUM_VALID, PACKET_HOST } from "../frame/pool.ts";
import { RTN_ANYCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST } from "../netfilter/types.ts";
import { T_ICMP6_SEND, T_RATELIMIT6 } from "../trace/kinds.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as udp from "../wire/udp.ts";
import { type Skipped, skipExtensions } from "./exthdrs.ts";
import { Flow6 } from "./fib6-rules.ts";
import { socketError6 } from "./icmp6-error.ts";
import type { Inet6 } from "./inet6.ts";
import { ANY, isLinkLocal } from "./kinds.ts";
import { wordsAt } from "./ndisc.ts";

const QUOTE_MAX = ipv6.IPV6_MIN_MTU - ipv6.IP6_HLEN - icmpv6.ICMP6_HLEN;

export class Icmp6 {
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();
	private readonly skipped: Skipped = { offset: 0, next: 0, fragment: 0 };

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** icmpv6_param_prob: tell the sender what is wrong at offset `pointer`, and drop the frame. */
	paramProblem(f: number, code: number, pointer: number, reason: number): void {
		this.send(f, icmpv6.PARAMPROB, code, pointer);
		this.ip6.ns.core.pool.drop(f, reason);
	}
	/** icmp6_send: tell the sender of `f` about it. `info` is the second header word. The frame stays the caller's. */
	send(f: number, type: number, code: number, info: number): void {
		const { ip6, flow } = this;
		const { ns } = ip6;
		const { pool, trace } = ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const end = pool.off[f] + pool.len[f];
		if (end - nh < ipv6.IP6_HLEN) return;
		const dev = ns.core.targets[pool.dev[f]] as NetDevice | null;
		// the device went while the frame was held: nobody is told
		if (dev === null) return;
		const to = wordsAt(view, nh + ipv6.SADDR);
		let own = this.ownDestination(f);
		if (ipv6.isMulticast(view, nh + ipv6.DADDR) || pool.pktType[f] !== PACKET_HOST) {
			if (type !== icmpv6.PKT_TOOBIG && !this.mustReport(f, type, code, info)) return;
			own = false;
		}
		if (ipv6.isUnspecified(view, nh + ipv6.SADDR) || ipv6.isMulticast(view, nh + ipv6.SADDR)) return;
		const oif = isLinkLocal(to) ? (dev.loopback ? this.deviceOf(f) : dev.id) : -1;
		if (this.ineligible(nh, end)) return;
		if (!dev.loopback && !ip6.icmpRate.allowGlobal(type)) {
			if (trace.on !== 0) trace.add(T_RATELIMIT6, f, dev.id, type, code, 0, 0);
			return;
		}
		if (ns.core.icmpLocked[1]) return;
		flow.setDestination(to);
		flow.setSource(own ? wordsAt(view, nh + ipv6.DADDR) : ANY);
		flow.mark = ip6.conf.net.fwmark_reflect !== 0 ? pool.mark[f] : 0;
		flow.tclass = 0;
		flow.setTransport(ipv6.NEXTHDR_ICMP, 0, (type << 8) | code);
		if (!own) this.inboundSource(f, oif);
		if (ip6.router.output(flow, oif) !== 0) return;
		const { out } = ip6.router;
		// no rate holds for what came by lo, wherever the answer goes (apply_ratelimit)
		if (!dev.loopback && !ip6.icmpRate.allowPeer(type, to, ns.deviceById(out.dev).loopback)) {
			if (trace.on !== 0) trace.add(T_RATELIMIT6, f, dev.id, type, code, 0, 0);
			return;
		}
		if (ip6.router.lookup(flow, oif) !== 0) return;
		if (out.type === RTN_ANYCAST && ip6.conf.net.icmp_error_anycast_as_unicast === 0) return;
		const quoted = Math.min(end - nh, QUOTE_MAX);
		const g = ip6.newPacket(icmpv6.ICMP6_HLEN + quoted);
		if (g < 0) return;
		const th = pool.th[g];
		icmpv6.emit(view, th, type, code, info);
		pool.bytes.copyWithin(th + icmpv6.ICMP6_HLEN, nh, nh + quoted);
		if ((pool.flags[f] & FRAME_CSUM_PARTIAL) !== 0) quotePartial(view, th + icmpv6.ICMP6_HLEN);
		// an error belongs to the connection of the packet it is about
		if (icmpv6.isError(type) && pool.ct[f] !== 0) ns.conntrack.attach(g, f);
		if (trace.on !== 0) trace.add(T_ICMP6_SEND, f, out.dev, type, code, 0, 0);
		this.finish(g, 0, 0);
	}
	/** icmpv6_rcv: an ICMPv6 message for this host. */
	receive(f: number, dev: NetDevice): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		if (!icmpv6.checkSum(view, nh + ipv6.SADDR, th, end)) {
			pool.drop(f, DROP.ICMP_CSUM);
			return;
		}
		if (end - th < icmpv6.ICMP6_HLEN) {
			pool.drop(f, DROP.PKT_TOO_SMALL);
			return;
		}
		const type = view.getUint8(th + icmpv6.TYPE);
		if (type === icmpv6.ECHO_REQUEST) {
			if (ip6.conf.net.icmp_echo_ignore_all === 0) this.echo(f, dev, end);
		} else if (type === icmpv6.ECHO_REPLY) {
			if (ip6.ping.receive(f)) pool.deliver(f, DELIVERED["ping-socket"]);
			else pool.drop(f, DROP.NO_SOCKET);
			return;
		} else if (type >= icmpv6.ROUTER_SOLICITATION && type <= icmpv6.REDIRECT) ip6.ndisc.receive(f, dev);
		else if (icmpv6.isError(type)) {
			if (!socketError6(ip6, f, th, end)) {
				pool.drop(f, DROP.PKT_TOO_SMALL);
				return;
			}
		} else if (type < icmpv6.MLD_QUERY || (type > icmpv6.MLD_DONE && type !== icmpv6.MLD2_REPORT)) {
			pool.drop(f, DROP.UNHANDLED_PROTO);
			return;
		}
		pool.deliver(f, DELIVERED.icmp);
	}
	/** icmpv6_echo_reply: the same body back. */
	private echo(f: number, dev: NetDevice, end: number): void {
		const { ip6, flow } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const conf = ip6.conf.net;
		const anycast = pool.dstType[f] === RTN_ANYCAST;
		if (ipv6.isMulticast(view, nh + ipv6.DADDR) && conf.icmp_echo_ignore_multicast !== 0) return;
		if (anycast && conf.icmp_echo_ignore_anycast !== 0) return;
		const sameSource = pool.dstType[f] === RTN_LOCAL || (anycast && conf.anycast_src_echo_reply !== 0);
		const to = wordsAt(view, nh + ipv6.SADDR);
		flow.setDestination(to);
		flow.setSource(sameSource ? wordsAt(view, nh + ipv6.DADDR) : ANY);
		flow.mark = conf.fwmark_reflect !== 0 ? pool.mark[f] : 0;
		flow.tclass = 0;
		flow.setTransport(ipv6.NEXTHDR_ICMP, 0, icmpv6.ECHO_REPLY << 8);
		const oif = dev.loopback ? this.deviceOf(f) : dev.id;
		if (ip6.router.lookup(flow, oif) !== 0) return;
		const { out } = ip6.router;
		const type = icmpv6.ECHO_REPLY;
		if (!dev.loopback && !ip6.icmpRate.allowGlobal(type)) return;
		if (!dev.loopback && !ip6.icmpRate.allowPeer(type, to, ip6.ns.deviceById(out.dev).loopback)) return;
		const g = ip6.newPacket(end - th);
		if (g < 0) return;
		pool.bytes.copyWithin(pool.th[g], th, end);
		view.setUint8(pool.th[g], type);
		view.setUint8(pool.th[g] + icmpv6.CODE, view.getUint8(th + icmpv6.CODE));
		const label = (conf.flowlabel_reflect & 4) !== 0 ? view.getInt32(nh) & 0xfffff : 0;
		this.finish(g, ipv6.trafficClass(view, nh), label);
	}
	/** icmp6_dev: the device that owns the address a looped packet is for, else the one by which it leaves; -1: there is none. */
	private deviceOf(f: number): number {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const type = pool.dstType[f];
		if (type === RTN_UNICAST || type === RTN_MULTICAST) return pool.dstDev[f];
		const h = ip6.in6.findAt(pool.view, pool.nh[f] + ipv6.DADDR);
		for (const idev of ip6.all()) if (h > 0 && idev.addresses.some((a) => a.addr === h)) return idev.dev.id;
		return -1;
	}
	/** Header by the flow and the route found last, checksum, and out. */
	private finish(g: number, tclass: number, label: number): void {
		const { ip6, flow } = this;
		const { pool } = ip6.ns.core;
		const { out } = ip6.router;
		const nh = pool.nh[g];
		const end = pool.off[g] + pool.len[g];
		const hops = out.hopLimit;
		ipv6.emit(pool.view, nh, tclass, label, end - pool.th[g], ipv6.NEXTHDR_ICMP, hops, flow.w, 4, 0);
		icmpv6.setChecksum(pool.view, nh + ipv6.SADDR, pool.th[g], end);
		pool.l4sum[g] = L4SUM_VALID;
		pool.mark[g] = flow.mark;
		pool.flags[g] |= FRAME_IGNORE_DF;
		ip6.router.setRoute(g);
		const { icmpLocked } = ip6.ns.core;
		icmpLocked[1] = true;
		ip6.out.localOut(g);
		icmpLocked[1] = false;
	}
	/** Is the destination of `f` an address of ours, or an anycast one, on the device where it is (ipv6_chk_addr, ipv6_chk_acast_addr_src)? */
	private ownDestination(f: number): boolean {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const o = pool.nh[f] + ipv6.DADDR;
		const h = ip6.in6.findAt(pool.view, o);
		if (h <= 0) return false;
		const dev = ipv6.isLinkLocal(pool.view, o) ? pool.dev[f] : -1;
		return ip6.addr.isOwn(h, dev) || ip6.mcast.isAnycast(h, dev);
	}
	/** Without a preferred source on the route: the address of the interface by which the packet came. */
	private inboundSource(f: number, oif: number): void {
		const { ip6, flow } = this;
		const { pool } = ip6.ns.core;
		if (ip6.router.output(flow, oif) === 0 && ip6.router.out.prefsrc !== 0) return;
		if (pool.iif[f] < 0) return;
		const dev = ip6.ns.core.targets[pool.iif[f]] as NetDevice | null;
		if (dev === null) return;
		const h = ip6.source.select(dev, flow.destination());
		if (h !== 0) flow.setSource(ip6.in6.get(h));
	}
	/** opt_unrec: an option that asks to be reported even for a multicast packet. */
	private mustReport(f: number, type: number, code: number, pointer: number): boolean {
		if (type !== icmpv6.PARAMPROB || code !== icmpv6.UNK_OPTION) return false;
		const { pool } = this.ip6.ns.core;
		return (pool.view.getUint8(pool.nh[f] + pointer) & 0xc0) === 0x80;
	}
	/** is_ineligible: never about an ICMPv6 error. */
	private ineligible(nh: number, end: number): boolean {
		const view = this.ip6.ns.core.pool.view;
		const { skipped } = this;
		skipExtensions(view, nh + ipv6.IP6_HLEN, view.getUint8(nh + ipv6.NEXT_HDR), end, skipped);
		if (skipped.offset < 0 || skipped.next !== ipv6.NEXTHDR_ICMP) return false;
		if (skipped.offset >= end) return (skipped.fragment & ~6) === 0;
		const type = view.getUint8(skipped.offset);
		return icmpv6.isError(type);
	}
}

/** The quoted datagram has not left: where its checksum will be stands the pseudo header's sum alone (CHECKSUM_PARTIAL). */
function quotePartial(view: DataView, nh: number): void {
	const length = view.getUint16(nh + ipv6.PAYLOAD_LEN);
	const sum = ipv6.pseudoSum6(view, nh + ipv6.SADDR, view.getUint8(nh + ipv6.NEXT_HDR), length);
	view.setUint16(nh + ipv6.IP6_HLEN + udp.CHECK, sum);
}
