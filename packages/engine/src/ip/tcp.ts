/** TCP towards this host: there are no listeners, so what arrives is answered with a reset (net/ipv4/tcp_ipv4.c; RFC 9293 §3.5.2). */
import { DROP } from "../frame/drop.ts";
import { l4sumOk } from "../frame/l4sum.ts";
import { L4SUM_VALID, PACKET_HOST } from "../frame/pool.ts";
import { RTN_LOCAL } from "../netfilter/types.ts";
import { checksum, pseudoSum4 } from "../wire/checksum.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as tcp from "../wire/tcp.ts";
import type { Netns } from "./netns.ts";

/**
 * Write the header of the reset that answers the segment at `th` of a packet with the header at `nh` (RFC 9293 §3.10.7.1): with
 * an ACK its acknowledgement is our sequence, else everything it carries is acknowledged.
 */
export function emitReset(view: DataView, to: number, nh: number, th: number): void {
	const flags = view.getUint8(th + tcp.FLAGS);
	const sport = view.getUint16(th + tcp.DPORT);
	const dport = view.getUint16(th + tcp.SPORT);
	if ((flags & tcp.ACK) !== 0) {
		tcp.emit(view, to, sport, dport, view.getInt32(th + tcp.ACK_SEQ), 0, tcp.RST, 0);
		return;
	}
	const payload = nh + view.getUint16(nh + ipv4.TOT_LEN) - th - tcp.headerLength(view, th);
	const length = payload + ((flags & tcp.SYN) !== 0 ? 1 : 0) + ((flags & tcp.FIN) !== 0 ? 1 : 0);
	tcp.emit(view, to, sport, dport, 0, (view.getInt32(th + tcp.SEQ) + length) | 0, tcp.RST | tcp.ACK, 0);
}
/** Checksum of a bare 20-byte TCP header at `th`, whose IP header is at `nh`. */
export function setTcpChecksum(view: DataView, nh: number, th: number): void {
	const pseudo = pseudoSum4(view, nh + ipv4.SADDR, ipv4.IPPROTO_TCP, tcp.TCP_HLEN);
	view.setUint16(th + tcp.CHECK, 0);
	view.setUint16(th + tcp.CHECK, checksum(view, th, th + tcp.TCP_HLEN, pseudo));
}

export class Tcp {
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** tcp_v4_rcv without a socket */
	receive(f: number): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		if (pool.pktType[f] !== PACKET_HOST) {
			pool.drop(f, DROP.OTHERHOST);
			return;
		}
		if (!tcp.check(view, th, nh + view.getUint16(nh + ipv4.TOT_LEN))) {
			pool.drop(f, DROP.PKT_TOO_SMALL);
			return;
		}
		if (!l4sumOk(pool, f)) {
			pool.drop(f, DROP.TCP_CSUM);
			return;
		}
		if ((view.getUint8(th + tcp.FLAGS) & tcp.RST) === 0 && pool.dstType[f] === RTN_LOCAL) this.reset(f);
		pool.drop(f, DROP.NO_SOCKET);
	}
	/** tcp_v4_send_reset */
	private reset(f: number): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const saddr = view.getInt32(nh + ipv4.DADDR);
		const daddr = view.getInt32(nh + ipv4.SADDR);
		const tos = view.getUint8(nh + ipv4.TOS);
		const mark = ns.conf.fwmark_reflect !== 0 ? pool.mark[f] : 0;
		if (ns.router.output(daddr, saddr, tos, mark, -1) !== 0) return;
		const g = ns.newPacket(tcp.TCP_HLEN, 0);
		if (g < 0) return;
		emitReset(view, pool.th[g], nh, pool.th[f]);
		pool.mark[g] = mark;
		ns.emitHeader(g, tos & 0xfc, 0, ipv4.IP_DF, ns.conf.ip_default_ttl, ipv4.IPPROTO_TCP, saddr, daddr, 0);
		setTcpChecksum(view, pool.nh[g], pool.th[g]);
		pool.l4sum[g] = L4SUM_VALID;
		ns.ipOut.localOut(g);
	}
}
