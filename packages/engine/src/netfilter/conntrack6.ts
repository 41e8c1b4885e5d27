/**
 * Connection tracking of IPv6: what of it depends on the network header (nf_conntrack_core.c, nf_conntrack_proto_icmpv6.c). The
 * connections stand in the same table as IPv4's, their addresses as handles.
 */
import { FRAME_CSUM_PARTIAL, FRAME_SUMMED } from "../frame/flags.ts";
import { l4sumOk } from "../frame/l4sum.ts";
import type { FramePool } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import type { In6Table } from "../ring/in6.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk } from "../wire/ipv6-ext.ts";
import type { Conntrack } from "./conntrack.ts";
import type { CtNet } from "./ct-sysctl.ts";
import { netnsKey } from "./ct-tuple.ts";
import { readTuple6, readTupleAt } from "./ct-tuple6.ts";
import { IP_CT_UNTRACKED, NF_ACCEPT, NF_INET_PRE_ROUTING, type NfHost } from "./types.ts";

/** Types that no connection is ever made for (noct_valid_new): multicast listeners' and neighbour discovery's. */
function isUntracked(type: number): boolean {
	return (type >= icmpv6.MLD_QUERY && type <= icmpv6.NEIGHBOUR_ADVERTISEMENT) || type === icmpv6.MLD2_REPORT;
}

export class Conntrack6 {
	/** The lab's one table, and what does not depend on the family. */
	readonly conntrack: Conntrack;
	private readonly pool: FramePool;
	private readonly in6: In6Table;
	private readonly walk: Ipv6Walk = new Ipv6Walk();

	constructor(core: Core, conntrack: Conntrack) {
		this.conntrack = conntrack;
		this.pool = core.pool;
		this.in6 = core.in6;
	}

	/** nf_conntrack_in. `nh` of the frame is set. Returns NF_ACCEPT or NF_DROP. */
	in(host: NfHost, hook: number, f: number): number {
		const { pool, conntrack } = this;
		if (pool.ct[f] !== 0 || pool.ctinfo[f] === IP_CT_UNTRACKED) {
			if (!conntrack.table.dropTemplate(pool, f)) return NF_ACCEPT;
		}
		pool.ctinfo[f] = 0;
		const net = conntrack.net(host.id);
		const view = pool.view;
		const nh = pool.nh[f];
		const end = nh + ipv6.totalLength(view, nh);
		const th = this.walk.skipFrom(view, nh, end);
		if (th < 0 || (this.walk.frag & ipv6.FRAG_OFFSET) !== 0) return conntrack.invalid(f);
		const protocol = this.walk.next;
		if (protocol === ipv6.NEXTHDR_ICMP && this.icmpError(net, hook, f, nh, th, end)) return NF_ACCEPT;
		if (!readTupleAt(this.in6, view, nh, th, end, protocol, netnsKey(net.id), conntrack.tuple))
			return conntrack.invalid(f);
		if (
			protocol === ipv6.NEXTHDR_UDP &&
			hook === NF_INET_PRE_ROUTING &&
			net.checksum !== 0 &&
			(pool.flags[f] & FRAME_CSUM_PARTIAL) === 0
		)
			pool.flags[f] |= FRAME_SUMMED;
		return conntrack.track(host, net, hook, f, protocol, th, end);
	}

	/**
	 * nf_conntrack_icmpv6_error. False: no error message, track it as a connection of its own. True: done with; the frame has got
	 * the connection that the quoted packet belongs to, or is untracked, or INVALID.
	 */
	private icmpError(net: CtNet, hook: number, f: number, nh: number, th: number, end: number): boolean {
		const { pool, conntrack } = this;
		const view = pool.view;
		if (
			th + icmpv6.ICMP6_HLEN > end ||
			(net.checksum !== 0 && hook === NF_INET_PRE_ROUTING && !l4sumOk(pool, f))
		) {
			conntrack.invalid(f);
			return true;
		}
		const type = view.getUint8(th);
		if (isUntracked(type)) {
			pool.ctinfo[f] = IP_CT_UNTRACKED;
			return true;
		}
		if (type === icmpv6.REDIRECT) {
			const quoted = this.quotedInRedirect(nh, th, end);
			if (quoted < 0) return false;
			this.relate(net, f, nh, quoted, end);
			return true;
		}
		if (!icmpv6.isError(type)) return false;
		this.relate(net, f, nh, th + icmpv6.ICMP6_HLEN, end);
		return true;
	}
	/** The connection of the packet at `quoted`, if it is one of the receiver's. */
	private relate(net: CtNet, f: number, nh: number, quoted: number, end: number): void {
		const { conntrack } = this;
		const view = this.pool.view;
		if (readTuple6(this.in6, view, quoted, end, netnsKey(net.id), conntrack.tuple))
			conntrack.relate(f, this.in6.internAt(view, nh + ipv6.DADDR));
		else conntrack.invalid(f);
	}
	/** Where the redirected packet is quoted (RFC 4861 §4.5, nf_conntrack_icmpv6_redirect); -1: not a redirect to be believed. */
	private quotedInRedirect(nh: number, th: number, end: number): number {
		const view = this.pool.view;
		if (view.getUint8(nh + ipv6.HOP_LIMIT) !== 255 || !ipv6.isLinkLocal(view, nh + ipv6.SADDR)) return -1;
		if (th + REDIRECT_HLEN > end || view.getUint8(th + icmpv6.CODE) !== 0) return -1;
		// the kernel looks at the first option only: where the target's link-layer address stands in front, the redirect belongs to nothing
		const o = th + REDIRECT_HLEN;
		if (o + 2 > end || view.getUint8(o + 1) === 0) return -1;
		return view.getUint8(o) === icmpv6.ND_OPT_REDIRECT_HDR ? o + 8 : -1;
	}
}

/** ICMPv6 header, target and destination address. */
const REDIRECT_HLEN = 40;
