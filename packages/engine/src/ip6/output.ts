/**
 * IPv6 output: POST_ROUTING, fragmentation, the neighbour, the Ethernet header (net/ipv6/ip6_output.c). A frame that comes here
 * has its route in the `dst*` fields and `nh`, `th` set; the 14 bytes in front of `nh` are free.
 */

import type { NetDevice } from "../device/netdev.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_BRIDGED_DNAT, FRAME_LOCAL, FRAME_PROCESS, FRAME_SHARED_DATA } from "../frame/flags.ts";
import { PACKET_LOOPBACK } from "../frame/pool.ts";
import { sharedLinkHeader } from "../ip/fragment.ts";
import { NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING } from "../netfilter/types.ts";
import * as eth from "../wire/ethernet.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { fragment6 } from "./fragment.ts";
import type { Inet6 } from "./inet6.ts";

export class Ip6Output {
	private readonly ip6: Inet6;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** ip6_local_out: a packet of this namespace's own, whose header stands at `nh` and whose route is in the frame. */
	localOut(f: number): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		pool.flags[f] |= FRAME_LOCAL;
		pool.dev[f] = pool.dstDev[f];
		let g = f;
		if (ip6.nf.active[NF_INET_LOCAL_OUT] !== 0) {
			g = ip6.nf.hook(NF_INET_LOCAL_OUT, f, -1, pool.dstDev[f]);
			if (g < 0) return;
		}
		this.output(g);
	}
	/** ip6_output */
	output(f: number): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const inDev = (pool.flags[f] & FRAME_LOCAL) !== 0 ? -1 : pool.dev[f];
		const out = pool.dstDev[f];
		pool.dev[f] = out;
		const idev = ip6.devices[out];
		if (idev === undefined || idev.conf.disable_ipv6 !== 0) {
			pool.drop(f, DROP.IPV6DISABLED);
			return;
		}
		let g = f;
		if (ip6.nf.active[NF_INET_POST_ROUTING] !== 0) {
			g = ip6.nf.hook(NF_INET_POST_ROUTING, f, inDev, out);
			if (g < 0) return;
		}
		this.finish(g);
	}
	/** ip6_finish_output: cut to size if needed, then to the neighbour. */
	finish(f: number): void {
		const { pool } = this.ip6.ns.core;
		const length = pool.off[f] + pool.len[f] - pool.nh[f];
		const max = pool.fragMax[f];
		if (length > pool.dstMtu[f] || (max > 0 && length > max)) fragment6(this.ip6, f);
		else this.toNeighbour(f);
	}
	/** ip6_finish_output2: who is the next hop on the link? False: the device dropped it (NET_XMIT_DROP). */
	toNeighbour(f: number): boolean {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const dev = ip6.ns.deviceById(pool.dstDev[f]);
		pool.len[f] = eth.ETH_HLEN + pool.off[f] + pool.len[f] - nh;
		pool.off[f] = nh - eth.ETH_HLEN;
		pool.vlan[f] = 0;
		if (dev.loopback) {
			eth.emit(view, pool.off[f], 0, 0, 0, 0, eth.ETH_P_IPV6);
			return dev.transmit(f);
		}
		const multicast = ipv6.isMulticast(view, nh + ipv6.DADDR);
		if (multicast) {
			if ((pool.flags[f] & FRAME_PROCESS) !== 0) this.loopBack(f, dev);
			if (ipv6.multicastScope(view, nh + ipv6.DADDR) <= 1 || view.getUint8(nh + ipv6.HOP_LIMIT) === 0) {
				pool.drop(f, DROP.NOT_SPECIFIED);
				return true;
			}
		}
		const gw = pool.dstGw[f];
		const e = gw !== 0 && !multicast ? this.neighbour(gw, dev.id) : this.neighbourAt(nh + ipv6.DADDR, dev.id);
		if (e < 0) {
			pool.drop(f, DROP.NEIGH_DEAD);
			return true;
		}
		return ip6.neigh.output(e, f);
	}
	/** What a process sends to a group that this host is in comes back in as a copy (dev_loopback_xmit). */
	private loopBack(f: number, dev: NetDevice): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const idev = ip6.devices[dev.id];
		if (idev === undefined || !ip6.mcast.has(idev, pool.view, pool.nh[f] + ipv6.DADDR)) return;
		let c = pool.clone(f);
		if (c < 0) {
			pool.dropUnborn(DROP.NOMEM);
			return;
		}
		if (ip6.nf.active[NF_INET_POST_ROUTING] !== 0) {
			c = ip6.nf.hook(NF_INET_POST_ROUTING, c, -1, dev.id);
			if (c < 0) return;
		}
		eth.emit(pool.view, pool.off[c], 0, 0, 0, 0, eth.ETH_P_IPV6);
		pool.pktType[c] = PACKET_LOOPBACK;
		ip6.ns.core.netifRx(dev.id, c);
	}
	/** The entry of a next hop, made if there is none; -1: no room. */
	neighbour(hop: number, dev: number): number {
		return this.ip6.neigh.findOrCreate(hop, dev);
	}
	/** The entry for the address at `o` of a frame; -1: there is none and no room for one, and the address is not remembered either. */
	neighbourAt(o: number, dev: number): number {
		const { in6, neigh, ns } = this.ip6;
		const { view } = ns.core.pool;
		const h = in6.findAt(view, o);
		const e = h < 0 ? -1 : neigh.find(h, dev);
		if (e >= 0 || !neigh.hasRoom()) return e;
		return neigh.create(in6.internAt(view, o), dev);
	}
	/** Put the Ethernet header of a resolved neighbour in front and send. */
	withHeader(entry: number, f: number): boolean {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const { neigh } = ip6;
		const dev = ip6.ns.deviceById(neigh.dev[entry]);
		eth.emit(
			pool.view,
			pool.off[f],
			neigh.macHi[entry],
			neigh.macLo[entry],
			dev.macHi,
			dev.macLo,
			eth.ETH_P_IPV6,
		);
		if ((pool.flags[f] & (FRAME_BRIDGED_DNAT | FRAME_SHARED_DATA)) !== 0) {
			// bridged DNAT: only the destination is the neighbour code's, the source stays the sender's
			if ((pool.flags[f] & FRAME_BRIDGED_DNAT) !== 0)
				eth.setMac(pool.view, pool.off[f] + eth.SRC, pool.savedSrcHi[f], pool.savedSrcLo[f]);
			else sharedLinkHeader(pool, f, neigh.cached);
		}
		return dev.transmit(f);
	}
}
