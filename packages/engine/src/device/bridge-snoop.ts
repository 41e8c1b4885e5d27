/**
 * What a bridge that snoops drops: multicast frames whose IP header, IGMP (RFC 2236, 3376) or MLD (RFC 2710, 3810) message cannot be
 * (br_multicast_rcv; net/ipv4/igmp.c ip_mc_check_igmp, net/ipv6/mcast_snoop.c ipv6_mc_check_mld). MLD is looked for behind a hop-by-hop
 * header only.
 */
import { sum } from "../wire/checksum.ts";
import { ETH_P_IP, ETH_P_IPV6 } from "../wire/ethernet.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk } from "../wire/ipv6-ext.ts";

const IGMP_HLEN = 8;
const IGMP_GROUP = 4;
const IGMPV3_QUERY_HLEN = 12;
const IGMP_QUERY = 0x11;
const IGMPV3_REPORT = 0x22;
const ALL_HOSTS = 0xe0000001 | 0;

const MLD_HLEN = 24;
const MLD_GROUP = 8;
const MLD2_QUERY_HLEN = 28;

/** Reports of both kinds: where the number of records stands, and the first record. */
const REPORT_RECORDS = 6;
const REPORT_HLEN = 8;
/** In a record: where the number of its sources stands. */
const RECORD_SOURCES = 2;

const walk = new Ipv6Walk();

/** False: the frame, whose network header is at `nh` and which ends at `end`, is dropped. */
export function snoopAccepts(view: DataView, nh: number, end: number): boolean {
	const type = view.getUint16(nh - 2);
	if (type === ETH_P_IP) return acceptsIp(view, nh, end);
	if (type === ETH_P_IPV6) return acceptsIpv6(view, nh, end);
	return true;
}

/** ip_mc_check_iphdr, and what follows for IGMP. */
function acceptsIp(view: DataView, nh: number, end: number): boolean {
	if (ipv4.check(view, nh, end) !== ipv4.OK) return false;
	if (view.getUint8(nh + ipv4.PROTO) !== ipv4.IPPROTO_IGMP) return true;
	const o = nh + ipv4.headerLength(view, nh);
	const stop = nh + view.getUint16(nh + ipv4.TOT_LEN);
	const length = stop - o;
	if (length < IGMP_HLEN || sum(view, o, stop, 0) !== 0xffff) return false;
	const type = view.getUint8(o);
	if (type === IGMPV3_REPORT) return recordsFit(view, o, stop, 4);
	if (type !== IGMP_QUERY) return true;
	if (length !== IGMP_HLEN && length < IGMPV3_QUERY_HLEN) return false;
	return view.getInt32(o + IGMP_GROUP) !== 0 || view.getInt32(nh + ipv4.DADDR) === ALL_HOSTS;
}

/** ipv6_mc_check_ip6hdr, ipv6_mc_check_exthdrs, and what follows for MLD. */
function acceptsIpv6(view: DataView, nh: number, end: number): boolean {
	if (end - nh < ipv6.IP6_HLEN || view.getUint8(nh) >> 4 !== 6) return false;
	const stop = nh + ipv6.totalLength(view, nh);
	if (stop <= nh + ipv6.IP6_HLEN || stop > end) return false;
	if (view.getUint8(nh + ipv6.NEXT_HDR) !== ipv6.NEXTHDR_HOP) return true;
	const o = walk.skipFrom(view, nh, end);
	if (o < 0) return false;
	if (walk.next !== ipv6.NEXTHDR_ICMP) return true;
	const length = stop - o;
	if (length < icmpv6.ICMP6_HLEN || !icmpv6.checkSum(view, nh + ipv6.SADDR, o, stop)) return false;
	if (length < MLD_HLEN) return true;
	const type = view.getUint8(o);
	if (type === icmpv6.MLD2_REPORT) return recordsFit(view, o, stop, 16);
	if (type !== icmpv6.MLD_QUERY) return true;
	if (!ipv6.isLinkLocal(view, nh + ipv6.SADDR)) return false;
	if (length !== MLD_HLEN && length < MLD2_QUERY_HLEN) return false;
	return !ipv6.isUnspecified(view, o + MLD_GROUP) || isAllNodes(view, nh + ipv6.DADDR);
}

/** br_ip4_multicast_igmp3_report, br_ip6_multicast_mld2_report: are all records there? `size`: bytes of an address. */
function recordsFit(view: DataView, o: number, stop: number, size: number): boolean {
	let at = o + REPORT_HLEN;
	for (let n = view.getUint16(o + REPORT_RECORDS); n > 0; n--) {
		if (at + RECORD_SOURCES + 2 > stop) return false;
		at += 4 + size * (1 + view.getUint16(at + RECORD_SOURCES));
		if (at > stop) return false;
	}
	return true;
}

/** ff02::1 */
function isAllNodes(view: DataView, o: number): boolean {
	return (
		view.getUint32(o) === 0xff020000 &&
		view.getInt32(o + 4) === 0 &&
		view.getInt32(o + 8) === 0 &&
		view.getInt32(o + 12) === 1
	);
}
