/** Proxied neighbours: answering for addresses that are elsewhere (net/core/neighbour.c, pneigh_*; RFC 4861 §7.2.8). */
import type { NetDevice } from "../device/netdev.ts";
import { DROP } from "../frame/drop.ts";
import { PneighTable } from "../ip/pneigh.ts";
import type { TimerHandler } from "../ring/events.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { type Skipped, skipExtensions } from "./exthdrs.ts";
import type { Inet6 } from "./inet6.ts";
import { solicitedNode } from "./kinds.ts";

export class Ndproxy implements TimerHandler {
	readonly pneigh: PneighTable;
	private readonly ip6: Inet6;
	private readonly timer: number;
	private readonly waiting: Map<number, { readonly f: number; readonly dev: NetDevice }> = new Map();
	private next = 1;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
		this.pneigh = new PneighTable((addr) => ip6.in6.get(addr)[3]);
		this.timer = ip6.ns.core.events.register(this);
	}
	/** `ip -6 neigh add proxy ADDR dev DEV` */
	add(addr: number, dev: number, router: boolean, permanent: boolean): void {
		if (!this.pneigh.add(addr, dev, router, permanent)) return;
		// pndisc_constructor: questions for it must reach us
		const idev = this.ip6.devices[dev];
		if (idev !== undefined) this.ip6.mcast.join(idev, solicitedNode(this.ip6.in6.get(addr)));
	}
	/** False: there is none such. */
	remove(addr: number, dev: number): boolean {
		if (!this.pneigh.remove(addr, dev)) return false;
		const idev = this.ip6.devices[dev];
		if (idev !== undefined) this.ip6.mcast.leave(idev, solicitedNode(this.ip6.in6.get(addr)));
		return true;
	}
	/** The device is gone or down, or, not `all`, without carrier (pneigh_ifdown). */
	removeDevice(dev: number, all: boolean): void {
		for (const e of this.pneigh.ofDevice(dev, all)) this.remove(e.addr, dev);
	}
	/** pndisc_is_router: -1 not proxied, 0 a host, 1 a router. */
	isRouter(addr: number, dev: number): number {
		const e = this.pneigh.find(addr, dev);
		return e === undefined ? -1 : e.router ? 1 : 0;
	}
	/** Is the address at `o` proxied on the device? */
	hasAt(view: DataView, o: number, dev: number): boolean {
		if (this.pneigh.entries.length === 0) return false;
		const h = this.ip6.in6.findAt(view, o);
		return h > 0 && this.isRouter(h, dev) >= 0;
	}
	/** ip6_forward_proxy_check: 1 the packet is for the proxy itself, 0 forward it, -1 drop it. */
	forwardCheck(f: number): number {
		const { pool } = this.ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const end = pool.off[f] + pool.len[f];
		const s: Skipped = { offset: 0, next: 0, fragment: 0 };
		skipExtensions(view, nh + ipv6.IP6_HLEN, view.getUint8(nh + ipv6.NEXT_HDR), end, s);
		if (s.offset < 0) return 0;
		if (s.next === ipv6.NEXTHDR_ICMP && s.offset < end) {
			const type = view.getUint8(s.offset);
			if (type >= icmpv6.ROUTER_SOLICITATION && type <= icmpv6.REDIRECT) return 1;
		}
		if (ipv6.isLinkLocal(view, nh + ipv6.DADDR)) {
			this.ip6.icmp.send(f, icmpv6.DEST_UNREACH, icmpv6.ADDR_UNREACH, 0);
			return -1;
		}
		return 0;
	}
	/** pneigh_enqueue: a copy waits a random part of `delay` (1/100 s). */
	enqueue(f: number, dev: NetDevice, delay: number): void {
		const { ip6 } = this;
		const { random } = ip6.ns;
		const { pool, events, clock } = ip6.ns.core;
		if (this.waiting.size > (ip6.devices[dev.id]?.neigh.proxy_qlen ?? 64)) return;
		const copy = pool.clone(f);
		if (copy < 0) {
			pool.dropUnborn(DROP.NOMEM);
			return;
		}
		const number = this.next++;
		this.waiting.set(number, { f: copy, dev });
		events.schedule(clock[0] + random.below(Math.max(1, delay * 10)) * 1e6, this.timer, number);
	}
	onTimer(number: number): void {
		const w = this.waiting.get(number);
		if (w === undefined) return;
		this.waiting.delete(number);
		const { pool } = this.ip6.ns.core;
		if (w.dev.up && this.ip6.devices[w.dev.id] !== undefined) this.ip6.ndisc.solicited(w.f, w.dev, true);
		pool.drop(w.f, DROP.NOT_SPECIFIED);
	}
	/** The namespace goes: nothing waits any more. */
	flush(): void {
		for (const w of this.waiting.values()) this.ip6.ns.core.pool.drop(w.f, DROP.NOT_SPECIFIED);
		this.waiting.clear();
	}
}
