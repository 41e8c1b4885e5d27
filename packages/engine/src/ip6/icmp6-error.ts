/** ICMPv6 errors that arrive: who is told, and what is learned (net/ipv6/icmp.c, icmpv6_notify; udpv6_err, icmpv6_err). */
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as udp from "../wire/udp.ts";
import { type Skipped, skipExtensions } from "./exthdrs.ts";
import type { Inet6 } from "./inet6.ts";
import { isLinkLocal } from "./kinds.ts";
import { wordsAt } from "./ndisc.ts";

/** The error at `th` quotes a packet of ours. False: the quotation is cut off. */
export function socketError6(ip6: Inet6, f: number, th: number, end: number): boolean {
	const { pool } = ip6.ns.core;
	const view = pool.view;
	const q = th + icmpv6.ICMP6_HLEN;
	if (q + ipv6.IP6_HLEN > end) return false;
	const inner: Skipped = { offset: 0, next: 0, fragment: 0 };
	skipExtensions(view, q + ipv6.IP6_HLEN, view.getUint8(q + ipv6.NEXT_HDR), end, inner);
	if (inner.offset < 0 || inner.offset + 8 > end) return false;
	const type = view.getUint8(th + icmpv6.TYPE);
	const code = view.getUint8(th + icmpv6.CODE);
	const mtu = view.getUint32(th + icmpv6.REST);
	const daddr = wordsAt(view, q + ipv6.DADDR);
	const oif = isLinkLocal(daddr) ? pool.dev[f] : -1;
	if (inner.next === ipv6.NEXTHDR_ICMP) {
		if (type === icmpv6.PKT_TOOBIG) ip6.router.updatePmtu(daddr, mtu, oif);
		ip6.ping.error(f, inner.offset, type, code);
	} else if (inner.next === ipv6.NEXTHDR_UDP) {
		const port = view.getUint16(inner.offset + udp.SPORT);
		for (const s of ip6.udp.sockets) {
			if (s.port !== port) continue;
			if (type === icmpv6.PKT_TOOBIG) ip6.router.updatePmtu(daddr, mtu, oif);
			s.onError(type, code);
		}
	}
	return true;
}
