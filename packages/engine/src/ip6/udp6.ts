/** UDP over IPv6: the sockets of a namespace, sending and receiving (net/ipv6/udp.c; RFC 8200 §8.1). */
import type { NetDevice } from "../device/netdev.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_CSUM_PARTIAL, FRAME_IGNORE_DF, FRAME_PROCESS, FRAME_SUM_STALE } from "../frame/flags.ts";
import { L4SUM_VALID } from "../frame/pool.ts";
import { EADDRINUSE, EMSGSIZE, ENOBUFS } from "../ip/errno.ts";
import { RTN_MULTICAST } from "../netfilter/types.ts";
import { T_SOCKET } from "../trace/kinds.ts";
import { checksum, sum } from "../wire/checksum.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as udp from "../wire/udp.ts";
import { Flow6 } from "./fib6-rules.ts";
import type { Inet6 } from "./inet6.ts";

/** An ordinary datagram socket, bound to `port` (and to `addr`, an In6 handle, unless 0). */
export interface UdpSocket6 {
	readonly addr: number;
	readonly port: number;
	/** A datagram came: payload bytes (a copy), source (In6 handle). */
	onDatagram(payload: Uint8Array, source: number, sourcePort: number): void;
	/** An ICMPv6 error about one of ours came. */
	onError(type: number, code: number): void;
}

/** Bytes up to which a packet is summed at once (include/linux/skbuff.h). */
const CHECKSUM_BREAK = 76;

export class Udp6 {
	readonly sockets: UdpSocket6[] = [];
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** Open a socket; an errno if the port is taken. */
	bind(socket: UdpSocket6): number {
		const taken = this.sockets.some(
			(s) => s.port === socket.port && (s.addr === 0 || socket.addr === 0 || s.addr === socket.addr),
		);
		if (taken) return EADDRINUSE;
		this.sockets.push(socket);
		return 0;
	}
	close(socket: UdpSocket6): void {
		const i = this.sockets.indexOf(socket);
		if (i >= 0) this.sockets.splice(i, 1);
	}
	/** udpv6_sendmsg: 0, or an errno. Addresses are In6 handles; `saddr` 0: chosen by the route; `oif` -1: any. */
	send(saddr: number, sport: number, daddr: number, dport: number, payload: Uint8Array, oif = -1): number {
		const { ip6, flow } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const length = udp.UDP_HLEN + payload.length;
		if (length > 65535) return EMSGSIZE;
		flow.setDestination(ip6.in6.get(daddr));
		flow.setSource(ip6.in6.get(saddr));
		flow.mark = 0;
		flow.tclass = 0;
		flow.setTransport(ipv6.NEXTHDR_UDP, sport, dport);
		const error = ip6.router.lookup(flow, oif);
		if (error !== 0) return error;
		const { out } = ip6.router;
		const f = ip6.newPacket(length);
		if (f < 0) return ENOBUFS;
		const th = pool.th[f];
		const nh = pool.nh[f];
		udp.emit(view, th, sport, dport, length);
		pool.bytes.set(payload, th + udp.UDP_HLEN);
		const hops = out.type === RTN_MULTICAST ? 1 : out.hopLimit;
		ipv6.emit(view, nh, 0, 0, length, ipv6.NEXTHDR_UDP, hops, flow.w, 4, 0);
		const pseudo = ipv6.pseudoSum6(view, nh + ipv6.SADDR, ipv6.NEXTHDR_UDP, length);
		view.setUint16(th + udp.CHECK, checksum(view, th, th + length, pseudo) || 0xffff);
		pool.l4sum[f] = L4SUM_VALID;
		pool.flags[f] |= FRAME_IGNORE_DF | FRAME_PROCESS;
		if (ip6.ns.deviceById(out.dev).hwCsum && ipv6.IP6_HLEN + length <= out.mtu)
			pool.flags[f] |= FRAME_CSUM_PARTIAL;
		ip6.router.setRoute(f);
		ip6.out.localOut(f);
		ip6.ns.core.settle();
		return 0;
	}
	/** udplitev6_rcv: nobody listens; the checksum covers as much as its header says, 0 for all (RFC 3828). */
	receiveLite(f: number): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const left = pool.off[f] + pool.len[f] - th;
		if (left < udp.UDP_HLEN) {
			pool.drop(f, DROP.PKT_TOO_SMALL);
			return;
		}
		const covered = view.getUint16(th + udp.LEN) || left;
		const pseudo = ipv6.pseudoSum6(view, nh + ipv6.SADDR, ipv6.NEXTHDR_UDPLITE, left);
		const sane = covered >= udp.UDP_HLEN && covered <= left && view.getUint16(th + udp.CHECK) !== 0;
		if (!sane || sum(view, th, th + covered, pseudo) !== 0xffff) {
			pool.drop(f, DROP.UDP_CSUM);
			return;
		}
		if (!ipv6.isMulticast(view, nh + ipv6.DADDR))
			ip6.icmp.send(f, icmpv6.DEST_UNREACH, icmpv6.PORT_UNREACH, 0);
		pool.drop(f, DROP.NO_SOCKET);
	}
	/** __udp6_lib_rcv */
	receive(f: number, dev: NetDevice): void {
		const { ip6 } = this;
		const { pool, trace } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		const left = end - th;
		const length = left >= udp.UDP_HLEN ? view.getUint16(th + udp.LEN) || left : 0;
		if (length < udp.UDP_HLEN || length > left) {
			pool.drop(f, DROP.PKT_TOO_SMALL);
			return;
		}
		pool.len[f] = th + length - pool.off[f];
		const pseudo = ipv6.pseudoSum6(view, nh + ipv6.SADDR, ipv6.NEXTHDR_UDP, length);
		const ok = view.getUint16(th + udp.CHECK) !== 0 && sum(view, th, th + length, pseudo) === 0xffff;
		// udp6_csum_init believes the sum that it finds; only a short packet's is taken anew
		const stale = (pool.flags[f] & FRAME_SUM_STALE) !== 0 && length > CHECKSUM_BREAK;
		if (!ok || stale) {
			pool.drop(f, DROP.UDP_CSUM);
			return;
		}
		const port = view.getUint16(th + udp.DPORT);
		const daddr = ip6.in6.findAt(view, nh + ipv6.DADDR);
		const shared = ipv6.isMulticast(view, nh + ipv6.DADDR);
		let found = false;
		for (const s of this.sockets) {
			if (s.port !== port || (s.addr !== 0 && s.addr !== daddr)) continue;
			found = true;
			if (trace.on !== 0) trace.add(T_SOCKET, f, dev.id, port, 0, 0, 0);
			s.onDatagram(
				pool.bytes.slice(th + udp.UDP_HLEN, th + length),
				ip6.in6.internAt(view, nh + ipv6.SADDR),
				view.getUint16(th + udp.SPORT),
			);
			if (!shared) break;
		}
		if (found) {
			pool.deliver(f, DELIVERED["udp-socket"]);
			return;
		}
		// the packet has left its connection by now (nf_reset_ct), so the error does not belong to it from the start
		pool.resetCt(f);
		if (!shared) ip6.icmp.send(f, icmpv6.DEST_UNREACH, icmpv6.PORT_UNREACH, 0);
		pool.drop(f, DROP.NO_SOCKET);
	}
}
