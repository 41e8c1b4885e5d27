/** What a bridge that snoops asks of a multicast frame before it looks for IGMP or MLD (br_multicast_rcv). */
import { ETH_P_IP, ETH_P_IPV6 } from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as ipv6 from "../wire/ipv6.ts";

const ETH_HLEN = 14;

/** ip_mc_check_iphdr, ipv6_mc_check_ip6hdr: false when the frame at `o`, which ends at `end`, is IP with a header that cannot be; it is dropped. */
export function multicastHeaderFits(view: DataView, o: number, end: number): boolean {
	const type = view.getUint16(o + 12);
	const nh = o + ETH_HLEN;
	const length = end - nh;
	if (type === ETH_P_IP) return ipv4.check(view, nh, end) === ipv4.OK;
	if (type === ETH_P_IPV6) {
		if (length < ipv6.IP6_HLEN || view.getUint8(nh) >> 4 !== 6) return false;
		const payload = view.getUint16(nh + ipv6.PAYLOAD_LEN);
		return payload !== 0 && payload + ipv6.IP6_HLEN <= length;
	}
	return true;
}
