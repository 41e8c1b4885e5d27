/**
 * br_netfilter: bridged IPv4 (IPv6: ip6/br-netfilter.ts) passes the hooks of its namespace as if it were routed, with the bridge as both interfaces
 * (net/bridge/br_netfilter_hooks.c).
 *
 *   port --> header checks, trim --> PRE_ROUTING --+-- destination unchanged ------------> bridging goes on
 *                                                  +-- DNAT to a host behind this bridge --> its MAC, bridging goes on
 *                                                  +-- DNAT to elsewhere ----------------> the bridge's MAC: up to the host
 *   bridging --> FORWARD --> POST_ROUTING --> (fragmented to the port's MTU) --> port
 *
 * The host's ip_rcv must not run PRE_ROUTING again on what went up: FRAME_BR_PREROUTED (ip_sabotage_in). A macvlan on the bridge
 * may carry that into another namespace, which heeds it only if it has seen a bridge of its own.
 */
import type { Bridge, BridgeNetfilter } from "../device/bridge.ts";
import type { BridgePort } from "../device/bridge-port.ts";
import { tagOf } from "../device/vlan-tag.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_BR_PREROUTED, FRAME_BRIDGED_DNAT, FRAME_FRAG_PMTU, FRAME_IGNORE_DF } from "../frame/flags.ts";
import { PACKET_HOST, PACKET_OTHERHOST } from "../frame/pool.ts";
import {
	NF_INET_FORWARD,
	NF_INET_POST_ROUTING,
	NF_INET_PRE_ROUTING,
	RTN_UNICAST,
} from "../netfilter/types.ts";
import { T_BR_NF } from "../trace/kinds.ts";
import * as eth from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { fragment } from "./fragment.ts";
import { acceptHeader } from "./header.ts";
import { NUD_CONNECTED } from "./neigh.ts";
import type { Netns } from "./netns.ts";

/** Bytes of an ARP packet before its addresses. */
const ARP_FIXED = 8;

