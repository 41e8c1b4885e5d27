/** The trackers of the protocols without a state machine: UDP, UDP-Lite, ICMP, GRE and all others. They return CT_*. */
import { nfSumOk } from "../frame/l4sum.ts";
import type { FramePool } from "../frame/pool.ts";
import { pseudoSum4, sum } from "../wire/checksum.ts";
import * as icmp from "../wire/icmp.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import * as udp from "../wire/udp.ts";
import {
	type CtNet,
	TO_GENERIC,
	TO_GRE,
	TO_GRE_STREAM,
	TO_ICMP,
	TO_ICMPV6,
	TO_UDP,
	TO_UDP_STREAM,
} from "./ct-sysctl.ts";
import { C_KEY, C_PORTS, C_STATUS, type CtTable, F_STREAM, REC, RECF } from "./ct-table.ts";
import { KEY_IPV6 } from "./ct-tuple.ts";
import { CT_ACCEPT, CT_INVALID } from "./ct-verdict.ts";
import { IPS_ASSURED, IPS_CONFIRMED, IPS_SEEN_REPLY, NF_INET_PRE_ROUTING } from "./types.ts";

/** A UDP flow that is still active after this long is a stream. */
const UDP_STREAM_AFTER = 2e9;

/** nf_conntrack_udp_packet */
export function udpPacket(
	t: CtTable,
	net: CtNet,
	pool: FramePool,
	f: number,
	ct: number,
	hook: number,
	th: number,
	end: number,
): number {
	const view = pool.view;
	if (!udp.check(view, th, end)) return CT_INVALID;
	if (net.checksum !== 0 && hook === NF_INET_PRE_ROUTING && !nfSumOk(pool, f)) return CT_INVALID;
	if ((t.rec[ct * REC + C_STATUS] & IPS_CONFIRMED) === 0)
		t.recf[ct * RECF + F_STREAM] = t.clock[0] + UDP_STREAM_AFTER;
	udpSeen(t, net, ct);
	return CT_ACCEPT;
}
/** A packet that is in order came: the connection lives on. */
export function udpSeen(t: CtTable, net: CtNet, ct: number): void {
	const s = ct * REC + C_STATUS;
	const status = t.rec[s];
	if ((status & IPS_SEEN_REPLY) !== 0 && t.clock[0] > t.recf[ct * RECF + F_STREAM]) {
		t.refresh(ct, net, TO_UDP_STREAM);
		t.rec[s] = status | IPS_ASSURED;
	} else t.refresh(ct, net, TO_UDP);
}

/** nf_conntrack_udplite_packet: the length field says how much the checksum covers (RFC 3828), and there must be one. */
export function udplitePacket(
	t: CtTable,
	net: CtNet,
	pool: FramePool,
	f: number,
	ct: number,
	hook: number,
	th: number,
	end: number,
): number {
	const view = pool.view;
	if (th + udp.UDP_HLEN > end) return CT_INVALID;
	let coverage = view.getUint16(th + udp.LEN);
	if (coverage === 0) coverage = end - th;
	else if (coverage < udp.UDP_HLEN || coverage > end - th) return CT_INVALID;
	if (view.getUint16(th + udp.CHECK) === 0) return CT_INVALID;
	if (net.checksum !== 0 && hook === NF_INET_PRE_ROUTING) {
		const nh = pool.nh[f];
		// the kernel puts UDP's number into the pseudo header (udplite_error)
		const pseudo =
			(t.rec[ct * REC + C_KEY] & KEY_IPV6) !== 0
				? ipv6.pseudoSum6(view, nh + ipv6.SADDR, ipv6.NEXTHDR_UDP, end - th)
				: pseudoSum4(view, nh + ipv4.SADDR, ipv4.IPPROTO_UDP, end - th);
		if (sum(view, th, th + coverage, pseudo) !== 0xffff) return CT_INVALID;
	}
	const s = ct * REC + C_STATUS;
	const replied = (t.rec[s] & IPS_SEEN_REPLY) !== 0;
	t.refresh(ct, net, replied ? TO_UDP_STREAM : TO_UDP);
	if (replied) t.rec[s] |= IPS_ASSURED;
	return CT_ACCEPT;
}

/** nf_conntrack_icmp_packet: only the four requests start a connection, and none does in an IPv6 packet. */
export function icmpPacket(t: CtTable, net: CtNet, ct: number): number {
	if ((t.rec[ct * REC + C_KEY] & KEY_IPV6) !== 0) return CT_INVALID;
	const type = (t.rec[ct * REC + C_PORTS] >>> 8) & 0xff;
	if (type !== icmp.ECHO && type !== icmp.TIMESTAMP && type !== icmp.INFO_REQUEST && type !== icmp.ADDRESS)
		return CT_INVALID;
	t.refresh(ct, net, TO_ICMP);
	return CT_ACCEPT;
}

/** nf_conntrack_icmpv6_packet: an echo request or a node information query starts a connection, and neither in an IPv4 packet. */
export function icmpv6Packet(t: CtTable, net: CtNet, ct: number): number {
	const b = ct * REC;
	if ((t.rec[b + C_KEY] & KEY_IPV6) === 0) return CT_INVALID;
	const type = (t.rec[b + C_PORTS] >>> 8) & 0xff;
	const starts = type === icmpv6.ECHO_REQUEST || type === icmpv6.NI_QUERY;
	if (!starts && (t.rec[b + C_STATUS] & IPS_CONFIRMED) === 0) return CT_INVALID;
	t.refresh(ct, net, TO_ICMPV6);
	return CT_ACCEPT;
}

/** nf_conntrack_gre_packet */
export function grePacket(t: CtTable, net: CtNet, ct: number): number {
	return whenReplied(t, net, ct, TO_GRE, TO_GRE_STREAM);
}
/** generic_packet */
export function genericPacket(t: CtTable, net: CtNet, ct: number): number {
	t.refresh(ct, net, TO_GENERIC);
	return CT_ACCEPT;
}

function whenReplied(t: CtTable, net: CtNet, ct: number, first: number, stream: number): number {
	const s = ct * REC + C_STATUS;
	if ((t.rec[s] & IPS_SEEN_REPLY) !== 0) {
		t.refresh(ct, net, stream);
		t.rec[s] |= IPS_ASSURED;
	} else t.refresh(ct, net, first);
	return CT_ACCEPT;
}
