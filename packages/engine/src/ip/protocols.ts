/** The end of local input: which protocol takes the packet (net/ipv4/ip_input.c, ip_protocol_deliver_rcu). */
import type { NetDevice } from "../device/netdev.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { RTN_BROADCAST, RTN_MULTICAST } from "../netfilter/types.ts";
import { checksum, pseudoSum4 } from "../wire/checksum.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import * as udp from "../wire/udp.ts";
import type { Netns } from "./netns.ts";

export class Protocols {
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	deliver(f: number, dev: NetDevice): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const nh = pool.nh[f];
		pool.th[f] = nh + ipv4.headerLength(pool.view, nh);
		const protocol = pool.view.getUint8(nh + ipv4.PROTO);
		if (protocol === ipv4.IPPROTO_UDP) ns.udp.receive(f, dev);
		else if (protocol === ipv4.IPPROTO_ICMP) ns.icmp.receive(f, dev);
		else if (protocol === ipv4.IPPROTO_TCP) ns.tcp.receive(f);
		else if (protocol === ipv4.IPPROTO_IGMP) pool.deliver(f, DELIVERED.igmp);
		else if (protocol === ipv4.IPPROTO_UDPLITE) this.udpLite(f);
		else if (protocol === ipv4.IPPROTO_PIM) pool.drop(f, DROP.NOT_SPECIFIED);
		else {
			ns.icmp.send(f, icmp.DEST_UNREACH, icmp.PROT_UNREACH, 0);
			pool.drop(f, DROP.IP_NOPROTO);
		}
	}
	/** UDP-Lite (RFC 3828) has no sockets here: a datagram that is whole as far as it is covered finds its port closed. */
	private udpLite(f: number): void {
		const { ns } = this;
		const pool = ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const length = nh + view.getUint16(nh + ipv4.TOT_LEN) - th;
		const covered = length < udp.UDP_HLEN ? 0 : view.getUint16(th + udp.LEN) || length;
		if (covered < udp.UDP_HLEN || covered > length) {
			pool.drop(f, DROP.PKT_TOO_SMALL);
			return;
		}
		const pseudo = pseudoSum4(view, nh + ipv4.SADDR, ipv4.IPPROTO_UDPLITE, length);
		if (view.getUint16(th + udp.CHECK) === 0 || checksum(view, th, th + covered, pseudo) !== 0) {
			pool.drop(f, DROP.UDP_CSUM);
			return;
		}
		const type = pool.dstType[f];
		if (type !== RTN_BROADCAST && type !== RTN_MULTICAST)
			ns.icmp.send(f, icmp.DEST_UNREACH, icmp.PORT_UNREACH, 0);
		pool.drop(f, DROP.NO_SOCKET);
	}
}
