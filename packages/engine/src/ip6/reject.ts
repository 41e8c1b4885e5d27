/** The answers of IPv6's REJECT target (net/ipv6/netfilter/nf_reject_ipv6.c). */
import { FRAME_SOCKET } from "../frame/flags.ts";
import { l4sumOk } from "../frame/l4sum.ts";
import { L4SUM_VALID } from "../frame/pool.ts";
import {
	NF_INET_LOCAL_OUT,
	REJECT6_ADDR_UNREACH,
	REJECT6_ADM_PROHIBITED,
	REJECT6_NO_ROUTE,
	REJECT6_NOT_NEIGHBOUR,
	REJECT6_POLICY_FAIL,
	REJECT6_REJECT_ROUTE,
	REJECT6_TCP_RESET,
} from "../netfilter/types.ts";
import { REJECT6, T_REJECT } from "../trace/kinds.ts";
import { checksum, sum } from "../wire/checksum.ts";
import * as eth from "../wire/ethernet.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk } from "../wire/ipv6-ext.ts";
import * as tcp from "../wire/tcp.ts";
import * as udp from "../wire/udp.ts";
import { Flow6 } from "./fib6-rules.ts";
import type { Inet6 } from "./inet6.ts";
import { wordsAt } from "./ndisc.ts";
import { emitReset6 } from "./tcp6.ts";

/** ICMPv6 code of each kind (reject_tg6). */
function code(how: number): number {
	switch (how) {
		case REJECT6_NO_ROUTE:
			return icmpv6.NOROUTE;
		case REJECT6_ADM_PROHIBITED:
			return icmpv6.ADM_PROHIBITED;
		case REJECT6_NOT_NEIGHBOUR:
			return icmpv6.NOT_NEIGHBOUR;
		case REJECT6_ADDR_UNREACH:
			return icmpv6.ADDR_UNREACH;
		case REJECT6_POLICY_FAIL:
			return icmpv6.POLICY_FAIL;
		case REJECT6_REJECT_ROUTE:
			return icmpv6.REJECT_ROUTE;
		default:
			return icmpv6.PORT_UNREACH;
	}
}

