/**
 * Network address translation (net/netfilter/nf_nat_core.c). A connection's translation is decided once, by its first packet,
 * separately for source and destination; it is the difference between its two tuples. Every later packet is rewritten so that
 * it looks like the inverse of the other direction's tuple.
 *
 *   PREROUTING, OUTPUT    destination        INPUT, POSTROUTING    source
 *
 * What depends on the network header is in nat4.ts and nat6.ts. Where no rule decides, a null binding keeps address and port, unless the reply tuple is taken: then the port gives way.
 */
import type { FramePool } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import type { Trace } from "../trace/trace.ts";
import type { Conntrack } from "./conntrack.ts";
import { C_DST, C_KEY, C_MASQ, C_PORTS, C_REPLY, C_SRC, C_STATUS, type CtTable, REC } from "./ct-table.ts";
import { hasId, invertPorts } from "./ct-tuple.ts";
import type { UniqueTuple } from "./nat-unique.ts";
import {
	ctDir,
	IP_CT_DIR_ORIGINAL,
	IP_CT_ESTABLISHED,
	IP_CT_ESTABLISHED_REPLY,
	IP_CT_RELATED,
	IP_CT_RELATED_REPLY,
	IPS_CONFIRMED,
	IPS_DST_NAT,
	IPS_DST_NAT_DONE,
	IPS_SRC_NAT,
	IPS_SRC_NAT_DONE,
	type NatSetup,
	NF_ACCEPT,
	NF_DROP,
	NF_INET_LOCAL_IN,
	NF_INET_POST_ROUTING,
	NF_NAT_MANIP_DST,
	NF_NAT_MANIP_SRC,
	NF_NAT_RANGE_MAP_IPS,
	type TableRunner,
} from "./types.ts";

const NAT_MASK = IPS_SRC_NAT | IPS_DST_NAT;
const NAT_DONE_MASK = IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE;

/** Which side a hook translates (HOOK2MANIP). */
export function hookManip(hook: number): number {
	return hook === NF_INET_POST_ROUTING || hook === NF_INET_LOCAL_IN ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
}

export abstract class NatCore implements NatSetup {
	/** Answers of `errorTranslation`. */
	protected addr = 0;
	protected port = 0;
	protected readonly pool: FramePool;
	protected readonly trace: Trace;
	private readonly conntrack: Conntrack;
	protected readonly table: CtTable;
	private readonly unique: UniqueTuple;

	constructor(core: Core, conntrack: Conntrack, unique: UniqueTuple) {
		this.pool = core.pool;
		this.trace = core.trace;
		this.conntrack = conntrack;
		this.table = conntrack.table;
		this.unique = unique;
	}

	/**
	 * The NAT step of a hook (nf_nat_ipv4_fn, nf_nat_inet_fn). `rules` is the namespace's nat table, asked once per connection
	 * and side. Returns NF_ACCEPT, NF_DROP or what the rules said.
	 */
	run(hook: number, f: number, inDev: number, outDev: number, rules: TableRunner | null): number {
		const ct = this.pool.ct[f];
		if (ct === 0) return NF_ACCEPT;
		const ctinfo = this.pool.ctinfo[f];
		if (ctinfo === IP_CT_ESTABLISHED || ctinfo === IP_CT_ESTABLISHED_REPLY) {
			if (hook === NF_INET_POST_ROUTING && this.outDeviceChanged(ct, ctinfo, outDev)) return this.kill(ct);
			return this.packet(hook, f, ct, ctinfo);
		}
		if ((ctinfo === IP_CT_RELATED || ctinfo === IP_CT_RELATED_REPLY) && this.isIcmp(f))
			return this.icmpReplyTranslation(hook, f, ct, ctinfo) ? NF_ACCEPT : NF_DROP;
		const manip = hookManip(hook);
		if (!this.initialized(ct, manip)) {
			if (rules !== null && ((rules.hookMask >> hook) & 1) !== 0) {
				const verdict = rules.run(hook, f, inDev, outDev);
				if (verdict !== NF_ACCEPT) return verdict;
			}
			if (!this.initialized(ct, manip)) {
				const verdict = this.nullBinding(f, ct, manip);
				if (verdict !== NF_ACCEPT) return verdict;
			}
		} else if (hook === NF_INET_POST_ROUTING && this.outDeviceChanged(ct, ctinfo, outDev))
			return this.kill(ct);
		return this.packet(hook, f, ct, ctinfo);
	}

	setup(
		f: number,
		ct: number,
		manip: number,
		flags: number,
		minAddr: number,
		maxAddr: number,
		minPort: number,
		maxPort: number,
		basePort: number,
	): number {
		const rec = this.table.rec;
		const b = ct * REC;
		const r = b + C_REPLY;
		if ((rec[b + C_STATUS] & IPS_CONFIRMED) !== 0) return NF_ACCEPT;
		if (this.initialized(ct, manip)) return NF_DROP;
		const u = this.unique;
		// what we have so far is the inverse of the reply
		const protocol = rec[b + C_KEY] & 0xff;
		const src = rec[r + C_DST];
		const dst = rec[r + C_SRC];
		const ports = invertPorts(rec[r + C_PORTS], protocol);
		u.choose(ct, manip, src, dst, ports, flags, minAddr, maxAddr, minPort, maxPort, basePort);
		if (u.src !== src || u.dst !== dst || u.ports !== ports) {
			rec[r + C_SRC] = u.dst;
			rec[r + C_DST] = u.src;
			rec[r + C_PORTS] = invertPorts(u.ports, protocol);
			rec[b + C_STATUS] |= manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT : IPS_DST_NAT;
		}
		if (manip === NF_NAT_MANIP_SRC) {
			this.table.bySource.add(ct, rec[b + C_SRC], rec[b + C_PORTS] >>> 16, rec[b + C_KEY]);
			rec[b + C_STATUS] |= IPS_SRC_NAT_DONE;
		} else rec[b + C_STATUS] |= IPS_DST_NAT_DONE;
		if (this.trace.on === 1) {
			const source = manip === NF_NAT_MANIP_SRC || hasId(protocol);
			const addr = manip === NF_NAT_MANIP_SRC ? u.src : u.dst;
			const port = source ? u.ports >>> 16 : u.ports & 0xffff;
			this.noteDecision(f, ct, manip, addr, port);
		}
		return NF_ACCEPT;
	}

