/**
 * Routing decisions: for a packet that arrived (ip_route_input_slow) and for one that this namespace sends
 * (ip_route_output_key_hash_rcu), net/ipv4/route.c. The answer to an arriving packet is written to the frame (`dst*` fields).
 */
import type { NetDevice } from "../device/netdev.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_DOREDIRECT } from "../frame/flags.ts";
import { RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST, RTN_UNREACHABLE } from "../netfilter/types.ts";
import { T_ROUTE, T_ROUTE_FAIL } from "../trace/kinds.ts";
import * as ipv4 from "../wire/ipv4.ts";
import {
	type InDevice,
	onLink,
	RT_SCOPE_HOST,
	RT_SCOPE_LINK,
	RT_SCOPE_UNIVERSE,
	selectAddress,
} from "./address.ts";
import { EHOSTUNREACH, EINVAL, ENETUNREACH } from "./errno.ts";
import { type RouteException, routeMtu } from "./exceptions.ts";
import { type Route, RTAX_MTU_MAX } from "./fib.ts";
import { PORTS_FIRST } from "./fib-rules.ts";
import type { Netns } from "./netns.ts";

/** The way out that `output` found. */
export interface OutputRoute {
	type: number;
	/** Where to: as asked, or this host itself for 0.0.0.0. */
	daddr: number;
	dev: number;
	gw: number;
	source: number;
	mtu: number;
	/** The MTU is given, or not to be believed: packets go without DF (ip_mtu_locked). */
	mtuLocked: boolean;
	/** The route, null = none was needed. */
	route: Route | null;
	/** What was learnt about this destination. */
	exception: RouteException | undefined;
}

