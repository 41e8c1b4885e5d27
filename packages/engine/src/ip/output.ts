/**
 * IPv4 output: POST_ROUTING, fragmentation, the neighbour, the Ethernet header (net/ipv4/ip_output.c). A frame that comes here
 * has its route in the `dst*` fields and `nh`, `th` set; the 14 bytes in front of `nh` are free.
 */
import { DROP } from "../frame/drop.ts";
import { FRAME_BRIDGED_DNAT, FRAME_IGNORE_DF, FRAME_LOCAL, FRAME_SHARED_DATA } from "../frame/flags.ts";
import { PACKET_LOOPBACK } from "../frame/pool.ts";
import { NF_INET_LOCAL_OUT, NF_INET_POST_ROUTING, RTN_BROADCAST, RTN_MULTICAST } from "../netfilter/types.ts";
import * as eth from "../wire/ethernet.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { EMSGSIZE, ENOBUFS } from "./errno.ts";
import { fragment, sentOn, sharedLinkHeader } from "./fragment.ts";
import type { Netns } from "./netns.ts";

export class IpOutput {
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/**
	 * ip_local_out: a packet of this namespace's own, whose header stands at `nh` with a right checksum and whose route is in
	 * the frame. Returns 0, or the errno that its socket would get.
	 */
	localOut(f: number): number {
		const { ns } = this;
		const pool = ns.core.pool;
		pool.flags[f] |= FRAME_LOCAL;
		pool.dev[f] = pool.dstDev[f];
		let g = f;
		if (ns.nf.active[NF_INET_LOCAL_OUT] !== 0) {
			g = ns.nf.hook(NF_INET_LOCAL_OUT, f, -1, pool.dstDev[f]);
			if (g < 0) return ns.nf.error;
		}
		return this.output(g);
	}
	/** ip_output, ip_mc_output. Returns 0 or an errno, as `localOut`. */
	output(f: number): number {
		const { ns } = this;
		const pool = ns.core.pool;
		let g = f;
		const inDev = (pool.flags[f] & FRAME_LOCAL) !== 0 ? -1 : pool.dev[f];
		pool.dev[f] = pool.dstDev[f];
		if (pool.dstType[f] === RTN_BROADCAST || pool.dstType[f] === RTN_MULTICAST) this.loopBack(f);
		if (ns.nf.active[NF_INET_POST_ROUTING] !== 0) {
			g = ns.nf.hook(NF_INET_POST_ROUTING, f, inDev, pool.dstDev[f]);
			if (g < 0) return ns.nf.error;
		}
		return this.finish(g);
	}
	/** ip_mc_output: what goes to all, or to a group that this host is in, comes back in as a copy. */
	private loopBack(f: number): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const dev = ns.deviceById(pool.dstDev[f]);
		if (dev.loopback) return;
		if (
			pool.dstType[f] === RTN_MULTICAST &&
			ns.inDevices[dev.id]?.groups.has(pool.view.getInt32(pool.nh[f] + ipv4.DADDR)) !== true
		)
			return;
		let c = pool.clone(f);
		if (c < 0) {
			pool.dropUnborn(DROP.NOMEM);
			return;
		}
		if (ns.nf.active[NF_INET_POST_ROUTING] !== 0) {
			c = ns.nf.hook(NF_INET_POST_ROUTING, c, -1, dev.id);
			if (c < 0) return;
		}
		const o = pool.nh[c] - eth.ETH_HLEN;
		eth.emit(pool.view, o, 0, 0, 0, 0, eth.ETH_P_IP);
		pool.len[c] += pool.off[c] - o;
		pool.off[c] = o;
		pool.pktType[c] = PACKET_LOOPBACK;
		ns.core.netifRx(dev.id, c);
	}
	/**
	 * ip_finish_output: cut to size if needed, then to the neighbour. Returns 0 or an errno: EMSGSIZE, or ENOBUFS if a device dropped
	 * it (NET_XMIT_DROP), of which a tunnel hears and a socket does not unless it asks for errors.
	 */
	finish(f: number): number {
		const { ns } = this;
		const pool = ns.core.pool;
		const length = pool.view.getUint16(pool.nh[f] + ipv4.TOT_LEN);
		const mtu = pool.dstMtu[f];
		if (length <= mtu && pool.fragMax[f] <= 0) {
			return this.toNeighbour(f) ? 0 : ENOBUFS;
		}
		const df = (pool.view.getUint16(pool.nh[f] + ipv4.FRAG_OFF) & ipv4.IP_DF) !== 0;
		if (df && ((pool.flags[f] & FRAME_IGNORE_DF) === 0 || pool.fragMax[f] > mtu)) {
			ns.icmp.send(f, icmp.DEST_UNREACH, icmp.FRAG_NEEDED, mtu);
			pool.drop(f, DROP.PKT_TOO_BIG);
			return EMSGSIZE;
		}
		const dev = ns.deviceById(pool.dstDev[f]);
		let unheard = true;
		const sent = fragment(ns.core, f, mtu, (g) => sentOn(dev, g, (h) => (unheard = this.toNeighbour(h))));
		return sent || unheard ? 0 : ENOBUFS;
	}
	/** ip_finish_output2: who is the next hop on the link? False: the device dropped it (NET_XMIT_DROP). */
	toNeighbour(f: number): boolean {
		const { ns } = this;
		const pool = ns.core.pool;
		const dev = ns.deviceById(pool.dstDev[f]);
		const nh = pool.nh[f];
		pool.off[f] = nh - eth.ETH_HLEN;
		pool.len[f] = eth.ETH_HLEN + pool.view.getUint16(nh + ipv4.TOT_LEN);
		pool.vlan[f] = 0;
		if (dev.loopback) {
			eth.emit(pool.view, pool.off[f], 0, 0, 0, 0, eth.ETH_P_IP);
			return dev.transmit(f);
		}
		const daddr = pool.view.getInt32(nh + ipv4.DADDR);
		const hop = pool.dstGw[f] !== 0 ? pool.dstGw[f] : daddr;
		let e = ns.neigh.find(hop, dev.id);
		if (e < 0) {
			e = ns.neigh.create(hop, dev.id);
			if (e < 0) {
				pool.drop(f, DROP.NEIGH_DEAD);
				return true;
			}
		}
		return ns.neigh.output(e, f);
	}
	/** Put the Ethernet header of a resolved neighbour in front and send. */
	withHeader(entry: number, f: number): boolean {
		const { ns } = this;
		const pool = ns.core.pool;
		const { neigh } = ns;
		const dev = ns.deviceById(neigh.dev[entry]);
		const o = pool.off[f];
		eth.emit(pool.view, o, neigh.macHi[entry], neigh.macLo[entry], dev.macHi, dev.macLo, eth.ETH_P_IP);
		// bridged DNAT: only the destination is the neighbour code's, the source stays the sender's
		if ((pool.flags[f] & (FRAME_BRIDGED_DNAT | FRAME_SHARED_DATA)) !== 0) {
			if ((pool.flags[f] & FRAME_BRIDGED_DNAT) !== 0)
				eth.setMac(pool.view, o + eth.SRC, pool.savedSrcHi[f], pool.savedSrcLo[f]);
			else sharedLinkHeader(pool, f, neigh.cached);
		}
		return dev.transmit(f);
	}
	/** arp_constructor: destinations that need no question. */
	constructNeighbour(e: number): void {
		const { ns } = this;
		const addr = ns.neigh.addr[e];
		const dev = ns.deviceById(ns.neigh.dev[e]);
		const type = ns.fib.addressType(addr, -1);
		if (type === RTN_MULTICAST) ns.neigh.setNoArp(e, 0x0100, 0x5e000000 | (addr & 0x7fffff));
		else if (dev.noArp || dev.loopback) ns.neigh.setNoArp(e, dev.macHi, dev.macLo);
		else if (type === RTN_BROADCAST) ns.neigh.setNoArp(e, 0xffff, -1);
	}
}
