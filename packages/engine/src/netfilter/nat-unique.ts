/**
 * The choice of a translated tuple that no other connection uses (net/netfilter/nf_nat_core.c, get_unique_tuple).
 *
 * A connection can be told by its replies only if no other one has the same reply tuple. Kept is what can be kept: the tuple as
 * it is, then what the same source is mapped to already, then address of the range with the old port, last a free port of the
 * same class (1..511, 600..1023, 1024..65535) from a random place on.
 */
import type { Core } from "../ring/core.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { NEXTHDR_ICMP } from "../wire/ipv6.ts";
import { C_DST, C_KEY, C_PORTS, C_REPLY, C_SRC, C_STATUS, type CtTable, REC, TCP_REC } from "./ct-table.ts";
import { TCP_CONNTRACK_TIME_WAIT } from "./ct-tcp-states.ts";
import { S_END, TCP_STATE } from "./ct-tcp-window.ts";
import { allowsClash, hasId, invertPorts, keyNetns } from "./ct-tuple.ts";
import { pickAddress } from "./nat-hash.ts";
import {
	IPS_DST_NAT,
	IPS_DYING,
	IPS_FIXED_TIMEOUT,
	IPS_SEQ_ADJUST,
	IPS_SRC_NAT,
	NF_NAT_MANIP_DST,
	NF_NAT_MANIP_SRC,
	NF_NAT_RANGE_MAP_IPS,
	NF_NAT_RANGE_PERSISTENT,
	NF_NAT_RANGE_PROTO_OFFSET,
	NF_NAT_RANGE_PROTO_RANDOM,
	NF_NAT_RANGE_PROTO_RANDOM_FULLY,
	NF_NAT_RANGE_PROTO_SPECIFIED,
} from "./types.ts";

const RANDOM_ALL = NF_NAT_RANGE_PROTO_RANDOM | NF_NAT_RANGE_PROTO_RANDOM_FULLY;
const USES_NAT = IPS_SRC_NAT | IPS_DST_NAT | IPS_SEQ_ADJUST;
/** NF_NAT_MAX_ATTEMPTS: ports tried in one go; then again from elsewhere, half as many. */
const MAX_ATTEMPTS = 128;
const MIN_ATTEMPTS = 16;

export class UniqueTuple {
	/** The chosen tuple, written by `choose`. */
	src = 0;
	dst = 0;
	ports = 0;
	private readonly table: CtTable;
	private readonly core: Core;
	private ct = 0;
	private protocol = 0;
	private minPort = 0;
	private maxPort = 0;

	constructor(table: CtTable, core: Core) {
		this.table = table;
		this.core = core;
	}

