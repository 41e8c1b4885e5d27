/**
 * IPv4 input: from the device to the local protocols or to forwarding (net/ipv4/ip_input.c, ip_forward.c).
 *
 *   receive --- header checks, trim ---> PRE_ROUTING ---> route ---+--> local:   (defragment) -> LOCAL_IN -> protocol
 *                                                                 +--> forward: TTL, MTU, redirect -> FORWARD -> output
 *                                                                 +--> error:   unreachable to the sender
 */
import type { NetDevice } from "../device/netdev.ts";
import { DROP } from "../frame/drop.ts";
import {
	FRAME_BR_PREROUTED,
	FRAME_DOREDIRECT,
	FRAME_FRAG_PMTU,
	FRAME_IGNORE_DF,
	FRAME_OPT_SRR_HIT,
} from "../frame/flags.ts";
import { PACKET_HOST, PACKET_OTHERHOST } from "../frame/pool.ts";
import {
	NF_INET_FORWARD,
	NF_INET_LOCAL_IN,
	NF_INET_PRE_ROUTING,
	RTN_BROADCAST,
	RTN_LOCAL,
	RTN_MULTICAST,
	RTN_UNICAST,
} from "../netfilter/types.ts";
import { T_TTL } from "../trace/kinds.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { EACCES, EHOSTUNREACH, ENETUNREACH } from "./errno.ts";
import { DEFRAG_LOCAL_DELIVER } from "./frag-queues.ts";
import { acceptHeader } from "./header.ts";
import type { Netns } from "./netns.ts";
import { findOption, forwardOptions, receiveOptions, SSRR } from "./options.ts";