export class Reject6 {
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();
	private readonly walk: Ipv6Walk = new Ipv6Walk();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** Answer `f`; it stays the caller's, who drops it. `how` is REJECT6_*. */
	answer(f: number, hook: number, how: number): void {
		const { ip6 } = this;
		const { pool, trace } = ip6.ns.core;
		if (trace.on !== 0) trace.add(T_REJECT, f, pool.dev[f], REJECT6 + how, hook, 0, 0);
		if (how === REJECT6_TCP_RESET) this.reset(f);
		else if (this.checksumFine(f)) {
			const dev = pool.dev[f];
			// a packet of our own is answered as if it came in by lo, unless it was made for a device
			if (hook === NF_INET_LOCAL_OUT && !this.isDiscovery(f)) pool.dev[f] = ip6.ns.lo.id;
			ip6.icmp.send(f, icmpv6.DEST_UNREACH, code(how), 0);
			pool.dev[f] = dev;
		}
	}
	/** A message of neighbour discovery, which has its device from the start (ndisc_alloc_skb). */
	private isDiscovery(f: number): boolean {
		const { pool } = this.ip6.ns.core;
		const nh = pool.nh[f];
		if (pool.view.getUint8(nh + ipv6.NEXT_HDR) !== ipv6.NEXTHDR_ICMP) return false;
		const type = pool.view.getUint8(nh + ipv6.IP6_HLEN);
		return type >= icmpv6.ROUTER_SOLICITATION && type <= icmpv6.REDIRECT;
	}
	/** reject6_csum_ok: a damaged packet, or a later fragment, gets no answer. */
	private checksumFine(f: number): boolean {
		const { pool } = this.ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const end = nh + ipv6.totalLength(view, nh);
		const th = this.walk.skipFrom(view, nh, end);
		if (th < 0 || th >= end || (this.walk.frag & ipv6.FRAG_OFFSET) !== 0) return false;
		const protocol = this.walk.next;
		switch (protocol) {
			case ipv6.NEXTHDR_UDP:
				// cut off in its header: nothing says that there is no sum
				if (end - th < udp.UDP_HLEN)
					return sum(view, th, end, ipv6.pseudoSum6(view, nh + ipv6.SADDR, protocol, end - th)) === 0xffff;
				return l4sumOk(pool, f);
			case ipv6.NEXTHDR_TCP:
			case ipv6.NEXTHDR_ICMP:
				return l4sumOk(pool, f);
			case ipv6.NEXTHDR_GRE:
			case ipv6.NEXTHDR_AUTH:
			case ipv6.NEXTHDR_ESP:
			case ipv6.NEXTHDR_SCTP:
			case ipv6.NEXTHDR_UDPLITE:
			case ipv4.IPPROTO_DCCP:
				return true;
		}
		// any other protocol is taken to carry a checksum over its whole payload
		return sum(view, th, end, ipv6.pseudoSum6(view, nh + ipv6.SADDR, protocol, end - th)) === 0xffff;
	}
	/** nf_send_reset6 */
	private reset(f: number): void {
		const { ip6, flow, walk } = this;
		const { ns } = ip6;
		const { pool } = ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		if (!isUnicast(view, nh + ipv6.SADDR) || !isUnicast(view, nh + ipv6.DADDR)) return;
		const end = nh + ipv6.totalLength(view, nh);
		const th = walk.skipFrom(view, nh, end);
		if (th < 0 || walk.next !== ipv6.NEXTHDR_TCP || th + tcp.TCP_HLEN > end) return;
		if ((view.getUint8(th + tcp.FLAGS) & tcp.RST) !== 0 || !l4sumOk(pool, f)) return;
		flow.setDestination(wordsAt(view, nh + ipv6.SADDR));
		flow.setSource(wordsAt(view, nh + ipv6.DADDR));
		flow.mark = ip6.conf.net.fwmark_reflect !== 0 ? pool.mark[f] : 0;
		flow.tclass = 0;
		if (ip6.router.output(flow, -1) !== 0) return;
		const g = ip6.newPacket(tcp.TCP_HLEN);
		if (g < 0) return;
		const to = pool.th[g];
		emitReset6(view, to, th, end);
		const hops = ip6.router.out.hopLimit;
		ipv6.emit(view, pool.nh[g], 0, 0, tcp.TCP_HLEN, ipv6.NEXTHDR_TCP, hops, flow.w, 4, 0);
		const pseudo = ipv6.pseudoSum6(view, pool.nh[g] + ipv6.SADDR, ipv6.NEXTHDR_TCP, tcp.TCP_HLEN);
		view.setUint16(to + tcp.CHECK, checksum(view, to, to + tcp.TCP_HLEN, pseudo));
		pool.l4sum[g] = L4SUM_VALID;
		// no socket stands for its sender, as IPv4's does
		pool.flags[g] &= ~FRAME_SOCKET;
		pool.mark[g] = flow.mark;
		ip6.router.setRoute(g);
		ns.conntrack.attach(g, f);
		ns.conntrack.setClosing(pool.ct[f]);
		const port = pool.physIn[f];
		if (port < 0) {
			ip6.out.localOut(g);
			return;
		}
		// A bridged frame's reset goes back out of the port it came by, with the MACs turned round.
		const o = pool.nh[g] - eth.ETH_HLEN;
		eth.emitReply(view, o, pool.off[f], eth.ETH_P_IPV6);
		pool.off[g] = o;
		pool.len[g] = eth.ETH_HLEN + ipv6.IP6_HLEN + tcp.TCP_HLEN;
		ns.deviceById(port).transmit(g);
	}
}

/** IPV6_ADDR_UNICAST: neither a group nor unspecified nor mapped. */
function isUnicast(view: DataView, o: number): boolean {
	return !ipv6.isMulticast(view, o) && !ipv6.isUnspecified(view, o) && !ipv6.isV4Mapped(view, o);
}
