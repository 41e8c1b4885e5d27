/** What `ip -6 neigh` has of its own. */

import type { In6 } from "@hookline/engine/ring/in6";
import { IPV6_MIN_MTU } from "@hookline/engine/wire/ipv6";
import { formatAddress6, samePrefix6 } from "../address6-text.ts";
import type { NeighFamily } from "../ip/neigh.ts";
import { kernelError } from "../ip/words.ts";
import { address6Value, prefix6Value } from "./values.ts";

export const NEIGH_6: NeighFamily<In6> = {
	address: address6Value,
	prefix: prefix6Value,
	key: (ns, addr) => ns.ip6.handle(addr),
	within: (ns, key, { addr, length }) => samePrefix6(ns.ip6.in6.get(key), addr, length),
	format: (ns, key) => formatAddress6(ns.ip6.in6.get(key)),
	table: (ns) => ns.ip6.neigh,
	proxies: (ns) => ns.ip6.proxy.pneigh.entries,
	addProxy: (ns, key, dev, router, permanent) => ns.ip6.proxy.add(key, dev, router, permanent),
	removeProxy: (ns, key, dev) => ns.ip6.proxy.remove(key, dev),
	/** ndisc_allow_add */
	allowAdd(ns, dev) {
		const idev = ns.ip6.devices[dev.id];
		if (idev === undefined || dev.mtu < IPV6_MIN_MTU || idev.conf.disable_ipv6 !== 0)
			kernelError("IPv6 is disabled on this device");
	},
};
