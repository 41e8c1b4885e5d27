/** What a VXLAN device looks at in the inner frame: its sum, its TOS, its flow (all read from the Ethernet header at `off` on). */
import { type FramePool, L4SUM_VALID } from "../frame/pool.ts";
import { fold, pseudoSum4, sum } from "../wire/checksum.ts";
import * as eth from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { IP6_HLEN } from "../wire/ipv6.ts";
import * as udp from "../wire/udp.ts";
import { isVlanType } from "../wire/vlan.ts";

/** Folded sum over the inner frame. */
export function innerSum(pool: FramePool, f: number): number {
	const view = pool.view;
	const o = pool.off[f];
	const end = o + pool.len[f];
	const nh = o + 14;
	if (pool.l4sum[f] === L4SUM_VALID && view.getUint16(o + 12) === eth.ETH_P_IP) {
		const hlen = ipv4.headerLength(view, nh);
		const protocol = view.getUint8(nh + ipv4.PROTO);
		const fragment = view.getUint16(nh + ipv4.FRAG_OFF) & 0x3fff;
		const total = view.getUint16(nh + ipv4.TOT_LEN);
		const summed =
			protocol === ipv4.IPPROTO_TCP ||
			(protocol === ipv4.IPPROTO_UDP && view.getUint16(nh + hlen + udp.CHECK) !== 0);
		if (summed && fragment === 0 && nh + total === end) {
			// header sums to 0xffff, and segment + pseudo header sum to 0xffff
			const segment = ~pseudoSum4(view, nh + ipv4.SADDR, protocol, total - hlen) & 0xffff;
			return fold(sum(view, o, nh + hlen, 0) + segment);
		}
	}
	return sum(view, o, end, 0);
}
/** The inner packet's TOS or traffic class, behind a tag too (ip_tunnel_get_dsfield); 0 for anything else. */
export function dsfield(pool: FramePool, f: number): number {
	const { view } = pool;
	let nh = pool.off[f] + 14;
	if (isVlanType(view.getUint16(nh - 2))) nh += 4;
	if (pool.off[f] + pool.len[f] < nh + ipv4.IP_HLEN) return 0;
	const type = view.getUint16(nh - 2);
	if (type === eth.ETH_P_IP) return view.getUint8(nh + ipv4.TOS);
	return type === eth.ETH_P_IPV6 ? (view.getUint16(nh) >>> 4) & 0xff : 0;
}
/** Bytes that a frame must have up to the end of its network header, tags and all (skb_vlan_inet_prepare). */
export function leastLength(pool: FramePool, f: number): number {
	const { view, off, len } = pool;
	let nh = off[f] + eth.ETH_HLEN;
	const end = off[f] + len[f];
	while (isVlanType(view.getUint16(nh - 2)) && nh + eth.VLAN_HLEN <= end) nh += eth.VLAN_HLEN;
	const type = view.getUint16(nh - 2);
	const hlen = type === eth.ETH_P_IP ? ipv4.IP_HLEN : type === eth.ETH_P_IPV6 ? IP6_HLEN : 0;
	return nh - off[f] + hlen;
}
/** RFC 6040 decapsulation (INET_ECN_decapsulate): outer CE marks an ECT inner and drops a not-ECT one, ECT(1) marks ECT(0). */
export function ecnDecapsulate(pool: FramePool, f: number, outerTos: number): boolean {
	const view = pool.view;
	const nh = pool.nh[f];
	const outer = outerTos & 3;
	if ((outer & 1) === 0) return true;
	const type = view.getUint16(nh - 2);
	if ((type !== eth.ETH_P_IP && type !== eth.ETH_P_IPV6) || pool.len[f] < 34) return true;
	const inner = dsfield(pool, f);
	if ((inner & 3) === 0) return outer !== 3;
	if (outer === 1 && (inner & 3) !== 2) return true;
	if (type === eth.ETH_P_IP) {
		view.setUint8(nh + ipv4.TOS, (inner & 0xfc) | outer);
		ipv4.setChecksum(view, nh);
	} else view.setUint16(nh, (view.getUint16(nh) & 0xffcf) | (outer << 4));
	return true;
}
