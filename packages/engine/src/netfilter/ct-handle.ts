/** Which protocol's tracker a packet goes to (nf_conntrack_handle_packet). */
import type { FramePool } from "../frame/pool.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { NEXTHDR_ICMP } from "../wire/ipv6.ts";
import { genericPacket, grePacket, icmpPacket, icmpv6Packet, udplitePacket, udpPacket } from "./ct-proto.ts";
import { sctpPacket } from "./ct-sctp.ts";
import type { CtNet } from "./ct-sysctl.ts";
import type { CtTable } from "./ct-table.ts";
import { tcpPacket } from "./ct-tcp.ts";

/** The packet of connection `ct` with its transport header at `th` ends at `end`. Returns CT_*. */
export function handlePacket(
	t: CtTable,
	net: CtNet,
	pool: FramePool,
	f: number,
	ct: number,
	ctinfo: number,
	hook: number,
	protocol: number,
	th: number,
	end: number,
): number {
	switch (protocol) {
		case ipv4.IPPROTO_UDP:
			return udpPacket(t, net, pool, f, ct, hook, th, end);
		case ipv4.IPPROTO_TCP:
			return tcpPacket(t, net, pool, f, ct, ctinfo, hook, th, end);
		case ipv4.IPPROTO_ICMP:
			return icmpPacket(t, net, ct);
		case NEXTHDR_ICMP:
			return icmpv6Packet(t, net, ct);
		case ipv4.IPPROTO_UDPLITE:
			return udplitePacket(t, net, pool, f, ct, hook, th, end);
		case ipv4.IPPROTO_GRE:
			return grePacket(t, net, ct);
		case ipv4.IPPROTO_SCTP:
			return sctpPacket(t, net, pool.view, ct, ctinfo, th, end);
		default:
			return genericPacket(t, net, ct);
	}
}
