/** Ping sockets: echo requests of the namespace's own and the replies to them (net/ipv6/ping.c). Addresses are In6 handles. */
import { FRAME_IGNORE_DF, FRAME_PROCESS } from "../frame/flags.ts";
import { L4SUM_VALID } from "../frame/pool.ts";
import { ENOBUFS } from "../ip/errno.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Flow6 } from "./fib6-rules.ts";
import type { Inet6 } from "./inet6.ts";

export interface PingSocket6 {
	/** The echo identifier, which is the socket's "port". */
	readonly id: number;
	/** A reply came: sequence number, payload (a copy), who sent it, its hop limit. */
	onReply(seq: number, payload: Uint8Array, source: number, hopLimit: number): void;
	/** An ICMPv6 error about one of ours came; `source` sent it. */
	onError(type: number, code: number, seq: number, source: number): void;
}

export class Ping6 {
	readonly sockets: PingSocket6[] = [];
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	open(socket: PingSocket6): void {
		this.sockets.push(socket);
	}
	close(socket: PingSocket6): void {
		const i = this.sockets.indexOf(socket);
		if (i >= 0) this.sockets.splice(i, 1);
	}
	/** Send one request: 0, or an errno. `saddr` 0: chosen; `oif` -1: any device; `hopLimit` 0: the route's. */
	send(
		id: number,
		seq: number,
		saddr: number,
		daddr: number,
		payload: Uint8Array,
		hopLimit: number,
		oif = -1,
	): number {
		const { ip6, flow } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		flow.setDestination(ip6.in6.get(daddr));
		flow.setSource(ip6.in6.get(saddr));
		flow.mark = 0;
		flow.tclass = 0;
		flow.setTransport(ipv6.NEXTHDR_ICMP, 0, icmpv6.ECHO_REQUEST << 8);
		const error = ip6.router.lookup(flow, oif);
		if (error !== 0) return error;
		const { out } = ip6.router;
		const f = ip6.newPacket(icmpv6.ICMP6_HLEN + payload.length);
		if (f < 0) return ENOBUFS;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		icmpv6.emit(view, th, icmpv6.ECHO_REQUEST, 0, (id << 16) | seq);
		pool.bytes.set(payload, th + icmpv6.ICMP6_HLEN);
		const hops = hopLimit !== 0 ? hopLimit : out.hopLimit;
		ipv6.emit(view, nh, 0, 0, end - th, ipv6.NEXTHDR_ICMP, hops, flow.w, 4, 0);
		icmpv6.setChecksum(view, nh + ipv6.SADDR, th, end);
		pool.l4sum[f] = L4SUM_VALID;
		pool.flags[f] |= FRAME_IGNORE_DF | FRAME_PROCESS;
		ip6.router.setRoute(f);
		ip6.out.localOut(f);
		ip6.ns.core.settle();
		return 0;
	}
	/** An echo reply for this host: true when a socket took it. */
	receive(f: number): boolean {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const id = view.getUint16(th + icmpv6.ID);
		const socket = this.sockets.find((s) => s.id === id);
		if (socket === undefined) return false;
		socket.onReply(
			view.getUint16(th + icmpv6.SEQ),
			pool.bytes.slice(th + icmpv6.ICMP6_HLEN, pool.off[f] + pool.len[f]),
			ip6.in6.internAt(view, nh + ipv6.SADDR),
			view.getUint8(nh + ipv6.HOP_LIMIT),
		);
		return true;
	}
	/** An error quotes the ICMPv6 message at `inner`: tell the socket that sent it. */
	error(f: number, inner: number, type: number, code: number): void {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		if (view.getUint8(inner) !== icmpv6.ECHO_REQUEST) return;
		const id = view.getUint16(inner + icmpv6.ID);
		const source = ip6.in6.internAt(view, pool.nh[f] + ipv6.SADDR);
		for (const s of this.sockets)
			if (s.id === id) s.onError(type, code, view.getUint16(inner + icmpv6.SEQ), source);
	}
}