	setMasqueradeDevice(ct: number, dev: number): void {
		this.table.rec[ct * REC + C_MASQ] = dev + 1;
	}

	/** Trace: what a side of the connection becomes. */
	protected abstract noteDecision(f: number, ct: number, manip: number, addr: number, port: number): void;
	/** Trace: a packet was rewritten. */
	protected abstract noteRewrite(f: number, ct: number, manip: number, addr: number, port: number): void;
	/** Is it an ICMP message of the family? */
	protected abstract isIcmp(f: number): boolean;
	/**
	 * An error about a translated packet is translated outside, and inside the other way. False: it must be dropped.
	 */
	protected abstract icmpReplyTranslation(hook: number, f: number, ct: number, ctinfo: number): boolean;
	/**
	 * Give the packet another source or destination (`manip`): the address `addr`, as tuples have it, and the port, or the id of
	 * ICMP. False: it is too short for it.
	 */
	protected abstract manip(f: number, protocol: number, manip: number, addr: number, port: number): boolean;

	/** nf_nat_initialized */
	private initialized(ct: number, manip: number): boolean {
		const done = manip === NF_NAT_MANIP_SRC ? IPS_SRC_NAT_DONE : IPS_DST_NAT_DONE;
		return (this.table.rec[ct * REC + C_STATUS] & done) !== 0;
	}
	/** nf_nat_alloc_null_binding: the address as it is now (a local packet's may be mangled already). */
	private nullBinding(f: number, ct: number, manip: number): number {
		const r = ct * REC + C_REPLY;
		const addr = this.table.rec[manip === NF_NAT_MANIP_SRC ? r + C_DST : r + C_SRC];
		return this.setup(f, ct, manip, NF_NAT_RANGE_MAP_IPS, addr, addr, 0, 0, 0);
	}
	/** nf_nat_oif_changed: a masqueraded connection now leaves by another device, so its address is wrong. */
	private outDeviceChanged(ct: number, ctinfo: number, outDev: number): boolean {
		const masq = this.table.rec[ct * REC + C_MASQ];
		return masq !== 0 && outDev >= 0 && masq !== outDev + 1 && ctDir(ctinfo) === IP_CT_DIR_ORIGINAL;
	}
	private kill(ct: number): number {
		this.conntrack.delete(ct);
		return NF_DROP;
	}
	/** nf_nat_packet: rewrite if this side is translated. */
	private packet(hook: number, f: number, ct: number, ctinfo: number): number {
		const rec = this.table.rec;
		const b = ct * REC;
		const reply = ctinfo >= 3;
		const manip =
			hook === NF_INET_POST_ROUTING || hook === NF_INET_LOCAL_IN ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
		const source = manip === NF_NAT_MANIP_SRC;
		if ((rec[b + C_STATUS] & (source === reply ? IPS_DST_NAT : IPS_SRC_NAT)) === 0) return NF_ACCEPT;
		// the other direction's tuple; what it goes to is what we come from
		const o = reply ? b : b + C_REPLY;
		const protocol = rec[b + C_KEY] & 0xff;
		const ports = rec[o + C_PORTS];
		const addr = rec[source ? o + C_DST : o + C_SRC];
		const port = source && !hasId(protocol) ? ports & 0xffff : ports >>> 16;
		if (!this.manip(f, protocol, manip, addr, port)) return NF_DROP;
		if (this.trace.on === 1) this.noteRewrite(f, ct, manip, addr, port);
		return NF_ACCEPT;
	}
	/**
	 * What an error's translation is made of: false when this side of the connection is not translated. Else the address and the
	 * port are in `addr` and `port`; outside they go to `manip`'s side, inside to the other one, which comes to the same.
	 */
	protected errorTranslation(manip: number, ct: number, ctinfo: number): boolean {
		const rec = this.table.rec;
		const b = ct * REC;
		const source = manip === NF_NAT_MANIP_SRC;
		const reply = ctDir(ctinfo) !== IP_CT_DIR_ORIGINAL;
		if ((rec[b + C_STATUS] & (source === reply ? IPS_DST_NAT : IPS_SRC_NAT)) === 0) return false;
		const o = reply ? b : b + C_REPLY;
		const ports = rec[o + C_PORTS];
		this.addr = rec[source ? o + C_DST : o + C_SRC];
		this.port = source && !hasId(rec[b + C_KEY] & 0xff) ? ports & 0xffff : ports >>> 16;
		return true;
	}
	/** A redirect tells of our own network: it must not cross a translation. */
	protected redirectPasses(ct: number): boolean {
		const status = this.table.rec[ct * REC + C_STATUS];
		return (status & NAT_DONE_MASK) === NAT_DONE_MASK && (status & NAT_MASK) === 0;
	}
}
