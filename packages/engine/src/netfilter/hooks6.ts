/** The hooks of IPv6. Its frames go one by one. */
import type { Core } from "../ring/core.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk, NO_HEADER } from "../wire/ipv6-ext.ts";
import type { Conntrack } from "./conntrack.ts";
import { Conntrack6 } from "./conntrack6.ts";
import { HookList } from "./hooks.ts";
import type { NatCore } from "./nat.ts";
import { NF_ACCEPT, NF_INET_LOCAL_OUT, type NfHost } from "./types.ts";

export class Netfilter6 extends HookList {
	readonly family = 6;
	private readonly conntrack6: Conntrack6;
	private readonly walk: Ipv6Walk = new Ipv6Walk();

	constructor(core: Core, host: NfHost, conntrack: Conntrack, nat: NatCore) {
		super(core, host, conntrack, nat);
		this.conntrack6 = new Conntrack6(core, conntrack);
	}

	protected track(hook: number, f: number): number {
		return this.conntrack6.in(this.host, hook, f);
	}
	/** Is there a fragment header at all (find_prev_fhdr)? One that says "whole" counts: what has it is taken apart and put together too. */
	protected isFragment(f: number): boolean {
		const { pool } = this;
		const view = pool.view;
		const nh = pool.nh[f];
		const next = view.getUint8(nh + ipv6.NEXT_HDR);
		if (!ipv6.isExtension(next) || view.getUint16(nh + ipv6.PAYLOAD_LEN) === 0) return false;
		const end = nh + ipv6.totalLength(view, nh);
		// one that is cut off is for whoever puts fragments together to judge
		return this.walk.findHeader(view, nh, end, ipv6.NEXTHDR_FRAGMENT) !== NO_HEADER;
	}
	/** ip6t_mangle_out */
	protected mangleOut(f: number, inDev: number, outDev: number): number {
		const { pool } = this;
		const view = pool.view;
		const nh = pool.nh[f];
		const mark = pool.mark[f];
		const flow = view.getInt32(nh);
		const hopLimit = view.getUint8(nh + ipv6.HOP_LIMIT);
		const verdict = this.mangle!.run(NF_INET_LOCAL_OUT, f, inDev, outDev);
		if (verdict !== NF_ACCEPT) return verdict;
		// no target of this table changes an address
		if (
			pool.mark[f] === mark &&
			view.getInt32(nh) === flow &&
			view.getUint8(nh + ipv6.HOP_LIMIT) === hopLimit
		)
			return NF_ACCEPT;
		return this.routeAgain(f);
	}
	/** nf_nat_ipv6_in, nf_nat_ipv6_local_fn */
	protected dstnat(hook: number, f: number, inDev: number, outDev: number): number {
		const { pool } = this;
		const view = pool.view;
		const d = pool.nh[f] + ipv6.DADDR;
		const a = view.getInt32(d);
		const b = view.getInt32(d + 4);
		const c = view.getInt32(d + 8);
		const e = view.getInt32(d + 12);
		const verdict = this.nat.run(hook, f, inDev, outDev, this.natTable);
		if (verdict !== NF_ACCEPT) return verdict;
		if (hook === NF_INET_LOCAL_OUT) return this.routeTranslated(f);
		if (
			view.getInt32(d) !== a ||
			view.getInt32(d + 4) !== b ||
			view.getInt32(d + 8) !== c ||
			view.getInt32(d + 12) !== e
		)
			pool.dstType[f] = 0;
		return NF_ACCEPT;
	}
}
