/** The hooks of IPv4, and the settled frames that may pass them stage by stage. */
import { DROP } from "../frame/drop.ts";
import type { Core } from "../ring/core.ts";
import * as ipv4 from "../wire/ipv4.ts";
import type { Conntrack } from "./conntrack.ts";
import { SettledFlows } from "./ct-settled.ts";
import { HookList, STEP_CONFIRM, STEP_DEFRAG } from "./hooks.ts";
import type { NatCore } from "./nat.ts";
import { NF_ACCEPT, NF_INET_LOCAL_OUT, NF_INET_PRE_ROUTING, NF_STOLEN, type NfHost } from "./types.ts";

export class Netfilter extends HookList {
	readonly family = 4;
	private readonly flows: SettledFlows;

	constructor(core: Core, host: NfHost, conntrack: Conntrack, nat: NatCore) {
		super(core, host, conntrack, nat);
		this.flows = new SettledFlows(core, conntrack);
	}

	/** May settled frames go stage by stage through PRE_ROUTING, FORWARD and POST_ROUTING? */
	get stageable(): boolean {
		const { raw, mangle, natTable, filter, security } = this;
		return (
			(raw === null || raw.stageable) &&
			(mangle === null || mangle.stageable) &&
			(natTable === null || natTable.stageable) &&
			(filter === null || filter.stageable) &&
			(security === null || security.stageable)
		);
	}
	/** Is the frame, which is whole and no fragment, settled as far as the hooks are concerned? */
	settled(f: number, bridged: boolean): boolean {
		if (this.ctUsers === 0) return true;
		return this.flows.settled(this.host.id, f, this.core.generation, this.natTable !== null, bridged);
	}
	/**
	 * A hook for the settled frames `vec[0..n)`, step by step over all of them; those that pass are moved together, their number
	 * is returned. PRE_ROUTING takes `inDev`; the later hooks take the way out from the frames.
	 */
	hookVector(hook: number, vec: Int32Array, n: number, inDev: number): number {
		const steps = this.steps[hook];
		const pool = this.pool;
		let left = n;
		for (let i = 0; i < steps.length; i++) {
			const step = steps[i];
			// settled frames are whole, and their connections are confirmed
			if (step === STEP_DEFRAG || step === STEP_CONFIRM) continue;
			let kept = 0;
			for (let k = 0; k < left; k++) {
				const f = vec[k];
				const outDev = hook === NF_INET_PRE_ROUTING ? -1 : pool.dstDev[f];
				const verdict = this.step(step, hook, f, inDev, outDev);
				if (verdict === NF_ACCEPT) vec[kept++] = f;
				else if (verdict !== NF_STOLEN) pool.drop(f, DROP.NETFILTER_DROP);
			}
			left = kept;
		}
		return left;
	}
	protected override settle(f: number): void {
		this.flows.settle(f, this.core.generation);
	}

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
