/** Ping sockets: echo requests of the namespace's own and the replies to them (net/ipv4/ping.c). */
import { FRAME_IGNORE_DF, FRAME_PROCESS, FRAME_SOCKET } from "../frame/flags.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { ENOBUFS } from "./errno.ts";
import type { Netns } from "./netns.ts";

export interface PingSocket {
	/** The echo identifier, which is the socket's "port". */
	readonly id: number;
	/** A reply came: sequence number, payload (a copy), who sent it, its TTL. */
	onReply(seq: number, payload: Uint8Array, source: number, ttl: number): void;
	/** An ICMP error about one of ours came; `source` sent it. */
	onError(type: number, code: number, seq: number, source: number): void;
}

export class Ping {
	readonly sockets: PingSocket[] = [];
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	open(socket: PingSocket): void {
		this.sockets.push(socket);
	}
	close(socket: PingSocket): void {
		const i = this.sockets.indexOf(socket);
		if (i >= 0) this.sockets.splice(i, 1);
	}
	/** Send one request: 0, or an errno. */
	send(id: number, seq: number, saddr: number, daddr: number, payload: Uint8Array, ttl: number): number {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		ns.fib.setFlow(ipv4.IPPROTO_ICMP, 0, icmp.ECHO << 8);
		const error = ns.router.output(daddr, saddr, 0, 0, -1);
		if (error !== 0) return error;
		const out = ns.router.out;
		const f = ns.newPacket(icmp.ICMP_HLEN + payload.length, 0);
		if (f < 0) return ENOBUFS;
		pool.flags[f] |= FRAME_SOCKET | FRAME_PROCESS | FRAME_IGNORE_DF;
		const th = pool.th[f];
		icmp.emit(view, th, icmp.ECHO, 0, (id << 16) | seq);
		pool.bytes.set(payload, th + icmp.ICMP_HLEN);
		icmp.setChecksum(view, th, th + icmp.ICMP_HLEN + payload.length);
		const fits = ipv4.IP_HLEN + icmp.ICMP_HLEN + payload.length <= out.mtu;
		ns.emitHeader(f, 0, ns.nextId(), fits ? ipv4.IP_DF : 0, ttl, ipv4.IPPROTO_ICMP, out.source, daddr, 0);
		ns.ipOut.localOut(f);
		ns.core.settle();
		return 0;
	}
	/** An echo reply for this host: true when a socket took it. */
	receive(f: number): boolean {
		const pool = this.ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const id = view.getUint16(th + icmp.ID);
		const socket = this.sockets.find((s) => s.id === id);
		if (socket === undefined) return false;
		const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
		socket.onReply(
			view.getUint16(th + icmp.SEQ),
			pool.bytes.slice(th + icmp.ICMP_HLEN, end),
			view.getInt32(nh + ipv4.SADDR),
			view.getUint8(nh + ipv4.TTL),
		);
		return true;
	}
}
