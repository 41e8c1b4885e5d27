/** UDP: the sockets of a namespace, sending and receiving (net/ipv4/udp.c; RFC 768). */
import type { NetDevice } from "../device/netdev.ts";
import type { Vxlan } from "../device/vxlan.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_CSUM_PARTIAL, FRAME_IGNORE_DF, FRAME_PROCESS, FRAME_SOCKET } from "../frame/flags.ts";
import { l4sumOk } from "../frame/l4sum.ts";
import { L4SUM_VALID } from "../frame/pool.ts";
import { RTN_BROADCAST, RTN_MULTICAST } from "../netfilter/types.ts";
import { T_SOCKET } from "../trace/kinds.ts";
import { checksum, pseudoSum4 } from "../wire/checksum.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as udp from "../wire/udp.ts";
import * as vx from "../wire/vxlan.ts";
import { EADDRINUSE, EMSGSIZE, ENOBUFS } from "./errno.ts";
import type { Netns } from "./netns.ts";

const INADDR_LOOPBACK = 0x7f000001;

/** An ordinary datagram socket, bound to `port` (and to `addr` unless 0). */
export interface UdpSocket {
	readonly addr: number;
	readonly port: number;
	/** ip_no_pmtu_disc when it was opened: it never sets DF (IP_PMTUDISC_DONT). */
	noPmtuDiscovery?: boolean;
	/** A datagram came: payload bytes (a copy), source. */
	onDatagram(payload: Uint8Array, source: number, sourcePort: number): void;
	/** An ICMP error about one of ours came. */
	onError(type: number, code: number): void;
}

/** A port that tunnels receive at. */
interface Tunnel {
	readonly port: number;
	devices: Vxlan[];
}

