/** The namespace as carrier of tunnels: outer route, outer IPv4 header, reception port (net/ipv4/udp_tunnel_core.c, ip_tunnel_core.c). */
import type { TunnelHost, TunnelRoute, Vxlan } from "../device/vxlan.ts";
import { DROP } from "../frame/drop.ts";
import { RTN_LOCAL } from "../netfilter/types.ts";
import { LEARNING } from "../trace/trace.ts";
import * as eth from "../wire/ethernet.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import type { Netns } from "./netns.ts";

export class Tunnel implements TunnelHost {
	readonly tunnelRoute: TunnelRoute = { source: 0, mtu: 0, hopLimit: 64, dev: 0, local: false };
	/** The namespace that carries. */
	readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	route(
		daddr: number,
		saddr: number,
		tos: number,
		mark: number,
		dev: number,
		sport: number,
		dport: number,
	): boolean {
		const { ns, tunnelRoute } = this;
		// the routes are not asked for a source that is nobody's here (__ip_dev_find, EINVAL)
		if (saddr !== 0 && !ns.ownAddresses.has(saddr)) return false;
		ns.fib.setFlow(ipv4.IPPROTO_UDP, sport, dport);
		if (ns.fib.needsFlow) ns.core.flows.recorder.portSeen = true;
		if (ns.router.output(daddr, saddr, tos & 0x1e, mark, dev) !== 0) return false;
		const { out } = ns.router;
		if (out.route !== null && out.route.exceptions !== null) ns.core.flows.recorder.veto();
		tunnelRoute.source = out.source;
		tunnelRoute.mtu = out.mtu;
		tunnelRoute.hopLimit = ns.conf.ip_default_ttl;
		tunnelRoute.dev = out.dev;
		tunnelRoute.local = out.type === RTN_LOCAL;
		return true;
	}
	send(
		f: number,
		protocol: number,
		saddr: number,
		daddr: number,
		tos: number,
		ttl: number,
		df: boolean,
	): boolean {
		const { ns } = this;
		const pool = ns.core.pool;
		pool.nh[f] = pool.th[f] - ipv4.IP_HLEN;
		pool.off[f] = pool.nh[f] - eth.ETH_HLEN;
		pool.len[f] += ipv4.IP_HLEN + eth.ETH_HLEN;
		pool.vlan[f] = 0;
		if (ns.core.trace.on === LEARNING) ns.core.flows.recorder.drawsOuterId(ns.random);
		ns.emitHeader(f, tos, ns.nextId(), df ? ipv4.IP_DF : 0, ttl, protocol, saddr, daddr, 0);
		return ns.ipOut.localOut(f) === 0;
	}
	openPort(port: number, device: Vxlan): void {
		this.ns.udp.openTunnel(port, device);
	}
	closePort(port: number, device: Vxlan): void {
		this.ns.udp.closeTunnel(port, device);
	}
	receiver(port: number, vni: number): Vxlan | undefined {
		return this.ns.udp.tunnelDevice(port, vni);
	}
	/** iptunnel_pmtud_build_icmp: to a bridged sender the tunnel says itself what fits, in the name of the inner destination. */
	innerTooBig(f: number, mtu: number): number {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const o = pool.off[f];
		const nh = o + eth.ETH_HLEN;
		if (mtu < 576 || ipv4.check(view, nh, o + pool.len[f]) !== ipv4.OK) return -1;
		if (view.getUint16(nh + ipv4.FRAG_OFF) !== ipv4.IP_DF) return -1;
		const saddr = view.getInt32(nh + ipv4.SADDR);
		const daddr = view.getInt32(nh + ipv4.DADDR);
		if (
			daddr === ipv4.BROADCAST ||
			ipv4.isMulticast(daddr) ||
			ipv4.isZeronet(saddr) ||
			ipv4.isLoopback(saddr)
		)
			return -1;
		if (saddr === ipv4.BROADCAST || ipv4.isMulticast(saddr)) return -1;
		const hlen = ipv4.headerLength(view, nh);
		if (view.getUint8(nh + ipv4.PROTO) === ipv4.IPPROTO_ICMP) {
			const type = view.getUint8(nh + hlen);
			if (icmp.getsNoError(type)) return -1;
		}
		const quoted = Math.min(view.getUint16(nh + ipv4.TOT_LEN), 576 - ipv4.IP_HLEN - icmp.ICMP_HLEN);
		const length = ipv4.IP_HLEN + icmp.ICMP_HLEN + quoted;
		const g = pool.generate(eth.ETH_HLEN + length);
		if (g < 0) {
			pool.dropUnborn(DROP.NOMEM);
			return -1;
		}
		const go = pool.off[g];
		const gn = go + eth.ETH_HLEN;
		eth.emitReply(view, go, o, eth.ETH_P_IP);
		ipv4.emit(view, gn, 0, length, 0, ipv4.IP_DF, 64, ipv4.IPPROTO_ICMP, daddr, saddr);
		icmp.emit(view, gn + 20, icmp.DEST_UNREACH, icmp.FRAG_NEEDED, mtu);
		pool.bytes.copyWithin(gn + 28, nh, nh + quoted);
		icmp.setChecksum(view, gn + 20, gn + length);
		pool.nh[g] = gn;
		return g;
	}
}
