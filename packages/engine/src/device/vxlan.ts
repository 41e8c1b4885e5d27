/**
 * VXLAN (RFC 7348; drivers/net/vxlan/vxlan_core.c): an Ethernet device whose wire is UDP. What to do with an inner frame is
 * decided by its own fdb (inner MAC -> remote), with the all-zeros entry as the default; each remote gets a copy, the first one
 * last. The outer route, the IP header and the sending are the namespace's, through `TunnelHost`.
 */

import { sourcePort } from "../flow/source-port.ts";
import { DROP } from "../frame/drop.ts";
import { KNOWN_CLEAN, L4SUM_UNKNOWN, L4SUM_VALID } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import { T_DECAP, T_ENCAP, T_VXLAN_FDB, T_VXLAN_LEARN } from "../trace/kinds.ts";
import { LEARNING } from "../trace/trace.ts";
import { fold, sum } from "../wire/checksum.ts";
import * as eth from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as udp from "../wire/udp.ts";
import * as vx from "../wire/vxlan.ts";
import {
	NetDevice,
	RX_BYTES,
	RX_DROPPED,
	RX_ERRORS,
	RX_PACKETS,
	TX_BYTES,
	TX_DROPPED,
	TX_ERRORS,
	TX_PACKETS,
} from "./netdev.ts";
import { scrub, unbridge } from "./scrub.ts";
import { NUD_NOARP, NUD_PERMANENT, NUD_REACHABLE, VxlanFdb, type VxlanRemote } from "./vxlan-fdb.ts";
import { dsfield, ecnDecapsulate, innerSum, leastLength } from "./vxlan-inner.ts";

const INADDR_LOOPBACK = 0x7f000001;

export const DF_UNSET = 0;
export const DF_SET = 1;
export const DF_INHERIT = 2;

/** The outgoing route of a tunnel packet, filled in by `TunnelHost.route`. */
export interface TunnelRoute {
	source: number;
	mtu: number;
	hopLimit: number;
	/** Device id */
	dev: number;
	/** The destination is an address of the namespace itself. */
	local: boolean;
}
/** What a tunnel asks of the namespace that carries it. */
export interface TunnelHost {
	/**
	 * Route UDP from `sport` to `dport` and `daddr`, with `saddr` 0 = choose; false: no route. The answer stands in `tunnelRoute`. `mark` is
	 * the inner frame's.
	 */
	route(
		daddr: number,
		saddr: number,
		tos: number,
		mark: number,
		dev: number,
		sport: number,
		dport: number,
	): boolean;
	readonly tunnelRoute: TunnelRoute;
	/**
	 * Send an IPv4 packet whose payload starts `pool.off` bytes into the arena: the header is put in front, then it leaves
	 * (ip_local_out). The route is the one of the last call of `route`. False: it was dropped on the way out.
	 */
	send(
		f: number,
		protocol: number,
		saddr: number,
		daddr: number,
		tos: number,
		ttl: number,
		df: boolean,
	): boolean;
	/** Open or close the UDP port for tunnel reception. */
	openPort(port: number, device: Vxlan): void;
	closePort(port: number, device: Vxlan): void;
	/** Who receives what comes to `port` for `vni` (vxlan_find_vni). */
	receiver(port: number, vni: number): Vxlan | undefined;
	/** The answer to an inner packet that is too long: frag-needed from the inner destination as an Ethernet frame; -1: none. */
	innerTooBig(f: number, mtu: number): number;
}
export interface VxlanOptions {
	readonly vni: number;
	readonly port: number;
	readonly local: number;
	readonly lower: NetDevice | null;
	readonly learning: boolean;
	readonly ttl?: number;
	/** TOS; 1 = inherit */
	readonly tos?: number;
	readonly df?: number;
	readonly portMin?: number;
	readonly portMax?: number;
	readonly udpCsum?: boolean;
}

export class Vxlan extends NetDevice {
	readonly kind = "vxlan";
	readonly fdb: VxlanFdb;
	readonly options: VxlanOptions;
	host: TunnelHost | null = null;