export class Udp {
	readonly sockets: UdpSocket[] = [];
	private readonly tunnels: Tunnel[] = [];
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** Open a socket; an errno if the port is taken. */
	bind(socket: UdpSocket): number {
		const taken =
			this.sockets.some(
				(s) => s.port === socket.port && (s.addr === 0 || socket.addr === 0 || s.addr === socket.addr),
			) || this.tunnels.some((t) => t.port === socket.port);
		if (taken) return EADDRINUSE;
		socket.noPmtuDiscovery = this.ns.conf.ip_no_pmtu_disc !== 0;
		this.sockets.push(socket);
		return 0;
	}
	close(socket: UdpSocket): void {
		const i = this.sockets.indexOf(socket);
		if (i >= 0) this.sockets.splice(i, 1);
	}
	openTunnel(port: number, device: Vxlan): void {
		const t = this.tunnels.find((x) => x.port === port);
		if (t === undefined) this.tunnels.push({ port, devices: [device] });
		else if (!t.devices.includes(device)) t.devices.push(device);
	}
	closeTunnel(port: number, device: Vxlan): void {
		const i = this.tunnels.findIndex((x) => x.port === port);
		if (i < 0) return;
		this.tunnels[i].devices = this.tunnels[i].devices.filter((d) => d !== device);
		if (this.tunnels[i].devices.length === 0) this.tunnels.splice(i, 1);
	}
	private hasTunnel(port: number): boolean {
		for (const t of this.tunnels) if (t.port === port) return true;
		return false;
	}
	/** Whose a VNI at a port is (vxlan_vs_find_vni). */
	tunnelDevice(port: number, vni: number): Vxlan | undefined {
		for (const t of this.tunnels)
			if (t.port === port) for (const d of t.devices) if (d.options.vni === vni) return d;
		return undefined;
	}
	/** udp_sendmsg: 0, or an errno. `saddr` 0: chosen by the route. */
	send(saddr: number, sport: number, to: number, dport: number, payload: Uint8Array): number {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const length = udp.UDP_HLEN + payload.length;
		if (length > 65535 - ipv4.IP_HLEN) return EMSGSIZE;
		// 0.0.0.0 is this host (ip_route_output_key_hash_rcu)
		const daddr = to !== 0 ? to : saddr !== 0 ? saddr : INADDR_LOOPBACK;
		ns.fib.setFlow(ipv4.IPPROTO_UDP, sport, dport);
		const error = ns.router.output(daddr, saddr, 0, 0, -1);
		if (error !== 0) return error;
		const out = ns.router.out;
		const f = ns.newPacket(length, 0);
		if (f < 0) return ENOBUFS;
		// found a narrower way in OUTPUT, it is cut all the same (ip_sk_ignore_df)
		pool.flags[f] |= FRAME_SOCKET | FRAME_PROCESS | FRAME_IGNORE_DF;
		const th = pool.th[f];
		udp.emit(view, th, sport, dport, length);
		pool.bytes.set(payload, th + udp.UDP_HLEN);
		const whole = ipv4.IP_HLEN + length;
		const discovers = this.sockets.find((s) => s.port === sport)?.noPmtuDiscovery !== true;
		const df = whole <= out.mtu && discovers && !out.mtuLocked ? ipv4.IP_DF : 0;
		const { source } = out;
		// to groups no further than the link, unless IP_MULTICAST_TTL says so (ip_select_ttl)
		const ttl = ipv4.isMulticast(out.daddr) ? 1 : ns.conf.ip_default_ttl;
		ns.emitHeader(f, 0, ns.nextId(), df, ttl, ipv4.IPPROTO_UDP, source, out.daddr, 0);
		const sum = checksum(
			view,
			th,
			th + length,
			pseudoSum4(view, pool.nh[f] + ipv4.SADDR, ipv4.IPPROTO_UDP, length),
		);
		view.setUint16(th + udp.CHECK, sum || 0xffff);
		pool.l4sum[f] = L4SUM_VALID;
		if (ns.deviceById(out.dev).hwCsum && whole <= out.mtu) pool.flags[f] |= FRAME_CSUM_PARTIAL;
		const refused = ns.ipOut.localOut(f);
		ns.core.settle();
		// that a device dropped it is said to sockets with IP_RECVERR only
		return refused === ENOBUFS ? 0 : refused;
	}
	/** udp_rcv */
	receive(f: number, dev: NetDevice): void {
		const { ns } = this;
		const { pool, trace } = ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
		if (!udp.check(view, th, end)) {
			pool.drop(f, DROP.PKT_TOO_SMALL);
			return;
		}
		const length = view.getUint16(th + udp.LEN);
		const port = view.getUint16(th + udp.DPORT);
		if (this.tunnels.length > 0 && this.receiveTunnel(f, port, th)) return;
		pool.len[f] = th + length - pool.off[f];
		const daddr = view.getInt32(nh + ipv4.DADDR);
		const shared = pool.dstType[f] === RTN_BROADCAST || pool.dstType[f] === RTN_MULTICAST;
		const ok = this.checksumOk(f, th, length, end);
		let found = false;
		for (const s of this.sockets) {
			if (s.port !== port || (s.addr !== 0 && s.addr !== daddr)) continue;
			if (!ok) break;
			found = true;
			if (trace.on !== 0) trace.add(T_SOCKET, f, dev.id, port, 0, 0, 0);
			s.onDatagram(
				pool.bytes.slice(th + udp.UDP_HLEN, th + length),
				view.getInt32(nh + ipv4.SADDR),
				view.getUint16(th + udp.SPORT),
			);
			if (!shared) break;
		}
		if (found) {
			pool.deliver(f, DELIVERED["udp-socket"]);
			return;
		}
		if (!ok) {
			pool.drop(f, DROP.UDP_CSUM);
			return;
		}
		// the packet has left its connection by now (nf_reset_ct), so the error does not belong to it from the start
		pool.resetCt(f);
		if (!shared) ns.icmp.send(f, icmp.DEST_UNREACH, icmp.PORT_UNREACH, 0);
		pool.drop(f, DROP.NO_SOCKET);
	}
	/** A tunnel's socket is tried first; true when the frame was its. */
	private receiveTunnel(f: number, port: number, th: number): boolean {
		const pool = this.ns.core.pool;
		const view = pool.view;
		if (!this.hasTunnel(port)) return false;
		if (!l4sumOk(pool, f)) {
			pool.drop(f, DROP.UDP_CSUM);
			return true;
		}
		const h = th + udp.UDP_HLEN;
		if (!vx.check(h, pool.off[f] + pool.len[f])) {
			pool.drop(f, DROP.HDR_TRUNC);
			return true;
		}
		if ((view.getInt32(h) & vx.FLAG_I) === 0) {
			pool.drop(f, DROP.VXLAN_INVALID_HDR);
			return true;
		}
		const device = this.tunnelDevice(port, vx.vni(view, h));
		if (device === undefined) {
			pool.drop(f, DROP.VXLAN_VNI_NOT_FOUND);
			return true;
		}
		device.receiveTunnel(f);
		return true;
	}
	private checksumOk(f: number, th: number, length: number, end: number): boolean {
		const pool = this.ns.core.pool;
		if (pool.view.getUint16(th + udp.CHECK) === 0) return true;
		if (th + length === end) return l4sumOk(pool, f);
		const pseudo = pseudoSum4(pool.view, pool.nh[f] + ipv4.SADDR, ipv4.IPPROTO_UDP, length);
		return checksum(pool.view, th, th + length, pseudo) === 0;
	}
}
