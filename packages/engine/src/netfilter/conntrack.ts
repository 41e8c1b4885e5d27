/**
 * Connection tracking (net/netfilter/nf_conntrack_core.c): which connection a packet belongs to, and in which role.
 *
 *   in        PREROUTING, OUTPUT    find or make the connection, ask its protocol's tracker, leave both in `ct` and `ctinfo`
 *   confirm   INPUT, POSTROUTING    the first packet has survived every rule: enter the connection into the table
 *
 * One table serves the whole lab; the namespace is part of every key.
 */
import type { FlowCache } from "../flow/cache.ts";
import type { FlowConntrack } from "../flow/state.ts";
import { nfSumOk } from "../frame/l4sum.ts";
import type { CtHolder, FramePool } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import { T_CT, T_CT_CONFIRM } from "../trace/kinds.ts";
import { LEARNING, type Trace } from "../trace/trace.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { handlePacket } from "./ct-handle.ts";
import { connectionsOf, forgetMasqueraded, forgetWindows } from "./ct-list.ts";
import { udpSeen } from "./ct-proto.ts";
import { CtNet } from "./ct-sysctl.ts";
import {
	C_DST,
	C_KEY,
	C_PORTS,
	C_REPLY,
	C_SRC,
	C_STATUS,
	F_TIMEOUT,
	REC,
	RECF,
	TCP_REC,
} from "./ct-table.ts";
import { TCP_CONNTRACK_CLOSE } from "./ct-tcp-states.ts";
import { TCP_STATE } from "./ct-tcp-window.ts";
import {
	allowsClash,
	invertible,
	invertPorts,
	keyNetns,
	netnsKey,
	readTuple,
	T_DST,
	T_KEY,
	T_PORTS,
	T_SRC,
} from "./ct-tuple.ts";
import { CT_ACCEPT, CT_REPEAT } from "./ct-verdict.ts";
import { CtRecords } from "./ct-view.ts";
import { sctpChecksumOk } from "./sctp.ts";
import {
	ctDir,
	IP_CT_DIR_ORIGINAL,
	IP_CT_DIR_REPLY,
	IP_CT_ESTABLISHED,
	IP_CT_ESTABLISHED_REPLY,
	IP_CT_NEW,
	IP_CT_RELATED,
	IP_CT_RELATED_REPLY,
	IP_CT_UNTRACKED,
	IPS_CONFIRMED,
	IPS_DST_NAT_DONE,
	IPS_DYING,
	IPS_EXPECTED,
	IPS_SEEN_REPLY,
	IPS_SRC_NAT_DONE,
	NF_ACCEPT,
	NF_DROP,
	NF_INET_PRE_ROUTING,
	type NfFamily,
	type NfHost,
} from "./types.ts";

/** A full table is searched for expired connections at most this often, in virtual ns. */
const FULL_SWEEP_INTERVAL = 1e9;

export class Conntrack extends CtRecords implements CtHolder, FlowConntrack {
	private readonly pool: FramePool;
	private readonly trace: Trace;
	private readonly flows: FlowCache;
	/** The tuple that was read last. */
	readonly tuple: Int32Array = new Int32Array(4);
	private readonly swept: Float64Array = new Float64Array([Number.NEGATIVE_INFINITY]);

	/** Becomes the owner of the connection references of `core`'s frames. */
	constructor(core: Core) {
		super(core.clock);
		this.pool = core.pool;
		this.trace = core.trace;
		this.flows = core.flows;
		core.pool.ctHolder = this;
		core.flows.conntrack = this;
		this.table.watcher = core.flows;
	}

	/** Settings and counters of a namespace; made when first asked for. */
	net(hostId: number): CtNet {
		const nets = this.table.nets;
		while (nets.length <= hostId) nets.push(null);
		let net = nets[hostId];
		if (net === null) {
			net = new CtNet(hostId);
			nets[hostId] = net;
		}
		return net;
	}

