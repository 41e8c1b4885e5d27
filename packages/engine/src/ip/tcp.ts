/** TCP towards this host: there are no listeners, so what arrives is answered with a reset (net/ipv4/tcp_ipv4.c; RFC 9293 §3.5.2). */

import { DROP } from "../frame/drop.ts";
import { FRAME_SOCKET } from "../frame/flags.ts";
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
const TCPOPT_MD5SIG = 19;
const TCPOPT_AO = 29;
/** Bytes of options left in which a signature is looked for. */
const MIN_SIGNATURE = 5;

/** Checksum of a bare 20-byte TCP header at `th`, whose IP header is at `nh`. */
export function setTcpChecksum(view: DataView, nh: number, th: number): void {
	const pseudo = pseudoSum4(view, nh + ipv4.SADDR, ipv4.IPPROTO_TCP, tcp.TCP_HLEN);
	view.setUint16(th + tcp.CHECK, 0);
	view.setUint16(th + tcp.CHECK, checksum(view, th, th + tcp.TCP_HLEN, pseudo));
}

/**
 * Is the segment signed (RFC 2385, RFC 5925), or are its options broken where a signature could stand? Nobody here has a key, so
 * there is no answer that its sender would believe (tcp_parse_auth_options).
 */
function isSigned(view: DataView, th: number): boolean {
	const end = th + tcp.headerLength(view, th);
	for (let o = th + tcp.TCP_HLEN; end - o >= MIN_SIGNATURE; ) {
		const kind = view.getUint8(o);
		if (kind === 0) return false;
		if (kind === 1) {
			o++;
			continue;
		}
		const size = view.getUint8(o + 1);
		if (size < 2 || size > end - o || kind === TCPOPT_MD5SIG || kind === TCPOPT_AO) return true;
		o += size;
	}
	return false;
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
		if (isSigned(view, pool.th[f])) return;
		const { optionsReply } = ns;
		if (!optionsReply.echo(f)) return;
		const to = optionsReply.firstHop || daddr;
		const optlen = optionsReply.length;
		const th = pool.th[f];
		ns.fib.setFlow(ipv4.IPPROTO_TCP, view.getUint16(th + tcp.DPORT), view.getUint16(th + tcp.SPORT));
		if (ns.router.output(to, saddr, tos, mark, -1) !== 0) return;
		const g = ns.newPacket(tcp.TCP_HLEN, optlen);
		if (g < 0) return;
		emitReset(view, pool.th[g], nh, pool.th[f]);
		pool.mark[g] = mark;
		pool.flags[g] |= FRAME_SOCKET;
		if (optlen > 0) optionsReply.build(g, saddr, daddr);
		const ttl = ns.conf.ip_default_ttl;
		ns.emitHeader(g, tos & 0xfc, 0, ipv4.IP_DF, ttl, ipv4.IPPROTO_TCP, saddr, to, optlen);
		// its pseudo header has the end of the way, whatever the first hop is
		const nhg = pool.nh[g];
		view.setInt32(nhg + ipv4.DADDR, daddr);
		setTcpChecksum(view, nhg, pool.th[g]);
		view.setInt32(nhg + ipv4.DADDR, to);
		pool.l4sum[g] = L4SUM_VALID;
		ns.ipOut.localOut(g);
	}
}