export class BrNetfilter implements BridgeNetfilter {
	/** A bridge was made here once: from then on ip_sabotage_in stands at PRE_ROUTING (brnf_device_event). */
	enabled = false;
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	preRouting(f: number, port: BridgePort): number {
		const { ns } = this;
		const { pool, trace } = ns.core;
		if (!this.isIp(f, port.bridge)) return this.isIp6(f) ? ns.ip6.brNetfilter.preRouting(f, port) : f;
		const bad = acceptHeader(pool, f);
		if (bad !== 0) {
			pool.drop(f, bad);
			return -1;
		}
		const { bridge } = port;
		const view = pool.view;
		pool.physIn[f] = port.dev.id;
		pool.physOut[f] = -1;
		pool.dstType[f] = 0;
		if (pool.fragMax[f] !== 0) pool.clearFragments(f);
		let g = f;
		if (ns.nf.active[NF_INET_PRE_ROUTING] !== 0) {
			const daddr = view.getInt32(pool.nh[f] + ipv4.DADDR);
			const type = pool.pktType[f];
			if (type === PACKET_OTHERHOST) pool.pktType[f] = PACKET_HOST;
			pool.dev[f] = bridge.id;
			if (trace.on !== 0) trace.add(T_BR_NF, f, bridge.id, NF_INET_PRE_ROUTING, 0, 0, 0);
			g = ns.nf.hook(NF_INET_PRE_ROUTING, f, bridge.id, -1);
			if (g < 0) return -1;
			pool.dev[g] = port.dev.id;
			pool.physIn[g] = port.dev.id;
			if (type === PACKET_OTHERHOST) pool.pktType[g] = PACKET_OTHERHOST;
			if (view.getInt32(pool.nh[g] + ipv4.DADDR) !== daddr) {
				if (!this.redirected(g, bridge)) return -1;
			}
		}
		// the bridge's own route stands for one (br_netfilter_rtable_init)
		if (pool.dstType[g] === 0) pool.dstMtu[g] = bridge.mtu;
		pool.flags[g] |= FRAME_BR_PREROUTED;
		return g;
	}
	forward(f: number, to: BridgePort): number {
		const { ns } = this;
		const { pool, trace } = ns.core;
		if (pool.physIn[f] < 0) {
			if (!this.isShortArp(f, to.bridge)) return f;
			pool.drop(f, DROP.NETFILTER_DROP);
			return -1;
		}
		if (this.hasType(f, eth.ETH_P_IPV6)) return ns.ip6.brNetfilter.forward(f, to);
		const bad = acceptHeader(pool, f);
		if (bad !== 0) {
			pool.drop(f, bad);
			return -1;
		}
		pool.physOut[f] = to.dev.id;
		if (ns.nf.active[NF_INET_FORWARD] === 0) return f;
		const type = pool.pktType[f];
		if (type === PACKET_OTHERHOST) pool.pktType[f] = PACKET_HOST;
		if (trace.on !== 0) trace.add(T_BR_NF, f, to.bridge.id, NF_INET_FORWARD, 0, 0, 0);
		const g = ns.nf.hook(NF_INET_FORWARD, f, to.bridge.id, to.bridge.id);
		if (g >= 0 && type === PACKET_OTHERHOST) pool.pktType[g] = type;
		return g;
	}
	postRouting(f: number, to: BridgePort): void {
		const { ns } = this;
		const { pool, trace } = ns.core;
		if (pool.physIn[f] < 0 || pool.physOut[f] < 0) {
			to.push(f);
			return;
		}
		if (this.hasType(f, eth.ETH_P_IPV6)) {
			ns.ip6.brNetfilter.postRouting(f, to);
			return;
		}
		let g = f;
		if (ns.nf.active[NF_INET_POST_ROUTING] !== 0) {
			const type = pool.pktType[f];
			if (type === PACKET_OTHERHOST) pool.pktType[f] = PACKET_HOST;
			if (trace.on !== 0) trace.add(T_BR_NF, f, to.bridge.id, NF_INET_POST_ROUTING, 0, 0, 0);
			g = ns.nf.hook(NF_INET_POST_ROUTING, f, -1, to.bridge.id);
			if (g < 0) return;
			if (type === PACKET_OTHERHOST) pool.pktType[g] = type;
		}
		const length = pool.view.getUint16(pool.nh[g] + ipv4.TOT_LEN);
		const max = pool.fragMax[g];
		const mtu = max !== 0 && max < to.dev.mtu ? max : to.dev.mtu;
		if (length <= mtu) {
			to.push(g);
			return;
		}
		const df = (pool.view.getUint16(pool.nh[g] + ipv4.FRAG_OFF) & ipv4.IP_DF) !== 0;
		if ((df && (pool.flags[g] & FRAME_IGNORE_DF) === 0) || max > pool.dstMtu[g]) {
			pool.drop(g, DROP.PKT_TOO_BIG);
			return;
		}
		// a bridge keeps its own notes where IPSKB_FRAG_PMTU stood
		pool.flags[g] &= ~FRAME_FRAG_PMTU;
		ns.core.bridgeFragmentTag = tagOf(pool, g);
		fragment(ns.core, g, pool.dstMtu[g], (piece) => {
			pool.unshare(piece);
			to.push(piece);
			return true;
		});
	}
	devXmit(f: number, bridge: Bridge): boolean {
		const { ns } = this;
		const pool = ns.core.pool;
		if ((pool.flags[f] & FRAME_BRIDGED_DNAT) === 0) return false;
		const port = pool.physIn[f] >= 0 ? bridge.portOf(ns.deviceById(pool.physIn[f])) : undefined;
		pool.flags[f] &= ~FRAME_BRIDGED_DNAT;
		if (port === undefined) {
			pool.drop(f, DROP.NO_TX_TARGET);
			return true;
		}
		pool.dev[f] = port.dev.id;
		pool.physOut[f] = -1;
		port.finish(f);
		return true;
	}
	localIn(f: number, promisc: boolean): boolean {
		const { ns } = this;
		const pool = ns.core.pool;
		if (promisc) {
			if (pool.ct[f] !== 0) pool.resetCt(f);
			return true;
		}
		if (pool.ct[f] === 0 || pool.pktType[f] === PACKET_HOST) return true;
		return ns.nf.confirmBeforeSharing(f);
	}
	private isIp(f: number, bridge: Bridge): boolean {
		const call = this.ns.conf.bridge_nf_call_iptables !== 0 || bridge.nfCallIptables;
		return call && this.passes(f) && this.hasType(f, eth.ETH_P_IP);
	}
	private isIp6(f: number): boolean {
		const call = this.ns.conf.bridge_nf_call_ip6tables !== 0;
		return call && this.passes(f) && this.hasType(f, eth.ETH_P_IPV6);
	}
	/** ARP on its way to arptables that is cut in its first eight bytes, which br_nf_forward_arp drops. */
	private isShortArp(f: number, bridge: Bridge): boolean {
		const { conf, core } = this.ns;
		const { pool } = core;
		if (!this.hasType(f, eth.ETH_P_ARP) || pool.off[f] + pool.len[f] - pool.nh[f] >= ARP_FIXED) return false;
		return this.passes(f) && (conf.bridge_nf_call_arptables !== 0 || bridge.nfCallArptables);
	}
	/** Untagged, or tagged where bridge-nf-filter-vlan-tagged says so? */
	private passes(f: number): boolean {
		const { conf, core } = this.ns;
		return core.pool.vlan[f] === 0 || conf.bridge_nf_filter_vlan_tagged !== 0;
	}
	private hasType(f: number, type: number): boolean {
		const { pool } = this.ns.core;
		return pool.view.getUint16(pool.nh[f] - 2) === type;
	}
	/** The destination was translated: true to go on bridging with what is in the frame, false when it was taken. */
	private redirected(f: number, bridge: Bridge): boolean {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const daddr = view.getInt32(nh + ipv4.DADDR);
		const tos = view.getUint8(nh + ipv4.TOS);
		const reason = ns.router.inputBridged(f, daddr, view.getInt32(nh + ipv4.SADDR), tos, bridge);
		if (reason !== 0) {
			pool.drop(f, reason);
			return false;
		}
		if (pool.dstType[f] === RTN_UNICAST && pool.dstDev[f] === bridge.id) return this.bridgedDnat(f, bridge);
		eth.setMac(view, pool.off[f], bridge.macHi, bridge.macLo);
		pool.pktType[f] = PACKET_HOST;
		return true;
	}
	/** br_nf_pre_routing_finish_bridge: only the destination MAC changes. True: bridging goes on; false: the neighbour code has it. */
	private bridgedDnat(f: number, bridge: Bridge): boolean {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const o = pool.off[f];
		const hop = pool.dstGw[f] !== 0 ? pool.dstGw[f] : view.getInt32(pool.nh[f] + ipv4.DADDR);
		const e = ns.neigh.findOrCreate(hop, bridge.id);
		if (e < 0) {
			pool.drop(f, DROP.NEIGH_DEAD);
			return false;
		}
		if ((ns.neigh.currentState(e) & NUD_CONNECTED) !== 0 && ns.neigh.hh[e] !== 0) {
			ns.neigh.noteMet(e);
			eth.setMac(view, o, ns.neigh.macHi[e], ns.neigh.macLo[e]);
			return true;
		}
		pool.savedSrcHi[f] = view.getUint16(o + eth.SRC);
		pool.savedSrcLo[f] = view.getInt32(o + eth.SRC + 2);
		pool.flags[f] |= FRAME_BRIDGED_DNAT | FRAME_BR_PREROUTED;
		pool.dev[f] = bridge.id;
		ns.neigh.output(e, f);
		return false;
	}
}
