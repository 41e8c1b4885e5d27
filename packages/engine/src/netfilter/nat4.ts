/** Translation of IPv4 packets. */
import type { FramePool } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import { T_NAT, T_NAT_REWRITE } from "../trace/kinds.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { TCP_HLEN } from "../wire/tcp.ts";
import type { Conntrack } from "./conntrack.ts";
import { C_KEY, C_SRC, REC } from "./ct-table.ts";
import { hookManip, NatCore } from "./nat.ts";
import { manipPacket, manipQuoted, quotesPacket } from "./nat-rewrite.ts";
import { UniqueTuple } from "./nat-unique.ts";
import type { NatTargets } from "./target.ts";
import {
	NF_ACCEPT,
	NF_DROP,
	NF_INET_LOCAL_OUT,
	NF_INET_PRE_ROUTING,
	NF_NAT_MANIP_DST,
	NF_NAT_MANIP_SRC,
	NF_NAT_RANGE_MAP_IPS,
	type NfHost,
} from "./types.ts";

const LOOPBACK = 0x7f000001;

/** Of an error: its header, the quoted one, and eight bytes of what that quotes. */
const QUOTED_BYTES = 36;
const SCTP_HLEN = 12;
/** Transport header bytes that a translation writes to (nf_nat_proto.c, l4proto_manip_pkt). */
function transportBytes(protocol: number, length: number): number {
	if (protocol === ipv4.IPPROTO_TCP) return length >= TCP_HLEN ? TCP_HLEN : 8;
	return protocol === ipv4.IPPROTO_SCTP && length >= SCTP_HLEN ? SCTP_HLEN : 8;
}
/**
 * What is written to must stand in the first fragment (skb_ensure_writable). What has to be pulled there from the next ones is no
 * multiple of eight bytes, so the datagram cannot leave in the fragments in which it came.
 */
function pullHeader(pool: FramePool, f: number, bytes: number): void {
	const first = pool.cuts.get(f)?.lengths[0];
	if (first !== undefined && first < bytes) pool.cuts.delete(f);
}

export class Nat extends NatCore implements NatTargets {
	constructor(core: Core, conntrack: Conntrack) {
		super(core, conntrack, new UniqueTuple(conntrack.table, core));
	}

	/** MASQUERADE (nf_nat_masquerade_ipv4): source = the address of `outDev` towards the frame's next hop. */
	masquerade(
		f: number,
		ct: number,
		host: NfHost,
		outDev: number,
		flags: number,
		minPort: number,
		maxPort: number,
	): number {
		// probably DHCP: a host that does not know its address yet
		if (this.table.rec[ct * REC + C_SRC] === 0) return NF_ACCEPT;
		const addr = host.masqueradeAddress(f, outDev);
		if (addr === 0) return NF_DROP;
		this.setMasqueradeDevice(ct, outDev);
		return this.setup(f, ct, NF_NAT_MANIP_SRC, flags | NF_NAT_RANGE_MAP_IPS, addr, addr, minPort, maxPort, 0);
	}

	/** REDIRECT (nf_nat_redirect_ipv4): destination = this host, 127.0.0.1 for its own packets. */
	redirect(
		f: number,
		ct: number,
		host: NfHost,
		hook: number,
		inDev: number,
		flags: number,
		minPort: number,
		maxPort: number,
	): number {
		const addr = hook === NF_INET_LOCAL_OUT ? LOOPBACK : host.firstAddress(inDev, f);
		if (addr === 0) return NF_DROP;
		const map = flags | NF_NAT_RANGE_MAP_IPS;
		return this.setup(f, ct, NF_NAT_MANIP_DST, map, addr, addr, minPort, maxPort, 0);
	}

	/** NETMAP (xt_NETMAP): the network part from `minAddr`, the host part kept; the mask is where `minAddr` and `maxAddr` agree. */
	netmap(f: number, ct: number, hook: number, flags: number, minAddr: number, maxAddr: number): number {
		const netmask = ~(minAddr ^ maxAddr);
		const nh = this.pool.nh[f];
		const destination = hook === NF_INET_PRE_ROUTING || hook === NF_INET_LOCAL_OUT;
		const was = this.pool.view.getInt32(nh + (destination ? ipv4.DADDR : ipv4.SADDR));
		const addr = (was & ~netmask) | (minAddr & netmask);
		return this.setup(f, ct, hookManip(hook), flags | NF_NAT_RANGE_MAP_IPS, addr, addr, 0, 0, 0);
	}

	protected noteDecision(f: number, ct: number, manip: number, addr: number, port: number): void {
		this.trace.add(T_NAT, f, this.pool.dev[f], ct, manip, addr, port);
	}
	protected noteRewrite(f: number, ct: number, manip: number, addr: number, port: number): void {
		this.trace.add(T_NAT_REWRITE, f, this.pool.dev[f], ct, manip, addr, port);
	}
	protected isIcmp(f: number): boolean {
		return this.pool.view.getUint8(this.pool.nh[f] + ipv4.PROTO) === ipv4.IPPROTO_ICMP;
	}
	protected manip(f: number, protocol: number, manip: number, addr: number, port: number): boolean {
		const view = this.pool.view;
		const nh = this.pool.nh[f];
		const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
		if (this.pool.fragMax[f] !== 0) pullHeader(this.pool, f, transportBytes(protocol, end - this.pool.th[f]));
		return manipPacket(view, nh, end, protocol, manip, addr, port);
	}
	/** nf_nat_icmp_reply_translation */
	protected icmpReplyTranslation(hook: number, f: number, ct: number, ctinfo: number): boolean {
		if (!quotesPacket(this.pool, f)) return false;
		const view = this.pool.view;
		const nh = this.pool.nh[f];
		const th = nh + ipv4.headerLength(view, nh);
		if (view.getUint8(th) === icmp.REDIRECT && !this.redirectPasses(ct)) return false;
		const manip = hookManip(hook);
		if (!this.errorTranslation(manip, ct, ctinfo)) return true;
		const { addr, port } = this;
		const protocol = this.table.rec[ct * REC + C_KEY] & 0xff;
		const inner = manip === NF_NAT_MANIP_SRC ? NF_NAT_MANIP_DST : NF_NAT_MANIP_SRC;
		if (this.pool.fragMax[f] !== 0) pullHeader(this.pool, f, QUOTED_BYTES);
		if (!manipQuoted(this.pool, f, protocol, inner, addr, port)) return false;
		if (!this.manip(f, ipv4.IPPROTO_ICMP, manip, addr, 0)) return false;
		if (this.trace.on === 1) this.noteRewrite(f, ct, manip, addr, port);
		return true;
	}
}
