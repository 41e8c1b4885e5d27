/**
 * Tuples: what names one direction of a connection. Four signed 32-bit words:
 *
 *   [ source address, destination address, source port << 16 | destination port, namespace << 9 | IPv6 << 8 | protocol ]
 *
 * IPv6 addresses are handles (ring/in6.ts). ICMP has its id as source port and type << 8 | code as destination port, in both
 * directions, as Linux has it.
 */
import { ECHO, ECHO_REPLY } from "../wire/icmp.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";

export const T_SRC = 0;
export const T_DST = 1;
export const T_PORTS = 2;
export const T_KEY = 3;

/** Of the key word: the connection is one of IPv6. */
export const KEY_IPV6 = 0x100;
const KEY_NETNS_SHIFT = 9;

/** The key word of a namespace's IPv4 connections, the protocol left 0. */
export function netnsKey(id: number): number {
	return id << KEY_NETNS_SHIFT;
}
/** The namespace of a key word. */
export function keyNetns(key: number): number {
	return key >> KEY_NETNS_SHIFT;
}

const GRE_VERSION = 0x7;
const GRE_PROTO_PPP = 0x880b;

/** The answer's type + 1 by ICMP type; 0: the type has no opposite (nf_conntrack_proto_icmp.c, invmap). */
const INVERSE: Uint8Array = new Uint8Array(256);
INVERSE[ECHO] = ECHO_REPLY + 1;
INVERSE[ECHO_REPLY] = ECHO + 1;
for (const request of [13, 15, 17]) {
	INVERSE[request] = request + 2;
	INVERSE[request + 1] = request + 1;
}

/** The same for ICMPv6 (nf_conntrack_proto_icmpv6.c, invmap). */
const INVERSE6: Uint8Array = new Uint8Array(256);
INVERSE6[icmpv6.ECHO_REQUEST] = icmpv6.ECHO_REPLY + 1;
INVERSE6[icmpv6.ECHO_REPLY] = icmpv6.ECHO_REQUEST + 1;
INVERSE6[icmpv6.NI_QUERY] = icmpv6.NI_REPLY + 1;
INVERSE6[icmpv6.NI_REPLY] = icmpv6.NI_QUERY + 1;

/**
 * Read the tuple of the IPv4 packet at `nh` that ends at `end` into `out` (nf_ct_get_tuplepr). `zone` is the namespace's key.
 * False: not a packet that can be tracked (a later fragment, a header that does not fit).
 */
export function readTuple(view: DataView, nh: number, end: number, zone: number, out: Int32Array): boolean {
	if (nh + ipv4.IP_HLEN > end) return false;
	if ((view.getUint16(nh + ipv4.FRAG_OFF) & ipv4.IP_OFFSET) !== 0) return false;
	const th = nh + ipv4.headerLength(view, nh);
	if (th > end) return false;
	const protocol = view.getUint8(nh + ipv4.PROTO);
	out[T_SRC] = view.getInt32(nh + ipv4.SADDR);
	out[T_DST] = view.getInt32(nh + ipv4.DADDR);
	out[T_KEY] = zone | protocol;
	return readPorts(view, th, end, protocol, out);
}
/** The port word of the transport header at `th` (nf_ct_get_tuple). False: it does not fit. */
export function readPorts(
	view: DataView,
	th: number,
	end: number,
	protocol: number,
	out: Int32Array,
): boolean {
	switch (protocol) {
		case ipv4.IPPROTO_TCP:
		case ipv4.IPPROTO_UDP:
		case ipv4.IPPROTO_UDPLITE:
		case ipv4.IPPROTO_SCTP:
			if (th + 4 > end) return false;
			out[T_PORTS] = view.getInt32(th);
			return true;
		case ipv4.IPPROTO_ICMP:
		case ipv6.NEXTHDR_ICMP:
			if (th + 8 > end) return false;
			out[T_PORTS] = (view.getUint16(th + 4) << 16) | view.getUint16(th);
			return true;
		case ipv4.IPPROTO_GRE: {
			out[T_PORTS] = 0;
			if (th + 4 > end || (view.getUint16(th) & GRE_VERSION) !== 1) return true;
			// enhanced GRE: the call id is the destination's key; the source's would come from the PPTP helper
			if (th + 8 > end) return true;
			if (view.getUint16(th + 2) !== GRE_PROTO_PPP) return false;
			out[T_PORTS] = view.getUint16(th + 6);
			return true;
		}
		default:
			out[T_PORTS] = 0;
			return true;
	}
}

/** Can the tuple be turned round? Only some ICMP types cannot. */
export function invertible(ports: number, protocol: number): boolean {
	if (protocol === ipv4.IPPROTO_ICMP) return INVERSE[(ports >>> 8) & 0xff] !== 0;
	return protocol !== ipv6.NEXTHDR_ICMP || INVERSE6[(ports >>> 8) & 0xff] !== 0;
}
/** The port word of the opposite direction (nf_ct_invert_tuple); addresses just swap. */
export function invertPorts(ports: number, protocol: number): number {
	if (!hasId(protocol)) return (ports << 16) | (ports >>> 16);
	const inverse = protocol === ipv4.IPPROTO_ICMP ? INVERSE : INVERSE6;
	return (ports & ~0xff00) | ((inverse[(ports >>> 8) & 0xff] - 1) << 8);
}
/** ICMP and ICMPv6 have one id in place of two ports. */
export function hasId(protocol: number): boolean {
	return protocol === ipv4.IPPROTO_ICMP || protocol === ipv6.NEXTHDR_ICMP;
}
/** Well-spread 32 bits of a tuple. Never part of any output, so it need not be the kernel's SipHash. */
export function hashTuple(src: number, dst: number, ports: number, key: number): number {
	let h = Math.imul(src ^ 0x2c1b3c6d, 0x9e3779b1);
	h = Math.imul((h ^ (h >>> 15)) + dst, 0x85ebca6b);
	h = Math.imul((h ^ (h >>> 13)) + ports, 0xc2b2ae35);
	h = Math.imul((h ^ (h >>> 16)) + key, 0x27d4eb2f);
	return h ^ (h >>> 15);
}
/** Protocols whose packets may each start the same connection at once without harm (nf_conntrack_l4proto.allow_clash). */
export function allowsClash(protocol: number): boolean {
	return protocol === ipv4.IPPROTO_UDP || protocol === ipv4.IPPROTO_UDPLITE || protocol === ipv4.IPPROTO_GRE;
}