	constructor(core: Core, name: string, macHi: number, macLo: number, options: VxlanOptions) {
		super(core, name, macHi, macLo);
		this.fdb = new VxlanFdb(core.clock, core.flows);
		this.options = options;
		if (options.lower !== null) this.mtu = options.lower.mtu - vx.MTU_OVERHEAD;
	}
	override setUp(up: boolean): void {
		if (up === this.up) return;
		if (up) this.host?.openPort(this.options.port, this);
		else this.host?.closePort(this.options.port, this);
		if (up) this.fdb.start();
		else this.fdb.stop();
		super.setUp(up);
	}
	override destroy(): void {
		this.host?.closePort(this.options.port, this);
		super.destroy();
	}
	override xmit(f: number): boolean {
		const { pool, trace } = this.core;
		const o = pool.off[f];
		const hi = pool.view.getUint16(o);
		const lo = pool.view.getInt32(o + 2);
		let entry = this.fdb.find(hi, lo);
		let fallback = 0;
		if (entry === undefined) {
			entry = this.fdb.find(0, 0);
			fallback = 1;
		}
		if (entry === undefined || entry.remotes.length === 0) {
			this.stats[TX_DROPPED]++;
			pool.drop(f, DROP.NO_TX_TARGET);
			return true;
		}
		const remotes = entry.remotes;
		if (trace.on === LEARNING) this.core.flows.recorder.meets(this.fdb, this.fdb.sends(entry));
		for (let i = 1; i < remotes.length; i++) {
			const copy = pool.clone(f);
			if (copy < 0) pool.dropUnborn(DROP.NOMEM);
			else {
				if (trace.on !== 0) trace.add(T_VXLAN_FDB, copy, this.id, remotes[i].addr, hi, lo, fallback);
				this.xmitOne(copy, remotes[i]);
			}
		}
		if (trace.on !== 0) trace.add(T_VXLAN_FDB, f, this.id, remotes[0].addr, hi, lo, fallback);
		this.xmitOne(f, remotes[0]);
		return true;
	}
	/** A UDP datagram for our port has arrived: `nh` the outer IP header, `th` the UDP header (vxlan_rcv). */
	receiveTunnel(f: number): void {
		const { pool, trace } = this.core;
		const view = pool.view;
		const th = pool.th[f];
		const nh = pool.nh[f];
		const h = th + udp.UDP_HLEN;
		const flags = view.getInt32(h);
		if (flags !== vx.FLAG_I || (view.getInt32(h + vx.VNI) & 0xff) !== 0) {
			// without the VNI flag the driver does not even look whose it is
			if ((flags & vx.FLAG_I) !== 0) this.stats[RX_ERRORS]++;
			pool.drop(f, DROP.VXLAN_INVALID_HDR);
			return;
		}
		const inner = h + vx.VXLAN_HLEN;
		const length = pool.off[f] + pool.len[f] - inner;
		if (length < 14) {
			pool.drop(f, DROP.HDR_TRUNC);
			return;
		}
		const outerSource = view.getInt32(nh + ipv4.SADDR);
		const outerTos = view.getUint8(nh + ipv4.TOS);
		if (trace.on !== 0) trace.add(T_DECAP, f, this.id, this.options.vni, outerSource, 0, 0);
		const srcHi = view.getUint16(inner + 6);
		const srcLo = view.getInt32(inner + 8);
		const otherNetns = this.core.netnsOf[pool.dev[f]] !== this.netns;
		pool.unshare(f);
		scrub(pool, f, otherNetns);
		pool.off[f] = inner;
		pool.len[f] = length;
		pool.nh[f] = inner + 14;
		pool.l4sum[f] = L4SUM_UNKNOWN;
		pool.dev[f] = this.id;
		pool.vlan[f] = 0;
		this.setPacketType(f);
		pool.known[f] = pool.mark[f] === 0 ? KNOWN_CLEAN : 0;
		if (srcLo === this.macLo && srcHi === this.macHi) {
			pool.drop(f, DROP.LOCAL_MAC);
			return;
		}
		if (this.options.learning) {
			const reason = this.snoop(f, srcHi, srcLo, outerSource);
			if (reason >= 0) {
				pool.drop(f, reason);
				return;
			}
		}
		if (!ecnDecapsulate(pool, f, outerTos)) {
			this.stats[RX_ERRORS]++;
			pool.drop(f, DROP.IP_TUNNEL_ECN);
			return;
		}
		if (!this.up) {
			this.stats[RX_DROPPED]++;
			pool.drop(f, DROP.DEV_READY);
			return;
		}
		if (this.core.netifRx(this.id, f)) {
			this.counts[RX_PACKETS]++;
			this.counts[RX_BYTES] += length - 14;
			if (trace.on === LEARNING) {
				this.core.flows.recorder.count(f, this.counts, RX_PACKETS, length - 14);
				this.core.flows.recorder.leaves(f, this.id);
			}
		} else this.stats[RX_DROPPED]++;
	}
	private xmitOne(f: number, remote: VxlanRemote): void {
		const { pool, trace } = this.core;
		const view = pool.view;
		const host = this.host;
		const options = this.options;
		const inner = pool.off[f];
		const isIp = view.getUint16(inner + 12) === eth.ETH_P_IP;
		if (pool.len[f] < (isIp ? eth.ETH_HLEN + ipv4.IP_HLEN : leastLength(pool, f))) {
			this.stats[TX_DROPPED]++;
			pool.drop(f, DROP.PKT_TOO_SMALL);
			return;
		}
		const innerDf = isIp
			? (view.getUint16(inner + 20) & ipv4.IP_DF) !== 0
			: view.getUint16(inner + 12) === eth.ETH_P_IPV6;
		const innerTos = isIp ? view.getUint8(inner + 15) : dsfield(pool, f);
		if (host === null || remote.addr === 0) {
			this.stats[TX_DROPPED]++;
			pool.drop(f, DROP.NO_TX_TARGET);
			return;
		}
		let tos = options.tos ?? 0;
		if (tos === 1) tos = innerTos;
		const portMin = options.portMin || 32768;
		const portMax = options.portMax || 60999;
		const sport = sourcePort(pool, f, portMin, portMax);
		if (trace.on === LEARNING) this.core.flows.recorder.drawsPort(portMin, portMax);
		const dport = remote.port !== 0 ? remote.port : options.port;
		// entries are bound to a device by `via` only, not by that of the tunnel
		if (!host.route(remote.addr, options.local, tos, pool.mark[f], remote.dev, sport, dport)) {
			this.stats[TX_ERRORS]++;
			pool.drop(f, DROP.IP_OUTNOROUTES);
			return;
		}
		const route = host.tunnelRoute;
		const vni = remote.vni >= 0 ? remote.vni : options.vni;
		if (route.local) {
			// encap_bypass_if_local; the sockets are bound to no device, and are not found for an entry that is
			const to = remote.dev < 0 ? host.receiver(dport, vni) : undefined;
			if (to === undefined) {
				this.stats[TX_ERRORS]++;
				pool.drop(f, DROP.VXLAN_VNI_NOT_FOUND);
			} else this.bypass(f, to, true);
			return;
		}
		if (pool.len[f] - 14 > route.mtu - vx.MTU_OVERHEAD && this.master !== null && isIp) {
			const answer = host.innerTooBig(f, route.mtu - vx.MTU_OVERHEAD);
			if (answer >= 0) {
				pool.drop(f, DROP.PKT_TOO_BIG);
				this.bypass(answer, this, false);
				return;
			}
		}
		const length = pool.len[f];
		const counted = pool.lengthUntagged(f) - 14;
		// ip_tunnel_ecn_encap: the inner ECN field is copied, CE becomes ECT(0)
		const ecn = innerTos & 3;
		tos = (tos & 0xfc) | (ecn === 3 ? 2 : ecn);
		const g = pool.reserve(f, 50 + 14, 0);
		if (g < 0) {
			this.stats[TX_DROPPED]++;
			pool.drop(f, DROP.NOMEM);
			return;
		}
		const start = pool.off[g] - vx.VXLAN_HLEN - udp.UDP_HLEN;
		const total = length + vx.VXLAN_HLEN + udp.UDP_HLEN;
		// The sum of the inner frame is known without reading its payload when its own transport sum is known to be right.
		const known = innerSum(pool, g);
		pool.unshare(g);
		scrub(pool, g, this.core.netnsOf[route.dev] !== this.netns);
		vx.emit(view, start + udp.UDP_HLEN, vni);
		udp.emit(view, start, sport, dport, total);
		pool.off[g] = start;
		pool.len[g] = total;
		pool.th[g] = start;
		const saddr = options.local !== 0 ? options.local : route.source;
		if (options.udpCsum !== false) {
			const pseudo =
				(saddr >>> 16) +
				(saddr & 0xffff) +
				(remote.addr >>> 16) +
				(remote.addr & 0xffff) +
				ipv4.IPPROTO_UDP +
				total;
			const s = sum(view, start, start + udp.UDP_HLEN + vx.VXLAN_HLEN, fold(pseudo + known));
			view.setUint16(start + udp.CHECK, ~s & 0xffff || 0xffff);
		}
		if (trace.on !== 0) trace.add(T_ENCAP, g, this.id, vni, saddr, remote.addr, sport);
		const df = options.df === DF_SET || (options.df === DF_INHERIT && innerDf);
		pool.l4sum[g] = L4SUM_VALID;
		const ttl = options.ttl || route.hopLimit;
		if (host.send(g, ipv4.IPPROTO_UDP, saddr, remote.addr, tos, ttl, df)) {
			this.counts[TX_PACKETS]++;
			this.counts[TX_BYTES] += counted;
			if (trace.on === LEARNING) this.core.flows.recorder.count(g, this.counts, TX_PACKETS, counted);
		} else this.stats[TX_DROPPED]++;
	}
	/** vxlan_encap_bypass: a frame comes in at `to` without having been on the way. */
	private bypass(f: number, to: Vxlan, learn: boolean): void {
		const { pool } = this.core;
		this.core.flows.recorder.veto();
		const o = pool.off[f];
		const length = pool.len[f];
		unbridge(pool, f);
		pool.dev[f] = to.id;
		// what the learning says against the frame is not heard here
		if (learn && to.options.learning)
			to.snoop(f, pool.view.getUint16(o + 6), pool.view.getInt32(o + 8), INADDR_LOOPBACK);
		this.stats[TX_PACKETS]++;
		this.stats[TX_BYTES] += length;
		if (this.core.netifRx(to.id, f)) {
			to.stats[RX_PACKETS]++;
			to.stats[RX_BYTES] += length;
		} else to.stats[RX_DROPPED]++;
	}
	/** vxlan_snoop: a station was heard behind `remote`. -1 fine, else why the frame is dropped. */
	private snoop(f: number, hi: number, lo: number, remote: number): number {
		if ((hi & 0x0100) !== 0 || (hi === 0 && lo === 0)) return DROP.MAC_INVALID_SOURCE;
		const entry = this.fdb.find(hi, lo);
		if (entry === undefined) {
			this.core.flows.recorder.veto();
			const fresh = this.fdb.create(hi, lo, NUD_REACHABLE, 0);
			fresh?.remotes.push({ addr: remote, port: 0, vni: -1, dev: -1 });
		} else {
			entry.updated = this.core.clock[0];
			if (this.core.trace.on === LEARNING) this.core.flows.recorder.meets(this.fdb, this.fdb.hears(entry));
			const first = entry.remotes[0];
			if (first.addr === remote) return -1;
			this.core.flows.stale();
			if ((entry.state & (NUD_PERMANENT | NUD_NOARP)) !== 0) return DROP.VXLAN_ENTRY_EXISTS;
			first.addr = remote;
		}
		const trace = this.core.trace;
		if (trace.on !== 0) trace.add(T_VXLAN_LEARN, f, this.id, remote, hi, lo, 0);
		return -1;
	}
}
