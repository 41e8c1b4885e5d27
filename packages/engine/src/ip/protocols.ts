/** The end of local input: which protocol takes the packet (net/ipv4/ip_input.c, ip_protocol_deliver_rcu). */
import type { NetDevice } from "../device/netdev.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
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
		else {
			ns.icmp.send(f, icmp.DEST_UNREACH, icmp.PROT_UNREACH, 0);
			pool.drop(f, DROP.IP_NOPROTO);
		}
	}
}
