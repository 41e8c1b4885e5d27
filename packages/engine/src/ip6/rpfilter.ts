/** The rpfilter match's question to the routes (net/ipv6/netfilter/ip6t_rpfilter.c). */
import type { NetDevice } from "../device/netdev.ts";
import { RPFILTER_ACCEPT_LOCAL, RPFILTER_LOOSE, RPFILTER_VALID_MARK } from "../netfilter/list-ops.ts";
import { RTN_ANYCAST, RTN_LOCAL } from "../netfilter/types.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { Flow6 } from "./fib6-rules.ts";
import type { Inet6 } from "./inet6.ts";
import { ANY, isLinkLocal } from "./kinds.ts";
import { wordsAt } from "./ndisc.ts";

/** Would an answer to the frame, which came in by `dev`, leave by it? `flags` are RPFILTER_*. */
export function reversePathFits6(ip6: Inet6, flow: Flow6, f: number, dev: NetDevice, flags: number): boolean {
	const { pool } = ip6.ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	if (dev.loopback || ipv6.isUnspecified(view, nh + ipv6.SADDR)) return true;
	const from = wordsAt(view, nh + ipv6.SADDR);
	const d = nh + ipv6.DADDR;
	const unicast = !ipv6.isMulticast(view, d) && !ipv6.isUnspecified(view, d) && !ipv6.isV4Mapped(view, d);
	const strict = isLinkLocal(from);
	const loose = (flags & RPFILTER_LOOSE) !== 0;
	const oif = strict || !loose ? dev.id : -1;
	flow.setDestination(from);
	flow.setSource(unicast ? wordsAt(view, d) : ANY);
	flow.mark = (flags & RPFILTER_VALID_MARK) !== 0 ? pool.mark[f] : 0;
	flow.tclass = ipv6.trafficClass(view, nh);
	flow.iif = "lo";
	flow.oif = oif >= 0 ? dev.name : "";
	if (ip6.fib.lookup(flow, oif, strict, ip6.conf.all.forwarding === 0) !== 0) return false;
	const route = ip6.fib.route;
	if (route === undefined || route.type === RTN_ANYCAST) return false;
	if (route.type === RTN_LOCAL) return (flags & RPFILTER_ACCEPT_LOCAL) !== 0;
	return loose || route.dev === dev;
}
