/** The transport checksum of a frame: computed once when first asked, then remembered in `pool.l4sum`. */
import { pseudoSum4, sum } from "../wire/checksum.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Ipv6Walk } from "../wire/ipv6-ext.ts";
import { type FramePool, L4SUM_BAD, L4SUM_UNKNOWN, L4SUM_VALID } from "./pool.ts";

/**
 * Is the TCP, UDP or ICMP checksum of the IP packet right? `nh` and `th` are set, the packet is whole and no fragment.
 * A UDP checksum of 0 means "none" and is valid. Other protocols have nothing to check.
 */
export function l4sumOk(pool: FramePool, f: number): boolean {
	const known = pool.l4sum[f];
	if (known !== L4SUM_UNKNOWN) return known === L4SUM_VALID;
	const ok = compute(pool, f);
	pool.l4sum[f] = ok ? L4SUM_VALID : L4SUM_BAD;
	return ok;
}

/**
 * The same as netfilter finds it (nf_ip_checksum): the sum runs over the IP header too. That makes a difference while the header's own
 * sum is not right, because an option was filled in and the header is not done with. `again`: also if the packet was found right before
 * (skb_forward_csum).
 */
export function nfSumOk(pool: FramePool, f: number, again = false): boolean {
	if (!again && pool.l4sum[f] === L4SUM_VALID) return true;
	const view = pool.view;
	const nh = pool.nh[f];
	const versionAndLength = view.getUint8(nh);
	if (versionAndLength === 0x45 || versionAndLength >> 4 === 6) return l4sumOk(pool, f);
	const header = sum(view, nh, pool.th[f], 0);
	if (header === 0xffff) return l4sumOk(pool, f);
	const start = transportStart(view, nh, pool.th[f]);
	return (
		start < 0 || sum(view, pool.th[f], nh + view.getUint16(nh + ipv4.TOT_LEN), start + header) === 0xffff
	);
}

/** A checksum without pseudo header as nf_checksum judges it: the IP header at `nh` is in the sum, so that nothing but zeros passes too. */
export function plainSumOk(view: DataView, nh: number, th: number, to: number): boolean {
	return sum(view, th, to, sum(view, nh, th, 0)) === 0xffff;
}

function compute(pool: FramePool, f: number): boolean {
	const view = pool.view;
	const nh = pool.nh[f];
	const th = pool.th[f];
	if (view.getUint8(nh) >> 4 === 6) return sumOk6(view, nh, nh + ipv6.totalLength(view, nh));
	const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
	if (view.getUint8(nh + ipv4.PROTO) === ipv4.IPPROTO_ICMP) return plainSumOk(view, nh, th, end);
	const start = transportStart(view, nh, th);
	return start < 0 || sum(view, th, end, start) === 0xffff;
}
/** What the sum over TCP, UDP or ICMP of the IPv4 packet at `nh` begins with; -1: nothing to check. */
function transportStart(view: DataView, nh: number, th: number): number {
	const length = nh + view.getUint16(nh + ipv4.TOT_LEN) - th;
	const protocol = view.getUint8(nh + ipv4.PROTO);
	if (protocol === ipv4.IPPROTO_ICMP) return 0;
	if (protocol === ipv4.IPPROTO_UDP && (length < 8 || view.getUint16(th + 6) === 0)) return -1;
	if (protocol !== ipv4.IPPROTO_TCP && protocol !== ipv4.IPPROTO_UDP) return -1;
	return pseudoSum4(view, nh + ipv4.SADDR, protocol, length);
}

/** What a walk finds is used up before the next one starts. */
const WALK: Ipv6Walk = new Ipv6Walk();

/**
 * Is the TCP, UDP or ICMPv6 checksum of the IPv6 packet at `nh` that ends at `end` right? A UDP checksum of 0 is left to whoever
 * receives the packet (RFC 8200 §8.1): here it is valid. What has no such header has nothing to check.
 */
function sumOk6(view: DataView, nh: number, end: number): boolean {
	const th = WALK.skipFrom(view, nh, end);
	if (th < 0 || th > end) return true;
	const protocol = WALK.next;
	if (protocol === ipv6.NEXTHDR_UDP && (end - th < 8 || view.getUint16(th + 6) === 0)) return true;
	if (protocol !== ipv6.NEXTHDR_TCP && protocol !== ipv6.NEXTHDR_UDP && protocol !== ipv6.NEXTHDR_ICMP)
		return true;
	return sum(view, th, end, ipv6.pseudoSum6(view, nh + ipv6.SADDR, protocol, end - th)) === 0xffff;
}
