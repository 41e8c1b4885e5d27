/** ICMP: errors about packets, redirects, and the answers to questions (net/ipv4/icmp.c; RFC 792, RFC 1122 §3.2.2, RFC 1812). */

import type { NetDevice } from "../device/netdev.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_CSUM_PARTIAL, FRAME_SOCKET } from "../frame/flags.ts";
import { PACKET_HOST } from "../frame/pool.ts";
import { RTN_BROADCAST, RTN_LOCAL, RTN_MULTICAST } from "../netfilter/types.ts";
import { T_ICMP_SEND, T_RATELIMIT } from "../trace/kinds.ts";
import { fold, pseudoSum4 } from "../wire/checksum.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as tcp from "../wire/tcp.ts";
import * as udp from "../wire/udp.ts";
import { RT_SCOPE_LINK, selectAddress } from "./address.ts";
import { receiveError } from "./icmp-error.ts";
import type { Netns } from "./netns.ts";

/** Most bytes of IP an error takes (RFC 1812 §4.3.2.3). */
const ERROR_MAX = 576;
const INADDR_DUMMY = 0xc0000008 | 0;

/** The quoted packet has not left: where its checksum will be stands the pseudo header's sum alone (CHECKSUM_PARTIAL). */
function quotePartial(view: DataView, nh: number, quoted: number): void {
	const hlen = ipv4.headerLength(view, nh);
	const protocol = view.getUint8(nh + ipv4.PROTO);
	const at = hlen + (protocol === ipv4.IPPROTO_TCP ? tcp.CHECK : udp.CHECK);
	if (at + 2 > quoted) return;
	const sum = pseudoSum4(view, nh + ipv4.SADDR, protocol, view.getUint16(nh + ipv4.TOT_LEN) - hlen);
	view.setUint16(nh + at, fold(sum));
}

