/**
 * Routed frames in vectors. The frames of a vector that are plain go stage by stage, so that each stage's code and tables stay in
 * the processor's caches; whatever a frame makes visible happens in the last stage, frame after frame.
 *
 *   PRE_ROUTING | route | TTL, MTU | FORWARD | POST_ROUTING || neighbour, header, send (one frame after the other)
 *
 * Plain is: for this host, a whole IPv4 packet without options, and, while connections are tracked, of a settled connection
 * (netfilter/ct-settled.ts). A frame that is not ends the run: the run finishes first, then the frame goes alone from end to end. A frame
 * that turns out to need more than forwarding (it is local, its TTL is over, it is too long, a redirect is due) leaves the run at
 * that point in the same way.
 */
import type { BridgePort } from "../device/bridge-port.ts";
import type { NetDevice } from "../device/netdev.ts";
import { FRAME_DOREDIRECT } from "../frame/flags.ts";
import { PACKET_HOST } from "../frame/pool.ts";
import {
	NF_INET_FORWARD,
	NF_INET_POST_ROUTING,
	NF_INET_PRE_ROUTING,
	RTN_LOCAL,
	RTN_UNICAST,
} from "../netfilter/types.ts";
import { MAX_VECTOR } from "../ring/core.ts";
import { ETH_P_IP } from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { acceptHeader } from "./header.ts";
import type { Netns } from "./netns.ts";

