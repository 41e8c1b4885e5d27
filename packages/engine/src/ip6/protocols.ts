/**
 * The end of local input: extension headers one after the other, then the protocol (net/ipv6/ip6_input.c, ip6_protocol_deliver_rcu).
 */
import type { NetDevice } from "../device/netdev.ts";
import { DROP } from "../frame/drop.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { receiveDestinationOptions, receiveRouting } from "./exthdrs.ts";
import type { Inet6 } from "./inet6.ts";

export class Protocols6 {
	private readonly ip6: Inet6;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/**
	 * A packet for this host. Its headers are read from where they were left off: `th` stands behind the IPv6 header, behind the hop-by-hop
	 * options (ipv6_parse_hopopts), or, when conntrack put the datagram together, where its fragment header stood (nf_ct_frag6_reasm), whatever
	 * was in front of that; it is the IPv6 header, or the hop-by-hop options that were read, which say what stands there (IP6CB->nhoff).
	 */
	deliver(frame: number, dev: NetDevice): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		let f = frame;
		let nh = pool.nh[f];
		/** Where, from the IPv6 header on, it is said what stands at `th`. */
		let nextAt = ipv6.NEXT_HDR;
		// directly behind the IPv6 header stood a fragment header: what it announces is not read as options of every hop
		if (view.getUint8(nh + nextAt) === ipv6.NEXTHDR_HOP && pool.th[f] - nh > ipv6.IP6_HLEN)
			nextAt = ipv6.IP6_HLEN;
		let fragmented = pool.fragMax[f] > 0;
		for (;;) {
			const next = view.getUint8(nh + nextAt);
			const at = pool.th[f] - nh;
			if (next === ipv6.NEXTHDR_ROUTING) {
				if (!receiveRouting(ip6, f)) return;
			} else if (next === ipv6.NEXTHDR_DEST) {
				if (!receiveDestinationOptions(ip6, f)) return;
			} else if (next === ipv6.NEXTHDR_FRAGMENT) {
				const g = ip6.reassembly.receive(f, nextAt, fragmented);
				if (g < 0) return;
				fragmented = true;
				if (g !== f) {
					// the datagram: its fragment header is gone, what said "fragment" says what follows
					f = g;
					nh = pool.nh[f];
					pool.th[f] = nh + at;
					continue;
				}
			} else {
				this.final(f, dev, next, nextAt);
				return;
			}
			nextAt = at;
		}
	}
	private final(f: number, dev: NetDevice, next: number, nextAt: number): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const nh = pool.nh[f];
		if (next === ipv6.NEXTHDR_NONE) {
			pool.drop(f, DROP.NOT_SPECIFIED);
			return;
		}
		if (next === IPPROTO_PIM) {
			// pim6_rcv: a kernel with multicast routing built in takes it, and does nothing while nobody routes groups
			pool.drop(f, DROP.NOT_SPECIFIED);
			return;
		}
		if (!KNOWN.has(next)) {
			ip6.icmp.send(f, icmpv6.PARAMPROB, icmpv6.UNK_NEXTHDR, nextAt);
			pool.drop(f, DROP.IP_NOPROTO);
			return;
		}
		const idev = ip6.devices[dev.id];
		if (
			ipv6.isMulticast(pool.view, nh + ipv6.DADDR) &&
			(idev === undefined || !ip6.mcast.has(idev, pool.view, nh + ipv6.DADDR))
		) {
			pool.drop(f, DROP.IP_INADDRERRORS);
			return;
		}
		if (next === ipv6.NEXTHDR_ICMP) ip6.icmp.receive(f, dev);
		else if (next === ipv6.NEXTHDR_UDP) ip6.udp.receive(f, dev);
		else if (next === ipv6.NEXTHDR_UDPLITE) ip6.udp.receiveLite(f);
		else ip6.tcp.receive(f);
	}
}

const IPPROTO_PIM = 103;
/** Protocols that somebody here speaks (inet6_protos); to the sender of any other its number is a parameter problem. */
const KNOWN: ReadonlySet<number> = new Set([
	ipv6.NEXTHDR_TCP,
	ipv6.NEXTHDR_UDP,
	ipv6.NEXTHDR_UDPLITE,
	ipv6.NEXTHDR_ICMP,
]);
