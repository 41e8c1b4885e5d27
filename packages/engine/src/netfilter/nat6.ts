/** Translation of IPv6 packets: addresses are handles (net/netfilter/nf_nat_proto.c, nf_nat_masquerade.c, nf_nat_redirect.c). */
import { l4sumOk } from "../frame/l4sum.ts";
import type { Core } from "../ring/core.ts";
import type { In6Table } from "../ring/in6.ts";
import { T_NAT6 } from "../trace/kinds.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk } from "../wire/ipv6-ext.ts";
import type { Conntrack } from "./conntrack.ts";
import { C_KEY, REC } from "./ct-table.ts";
import { hookManip, NatCore } from "./nat.ts";
import { manipPacket6 } from "./nat-rewrite6.ts";
import { UniqueTuple6 } from "./nat-unique6.ts";
import type { NatTargets } from "./target.ts";
import {
	NF_DROP,
	NF_INET_LOCAL_OUT,
	NF_NAT_MANIP_DST,
	NF_NAT_MANIP_SRC,
	NF_NAT_RANGE_MAP_IPS,
	type NfHost,
} from "./types.ts";

export class Nat6 extends NatCore implements NatTargets {
	private readonly in6: In6Table;
	private readonly loopback: number;
	private readonly walk: Ipv6Walk = new Ipv6Walk();

	constructor(core: Core, conntrack: Conntrack) {
		super(core, conntrack, new UniqueTuple6(conntrack.table, core));
		this.in6 = core.in6;
		this.loopback = core.in6.intern(0, 0, 0, 1);
	}

	/** nf_nat_masquerade_ipv6: source = the address that `outDev` would use towards the destination. */
	masquerade(
		f: number,
		ct: number,
		host: NfHost,
		outDev: number,
		flags: number,
		minPort: number,
		maxPort: number,
	): number {
		const addr = host.masqueradeAddress(f, outDev);
		if (addr === 0) return NF_DROP;
		this.setMasqueradeDevice(ct, outDev);
		return this.setup(f, ct, NF_NAT_MANIP_SRC, flags | NF_NAT_RANGE_MAP_IPS, addr, addr, minPort, maxPort, 0);
	}

	/** nf_nat_redirect_ipv6: destination = this host, ::1 for its own packets. */
	redirect(
		f: number,
		ct: number,
		host: NfHost,
		hook: number,
		inDev: number,
		flags: number,
		minPort: number,
		maxPort: number,
	): number {
		const addr = hook === NF_INET_LOCAL_OUT ? this.loopback : host.firstAddress(inDev, f);
		if (addr === 0) return NF_DROP;
		const map = flags | NF_NAT_RANGE_MAP_IPS;
		return this.setup(f, ct, NF_NAT_MANIP_DST, map, addr, addr, minPort, maxPort, 0);
	}

	/** A record holds an address and no more: what was decided shows when it is done. */
	protected noteDecision(): void {}
	protected noteRewrite(f: number, _ct: number, _manip: number, addr: number): void {
		this.trace.add(T_NAT6, f, this.pool.dev[f], ...this.in6.get(addr));
	}
	protected isIcmp(f: number): boolean {
		const view = this.pool.view;
		const nh = this.pool.nh[f];
		const th = this.walk.skipFrom(view, nh, nh + ipv6.totalLength(view, nh));
		return th >= 0 && this.walk.next === ipv6.NEXTHDR_ICMP;
	}
	protected manip(f: number, protocol: number, manip: number, addr: number, port: number): boolean {
		const view = this.pool.view;
		const nh = this.pool.nh[f];
		const end = nh + ipv6.totalLength(view, nh);
		return manipPacket6(this.in6, view, nh, end, protocol, manip, addr, port);
	}
	/** nf_nat_icmpv6_reply_translation */
	protected icmpReplyTranslation(hook: number, f: number, ct: number, ctinfo: number): boolean {
		const { pool } = this;
		const view = pool.view;
		const nh = pool.nh[f];
		const end = nh + ipv6.totalLength(view, nh);
		const th = this.walk.skipFrom(view, nh, end);
		const quoted = th + icmpv6.ICMP6_HLEN;
		if (quoted + ipv6.IP6_HLEN > end || !l4sumOk(pool, f)) return false;
		if (view.getUint8(th) === icmpv6.REDIRECT && !this.redirectPasses(ct)) return false;
		const manip = hookManip(hook);
		if (!this.errorTranslation(manip, ct, ctinfo)) return true;
		const { addr, port } = this;
		const protocol = this.table.rec[ct * REC + C_KEY] & 0xff;
		const inner = manip === NF_NAT_MANIP_SRC ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
		if (!manipPacket6(this.in6, view, quoted, end, protocol, inner, addr, port)) return false;
		icmpv6.setChecksum(view, nh + ipv6.SADDR, th, end);
		if (!this.manip(f, ipv6.NEXTHDR_ICMP, manip, addr, 0)) return false;
		if (this.trace.on === 1) this.noteRewrite(f, ct, manip, addr);
		return true;
	}
}
