/** The host's side of router discovery (net/ipv6/addrconf.c, net/ipv6/ndisc.c; RFC 4861 §6.3): asking for routers. */
import type { TimerHandler } from "../ring/events.ts";
import type { Inet6 } from "./inet6.ts";
import type { Address6, Inet6Device } from "./inet6-device.ts";
import { isLinkLocal } from "./kinds.ts";
import { acceptsAdvertisements } from "./router-advert.ts";

export class RouterSolicit implements TimerHandler {
	private readonly ip6: Inet6;
	private readonly timer: number;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
		this.timer = ip6.ns.core.events.register(this);
	}
	/** A link-local address is in use: routers may be asked (addrconf_dad_completed). */
	addressReady(idev: Inet6Device, a: Address6): void {
		const { conf, dev } = idev;
		if (
			!isLinkLocal(this.ip6.in6.get(a.addr)) ||
			!acceptsAdvertisements(idev) ||
			conf.router_solicitations === 0 ||
			dev.loopback
		)
			return;
		if (idev.solicitations > 0 || !idev.ready) return;
		idev.solicitations = 1;
		this.ip6.ndiscSend.routerSolicitation(dev, this.ip6.in6.get(a.addr));
		this.again(idev);
	}
	onTimer(dev: number): void {
		const { ip6 } = this;
		const idev = ip6.devices[dev];
		if (idev === undefined || !idev.ready || !acceptsAdvertisements(idev)) return;
		const most = idev.conf.router_solicitations;
		if (idev.solicitations === 0 || (most >= 0 && idev.solicitations >= most)) return;
		const own = ip6.addr.linkLocal(dev);
		if (own === 0) return;
		idev.solicitations++;
		ip6.ndiscSend.routerSolicitation(idev.dev, ip6.in6.get(own));
		this.again(idev);
	}
	/** Intervals double, up to the maximum; a lab does not ask for ever. */
	private again(idev: Inet6Device): void {
		const { events, clock } = this.ip6.ns.core;
		const { conf } = idev;
		const most = conf.router_solicitations < 0 ? MOST : Math.min(conf.router_solicitations, MOST);
		if (idev.solicitations >= most) return;
		const seconds = Math.min(
			conf.router_solicitation_interval * 2 ** (idev.solicitations - 1),
			conf.router_solicitation_max_interval,
		);
		events.schedule(clock[0] + seconds * 1e9, this.timer, idev.dev.id);
	}
}

/** Solicitations of one link, so that an idle lab comes to rest. */
const MOST = 12;