export class Icmp {
	private readonly ns: Netns;
	/** The address that the answer comes from which `reply` began. */
	private replySource = 0;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** icmp_send: tell the sender of `f` about it. `rest` is the second header word. The frame stays the caller's. */
	send(f: number, type: number, code: number, rest: number): void {
		const { ns } = this;
		const { pool, trace } = ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		if (pool.pktType[f] !== PACKET_HOST) return;
		const dst = pool.dstType[f];
		if (dst === RTN_BROADCAST || dst === RTN_MULTICAST) return;
		if ((view.getUint16(nh + ipv4.FRAG_OFF) & ipv4.IP_OFFSET) !== 0) return;
		const protocol = view.getUint8(nh + ipv4.PROTO);
		const hlen = ipv4.headerLength(view, nh);
		const total = view.getUint16(nh + ipv4.TOT_LEN);
		if (icmp.isError(type) && protocol === ipv4.IPPROTO_ICMP) {
			if (total < hlen + 1) return;
			const inner = view.getUint8(nh + hlen);
			if (icmp.getsNoError(inner)) return;
		}
		const to = view.getInt32(nh + ipv4.SADDR);
		const inDev = ns.core.targets[pool.dev[f]] as NetDevice | null;
		// the device went while the frame was held: nobody is told
		if (inDev === null) return;
		if (!inDev.loopback && !ns.icmpRate.allowGlobal(type, code)) {
			if (trace.on !== 0) trace.add(T_RATELIMIT, f, inDev.id, type, to, 0, 0);
			return;
		}
		if (ns.core.icmpLocked[0]) return;
		let saddr = 0;
		if (dst === RTN_LOCAL) saddr = view.getInt32(nh + ipv4.DADDR);
		else if (ns.conf.icmp_errors_use_inbound_ifaddr !== 0 && pool.iif[f] >= 0)
			saddr = selectAddress(ns.inDevices[pool.iif[f]], ns.allInDevices(), to, RT_SCOPE_LINK);
		const tos = (view.getUint8(nh + ipv4.TOS) & 0x1e) | 0xc0;
		const mark = ns.conf.fwmark_reflect !== 0 ? pool.mark[f] : 0;
		const { optionsReply } = ns;
		if (!optionsReply.echo(f)) return;
		const optlen = optionsReply.length;
		// a rule sees type and code where a destination port would stand (union flowi_uli)
		ns.fib.setFlow(ipv4.IPPROTO_ICMP, 0, (type << 8) | code);
		if (ns.router.output(optionsReply.firstHop || to, saddr, tos, mark, -1) !== 0) return;
		const out = ns.router.out;
		const peer = optionsReply.firstHop || to;
		if (!inDev.loopback && !ns.icmpRate.allowPeer(type, code, peer, ns.deviceById(out.dev).loopback)) {
			if (trace.on !== 0) trace.add(T_RATELIMIT, f, inDev.id, type, to, 0, 0);
			return;
		}
		const room = Math.min(out.mtu, ERROR_MAX) - ipv4.IP_HLEN - optlen - icmp.ICMP_HLEN;
		if (room <= ipv4.IP_HLEN) return;
		const quoted = Math.min(pool.off[f] + pool.len[f] - nh, room);
		const g = ns.newPacket(icmp.ICMP_HLEN + quoted, optlen);
		if (g < 0) return;
		const th = pool.th[g];
		icmp.emit(view, th, type, code, rest);
		pool.bytes.copyWithin(th + icmp.ICMP_HLEN, nh, nh + quoted);
		if ((pool.flags[f] & FRAME_CSUM_PARTIAL) !== 0) quotePartial(view, th + icmp.ICMP_HLEN, quoted);
		icmp.setChecksum(view, th, th + icmp.ICMP_HLEN + quoted);
		// icmp_glue_bits: an error belongs to the connection of the packet it is about
		if (icmp.isError(type) && pool.ct[f] !== 0) ns.conntrack.attach(g, f);
		if (trace.on !== 0) trace.add(T_ICMP_SEND, f, out.dev, type, code, to, 0);
		this.finish(g, tos, out.source !== 0 ? out.source : INADDR_DUMMY, to, mark, optlen);
	}
	/** ip_rt_send_redirect: there is a shorter way for the sender of `f`. */
	sendRedirect(f: number): void {
		this.ns.core.flows.recorder.veto();
		const { ns } = this;
		const pool = ns.core.pool;
		const to = pool.view.getInt32(pool.nh[f] + ipv4.SADDR);
		if (!ns.icmpRate.allowRedirect(to)) return;
		const gw = pool.dstGw[f] !== 0 ? pool.dstGw[f] : pool.view.getInt32(pool.nh[f] + ipv4.DADDR);
		this.send(f, icmp.REDIRECT, icmp.REDIR_HOST, gw);
		ns.icmpRate.redirectSent(to);
	}
	/** icmp_rcv: an ICMP message for this host. */
	receive(f: number, dev: NetDevice): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
		if (!icmp.checkSum(view, th, end)) {
			pool.drop(f, DROP.ICMP_CSUM);
			return;
		}
		if (end - th < icmp.ICMP_HLEN) {
			pool.drop(f, DROP.PKT_TOO_SMALL);
			return;
		}
		const type = view.getUint8(th + icmp.TYPE);
		if (type > icmp.MAX_TYPE) {
			pool.drop(f, DROP.UNHANDLED_PROTO);
			return;
		}
		const dst = pool.dstType[f];
		if (dst === RTN_BROADCAST || dst === RTN_MULTICAST) {
			const question = type === icmp.ECHO || type === icmp.TIMESTAMP;
			if (
				(question && ns.conf.icmp_echo_ignore_broadcasts !== 0) ||
				(!question && type !== icmp.ADDRESS && type !== icmp.ADDRESS_REPLY)
			) {
				pool.drop(f, DROP.INVALID_PROTO);
				return;
			}
		}
		if (type === icmp.ECHO && ns.conf.icmp_echo_ignore_all === 0) this.echo(f, dev, icmp.ECHO_REPLY, end);
		else if (type === icmp.TIMESTAMP) this.timestamp(f, dev, end);
		else if (type === icmp.ECHO_REPLY && ns.ping.receive(f)) {
			pool.deliver(f, DELIVERED["ping-socket"]);
			return;
		} else if (icmp.isError(type)) {
			const reason = receiveError(ns, f, dev);
			if (reason !== 0) {
				pool.drop(f, reason);
				return;
			}
		} else if (type !== icmp.ECHO) {
			pool.drop(f, type === icmp.ECHO_REPLY ? DROP.NO_SOCKET : DROP.UNHANDLED_PROTO);
			return;
		}
		pool.deliver(f, DELIVERED.icmp);
	}
	/** icmp_echo, icmp_reply: the same body back. */
	private echo(f: number, dev: NetDevice, type: number, end: number): void {
		const { pool } = this.ns.core;
		const th = pool.th[f];
		const g = this.reply(f, dev, type, end - th);
		if (g < 0) return;
		const view = pool.view;
		const to = pool.th[g];
		pool.bytes.copyWithin(to, th, end);
		view.setUint8(to + icmp.TYPE, type);
		icmp.setChecksum(view, to, to + (end - th));
		// the kernel's copying sum starts from minus zero, so nothing but zeros sums to 0xffff
		if (view.getUint16(to + icmp.CHECK) === 0xffff) view.setUint16(to + icmp.CHECK, 0);
		this.finishReply(f, g);
	}
	private timestamp(f: number, dev: NetDevice, end: number): void {
		const { pool, clock } = this.ns.core;
		const th = pool.th[f];
		if (end - th < 20) return;
		const g = this.reply(f, dev, icmp.TIMESTAMP_REPLY, 20);
		if (g < 0) return;
		const view = pool.view;
		const to = pool.th[g];
		pool.bytes.copyWithin(to, th, th + 12);
		view.setUint16(to, icmp.TIMESTAMP_REPLY << 8);
		const ms = Math.floor(clock[0] / 1e6) % 86_400_000;
		view.setInt32(to + 12, ms);
		view.setInt32(to + 16, ms);
		icmp.setChecksum(view, to, to + 20);
		this.finishReply(f, g);
	}
	private reply(f: number, dev: NetDevice, type: number, length: number): number {
		const { ns } = this;
		const pool = ns.core.pool;
		const nh = pool.nh[f];
		const to = pool.view.getInt32(nh + ipv4.SADDR);
		const mark = ns.conf.fwmark_reflect !== 0 ? pool.mark[f] : 0;
		if (!ns.optionsReply.echo(f) || !ns.icmpRate.allowGlobal(type, 0)) return -1;
		const saddr = ns.router.specDst(f, dev);
		ns.fib.setFlow(ipv4.IPPROTO_ICMP, 0, 0);
		const peer = ns.optionsReply.firstHop || to;
		if (ns.router.output(peer, saddr, pool.view.getUint8(nh + ipv4.TOS), mark, -1) !== 0) return -1;
		if (!ns.icmpRate.allowPeer(type, 0, peer, ns.deviceById(ns.router.out.dev).loopback)) return -1;
		this.replySource = saddr;
		return ns.newPacket(length, ns.optionsReply.length);
	}
	private finishReply(f: number, g: number): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const nh = pool.nh[f];
		const mark = ns.conf.fwmark_reflect !== 0 ? pool.mark[f] : 0;
		this.finish(
			g,
			pool.view.getUint8(nh + ipv4.TOS),
			this.replySource,
			pool.view.getInt32(nh + ipv4.SADDR),
			mark,
			ns.optionsReply.length,
		);
	}
	/** Header, route of the last `router.output`, and out. */
	private finish(g: number, tos: number, saddr: number, daddr: number, mark: number, optlen: number): void {
		const { ns } = this;
		const pool = ns.core.pool;
		pool.mark[g] = mark;
		pool.flags[g] |= FRAME_SOCKET;
		const to = optlen > 0 ? ns.optionsReply.firstHop || daddr : daddr;
		if (optlen > 0) ns.optionsReply.build(g, saddr, daddr);
		ns.emitHeader(g, tos, ns.nextId(), 0, ns.conf.ip_default_ttl, ipv4.IPPROTO_ICMP, saddr, to, optlen);
		ns.core.icmpLocked[0] = true;
		ns.ipOut.localOut(g);
		ns.core.icmpLocked[0] = false;
	}
}
