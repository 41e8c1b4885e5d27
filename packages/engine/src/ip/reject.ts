/** The answers of the REJECT target (net/ipv4/netfilter/nf_reject_ipv4.c). */

import { FRAME_CSUM_PARTIAL } from "../frame/flags.ts";
import { nfSumOk, plainSumOk } from "../frame/l4sum.ts";
import { L4SUM_VALID } from "../frame/pool.ts";
import {
	NF_INET_FORWARD,
	NF_INET_PRE_ROUTING,
	REJECT_ADMIN_PROHIBITED,
	REJECT_ECHOREPLY,
	REJECT_HOST_PROHIBITED,
	REJECT_NET_PROHIBITED,
	REJECT_TCP_RESET,
	RTN_BROADCAST,
	RTN_MULTICAST,
} from "../netfilter/types.ts";
import { T_REJECT } from "../trace/kinds.ts";
import { pseudoSum4, sum } from "../wire/checksum.ts";
import * as eth from "../wire/ethernet.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as tcp from "../wire/tcp.ts";
import * as udp from "../wire/udp.ts";
import type { Netns } from "./netns.ts";
import { emitReset, setTcpChecksum } from "./tcp.ts";

/** ICMP code of each REJECT type below REJECT_ECHOREPLY, and of the prohibitions. */
function icmpCode(how: number): number {
	if (how < REJECT_ECHOREPLY) return how;
	if (how === REJECT_NET_PROHIBITED) return icmp.NET_ANO;
	if (how === REJECT_HOST_PROHIBITED) return icmp.HOST_ANO;
	if (how === REJECT_ADMIN_PROHIBITED) return icmp.PKT_FILTERED;
	return icmp.PORT_UNREACH;
}

export class Reject {
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** Answer `f`; it stays the caller's, who drops it. `how` is REJECT_*. */
	answer(f: number, hook: number, how: number): void {
		const { ns } = this;
		const { pool, trace } = ns.core;
		if (trace.on !== 0) trace.add(T_REJECT, f, pool.dev[f], how, hook, 0, 0);
		if ((pool.view.getUint16(pool.nh[f] + ipv4.FRAG_OFF) & ipv4.IP_OFFSET) !== 0) return;
		if (hook === NF_INET_PRE_ROUTING && !this.fillRoute(f)) return;
		if (how === REJECT_TCP_RESET) this.reset(f, hook);
		else if (this.checksumFine(f)) {
			ns.icmp.send(f, icmp.DEST_UNREACH, icmpCode(how), 0);
		}
	}
	/** nf_reject_verify_csum: a damaged packet gets no answer. */
	private checksumFine(f: number): boolean {
		const pool = this.ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const protocol = view.getUint8(nh + ipv4.PROTO);
		switch (protocol) {
			case ipv4.IPPROTO_UDP: {
				// cut off in its header: nothing says that there is no sum
				const length = nh + view.getUint16(nh + ipv4.TOT_LEN) - th;
				if (length < udp.UDP_HLEN)
					return sum(view, th, th + length, pseudoSum4(view, nh + ipv4.SADDR, protocol, length)) === 0xffff;
				return nfSumOk(pool, f);
			}
			case ipv4.IPPROTO_TCP:
			case ipv4.IPPROTO_ICMP:
				return nfSumOk(pool, f);
			case ipv4.IPPROTO_GRE:
			case ipv4.IPPROTO_AH:
			case ipv4.IPPROTO_ESP:
			case ipv4.IPPROTO_SCTP:
			case ipv4.IPPROTO_UDPLITE:
			case ipv4.IPPROTO_DCCP:
				return true;
		}
		// any other protocol is taken to carry a checksum over its whole payload
		return plainSumOk(view, nh, th, nh + view.getUint16(nh + ipv4.TOT_LEN));
	}
	/** nf_send_reset */
	private reset(f: number, hook: number): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		if (view.getUint8(nh + ipv4.PROTO) !== ipv4.IPPROTO_TCP) return;
		// the data offset is not looked at
		if (th + tcp.TCP_HLEN > nh + view.getUint16(nh + ipv4.TOT_LEN)) return;
		if ((view.getUint8(th + tcp.FLAGS) & tcp.RST) !== 0 || !nfSumOk(pool, f, hook === NF_INET_FORWARD))
			return;
		const type = pool.dstType[f];
		if (type === RTN_BROADCAST || type === RTN_MULTICAST) return;
		const saddr = view.getInt32(nh + ipv4.DADDR);
		const daddr = view.getInt32(nh + ipv4.SADDR);
		const mark = ns.conf.fwmark_reflect !== 0 ? pool.mark[f] : 0;
		const local = ns.fib.isLocal(saddr) ? saddr : 0;
		ns.fib.setFlow(ipv4.IPPROTO_TCP, view.getUint16(th + tcp.DPORT), view.getUint16(th + tcp.SPORT));
		if (ns.router.output(daddr, local, 0, mark, -1) !== 0) return;
		const g = ns.newPacket(tcp.TCP_HLEN, 0);
		if (g < 0) return;
		pool.mark[g] = mark;
		emitReset(view, pool.th[g], nh, th);
		ns.emitHeader(g, 0, 0, ipv4.IP_DF, ns.conf.ip_default_ttl, ipv4.IPPROTO_TCP, saddr, daddr, 0);
		setTcpChecksum(view, pool.nh[g], pool.th[g]);
		pool.l4sum[g] = L4SUM_VALID;
		pool.flags[g] |= FRAME_CSUM_PARTIAL;
		ns.conntrack.attach(g, f);
		ns.conntrack.setClosing(pool.ct[f]);
		const port = pool.physIn[f];
		if (port < 0) {
			ns.ipOut.localOut(g);
			return;
		}
		// A bridged frame's reset goes back out of the port it came by, with the MACs turned round.
		const o = pool.nh[g] - eth.ETH_HLEN;
		eth.emitReply(view, o, pool.off[f], eth.ETH_P_IP);
		pool.off[g] = o;
		pool.len[g] = eth.ETH_HLEN + view.getUint16(pool.nh[g] + ipv4.TOT_LEN);
		ns.deviceById(port).transmit(g);
	}
	/** nf_reject_fill_skb_dst: in PRE_ROUTING there is no route yet. */
	private fillRoute(f: number): boolean {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		if (ns.router.output(view.getInt32(nh + ipv4.SADDR), 0, view.getUint8(nh + ipv4.TOS), 0, -1) !== 0)
			return false;
		pool.dstType[f] = ns.fib.isLocal(view.getInt32(nh + ipv4.DADDR)) ? 2 : 1;
		return true;
	}
}
