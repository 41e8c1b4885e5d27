/** The transport checksum of a frame: computed once when first asked, then remembered in `pool.l4sum`. */
import { pseudoSum4, sum } from "../wire/checksum.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { type FramePool, L4SUM_BAD, L4SUM_UNKNOWN, L4SUM_VALID } from "./pool.ts";

/**
 * Is the TCP, UDP or ICMP checksum of the IPv4 packet right? `nh` and `th` are set, the packet is whole and no fragment.
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
 * A checksum without pseudo header as nf_checksum judges it: the IP header, whose own sum is right, is in it, so that nothing but
 * zeros passes too.
 */
export function plainSumOk(view: DataView, from: number, to: number): boolean {
	const s = sum(view, from, to, 0);
	return s === 0xffff || s === 0;
}

function compute(pool: FramePool, f: number): boolean {
	const view = pool.view;
	const nh = pool.nh[f];
	const th = pool.th[f];
	const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
	const protocol = view.getUint8(nh + ipv4.PROTO);
	if (protocol === ipv4.IPPROTO_ICMP) return plainSumOk(view, th, end);
	if (protocol === ipv4.IPPROTO_UDP && (end - th < 8 || view.getUint16(th + 6) === 0)) return true;
	if (protocol !== ipv4.IPPROTO_TCP && protocol !== ipv4.IPPROTO_UDP) return true;
	return sum(view, th, end, pseudoSum4(view, nh + ipv4.SADDR, protocol, end - th)) === 0xffff;
}