	/** nf_conntrack_in. `nh` and `th` of the frame are set and it is no fragment. Returns NF_ACCEPT or NF_DROP. */
	in(host: NfHost, hook: number, f: number): number {
		const pool = this.pool;
		// seen before (loopback), or wanted untracked
		if (pool.ct[f] !== 0 || pool.ctinfo[f] === IP_CT_UNTRACKED) {
			if (!this.table.dropTemplate(pool, f)) return NF_ACCEPT;
		}
		pool.ctinfo[f] = 0;
		const net = this.net(host.id);
		const view = pool.view;
		const nh = pool.nh[f];
		const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
		const protocol = view.getUint8(nh + ipv4.PROTO);
		if (protocol === ipv4.IPPROTO_ICMP) {
			const handled = this.icmpError(net, hook, f, nh, end);
			if (handled !== 0) return NF_ACCEPT;
		}
		if (!readTuple(view, nh, end, netnsKey(net.id), this.tuple)) return this.invalid(f);
		return this.track(host, net, hook, f, protocol, nh + ipv4.headerLength(view, nh), end);
	}
	/**
	 * The part of `in` behind the network header: `tuple` has been read from the packet, whose `protocol` header at `th` ends at
	 * `end`.
	 */
	track(
		host: NfHost,
		net: CtNet,
		hook: number,
		f: number,
		protocol: number,
		th: number,
		end: number,
	): number {
		const { pool, tuple } = this;
		if (protocol === ipv4.IPPROTO_SCTP && hook === NF_INET_PRE_ROUTING && net.checksum !== 0) {
			if (!sctpChecksumOk(pool.view, th, end)) return this.invalid(f);
		}
		for (;;) {
			const ref = this.table.find(tuple[T_SRC], tuple[T_DST], tuple[T_PORTS], tuple[T_KEY]);
			let ct = ref >> 1;
			let ctinfo = IP_CT_ESTABLISHED_REPLY;
			if (ref === 0) {
				ct = this.create(host, net);
				if (ct === 0) return this.invalid(f);
				if (ct < 0) return NF_DROP;
				ctinfo = IP_CT_NEW;
			} else {
				this.table.get(ct);
				if ((ref & 1) === IP_CT_DIR_ORIGINAL) {
					const status = this.table.rec[ct * REC + C_STATUS];
					if ((status & IPS_SEEN_REPLY) !== 0) ctinfo = IP_CT_ESTABLISHED;
					else ctinfo = (status & IPS_EXPECTED) !== 0 ? IP_CT_RELATED : IP_CT_NEW;
				}
			}
			pool.ct[f] = ct;
			pool.ctinfo[f] = ctinfo;
			const verdict = handlePacket(this.table, net, pool, f, ct, ctinfo, hook, protocol, th, end);
			if (verdict === CT_ACCEPT) {
				if (ctinfo === IP_CT_ESTABLISHED_REPLY) this.seenReply(ct);
				if (this.trace.on !== 0) this.noteTracked(f, ct, ctinfo, ref === 0);
				return NF_ACCEPT;
			}
			pool.resetCt(f);
			if (verdict !== CT_REPEAT) return this.invalid(f);
		}
	}

	/** The first reply makes the original packets something else: ESTABLISHED. */
	private seenReply(ct: number): void {
		const s = ct * REC + C_STATUS;
		const status = this.table.rec[s];
		if ((status & IPS_SEEN_REPLY) !== 0) return;
		this.table.rec[s] = status | IPS_SEEN_REPLY;
		this.flows.forget(ct);
		// the next reply may make it a stream, at the same instant even
		this.flows.recorder.veto();
	}
	private noteTracked(f: number, ct: number, ctinfo: number, created: boolean): void {
		if (this.trace.on !== LEARNING) this.trace.add(T_CT, f, this.pool.dev[f], ct, ctinfo, created ? 1 : 0, 0);
		else if (
			created ||
			this.table.isExpired(ct) ||
			(this.table.rec[ct * REC + C_STATUS] & IPS_CONFIRMED) === 0
		)
			this.flows.recorder.veto();
		else this.flows.recorder.tracked(ct);
	}
	/** A packet of a flow that the cache knows came. Only UDP connections have such. */
	flowMeets(ct: number): void {
		udpSeen(this.table, this.netOf(ct), ct);
	}
	stillThere(ct: number): boolean {
		return !this.table.isExpired(ct);
	}

	/** nf_conntrack_confirm. NF_DROP: another connection took one of the tuples meanwhile. */
	confirm(_host: NfHost, f: number): number {
		const ct = this.pool.ct[f];
		if (ct === 0) return NF_ACCEPT;
		const rec = this.table.rec;
		const b = ct * REC;
		const status = rec[b + C_STATUS];
		if ((status & IPS_CONFIRMED) !== 0) return NF_ACCEPT;
		// an answer that REJECT attached to the connection does not make it one
		if (ctDir(this.pool.ctinfo[f]) !== IP_CT_DIR_ORIGINAL) return NF_ACCEPT;
		if ((status & IPS_DYING) !== 0) return NF_DROP;
		let other = this.table.find(rec[b + C_SRC], rec[b + C_DST], rec[b + C_PORTS], rec[b + C_KEY]);
		const r = b + C_REPLY;
		if (other === 0)
			other = this.table.find(rec[r + C_SRC], rec[r + C_DST], rec[r + C_PORTS], rec[b + C_KEY]);
		if (other !== 0) return this.resolveClash(f, ct, other >> 1);
		rec[b + C_STATUS] |= IPS_CONFIRMED;
		// relative to the confirmation until now
		this.table.recf[ct * RECF + F_TIMEOUT] += this.clock[0];
		this.table.insert(ct);
		if (this.trace.on === 1) this.trace.add(T_CT_CONFIRM, f, this.pool.dev[f], ct, 0, 0, 0);
		return NF_ACCEPT;
	}

