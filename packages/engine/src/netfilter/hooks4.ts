import * as ipv4 from "../wire/ipv4.ts";
import { HookList } from "./hooks.ts";
import { NF_ACCEPT, NF_INET_LOCAL_OUT } from "./types.ts";

export class Netfilter extends HookList {
	readonly family = 4;

	protected track(hook: number, f: number): number {
		// with IP_NODEFRAG a local fragment may get here
		return this.isFragment(f) ? NF_ACCEPT : this.conntrack.in(this.host, hook, f);
	}
	protected isFragment(f: number): boolean {
		const pool = this.pool;
		return (pool.view.getUint16(pool.nh[f] + ipv4.FRAG_OFF) & (ipv4.IP_MF | ipv4.IP_OFFSET)) !== 0;
	}
	/** ipt_mangle_out: route again when a rule changed what the route depends on. */
	protected mangleOut(f: number, inDev: number, outDev: number): number {
		const pool = this.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const mark = pool.mark[f];
		const saddr = view.getInt32(nh + ipv4.SADDR);
		const daddr = view.getInt32(nh + ipv4.DADDR);
		const tos = view.getUint8(nh + ipv4.TOS);
		const verdict = this.mangle!.run(NF_INET_LOCAL_OUT, f, inDev, outDev);
		if (verdict !== NF_ACCEPT) return verdict;
		if (
			pool.mark[f] === mark &&
			view.getInt32(nh + ipv4.SADDR) === saddr &&
			view.getInt32(nh + ipv4.DADDR) === daddr &&
			view.getUint8(nh + ipv4.TOS) === tos
		)
			return NF_ACCEPT;
		return this.routeAgain(f);
	}
	/** nf_nat_ipv4_pre_routing, nf_nat_ipv4_local_fn */
	protected dstnat(hook: number, f: number, inDev: number, outDev: number): number {
		const pool = this.pool;
		const daddr = pool.view.getInt32(pool.nh[f] + ipv4.DADDR);
		const verdict = this.nat.run(hook, f, inDev, outDev, this.natTable);
		if (verdict !== NF_ACCEPT) return verdict;
		if (hook === NF_INET_LOCAL_OUT) return this.routeTranslated(f);
		if (pool.view.getInt32(pool.nh[f] + ipv4.DADDR) !== daddr) pool.dstType[f] = 0;
		return NF_ACCEPT;
	}
}