export class IpReceive {
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** ip_rcv */
	receive(f: number, dev: NetDevice): void {
		const { ns } = this;
		const pool = ns.core.pool;
		if (pool.pktType[f] === PACKET_OTHERHOST) {
			pool.drop(f, DROP.OTHERHOST);
			return;
		}
		// br_netfilter has checked and trimmed what it passed through PRE_ROUTING
		if ((pool.flags[f] & FRAME_BR_PREROUTED) !== 0) {
			// ip_rcv_core clears IPCB: a route that a bridge looked up stays, and that it calls for a redirect is forgotten
			pool.flags[f] &= ~(FRAME_BR_PREROUTED | FRAME_FRAG_PMTU | FRAME_DOREDIRECT);
			pool.forgetFragmentSize(f);
			if (ns.brNetfilter.enabled) {
				this.finish(f, dev);
				return;
			}
		} else {
			const reason = acceptHeader(pool, f);
			if (reason !== 0) {
				pool.drop(f, reason);
				return;
			}
		}
		let g = f;
		if (ns.nf.active[NF_INET_PRE_ROUTING] !== 0) {
			g = ns.nf.hook(NF_INET_PRE_ROUTING, f, dev.id, -1);
			if (g < 0) return;
		}
		this.finish(g, dev);
	}
	/** ip_rcv_finish: route, then go on. */
	finish(f: number, dev: NetDevice): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		if (pool.dstType[f] === 0) {
			const reason = ns.router.input(
				f,
				view.getInt32(nh + ipv4.DADDR),
				view.getInt32(nh + ipv4.SADDR),
				view.getUint8(nh + ipv4.TOS),
				dev,
			);
			if (reason !== 0) {
				pool.drop(f, reason);
				return;
			}
		}
		if (view.getUint8(nh) !== 0x45 && !receiveOptions(ns, f, dev)) {
			pool.drop(f, DROP.IP_INHDR);
			return;
		}
		const type = pool.dstType[f];
		if (type === RTN_UNICAST) this.forward(f, dev);
		else if (type === RTN_LOCAL || type === RTN_BROADCAST || type === RTN_MULTICAST)
			this.localDeliver(f, dev);
		else this.error(f, dev);
	}
	/** ip_forward */
	forward(f: number, dev: NetDevice): void {
		const { ns } = this;
		const { pool, trace } = ns.core;
		const view = pool.view;
		if (pool.pktType[f] !== PACKET_HOST) {
			pool.drop(f, DROP.OTHERHOST);
			return;
		}
		const nh = pool.nh[f];
		const ttl = view.getUint8(nh + ipv4.TTL);
		if (ttl <= 1) {
			ns.icmp.send(f, icmp.TIME_EXCEEDED, icmp.EXC_TTL, 0);
			pool.drop(f, DROP.IP_INHDR);
			return;
		}
		if ((pool.flags[f] & FRAME_OPT_SRR_HIT) !== 0 && this.strictRouteFails(f)) {
			ns.icmp.send(f, icmp.DEST_UNREACH, icmp.SR_FAILED, 0);
			pool.drop(f, DROP.NOT_SPECIFIED);
			return;
		}
		const mtu = pool.dstMtu[f];
		if (this.exceedsMtu(f, mtu)) {
			ns.icmp.send(f, icmp.DEST_UNREACH, icmp.FRAG_NEEDED, mtu);
			pool.drop(f, DROP.PKT_TOO_BIG);
			return;
		}
		pool.unshare(f);
		ipv4.decreaseTtl(view, nh);
		if (trace.on !== 0) trace.add(T_TTL, f, dev.id, ttl - 1, 0, 0, 0);
		if ((pool.flags[f] & FRAME_DOREDIRECT) !== 0) ns.icmp.sendRedirect(f);
		let g = f;
		if (ns.nf.active[NF_INET_FORWARD] !== 0) {
			g = ns.nf.hook(NF_INET_FORWARD, f, dev.id, pool.dstDev[f]);
			if (g < 0) return;
		}
		if (view.getUint8(pool.nh[g]) !== 0x45) forwardOptions(ns, g);
		ns.ipOut.output(g);
	}
	/** ip_local_deliver */
	localDeliver(f: number, dev: NetDevice): void {
		const { ns } = this;
		const pool = ns.core.pool;
		let g = f;
		if ((pool.view.getUint16(pool.nh[f] + ipv4.FRAG_OFF) & (ipv4.IP_MF | ipv4.IP_OFFSET)) !== 0) {
			g = ns.reassembly.add(f, DEFRAG_LOCAL_DELIVER);
			if (g < 0) return;
		}
		if (ns.nf.active[NF_INET_LOCAL_IN] !== 0) {
			g = ns.nf.hook(NF_INET_LOCAL_IN, g, dev.id, -1);
			if (g < 0) return;
		}
		ns.protocols.deliver(g, dev);
	}
	/** A strict source route asks for a next hop that is not a neighbour. */
	private strictRouteFails(f: number): boolean {
		const { pool } = this.ns.core;
		const nh = pool.nh[f];
		const o = findOption(pool.view, nh, nh + ipv4.headerLength(pool.view, nh), SSRR);
		if (o < 0) return false;
		const length = pool.view.getUint8(o + 1);
		for (let p = pool.view.getUint8(o + 2); p + 3 <= length; p += 4)
			if (pool.view.getInt32(o + p - 1) === pool.dstGw[f]) return false;
		return true;
	}
	/** ip_exceeds_mtu */
	private exceedsMtu(f: number, mtu: number): boolean {
		const pool = this.ns.core.pool;
		const nh = pool.nh[f];
		if (pool.view.getUint16(nh + ipv4.TOT_LEN) <= mtu) return false;
		if ((pool.view.getUint16(nh + ipv4.FRAG_OFF) & ipv4.IP_DF) === 0) return false;
		return pool.fragMax[f] > mtu || (pool.flags[f] & FRAME_IGNORE_DF) === 0;
	}
	/** ip_error: there is no way; say so to the sender, at most as often as the limit allows. */
	private error(f: number, dev: NetDevice): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const error = pool.dstError[f];
		const inDev = ns.inDevices[dev.id];
		let reason: number = DROP.NOT_SPECIFIED;
		if (inDev === undefined || inDev.conf.forwarding === 0) {
			if (error === EHOSTUNREACH) reason = DROP.IP_INADDRERRORS;
			else if (error === ENETUNREACH) reason = DROP.IP_INNOROUTES;
			pool.drop(f, reason);
			return;
		}
		let code = -1;
		if (error === EHOSTUNREACH) code = icmp.HOST_UNREACH;
		else if (error === ENETUNREACH) {
			code = icmp.NET_UNREACH;
			reason = DROP.IP_INNOROUTES;
		} else if (error === EACCES) code = icmp.PKT_FILTERED;
		if (code >= 0 && ns.icmpRate.allowRouteError(pool.view.getInt32(pool.nh[f] + ipv4.SADDR)))
			ns.icmp.send(f, icmp.DEST_UNREACH, code, 0);
		pool.drop(f, reason);
	}
}