	/** nf_conntrack_attach: the answer `f` belongs to the connection of the frame that it answers. */
	attach(f: number, answered: number): void {
		const pool = this.pool;
		pool.resetCt(f);
		const ct = pool.ct[answered];
		if (ct === 0) return;
		pool.ct[f] = ct;
		pool.ctinfo[f] =
			ctDir(pool.ctinfo[answered]) === IP_CT_DIR_ORIGINAL ? IP_CT_RELATED_REPLY : IP_CT_RELATED;
		this.table.get(ct);
	}

	/** A connection was refused with a reset of our own: it lives no longer than a closed one (nf_conntrack_tcp_set_closing). */
	setClosing(ct: number): void {
		if (ct === 0 || this.protocol(ct) !== ipv4.IPPROTO_TCP || !this.table.isHashed(ct)) return;
		this.table.tcp[ct * TCP_REC + TCP_STATE] = TCP_CONNTRACK_CLOSE;
		this.table.refresh(ct, this.netOf(ct), TCP_CONNTRACK_CLOSE);
	}

	get(ct: number): void {
		this.table.get(ct);
	}
	put(ct: number): void {
		this.table.put(ct);
	}

	/** nf_ct_delete (`conntrack -D`). */
	delete(ct: number): void {
		this.table.remove(ct);
	}
	/** Delete all connections of a namespace (`conntrack -F`). Returns how many. */
	flush(hostId: number): number {
		const all = connectionsOf(this.table, hostId);
		for (const ct of all) this.table.remove(ct);
		return all.length;
	}
	/** nf_conntrack_count, the expired ones not counted. */
	count(hostId: number): number {
		this.removeExpired();
		return this.table.nets[hostId]?.count ?? 0;
	}
	/** The namespace is gone, and its connections with it. */
	dropNamespace(hostId: number): void {
		this.flush(hostId);
		if (hostId < this.table.nets.length) this.table.nets[hostId] = null;
	}
	/**
	 * Conntrack was off for a family in this namespace and is on again: windows seen before mean nothing any more
	 * (nf_conntrack_proto.c, nf_ct_tcp_fixup).
	 */
	fixup(hostId: number, family: NfFamily): void {
		forgetWindows(this.table, hostId, family);
	}
	/** A device went down or away: forget the connections that were masqueraded through it (masq_device_event). */
	masqueradeDeviceDown(hostId: number, dev: number): void {
		forgetMasqueraded(this.table, hostId, dev, () => true);
	}
	/**
	 * An address was removed from a device: forget the connections that were masqueraded with it (masq_inet_event, masq_inet6_event).
	 */
	masqueradeAddressRemoved(hostId: number, dev: number, addr: number, family: NfFamily = 4): void {
		forgetMasqueraded(
			this.table,
			hostId,
			dev,
			(ct) => this.isIpv6(ct) === (family === 6) && this.dst(ct, IP_CT_DIR_REPLY) === addr,
		);
	}

	private netOf(ct: number): CtNet {
		return this.net(keyNetns(this.table.rec[ct * REC + C_KEY]));
	}
	private removeExpired(): void {
		this.table.sweep(this.table.top);
	}

