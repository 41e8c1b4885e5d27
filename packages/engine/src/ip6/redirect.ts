/** Redirects: telling of a better first hop, and being told (net/ipv6/ndisc.c, net/ipv6/route.c; RFC 4861 §8). */
import type { NetDevice } from "../device/netdev.ts";
import { NUD_STALE, NUD_VALID } from "../ip/neigh.ts";
import type { In6 } from "../ring/in6.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Flow6 } from "./fib6-rules.ts";
import type { Inet6 } from "./inet6.ts";
import { isLinkLocal, isMulticast } from "./kinds.ts";
import { NdOptions } from "./nd-options.ts";
import { learn, wordsAt } from "./ndisc.ts";

/** Destination address of a redirect, behind the target. */
const RD_DEST = 24;
const RD_OPTIONS = 40;

export class Redirect6 {
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();
	private readonly options: NdOptions = new NdOptions();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** The packet leaves by the link on which it came: tell its sender, at most once a second (ip6_forward, ndisc_send_redirect). */
	offer(f: number, dev: NetDevice): void {
		const { ip6, flow } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const daddr = wordsAt(view, nh + ipv6.DADDR);
		if (!ip6.icmpRate.takeSecond(daddr)) return;
		const gw = pool.dstGw[f];
		const target: In6 = gw !== 0 ? ip6.in6.get(gw) : daddr;
		const own = ip6.addr.linkLocal(dev.id);
		if (own === 0) return;
		const onLink = gw === 0 || same(target, daddr);
		if (!onLink && !isLinkLocal(target)) return;
		const saddr = wordsAt(view, nh + ipv6.SADDR);
		flow.setDestination(saddr);
		flow.setSource(ip6.in6.get(own));
		flow.mark = 0;
		flow.tclass = 0;
		flow.setTransport(ipv6.NEXTHDR_ICMP, 0, icmpv6.REDIRECT << 8);
		if (ip6.router.output(flow, dev.id) !== 0 || ip6.router.out.gw !== 0) return;
		if (!ip6.icmpRate.takeSecond(saddr)) return;
		const e = ip6.neigh.findOrCreate(ip6.handle(target), pool.dstDev[f]);
		if (e < 0) return;
		const known = (ip6.neigh.currentState(e) & NUD_VALID) !== 0;
		const hi = known ? ip6.neigh.macHi[e] : -1;
		const g = ip6.ndiscSend.redirect(f, dev, ip6.in6.get(own), target, hi, ip6.neigh.macLo[e]);
		if (g < 0) return;
		ip6.router.setRoute(g);
		ip6.out.localOut(g);
	}
	/** ndisc_redirect_rcv, rt6_do_redirect */
	receive(f: number, dev: NetDevice): void {
		const { ip6, flow, options } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		const idev = ip6.devices[dev.id];
		if (idev === undefined || !ipv6.isLinkLocal(view, nh + ipv6.SADDR) || end - th < RD_OPTIONS) return;
		if (!options.parse(view, th + RD_OPTIONS, end, icmpv6.ND_OPT_TARGET_LL_ADDR) || options.macBad) return;
		const quoted = options.redirected;
		// with the packet quoted it must be one of a kind that takes redirects without a socket
		if (quoted !== 0 && !this.quotesEcho(quoted + 8, end)) return;
		const target = wordsAt(view, th + icmpv6.ND_TARGET);
		const daddr = wordsAt(view, th + RD_DEST);
		if (isMulticast(daddr)) return;
		const onLink = same(target, daddr);
		if (!onLink && !isLinkLocal(target)) return;
		if (idev.conf.forwarding !== 0 || idev.conf.accept_redirects === 0) return;
		// the route of the quoted packet, or of the destination when none is quoted
		const inner = quoted + 8;
		flow.setDestination(quoted !== 0 ? wordsAt(view, inner + ipv6.DADDR) : daddr);
		flow.setSource(wordsAt(view, quoted !== 0 ? inner + ipv6.SADDR : nh + ipv6.DADDR));
		flow.iif = "lo";
		flow.oif = dev.name;
		flow.mark = 0;
		flow.tclass = 0;
		flow.setTransport(0, 0, 0);
		const from = ip6.in6.findAt(view, nh + ipv6.SADDR);
		const route = ip6.fib.firstFrom(flow, (r) => r.dev === dev && ip6.router.leadsBy(r, flow, from));
		if (route === undefined) return;
		const hop = ip6.handle(target);
		const e = ip6.neigh.findOrCreate(hop, dev.id);
		if (e < 0) return;
		const believed = learn(ip6.neigh, options, e, NUD_STALE, true);
		if (believed && !onLink) ip6.neigh.router[e] = 1;
		ip6.router.redirected(daddr, onLink ? 0 : hop, route);
	}
	private quotesEcho(q: number, end: number): boolean {
		const view = this.ip6.ns.core.pool.view;
		return q + ipv6.IP6_HLEN + 8 <= end && view.getUint8(q + ipv6.NEXT_HDR) === ipv6.NEXTHDR_ICMP;
	}
}

function same(a: In6, b: In6): boolean {
	return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}