	/** Choose for connection `ct`, whose packets look like (`src`, `dst`, `ports`) so far. The range is nf_nat_range2's. */
	choose(
		ct: number,
		manip: number,
		src: number,
		dst: number,
		ports: number,
		flags: number,
		minAddr: number,
		maxAddr: number,
		minPort: number,
		maxPort: number,
		basePort: number,
	): void {
		this.ct = ct;
		this.protocol = this.table.rec[ct * REC + C_KEY] & 0xff;
		this.minPort = minPort;
		this.maxPort = maxPort;
		this.src = src;
		this.dst = dst;
		this.ports = ports;
		const random = (flags & RANDOM_ALL) !== 0;
		if (manip === NF_NAT_MANIP_SRC && !random) {
			if (this.sourceInRange(flags, minAddr, maxAddr)) {
				if (!this.usedNew()) return;
			} else if (this.appropriateSource(ct, src, ports, flags, minAddr, maxAddr)) {
				if (!this.used()) return;
			}
			this.src = src;
			this.ports = ports;
		}
		if ((flags & NF_NAT_RANGE_MAP_IPS) !== 0) {
			const addr =
				minAddr === maxAddr
					? minAddr
					: this.pickAddress(
							src,
							dst,
							minAddr,
							maxAddr,
							(flags & NF_NAT_RANGE_PERSISTENT) !== 0,
							manip === NF_NAT_MANIP_DST,
						);
			if (manip === NF_NAT_MANIP_SRC) this.src = addr;
			else this.dst = addr;
		}
		if (!random) {
			if ((flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0) {
				if (
					(flags & NF_NAT_RANGE_PROTO_OFFSET) === 0 &&
					this.portInRange(manip) &&
					(minPort === maxPort || !this.used())
				)
					return;
			} else if (!this.used()) return;
		}
		this.findPort(manip, flags, basePort);
	}

	/** nf_in_range of the present tuple's source. */
	private sourceInRange(flags: number, minAddr: number, maxAddr: number): boolean {
		if ((flags & NF_NAT_RANGE_MAP_IPS) !== 0 && !this.addressInRange(this.src, minAddr, maxAddr))
			return false;
		return (flags & NF_NAT_RANGE_PROTO_SPECIFIED) === 0 || this.portInRange(NF_NAT_MANIP_SRC);
	}
	protected addressInRange(addr: number, min: number, max: number): boolean {
		return addr >>> 0 >= min >>> 0 && addr >>> 0 <= max >>> 0;
	}
	/** find_best_ips_proto. `destination`: it is `dst` that is replaced. */
	protected pickAddress(
		src: number,
		dst: number,
		min: number,
		max: number,
		persistent: boolean,
		_destination: boolean,
	): number {
		return pickAddress(src, dst, min, max, persistent);
	}
	/** l4proto_in_range */
	private portInRange(manip: number): boolean {
		switch (this.protocol) {
			case ipv4.IPPROTO_ICMP:
			case NEXTHDR_ICMP:
			case ipv4.IPPROTO_TCP:
			case ipv4.IPPROTO_UDP:
			case ipv4.IPPROTO_UDPLITE:
			case ipv4.IPPROTO_SCTP:
			case ipv4.IPPROTO_GRE: {
				const port = this.getPort(manip);
				return port >= this.minPort && port <= this.maxPort;
			}
			default:
				return true;
		}
	}
	/** The half of the port word that `manip` changes; ICMP has but its id. */
	private getPort(manip: number): number {
		return manip === NF_NAT_MANIP_SRC || hasId(this.protocol) ? this.ports >>> 16 : this.ports & 0xffff;
	}
	private setPort(manip: number, port: number): void {
		if (manip === NF_NAT_MANIP_SRC || hasId(this.protocol)) this.ports = (port << 16) | (this.ports & 0xffff);
		else this.ports = (this.ports & ~0xffff) | port;
	}
	/** find_appropriate_src: what another connection of the same source address and port is mapped to, if the range has it. */
	private appropriateSource(
		ct: number,
		src: number,
		ports: number,
		flags: number,
		minAddr: number,
		maxAddr: number,
	): boolean {
		const rec = this.table.rec;
		const key = rec[ct * REC + C_KEY];
		const sport = ports >>> 16;
		const bySource = this.table.bySource;
		for (let c = bySource.first(src, sport, key); c !== 0; c = bySource.next[c]) {
			const b = c * REC;
			if (rec[b + C_SRC] !== src || rec[b + C_PORTS] >>> 16 !== sport || rec[b + C_KEY] !== key) continue;
			if (this.table.isHashed(c) && this.table.isExpired(c)) continue;
			this.src = rec[b + C_REPLY + C_DST];
			const mapped = invertPorts(rec[b + C_REPLY + C_PORTS], this.protocol) >>> 16;
			this.ports = (mapped << 16) | (ports & 0xffff);
			if (this.sourceInRange(flags, minAddr, maxAddr)) return true;
		}
		return false;
	}
	/** nf_nat_l4proto_unique_tuple */
	private findPort(manip: number, flags: number, basePort: number): void {
		const specified = (flags & NF_NAT_RANGE_PROTO_SPECIFIED) !== 0;
		let min = this.minPort;
		let size = this.maxPort - this.minPort + 1;
		switch (this.protocol) {
			case ipv4.IPPROTO_ICMP:
			case NEXTHDR_ICMP:
				if (!specified) {
					min = 0;
					size = 65_536;
				}
				break;
			case ipv4.IPPROTO_UDP:
			case ipv4.IPPROTO_UDPLITE:
			case ipv4.IPPROTO_TCP:
			case ipv4.IPPROTO_SCTP: {
				if (!specified) {
					if (manip === NF_NAT_MANIP_DST) return;
					const port = this.getPort(manip);
					min = port < 512 ? 1 : port < 1024 ? 600 : 1024;
					size = (port < 512 ? 512 : port < 1024 ? 1024 : 65_536) - min;
				} else if (this.maxPort < this.minPort) {
					min = this.maxPort;
					size = this.minPort - this.maxPort + 1;
				}
				break;
			}
			default:
				return;
		}
		let off = 0;
		if ((flags & NF_NAT_RANGE_PROTO_OFFSET) !== 0) off = (this.getPort(manip) - basePort) & 0xffff;
		else if ((flags & RANDOM_ALL) !== 0 || manip !== NF_NAT_MANIP_DST) off = this.draw();
		let attempts = Math.min(size, MAX_ATTEMPTS);
		for (;;) {
			for (let i = 0; i < attempts; i++) {
				this.setPort(manip, (min + (off % size)) & 0xffff);
				if (!this.usedHarder(attempts - i)) return;
				off = (off + 1) & 0xffff;
			}
			if (attempts >= size || attempts < MIN_ATTEMPTS) return;
			attempts >>= 1;
			off = this.draw();
		}
	}

	/** 16 random bits of the connection's namespace. */
	private draw(): number {
		return this.core.chance(keyNetns(this.table.rec[this.ct * REC + C_KEY])).i32() & 0xffff;
	}

	/** nf_nat_used_tuple: does another connection get its packets by the reply that the present tuple implies? */
	private used(): boolean {
		return this.taken(this.dst, this.src, invertPorts(this.ports, this.protocol));
	}
	/** nf_conntrack_tuple_taken: by another connection than ours, unless that one is the same flow. */
	private taken(src: number, dst: number, ports: number): boolean {
		const rec = this.table.rec;
		const own = this.ct * REC;
		const ref = this.table.find(src, dst, ports, rec[own + C_KEY]);
		if (ref === 0 || ref >> 1 === this.ct) return false;
		const b = (ref >> 1) * REC;
		// same original tuple: the confirmation settles it
		return !(
			rec[b + C_SRC] === rec[own + C_SRC] &&
			rec[b + C_DST] === rec[own + C_DST] &&
			rec[b + C_PORTS] === rec[own + C_PORTS]
		);
	}
	/** nf_nat_used_tuple_new: a collision of two untranslated connections that mirror each other is left to the confirmation. */
	private usedNew(): boolean {
		if (!this.used()) return false;
		if (!allowsClash(this.protocol)) return true;
		const rec = this.table.rec;
		const own = this.ct * REC;
		if ((rec[own + C_STATUS] & USES_NAT) !== 0) return true;
		const key = rec[own + C_KEY];
		let ref = this.table.find(this.src, this.dst, this.ports, key);
		if (ref === 0) ref = this.table.find(this.dst, this.src, invertPorts(this.ports, this.protocol), key);
		if (ref === 0) return false;
		const b = (ref >> 1) * REC;
		if ((rec[b + C_STATUS] & USES_NAT) !== 0) return true;
		for (let i = C_SRC; i <= C_PORTS; i++) {
			if (rec[b + i] !== rec[own + C_REPLY + i]) return true;
			if (rec[b + C_REPLY + i] !== rec[own + i]) return true;
		}
		return false;
	}
	/**
	 * nf_nat_used_tuple_harder: the last attempts for TCP may evict a connection that is closed already and whose sequence
	 * numbers the new one has passed, so that the peer takes the new SYN.
	 */
	private usedHarder(attemptsLeft: number): boolean {
		if (attemptsLeft > 3 || this.protocol !== ipv4.IPPROTO_TCP) return this.used();
		const t = this.table;
		const ports = invertPorts(this.ports, this.protocol);
		const ref = t.find(this.dst, this.src, ports, t.rec[this.ct * REC + C_KEY]);
		if (ref === 0) return false;
		const other = ref >> 1;
		if ((ref & 1) === 0 || other === this.ct) return true;
		if (t.tcp[other * TCP_REC + TCP_STATE] < TCP_CONNTRACK_TIME_WAIT) return true;
		const status = t.rec[other * REC + C_STATUS];
		if ((status & (IPS_FIXED_TIMEOUT | IPS_DYING)) !== 0 || (status & IPS_SRC_NAT) === 0) return true;
		if (((t.tcp[this.ct * TCP_REC + S_END] - t.tcp[other * TCP_REC + S_END]) | 0) <= 0) return true;
		t.remove(other);
		return false;
	}
}