	/**
	 * nf_conntrack_icmpv4_error: 0 = no error message, track it as a connection of its own; 1 = done with, the frame has got
	 * the connection that the quoted packet belongs to, or is INVALID.
	 */
	private icmpError(net: CtNet, hook: number, f: number, nh: number, end: number): number {
		const pool = this.pool;
		const view = pool.view;
		if ((view.getUint16(nh + ipv4.FRAG_OFF) & ipv4.IP_OFFSET) !== 0) return this.invalid(f);
		const th = nh + ipv4.headerLength(view, nh);
		if (th + icmp.ICMP_HLEN > end) return this.invalid(f);
		if (net.checksum !== 0 && hook === NF_INET_PRE_ROUTING && !nfSumOk(pool, f)) return this.invalid(f);
		const type = view.getUint8(th);
		if (type > icmp.MAX_TYPE) return this.invalid(f);
		if (!icmp.isError(type)) return 0;
		if (!readTuple(view, th + icmp.ICMP_HLEN, end, netnsKey(net.id), this.tuple)) return this.invalid(f);
		return this.relate(f, view.getInt32(nh + ipv4.DADDR));
	}
	/**
	 * nf_conntrack_inet_error: `tuple` is that of the packet which the error in frame `f` to `daddr` quotes. Returns 1 with the
	 * connection in the frame, or what `invalid` returns.
	 */
	relate(f: number, daddr: number): number {
		const { pool, tuple } = this;
		const protocol = tuple[T_KEY] & 0xff;
		if (!invertible(tuple[T_PORTS], protocol)) return this.invalid(f);
		const ports = invertPorts(tuple[T_PORTS], protocol);
		// looked up as the answer to the quoted packet would be
		const ref = this.table.find(tuple[T_DST], tuple[T_SRC], ports, tuple[T_KEY]);
		if (ref === 0) return this.invalid(f);
		const ct = ref >> 1;
		// the quoted packet's sender, as it sees itself, must be whom the error goes to
		if (this.dst(ct, ref & 1) !== daddr) return this.invalid(f);
		this.table.get(ct);
		pool.ct[f] = ct;
		pool.ctinfo[f] = (ref & 1) === IP_CT_DIR_REPLY ? IP_CT_RELATED_REPLY : IP_CT_RELATED;
		if (this.trace.on === 1) this.trace.add(T_CT, f, pool.dev[f], ct, pool.ctinfo[f], 0, 0);
		return 1;
	}

	/** Not part of any connection: `ct` 0, `ctinfo` 0, and on it goes. */
	invalid(f: number): number {
		this.flows.recorder.veto();
		if (this.trace.on === 1) this.trace.add(T_CT, f, this.pool.dev[f], 0, 0, -1, 0);
		return NF_ACCEPT;
	}

	/** init_conntrack for `this.tuple`. 0: the tuple has no opposite; -1: the table is full. */
	private create(host: NfHost, net: CtNet): number {
		const tuple = this.tuple;
		const protocol = tuple[T_KEY] & 0xff;
		if (!invertible(tuple[T_PORTS], protocol)) return 0;
		const t = this.table;
		if (host.conntrackMax !== 0 && net.count >= host.conntrackMax) {
			this.makeRoom();
			if (
				net.count >= host.conntrackMax &&
				!t.earlyDrop(tuple[T_SRC], tuple[T_DST], tuple[T_PORTS], tuple[T_KEY])
			)
				return -1;
		}
		const ct = t.alloc(net);
		if (ct === 0) return -1;
		const rec = t.rec;
		const b = ct * REC;
		rec[b + C_SRC] = tuple[T_SRC];
		rec[b + C_DST] = tuple[T_DST];
		rec[b + C_PORTS] = tuple[T_PORTS];
		rec[b + C_KEY] = tuple[T_KEY];
		rec[b + C_REPLY + C_SRC] = tuple[T_DST];
		rec[b + C_REPLY + C_DST] = tuple[T_SRC];
		rec[b + C_REPLY + C_PORTS] = invertPorts(tuple[T_PORTS], protocol);
		return ct;
	}
	/** What the kernel's garbage collector would have done in the meantime. */
	private makeRoom(): void {
		if (this.clock[0] - this.swept[0] < FULL_SWEEP_INTERVAL) return;
		this.swept[0] = this.clock[0];
		this.removeExpired();
	}

	/** nf_ct_resolve_clash: two packets of one flow each made a connection; the one that is in the table wins. */
	private resolveClash(f: number, loser: number, winner: number): number {
		const rec = this.table.rec;
		const w = winner * REC;
		const l = loser * REC;
		const protocol = rec[l + C_KEY] & 0xff;
		if (!allowsClash(protocol)) return NF_DROP;
		const natted = (rec[w + C_STATUS] & (IPS_SRC_NAT_DONE | IPS_DST_NAT_DONE)) !== 0;
		if (natted) for (let i = C_SRC; i < C_REPLY + C_KEY; i++) if (rec[w + i] !== rec[l + i]) return NF_DROP;
		this.table.get(winner);
		this.pool.ct[f] = winner;
		this.table.put(loser);
		return NF_ACCEPT;
	}
}
