/**
 * Rewriting of addresses and ports with the checksums mended, not recomputed (net/netfilter/nf_nat_proto.c). A checksum that
 * was right stays right and a wrong one stays wrong, so `pool.l4sum` needs no change.
 */
import { nfSumOk } from "../frame/l4sum.ts";
import type { FramePool } from "../frame/pool.ts";
import { fold, update16, update32 } from "../wire/checksum.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as tcp from "../wire/tcp.ts";
import * as udp from "../wire/udp.ts";
import { sctpChecksum } from "./sctp.ts";
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from "./types.ts";

/** `check` after the 32-bit word `was` became `is` and the 16-bit word `was16` became `is16` (RFC 1624 eqn. 3). */
function updateBoth(check: number, was: number, is: number, was16: number, is16: number): number {
	return (
		~fold(
			(~check & 0xffff) +
				(~(was >>> 16) & 0xffff) +
				(~was & 0xffff) +
				(is >>> 16) +
				(is & 0xffff) +
				(~was16 & 0xffff) +
				is16,
		) & 0xffff
	);
}

/**
 * nf_nat_ipv4_manip_pkt: give the IPv4 packet at `nh` that ends at `end` another source or destination (`manip`), where the
 * transport is treated as `protocol`. `port` is the ICMP id for ICMP. False: the packet is too short for it.
 */
export function manipPacket(
	view: DataView,
	nh: number,
	end: number,
	protocol: number,
	manip: number,
	addr: number,
	port: number,
): boolean {
	const th = nh + ipv4.headerLength(view, nh);
	const at = manip === NF_NAT_MANIP_SRC ? nh + ipv4.SADDR : nh + ipv4.DADDR;
	const was = view.getInt32(at);
	// source and destination port stand at 0 and 2 in all of TCP, UDP, UDP-Lite and SCTP
	const portAt = manip === NF_NAT_MANIP_SRC ? th : th + 2;
	switch (protocol) {
		case ipv4.IPPROTO_UDP:
		case ipv4.IPPROTO_UDPLITE: {
			if (th + udp.UDP_HLEN > end) return false;
			const check = view.getUint16(th + udp.CHECK);
			// UDP: 0 means "no checksum" and stays; a sum of 0 is sent as 0xffff (RFC 768). UDP-Lite always has one.
			if (check !== 0 || protocol === ipv4.IPPROTO_UDPLITE) {
				const mended = updateBoth(check, was, addr, view.getUint16(portAt), port);
				view.setUint16(th + udp.CHECK, mended === 0 ? 0xffff : mended);
			}
			view.setUint16(portAt, port);
			break;
		}
		case ipv4.IPPROTO_TCP: {
			if (th + 8 > end) return false;
			// an ICMP error may quote only the first 8 bytes: then there is no checksum to mend
			if (th + tcp.TCP_HLEN <= end) {
				const check = view.getUint16(th + tcp.CHECK);
				view.setUint16(th + tcp.CHECK, updateBoth(check, was, addr, view.getUint16(portAt), port));
			}
			view.setUint16(portAt, port);
			break;
		}
		case ipv4.IPPROTO_ICMP: {
			if (th + icmp.ICMP_HLEN > end) return false;
			if (hasId(view.getUint8(th))) {
				const check = view.getUint16(th + icmp.CHECK);
				// the ICMP sum covers no address
				view.setUint16(th + icmp.CHECK, update16(check, view.getUint16(th + icmp.ID), port));
				view.setUint16(th + icmp.ID, port);
			}
			break;
		}
		case ipv4.IPPROTO_SCTP:
			if (th + 8 > end) return false;
			view.setUint16(portAt, port);
			if (th + 12 <= end) view.setInt32(th + 8, sctpChecksum(view, th, end), true);
			break;
		case ipv4.IPPROTO_GRE:
			if (!manipGre(view, th, end, manip, port)) return false;
			break;
	}
	const sum = view.getUint16(nh + ipv4.CHECK);
	view.setUint16(nh + ipv4.CHECK, update32(sum, was, addr));
	view.setInt32(at, addr);
	return true;
}

/** gre_manip_pkt: only PPTP's version has a key, that of the destination; false: too short, or a version that nobody knows. */
export function manipGre(view: DataView, th: number, end: number, manip: number, port: number): boolean {
	if (th + 8 > end) return false;
	if (manip !== NF_NAT_MANIP_DST) return true;
	const version = view.getUint16(th) & 7;
	if (version === 1) view.setUint16(th + 6, port);
	return version <= 1;
}

/** ICMP messages that carry an id. */
function hasId(type: number): boolean {
	return (
		type === icmp.ECHO_REPLY || type === icmp.ECHO || (type >= icmp.TIMESTAMP && type <= icmp.ADDRESS_REPLY)
	);
}

/**
 * The packet that the ICMP error in frame `f` quotes gets source (`manip` NF_NAT_MANIP_SRC) or destination `addr`, `port`; then
 * the error's checksum is computed anew. The quoted packet's own sums are mended where they are quoted.
 */
export function manipQuoted(
	pool: FramePool,
	f: number,
	protocol: number,
	manip: number,
	addr: number,
	port: number,
): boolean {
	const view = pool.view;
	const nh = pool.nh[f];
	const th = nh + ipv4.headerLength(view, nh);
	const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
	if (!manipPacket(view, th + icmp.ICMP_HLEN, end, protocol, manip, addr, port)) return false;
	icmp.setChecksum(view, th, end);
	return true;
}

/** Is there a whole ICMP error with a right checksum and an IP header in it? */
export function quotesPacket(pool: FramePool, f: number): boolean {
	const view = pool.view;
	const nh = pool.nh[f];
	const th = nh + ipv4.headerLength(view, nh);
	const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
	return th + icmp.ICMP_HLEN + ipv4.IP_HLEN <= end && nfSumOk(pool, f);
}
