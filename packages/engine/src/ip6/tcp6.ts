/** TCP towards this host: there are no listeners, so what arrives is answered with a reset (net/ipv6/tcp_ipv6.c; RFC 9293 §3.5.2). */
import { DROP } from "../frame/drop.ts";
import { FRAME_SOCKET } from "../frame/flags.ts";
import { L4SUM_VALID, PACKET_HOST } from "../frame/pool.ts";
import { RTN_LOCAL } from "../netfilter/types.ts";
import { checksum, sum } from "../wire/checksum.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as tcp from "../wire/tcp.ts";
import { Flow6 } from "./fib6-rules.ts";
import type { Inet6 } from "./inet6.ts";
import { isLinkLocal } from "./kinds.ts";
import { wordsAt } from "./ndisc.ts";

export class Tcp6 {
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** tcp_v6_rcv without a socket */
	receive(f: number): void {
		const { pool } = this.ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		if (pool.pktType[f] !== PACKET_HOST) {
			pool.drop(f, DROP.OTHERHOST);
			return;
		}
		if (!tcp.check(view, th, end)) {
			pool.drop(f, DROP.PKT_TOO_SMALL);
			return;
		}
		const pseudo = ipv6.pseudoSum6(view, nh + ipv6.SADDR, ipv6.NEXTHDR_TCP, end - th);
		if (sum(view, th, end, pseudo) !== 0xffff) {
			pool.drop(f, DROP.TCP_CSUM);
			return;
		}
		if ((view.getUint8(th + tcp.FLAGS) & tcp.RST) === 0 && pool.dstType[f] === RTN_LOCAL) this.reset(f);
		pool.drop(f, DROP.NO_SOCKET);
	}
	/** tcp_v6_send_reset */
	private reset(f: number): void {
		const { ip6, flow } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		const to = wordsAt(view, nh + ipv6.SADDR);
		flow.setDestination(to);
		flow.setSource(wordsAt(view, nh + ipv6.DADDR));
		flow.mark = ip6.conf.net.fwmark_reflect !== 0 ? pool.mark[f] : 0;
		flow.tclass = ipv6.trafficClass(view, nh) & 0xfc;
		flow.setTransport(ipv6.NEXTHDR_TCP, view.getUint16(th + tcp.DPORT), view.getUint16(th + tcp.SPORT));
		if (ip6.router.lookup(flow, isLinkLocal(to) ? pool.iif[f] : -1) !== 0) return;
		const g = ip6.newPacket(tcp.TCP_HLEN);
		if (g < 0) return;
		emitReset6(view, pool.th[g], th, end);
		const label = (ip6.conf.net.flowlabel_reflect & 2) !== 0 ? view.getInt32(nh) & 0xfffff : 0;
		const { out } = ip6.router;
		ipv6.emit(
			view,
			pool.nh[g],
			flow.tclass,
			label,
			tcp.TCP_HLEN,
			ipv6.NEXTHDR_TCP,
			out.hopLimit,
			flow.w,
			4,
			0,
		);
		const pseudo = ipv6.pseudoSum6(view, pool.nh[g] + ipv6.SADDR, ipv6.NEXTHDR_TCP, tcp.TCP_HLEN);
		view.setUint16(pool.th[g] + tcp.CHECK, checksum(view, pool.th[g], pool.th[g] + tcp.TCP_HLEN, pseudo));
		pool.l4sum[g] = L4SUM_VALID;
		// no socket stands for its sender, as IPv4's does
		pool.flags[g] &= ~FRAME_SOCKET;
		pool.mark[g] = flow.mark;
		ip6.router.setRoute(g);
		ip6.out.localOut(g);
	}
}

/** The header of the reset that answers the segment at `th`, which ends at `end` (RFC 9293 §3.10.7.1); checksum 0. */
export function emitReset6(view: DataView, to: number, th: number, end: number): void {
	const flags = view.getUint8(th + tcp.FLAGS);
	const sport = view.getUint16(th + tcp.DPORT);
	const dport = view.getUint16(th + tcp.SPORT);
	if ((flags & tcp.ACK) !== 0) {
		tcp.emit(view, to, sport, dport, view.getInt32(th + tcp.ACK_SEQ), 0, tcp.RST, 0);
		return;
	}
	const payload = end - th - tcp.headerLength(view, th);
	const length = payload + ((flags & tcp.SYN) !== 0 ? 1 : 0) + ((flags & tcp.FIN) !== 0 ? 1 : 0);
	tcp.emit(view, to, sport, dport, 0, (view.getInt32(th + tcp.SEQ) + length) | 0, tcp.RST | tcp.ACK, 0);
}
