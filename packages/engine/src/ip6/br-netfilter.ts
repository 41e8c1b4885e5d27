/**
 * br_netfilter of IPv6: bridged packets pass the hooks of ip6tables as if they were routed (net/bridge/br_netfilter_ipv6.c). The way
 * is IPv4's, ip/br-netfilter.ts, which calls what is here.
 */
import type { Bridge } from "../device/bridge.ts";
import type { BridgePort } from "../device/bridge-port.ts";
import { putTag } from "../device/vlan-tag.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_BR_PREROUTED, FRAME_BRIDGED_DNAT } from "../frame/flags.ts";
import { PACKET_HOST, PACKET_OTHERHOST } from "../frame/pool.ts";
import { NUD_CONNECTED } from "../ip/neigh.ts";
import {
	NF_INET_FORWARD,
	NF_INET_POST_ROUTING,
	NF_INET_PRE_ROUTING,
	RTN_UNICAST,
	RTN_UNREACHABLE,
} from "../netfilter/types.ts";
import { T_BR_NF } from "../trace/kinds.ts";
import * as eth from "../wire/ethernet.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { fragment6 } from "./fragment.ts";
import type { Inet6 } from "./inet6.ts";

const TLV_PAD1 = 0;
const TLV_JUMBO = 194;

export class BrNetfilter6 {
	private readonly ip6: Inet6;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** br_nf_pre_routing_ipv6. The frame to go on bridging, or -1: taken or dropped. */
	preRouting(f: number, port: BridgePort): number {
		const { ip6 } = this;
		const { pool, trace } = ip6.ns.core;
		const view = pool.view;
		if (!this.accept(f)) return -1;
		const { bridge } = port;
		pool.physIn[f] = port.dev.id;
		pool.physOut[f] = -1;
		pool.dstType[f] = 0;
		if (pool.fragMax[f] !== 0) pool.clearFragments(f);
		let g = f;
		if (ip6.nf.active[NF_INET_PRE_ROUTING] !== 0) {
			const daddr = ip6.in6.internAt(view, pool.nh[f] + ipv6.DADDR);
			const type = pool.pktType[f];
			if (type === PACKET_OTHERHOST) pool.pktType[f] = PACKET_HOST;
			pool.dev[f] = bridge.id;
			if (trace.on !== 0) trace.add(T_BR_NF, f, bridge.id, NF_INET_PRE_ROUTING, 0, 0, 0);
			g = ip6.nf.hook(NF_INET_PRE_ROUTING, f, bridge.id, -1);
			if (g < 0) return -1;
			pool.dev[g] = port.dev.id;
			pool.physIn[g] = port.dev.id;
			if (type === PACKET_OTHERHOST) pool.pktType[g] = PACKET_OTHERHOST;
			if (!ip6.in6.equals(daddr, view, pool.nh[g] + ipv6.DADDR) && !this.redirected(g, bridge)) return -1;
		}
		// the bridge's own route stands for one (br_netfilter_rtable_init)
		if (pool.dstType[g] === 0) pool.dstMtu[g] = bridge.mtu;
		pool.flags[g] |= FRAME_BR_PREROUTED;
		return g;
	}
	/** br_nf_forward_ip. The frame to go on with, or -1. */
	forward(f: number, to: BridgePort): number {
		const { ip6 } = this;
		const { pool, trace } = ip6.ns.core;
		if (!this.accept(f)) return -1;
		pool.physOut[f] = to.dev.id;
		if (ip6.nf.active[NF_INET_FORWARD] === 0) return f;
		const type = pool.pktType[f];
		if (type === PACKET_OTHERHOST) pool.pktType[f] = PACKET_HOST;
		if (trace.on !== 0) trace.add(T_BR_NF, f, to.bridge.id, NF_INET_FORWARD, 0, 0, 0);
		const g = ip6.nf.hook(NF_INET_FORWARD, f, to.bridge.id, to.bridge.id);
		if (g >= 0 && type === PACKET_OTHERHOST) pool.pktType[g] = type;
		return g;
	}
	/** br_nf_post_routing, br_nf_dev_queue_xmit: whatever comes of it is given to `to.push`. */
	postRouting(f: number, to: BridgePort): void {
		const { ip6 } = this;
		const { pool, trace } = ip6.ns.core;
		let g = f;
		if (ip6.nf.active[NF_INET_POST_ROUTING] !== 0) {
			const type = pool.pktType[f];
			if (type === PACKET_OTHERHOST) pool.pktType[f] = PACKET_HOST;
			if (trace.on !== 0) trace.add(T_BR_NF, f, to.bridge.id, NF_INET_POST_ROUTING, 0, 0, 0);
			g = ip6.nf.hook(NF_INET_POST_ROUTING, f, -1, to.bridge.id);
			if (g < 0) return;
			if (type === PACKET_OTHERHOST) pool.pktType[g] = type;
		}
		const max = pool.fragMax[g];
		const mtu = max !== 0 && max < to.dev.mtu ? max : to.dev.mtu;
		if (ipv6.totalLength(pool.view, pool.nh[g]) <= mtu) {
			to.push(g);
			return;
		}
		const tag = ip6.ns.core.bridgeFragmentTag;
		fragment6(ip6, g, (piece) => {
			const tagged = tag === 0 ? piece : putTag(pool, piece, tag);
			if (tagged >= 0) to.push(tagged);
			return true;
		});
	}
	/** br_validate_ipv6: true: the frame is fine and trimmed, `th` is set. False: it is gone. */
	private accept(f: number): boolean {
		const { pool } = this.ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const end = pool.off[f] + pool.len[f];
		if (nh + ipv6.IP6_HLEN > end) return this.reject(f, DROP.PKT_TOO_SMALL);
		if (view.getUint8(nh) >> 4 !== 6) return this.reject(f, DROP.IP_INHDR);
		const hop = view.getUint8(nh + ipv6.NEXT_HDR) === ipv6.NEXTHDR_HOP;
		if (hop && !hopOptionsFine(view, nh + ipv6.IP6_HLEN, end)) return this.reject(f, DROP.IP_INHDR);
		const length = ipv6.totalLength(view, nh);
		if (nh + length > end) return this.reject(f, DROP.PKT_TOO_SMALL);
		pool.len[f] = nh - pool.off[f] + length;
		pool.th[f] = nh + ipv6.IP6_HLEN;
		// IP6CB is cleared: an error about a bridged packet does not know where it came in
		pool.iif[f] = -1;
		return true;
	}
	private reject(f: number, reason: number): boolean {
		this.ip6.ns.core.pool.drop(f, reason);
		return false;
	}
	/** The destination was translated: true to go on bridging with what is in the frame, false when it was taken. */
	private redirected(f: number, bridge: Bridge): boolean {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		pool.dstType[f] = 0;
		ip6.router.input(f, bridge);
		if (pool.dstType[f] === RTN_UNREACHABLE) return this.reject(f, DROP.NOT_SPECIFIED);
		if (pool.dstType[f] === RTN_UNICAST && pool.dstDev[f] === bridge.id) return this.bridgedDnat(f, bridge);
		eth.setMac(pool.view, pool.off[f], bridge.macHi, bridge.macLo);
		pool.pktType[f] = PACKET_HOST;
		return true;
	}
	/** br_nf_pre_routing_finish_bridge: only the destination MAC changes. True: bridging goes on; false: the neighbour code has it. */
	private bridgedDnat(f: number, bridge: Bridge): boolean {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const o = pool.off[f];
		const hop = pool.dstGw[f] !== 0 ? pool.dstGw[f] : ip6.in6.internAt(view, pool.nh[f] + ipv6.DADDR);
		const e = ip6.out.neighbour(hop, bridge.id);
		if (e < 0) return this.reject(f, DROP.NEIGH_DEAD);
		const { neigh } = ip6;
		if ((neigh.currentState(e) & NUD_CONNECTED) !== 0 && neigh.hh[e] !== 0) {
			eth.setMac(view, o, neigh.macHi[e], neigh.macLo[e]);
			return true;
		}
		pool.savedSrcHi[f] = view.getUint16(o + eth.SRC);
		pool.savedSrcLo[f] = view.getInt32(o + eth.SRC + 2);
		pool.flags[f] |= FRAME_BRIDGED_DNAT | FRAME_BR_PREROUTED;
		pool.dev[f] = bridge.id;
		neigh.output(e, f);
		return false;
	}
}

/** nf_ip6_check_hbh_len: are the options of the hop-by-hop header at `o` whole? A jumbogram never is one here. */
function hopOptionsFine(view: DataView, o: number, end: number): boolean {
	if (o + 2 > end) return false;
	const last = o + ((view.getUint8(o + 1) + 1) << 3);
	if (last > end) return false;
	let at = o + 2;
	while (at < last) {
		const kind = view.getUint8(at);
		if (kind === TLV_PAD1) {
			at++;
			continue;
		}
		if (at + 2 > last || kind === TLV_JUMBO) return false;
		at += view.getUint8(at + 1) + 2;
	}
	return at === last;
}
