/**
 * Rewriting of IPv6 addresses and ports with the checksums mended, not recomputed (net/netfilter/nf_nat_proto.c). There is no sum
 * over the network header; ICMPv6's covers the addresses, as UDP's and TCP's do.
 */
import type { In6Table } from "../ring/in6.ts";
import { fold } from "../wire/checksum.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk } from "../wire/ipv6-ext.ts";
import * as tcp from "../wire/tcp.ts";
import * as udp from "../wire/udp.ts";
import { manipGre } from "./nat-rewrite.ts";
import { sctpChecksum } from "./sctp.ts";
import { NF_NAT_MANIP_SRC } from "./types.ts";

/** What a walk finds is used up before the next one starts. */
const WALK: Ipv6Walk = new Ipv6Walk();

/**
 * nf_nat_ipv6_manip_pkt: give the IPv6 packet at `nh` that ends at `end` another source or destination (`manip`), where the
 * transport is treated as `protocol`. `addr` is a handle of `in6`, `port` the id for ICMPv6. A later fragment, or one whose
 * headers do not fit, gets the address only. False: the packet is too short.
 */
export function manipPacket6(
	in6: In6Table,
	view: DataView,
	nh: number,
	end: number,
	protocol: number,
	manip: number,
	addr: number,
	port: number,
): boolean {
	const at = manip === NF_NAT_MANIP_SRC ? nh + ipv6.SADDR : nh + ipv6.DADDR;
	const th = WALK.skipFrom(view, nh, end);
	if (th >= 0 && (WALK.frag & ipv6.FRAG_OFFSET) === 0) {
		const change = difference(in6, view, at, addr);
		if (!manipTransport(view, th, end, protocol, manip, change, port)) return false;
	}
	in6.write(addr, view, at);
	return true;
}

/** What a sum grows by, folded, when the address at `at` becomes the one of the handle. */
function difference(in6: In6Table, view: DataView, at: number, addr: number): number {
	const { words } = in6;
	let s = 0;
	for (let i = 0; i < 4; i++) {
		const was = ~view.getInt32(at + 4 * i);
		const is = words[4 * addr + i];
		s += (was >>> 16) + (was & 0xffff) + (is >>> 16) + (is & 0xffff);
	}
	return fold(s);
}
/** The field `check` after the summed bytes changed by `change` and one word from `was` to `is` (RFC 1624 eqn. 3). */
function mend(check: number, change: number, was: number, is: number): number {
	return ~fold((~check & 0xffff) + change + (~was & 0xffff) + is) & 0xffff;
}
/** l4proto_manip_pkt */
function manipTransport(
	view: DataView,
	th: number,
	end: number,
	protocol: number,
	manip: number,
	change: number,
	port: number,
): boolean {
	const portAt = manip === NF_NAT_MANIP_SRC ? th : th + 2;
	switch (protocol) {
		case ipv6.NEXTHDR_UDP:
		case ipv6.NEXTHDR_UDPLITE: {
			if (th + udp.UDP_HLEN > end) return false;
			const check = view.getUint16(th + udp.CHECK);
			if (check !== 0 || protocol === ipv6.NEXTHDR_UDPLITE) {
				const mended = mend(check, change, view.getUint16(portAt), port);
				view.setUint16(th + udp.CHECK, mended === 0 ? 0xffff : mended);
			}
			view.setUint16(portAt, port);
			return true;
		}
		case ipv6.NEXTHDR_TCP:
			if (th + 8 > end) return false;
			// an error may quote only the first 8 bytes: then there is no checksum to mend
			if (th + tcp.TCP_HLEN <= end) {
				const check = view.getUint16(th + tcp.CHECK);
				view.setUint16(th + tcp.CHECK, mend(check, change, view.getUint16(portAt), port));
			}
			view.setUint16(portAt, port);
			return true;
		case ipv6.NEXTHDR_ICMP: {
			if (th + icmpv6.ICMP6_HLEN > end) return false;
			const type = view.getUint8(th);
			const echo = type === icmpv6.ECHO_REQUEST || type === icmpv6.ECHO_REPLY;
			const was = view.getUint16(th + icmpv6.ID);
			const is = echo ? port : was;
			view.setUint16(th + icmpv6.CHECK, mend(view.getUint16(th + icmpv6.CHECK), change, was, is));
			if (echo) view.setUint16(th + icmpv6.ID, is);
			return true;
		}
		case ipv6.NEXTHDR_SCTP:
			if (th + 8 > end) return false;
			view.setUint16(portAt, port);
			if (th + 12 <= end) view.setInt32(th + 8, sctpChecksum(view, th, end), true);
			return true;
		case ipv6.NEXTHDR_GRE:
			return manipGre(view, th, end, manip, port);
		default:
			return true;
	}
}