export class Router {
	readonly out: OutputRoute = {
		type: 0,
		daddr: 0,
		dev: 0,
		gw: 0,
		source: 0,
		mtu: 0,
		mtuLocked: false,
		route: null,
		exception: undefined,
	};
	/** The question that `out` answers, while `generation` and `tables` are what they were then; generation -1: none to be asked again. */
	private readonly asked = { to: 0, saddr: 0, tos: 0, mark: 0, oif: 0, generation: -1, tables: 0 };
	/** What `inputForArp` found. */
	arpType = 0;
	arpDev = -1;
	/** Set by validateSource: the source is reached directly, without a gateway. */
	private sourceOnLink = false;
	private forwards = true;
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** Route an arriving IPv4 packet. 0: decided (even if the decision is "unreachable"); else the reason to drop it. */
	input(f: number, daddr: number, saddr: number, tos: number, dev: NetDevice): number {
		const { ns } = this;
		const { pool, trace } = ns.core;
		const inDev = ns.inDevices[dev.id];
		if (inDev === undefined) return DROP.UNHANDLED_PROTO;
		if (ipv4.isMulticast(daddr)) return this.inputMulticast(f, daddr, saddr, tos, dev, inDev);
		if (ipv4.isMulticast(saddr) || saddr === ipv4.BROADCAST) return DROP.IP_INVALID_SOURCE;
		if (daddr === ipv4.BROADCAST || (saddr === 0 && daddr === 0))
			return this.inputBroadcast(f, saddr, tos, dev, inDev);
		if (ipv4.isZeronet(saddr)) return DROP.IP_INVALID_SOURCE;
		if (ipv4.isZeronet(daddr)) return DROP.IP_INVALID_DEST;
		const localnet = inDev.conf.route_localnet !== 0 || ns.confAll.route_localnet !== 0;
		if ((ipv4.isLoopback(daddr) || ipv4.isLoopback(saddr)) && !localnet && !dev.loopback)
			return DROP.IP_LOCALNET;
		if (ns.fib.needsFlow) dissect4(ns, f, false);
		const error = ns.fib.lookup(daddr, saddr, tos, pool.mark[f], dev, -1, "");
		if (error !== 0) {
			if (trace.on !== 0) trace.add(T_ROUTE_FAIL, f, dev.id, daddr, saddr, error, 0);
			this.unreachable(f, inDev.conf.forwarding !== 0 ? error : EHOSTUNREACH);
			return 0;
		}
		const route = ns.fib.route as Route;
		if (trace.on !== 0) trace.add(T_ROUTE, f, route.dev?.id ?? -1, daddr, route.type, route.gw, route.table);
		const directed = route.type === RTN_BROADCAST;
		if (directed && (inDev.conf.bc_forwarding === 0 || ns.confAll.bc_forwarding === 0))
			return this.inputBroadcast(f, saddr, tos, dev, inDev);
		if (route.type === RTN_LOCAL) {
			const reason = this.validateSource(f, saddr, daddr, tos, -1, dev, inDev);
			if (reason !== 0) return reason;
			pool.dstType[f] = RTN_LOCAL;
			pool.dstDev[f] = dev.id;
			pool.dstGw[f] = 0;
			return 0;
		}
		if (inDev.conf.forwarding === 0 && !directed) {
			this.unreachable(f, EHOSTUNREACH);
			return 0;
		}
		if (route.type !== RTN_UNICAST && !directed) return DROP.IP_INVALID_DEST;
		const outDev = route.dev as NetDevice;
		const reason = this.validateSource(f, saddr, daddr, tos, outDev.id, dev, inDev);
		if (reason !== 0) return reason;
		if (
			outDev === dev &&
			this.sourceOnLink &&
			(ns.confAll.send_redirects !== 0 || inDev.conf.send_redirects !== 0)
		) {
			if (ns.confAll.shared_media !== 0 || inDev.conf.shared_media !== 0 || onLink(inDev, saddr, route.gw))
				pool.flags[f] |= FRAME_DOREDIRECT;
		}
		pool.dstType[f] = RTN_UNICAST;
		pool.dstDev[f] = outDev.id;
		pool.dstGw[f] = route.gw;
		pool.dstMtu[f] = route.mtu !== 0 ? route.mtu : Math.min(outDev.mtu, RTAX_MTU_MAX);
		if (route.exceptions !== null) {
			ns.core.flows.recorder.veto();
			const x = ns.exceptions.find(route, daddr);
			if (x !== undefined) {
				if (x.gw !== 0) pool.dstGw[f] = x.gw;
				pool.dstMtu[f] = routeMtu(ns, route, outDev, x, this.forwards);
			}
		}
		return 0;
	}
	/** The same for a packet that a bridge is to send on: what was learned of the path counts, for it is not forwarded (ip_skb_dst_mtu). */
	inputBridged(f: number, daddr: number, saddr: number, tos: number, bridge: NetDevice): number {
		this.forwards = false;
		const reason = this.input(f, daddr, saddr, tos, bridge);
		this.forwards = true;
		return reason;
	}
	/** Route the target of an ARP request: true when there is a route, in `arpType` and `arpDev`. */
	inputForArp(daddr: number, saddr: number, dev: NetDevice): boolean {
		const { ns } = this;
		const inDev = ns.inDevices[dev.id];
		if (inDev === undefined || daddr === ipv4.BROADCAST || saddr === ipv4.BROADCAST) return false;
		if (ipv4.isMulticast(daddr) || ipv4.isMulticast(saddr) || ipv4.isZeronet(saddr) || ipv4.isZeronet(daddr))
			return false;
		const localnet = inDev.conf.route_localnet !== 0 || ns.confAll.route_localnet !== 0;
		if ((ipv4.isLoopback(daddr) || ipv4.isLoopback(saddr)) && !localnet && !dev.loopback) return false;
		ns.fib.setFlow(0, 0, 0);
		if (ns.fib.lookup(daddr, saddr, 0, 0, dev, -1, "") !== 0) {
			this.arpType = RTN_UNREACHABLE;
			return true;
		}
		const route = ns.fib.route as Route;
		if (route.type === RTN_LOCAL) {
			if (this.validateSource(-1, saddr, daddr, 0, -1, dev, inDev) !== 0) return false;
			this.arpType = RTN_LOCAL;
			return true;
		}
		if (route.type !== RTN_UNICAST || inDev.conf.forwarding === 0) return false;
		const out = route.dev as NetDevice;
		if (this.validateSource(-1, saddr, daddr, 0, out.id, dev, inDev) !== 0) return false;
		if (out === dev && inDev.conf.proxy_arp_pvlan === 0 && ns.confAll.proxy_arp_pvlan === 0) return false;
		this.arpType = RTN_UNICAST;
		this.arpDev = out.id;
		return true;
	}
	/** Route a packet of this namespace's own. 0 and the answer in `out`, or an errno. `saddr` 0: choose; `oif` -1: any. */
	output(to: number, saddr: number, tos: number, mark: number, oif: number): number {
		const { ns, asked } = this;
		const { fib } = ns;
		const { generation } = ns.core;
		// a tunnel asks the same for every frame
		if (
			asked.generation === generation &&
			asked.to === to &&
			asked.saddr === saddr &&
			asked.oif === oif &&
			asked.tos === tos &&
			asked.mark === mark &&
			asked.tables === fib.local.changes + fib.main.changes &&
			!fib.custom
		) {
			fib.setFlow(0, 0, 0);
			return 0;
		}
		asked.generation = -1;
		const error = this.findOutput(to, saddr, tos, mark, oif);
		const { route } = this.out;
		if (error === 0 && route !== null && route.exceptions === null && !fib.custom) {
			asked.to = to;
			asked.saddr = saddr;
			asked.tos = tos;
			asked.mark = mark;
			asked.oif = oif;
			asked.tables = fib.local.changes + fib.main.changes;
			asked.generation = generation;
		}
		return error;
	}
	private findOutput(to: number, saddr: number, tos: number, mark: number, oif: number): number {
		const { ns, out } = this;
		// 0.0.0.0 is this host
		const daddr = to !== 0 ? to : saddr !== 0 ? saddr : 0x7f000001;
		out.daddr = daddr;
		let via = oif;
		if (saddr !== 0) {
			if (ipv4.isMulticast(saddr) || saddr === ipv4.BROADCAST || ipv4.isZeronet(saddr)) return EINVAL;
			// __ip_dev_find: local in another table than the local one is no address to send from
			if (!ns.ownAddresses.has(saddr) && !ns.fib.isLocal(saddr)) return EINVAL;
			if (via < 0 && (ipv4.isMulticast(daddr) || daddr === ipv4.BROADCAST)) via = ns.deviceOfAddress(saddr);
		}
		// a device that is down leads nowhere, whatever the routes say
		if (oif >= 0 && (!ns.deviceById(oif).up || ns.inDevices[oif] === undefined)) return ENETUNREACH;
		const name = via >= 0 ? ns.deviceById(via).name : "";
		const error = ns.fib.lookup(daddr, saddr, tos, mark, null, via, name);
		ns.fib.setFlow(0, 0, 0);
		if (error !== 0) {
			if (oif >= 0 && error === ENETUNREACH) return this.outputOnLink(daddr, saddr, oif);
			if (via >= 0 && (ipv4.isMulticast(daddr) || daddr === ipv4.BROADCAST))
				return this.outputOnLink(daddr, saddr, via);
			return error;
		}
		const route = ns.fib.route as Route;
		if (route.type === RTN_LOCAL) {
			out.type = RTN_LOCAL;
			out.dev = ns.lo.id;
			out.gw = 0;
			out.source = saddr !== 0 ? saddr : route.prefsrc !== 0 ? route.prefsrc : daddr;
			out.mtu = Math.min(ns.lo.mtu, RTAX_MTU_MAX);
			out.mtuLocked = false;
			out.route = null;
			out.exception = undefined;
			return 0;
		}
		const dev = route.dev as NetDevice;
		out.type =
			daddr === ipv4.BROADCAST ? RTN_BROADCAST : ipv4.isMulticast(daddr) ? RTN_MULTICAST : route.type;
		out.dev = dev.id;
		out.gw = out.type === RTN_BROADCAST || out.type === RTN_MULTICAST ? 0 : route.gw;
		out.source = saddr !== 0 ? saddr : this.preferredSource(route);
		if (ipv4.isLoopback(out.source) && !dev.loopback && ns.confAll.route_localnet === 0) {
			if ((ns.inDevices[dev.id]?.conf.route_localnet ?? 0) === 0) return EINVAL;
		}
		const x = route.exceptions === null ? undefined : ns.exceptions.find(route, daddr);
		if (x !== undefined && x.gw !== 0) out.gw = x.gw;
		out.mtu = routeMtu(ns, route, dev, x, false);
		out.mtuLocked = route.mtuLock || (x?.locked ?? false);
		out.route = route;
		out.exception = x;
		return 0;
	}
	/** fib_result_prefsrc */
	preferredSource(route: Route): number {
		if (route.prefsrc !== 0) return route.prefsrc;
		const dev = route.dev as NetDevice;
		return selectAddress(this.ns.inDevices[dev.id], this.ns.allInDevices(), route.gw, route.scope);
	}
	/** The address that would answer the sender of a frame (fib_compute_spec_dst). */
	specDst(f: number, dev: NetDevice): number {
		const { ns } = this;
		const { pool } = ns.core;
		const nh = pool.nh[f];
		const saddr = pool.view.getInt32(nh + ipv4.SADDR);
		if (pool.dstType[f] === RTN_LOCAL) return pool.view.getInt32(nh + ipv4.DADDR);
		let scope = RT_SCOPE_UNIVERSE;
		if (!ipv4.isZeronet(saddr)) {
			ns.fib.setFlow(0, 0, 0);
			if (ns.fib.lookup(saddr, 0, pool.view.getUint8(nh + ipv4.TOS), 0, null, -1, "") === 0) {
				const r = ns.fib.route as Route;
				return r.type === RTN_LOCAL ? saddr : this.preferredSource(r);
			}
		} else scope = RT_SCOPE_LINK;
		return selectAddress(ns.inDevices[dev.id], ns.allInDevices(), saddr, scope);
	}
	private outputOnLink(daddr: number, saddr: number, oif: number): number {
		const { ns, out } = this;
		const dev = ns.deviceById(oif);
		out.type =
			daddr === ipv4.BROADCAST ? RTN_BROADCAST : ipv4.isMulticast(daddr) ? RTN_MULTICAST : RTN_UNICAST;
		out.dev = oif;
		out.gw = 0;
		out.source = saddr !== 0 ? saddr : selectAddress(ns.inDevices[oif], ns.allInDevices(), 0, RT_SCOPE_LINK);
		out.mtu = Math.min(dev.mtu, RTAX_MTU_MAX);
		out.mtuLocked = false;
		out.route = null;
		out.exception = undefined;
		return 0;
	}
	private unreachable(f: number, error: number): void {
		const pool = this.ns.core.pool;
		pool.dstType[f] = RTN_UNREACHABLE;
		pool.dstError[f] = error;
		pool.dstDev[f] = pool.dev[f];
		pool.dstGw[f] = 0;
	}
	private inputBroadcast(f: number, saddr: number, tos: number, dev: NetDevice, inDev: InDevice): number {
		const pool = this.ns.core.pool;
		if (!ipv4.isZeronet(saddr)) {
			const reason = this.validateSource(f, saddr, 0, tos, -1, dev, inDev);
			if (reason !== 0) return reason;
		}
		pool.dstType[f] = RTN_BROADCAST;
		pool.dstDev[f] = dev.id;
		pool.dstGw[f] = 0;
		return 0;
	}
	/** ip_route_input_mc, ip_mc_validate_source */
	private inputMulticast(
		f: number,
		daddr: number,
		saddr: number,
		tos: number,
		dev: NetDevice,
		inDev: InDevice,
	): number {
		const { ns } = this;
		const { pool } = ns.core;
		if (!inDev.groups.has(daddr)) return DROP.IP_INVALID_DEST;
		if (ipv4.isMulticast(saddr) || saddr === ipv4.BROADCAST) return DROP.IP_INVALID_SOURCE;
		const localnet = inDev.conf.route_localnet !== 0 || ns.confAll.route_localnet !== 0;
		if (ipv4.isLoopback(saddr) && !localnet) return DROP.IP_LOCALNET;
		if (!ipv4.isZeronet(saddr)) {
			const reason = this.validateSource(f, saddr, 0, tos, -1, dev, inDev);
			if (reason !== 0) return reason;
		} else if (daddr >>> 8 !== 0xe00000) return DROP.IP_INVALID_SOURCE;
		pool.dstType[f] = RTN_MULTICAST;
		pool.dstDev[f] = dev.id;
		pool.dstGw[f] = 0;
		return 0;
	}
	/** fib_validate_source: 0 fine, else the reason to drop. `oif` is where it will leave, -1 for local delivery. */
	private validateSource(
		f: number,
		saddr: number,
		daddr: number,
		tos: number,
		oif: number,
		dev: NetDevice,
		inDev: InDevice,
	): number {
		const { ns } = this;
		const conf = inDev.conf;
		const all = ns.confAll;
		const rpf = Math.max(all.rp_filter, conf.rp_filter);
		const acceptLocal = all.accept_local !== 0 || conf.accept_local !== 0;
		this.sourceOnLink = false;
		if (rpf === 0 && (dev.id !== oif || (all.send_redirects === 0 && conf.send_redirects === 0))) {
			if (acceptLocal) return 0;
			if (!ns.fib.custom && !ns.fib.customLocal)
				return ns.ownAddresses.has(saddr) && !dev.loopback ? DROP.IP_LOCAL_SOURCE : 0;
		}
		const mark = f >= 0 && (all.src_valid_mark !== 0 || conf.src_valid_mark !== 0) ? ns.core.pool.mark[f] : 0;
		const iif = oif >= 0 ? ns.deviceById(oif) : null;
		if (ns.fib.needsFlow && f >= 0) dissect4(ns, f, true);
		const error = ns.fib.lookup(saddr, daddr, tos, mark, iif, -1, "");
		if (error !== 0) return rpf !== 0 ? DROP.IP_RPFILTER : 0;
		const route = ns.fib.route as Route;
		if (route.type !== RTN_UNICAST) {
			if (route.type !== RTN_LOCAL) return DROP.IP_INVALID_SOURCE;
			if (!acceptLocal && !dev.loopback) return DROP.IP_LOCAL_SOURCE;
		}
		if (route.dev === dev || (route.type === RTN_LOCAL && dev.loopback)) {
			this.sourceOnLink = route.nhScope >= RT_SCOPE_HOST;
			return 0;
		}
		if (inDev.addresses.length === 0) return rpf !== 0 ? DROP.IP_RPFILTER : 0;
		if (rpf === 1) return DROP.IP_RPFILTER;
		if (ns.fib.lookup(saddr, daddr, tos, mark, iif, dev.id, dev.name) === 0) {
			const r = ns.fib.route as Route;
			if (r.type === RTN_UNICAST) this.sourceOnLink = r.nhScope >= RT_SCOPE_HOST;
		}
		return 0;
	}
}

/** fib4_rules_early_flow_dissect: protocol and ports for the rules; `back`: as of the packet's answer. */
export function dissect4(ns: Netns, f: number, back: boolean): void {
	const { pool } = ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	const protocol = view.getUint8(nh + ipv4.PROTO);
	const th = nh + ipv4.headerLength(view, nh);
	const whole = (view.getUint16(nh + ipv4.FRAG_OFF) & (ipv4.IP_MF | ipv4.IP_OFFSET)) === 0;
	if (!whole || !PORTS_FIRST.has(protocol) || th + 4 > pool.off[f] + pool.len[f]) {
		ns.fib.setFlow(protocol, 0, 0);
		return;
	}
	const sport = view.getUint16(th);
	const dport = view.getUint16(th + 2);
	ns.core.flows.recorder.portSeen = true;
	ns.fib.setFlow(protocol, back ? dport : sport, back ? sport : dport);
}