export class IpVector {
	private readonly ns: Netns;
	private readonly run: Int32Array = new Int32Array(MAX_VECTOR);
	private readonly part: Int32Array = new Int32Array(MAX_VECTOR);

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** Frames that arrived at a device which is no bridge port; `nh` is set. */
	receive(vec: Int32Array, n: number, dev: NetDevice): void {
		const staged = this.ns.nf.stageable;
		const { run } = this;
		const pool = this.ns.core.pool;
		let m = 0;
		for (let i = 0; i < n; i++) {
			const f = vec[i];
			if (staged && this.ipv4ForUs(f) && acceptHeader(pool, f) === 0 && this.plain(f, false)) run[m++] = f;
			else {
				if (m > 0) this.forward(run, m, dev, dev.id);
				m = 0;
				dev.deliver(f);
			}
		}
		if (m > 0) this.forward(run, m, dev, dev.id);
	}
	/** Is a frame at a bridge port, addressed to the bridge, plain? br_netfilter has checked and trimmed it. */
	plainBridged(f: number): boolean {
		return this.ns.nf.stageable && this.plain(f, true);
	}
	/** Plain frames from a bridge port up to the host and on. */
	receiveBridged(vec: Int32Array, n: number, port: BridgePort): void {
		const pool = this.ns.core.pool;
		const { bridge } = port;
		for (let i = 0; i < n; i++) {
			const f = vec[i];
			pool.pktType[f] = PACKET_HOST;
			pool.dev[f] = bridge.id;
			pool.iif[f] = bridge.id;
			pool.physIn[f] = port.dev.id;
			pool.physOut[f] = -1;
			pool.dstType[f] = 0;
			bridge.countPassedUp(f);
		}
		this.forward(vec, n, bridge, bridge.id);
	}
	private ipv4ForUs(f: number): boolean {
		const pool = this.ns.core.pool;
		return (
			pool.pktType[f] === PACKET_HOST &&
			pool.vlan[f] === 0 &&
			pool.view.getUint16(pool.nh[f] - 2) === ETH_P_IP
		);
	}
	/**
	 * Whole, without options, not routed yet, of a settled connection; where connections are not tracked, not for this host itself, whose sockets
	 * may answer or change what comes behind. The header has been accepted.
	 */
	private plain(f: number, bridged: boolean): boolean {
		const pool = this.ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		if (view.getUint8(nh) !== 0x45 || pool.dstType[f] !== 0) return false;
		if ((view.getUint16(nh + ipv4.FRAG_OFF) & (ipv4.IP_MF | ipv4.IP_OFFSET)) !== 0) return false;
		const { nf, fib } = this.ns;
		if (!nf.tracking && fib.addressType(view.getInt32(nh + ipv4.DADDR), -1) !== RTN_UNICAST) return false;
		return nf.settled(f, bridged);
	}
	/** All stages. `vec` is the caller's to lose. */
	private forward(vec: Int32Array, n: number, dev: NetDevice, inDev: number): void {
		const { ns } = this;
		const { nf } = ns;
		const pool = ns.core.pool;
		const view = pool.view;
		let m = n;
		if (nf.active[NF_INET_PRE_ROUTING] !== 0) m = nf.hookVector(NF_INET_PRE_ROUTING, vec, m, inDev);
		const routed = this.route(vec, m, dev);
		const { part } = this;
		let k = 0;
		for (let i = 0; i < routed; i++) {
			const f = vec[i];
			if (this.forwards(f)) {
				ipv4.decreaseTtl(view, pool.nh[f]);
				part[k++] = f;
			} else {
				if (k > 0) this.send(part, k, inDev);
				k = 0;
				ns.ipIn.finish(f, dev);
			}
		}
		if (k > 0) this.send(part, k, inDev);
	}
	/**
	 * Give the frames `vec[0..n)` their routes and move those together that have one; their number is returned. Neighbours often go
	 * the same way: what a route depends on is compared first.
	 */
	private route(vec: Int32Array, n: number, dev: NetDevice): number {
		const { router, fib, core } = this.ns;
		const { pool } = core;
		const view = pool.view;
		const comparable = !fib.needsFlow && core.trace.on === 0;
		/** The frame whose route the fields of `dst*` of others may repeat, -1 none. */
		let like = -1;
		let likeDaddr = 0;
		let likeSaddr = 0;
		let likeTos = 0;
		let m = 0;
		for (let i = 0; i < n; i++) {
			const f = vec[i];
			const nh = pool.nh[f];
			const daddr = view.getInt32(nh + ipv4.DADDR);
			const saddr = view.getInt32(nh + ipv4.SADDR);
			const tos = view.getUint8(nh + ipv4.TOS);
			if (
				like >= 0 &&
				daddr === likeDaddr &&
				saddr === likeSaddr &&
				tos === likeTos &&
				pool.mark[f] === pool.mark[like]
			) {
				pool.dstType[f] = pool.dstType[like];
				pool.dstDev[f] = pool.dstDev[like];
				pool.dstGw[f] = pool.dstGw[like];
				pool.dstMtu[f] = pool.dstMtu[like];
				pool.flags[f] |= pool.flags[like] & FRAME_DOREDIRECT;
				vec[m++] = f;
				continue;
			}
			const reason = router.input(f, daddr, saddr, tos, dev);
			like = -1;
			if (reason !== 0) {
				pool.drop(f, reason);
				continue;
			}
			vec[m++] = f;
			if (!comparable || (pool.dstType[f] !== RTN_UNICAST && pool.dstType[f] !== RTN_LOCAL)) continue;
			like = f;
			likeDaddr = daddr;
			likeSaddr = saddr;
			likeTos = tos;
		}
		return m;
	}
	/** Nothing but forwarding is due for the routed frame. */
	private forwards(f: number): boolean {
		const pool = this.ns.core.pool;
		const nh = pool.nh[f];
		return (
			pool.dstType[f] === RTN_UNICAST &&
			(pool.flags[f] & FRAME_DOREDIRECT) === 0 &&
			pool.view.getUint8(nh + ipv4.TTL) > 1 &&
			pool.view.getUint16(nh + ipv4.TOT_LEN) <= pool.dstMtu[f]
		);
	}
	private send(vec: Int32Array, n: number, inDev: number): void {
		const { ns } = this;
		const { nf } = ns;
		const pool = ns.core.pool;
		let m = n;
		if (nf.active[NF_INET_FORWARD] !== 0) m = nf.hookVector(NF_INET_FORWARD, vec, m, inDev);
		for (let i = 0; i < m; i++) pool.dev[vec[i]] = pool.dstDev[vec[i]];
		if (nf.active[NF_INET_POST_ROUTING] !== 0) m = nf.hookVector(NF_INET_POST_ROUTING, vec, m, inDev);
		for (let i = 0; i < m; i++) ns.ipOut.finish(vec[i]);
	}
}
