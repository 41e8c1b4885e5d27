/** The IPv6 settings as `sysctl` sees them: all, default, per device, and what setting one brings about (net/ipv6/addrconf.c). */
import type { NetDevice } from "../device/netdev.ts";
import { EINVAL, ENODEV } from "../ip/errno.ts";
import { IPV6_MIN_MTU } from "../wire/ipv6.ts";
import type { Inet6 } from "./inet6.ts";
import { Dev6Conf, type Dev6ConfName, Net6Conf } from "./sysctl.ts";

export class Conf6 {
	readonly net: Net6Conf = new Net6Conf();
	readonly all: Dev6Conf = new Dev6Conf();
	readonly default: Dev6Conf = new Dev6Conf();
	private readonly ip6: Inet6;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
		this.all.accept_dad = 0;
	}
	/** A namespace without IPv6: every device starts with disable_ipv6. */
	switchOff(): void {
		this.all.disable_ipv6 = 1;
		this.default.disable_ipv6 = 1;
	}
	/** No automatics: no detection of duplicates, no link-local address of its own, no solicitation of routers, no flow labels. */
	quieten(): void {
		for (const c of [this.all, this.default]) {
			c.accept_dad = 0;
			c.dad_transmits = 0;
			c.router_solicitations = 0;
			c.addr_gen_mode = 1;
			c.accept_ra = 0;
		}
		this.net.auto_flowlabels = 0;
	}
	of(dev: NetDevice): Dev6Conf | undefined {
		return this.ip6.devices[dev.id]?.conf;
	}
	/** Write net.ipv6.conf.WHICH.NAME: 0, or the errno that the write gives. */
	set(which: "all" | "default" | NetDevice, name: Dev6ConfName, value: number): number {
		const { ip6 } = this;
		if (which === "all") {
			this.all[name] = value;
			if (name === "forwarding" || name === "disable_ipv6") {
				this.default[name] = value;
				for (const idev of ip6.all()) this.setDevice(idev.dev, name, value);
				if (name === "forwarding" && value !== 0) ip6.routerAdvert.purge();
			}
			if (name === "addr_gen_mode") {
				this.default.addr_gen_mode = value;
				for (const idev of ip6.all()) idev.conf.addr_gen_mode = value;
			}
		} else if (which === "default") this.default[name] = value;
		else return this.setDevice(which, name, value);
		ip6.changed();
		return 0;
	}
	private setDevice(dev: NetDevice, name: Dev6ConfName, value: number): number {
		const { ip6 } = this;
		const idev = ip6.devices[dev.id];
		if (idev === undefined) return ENODEV;
		if (name === "mtu" && (value < IPV6_MIN_MTU || value > dev.mtu)) return EINVAL;
		const was = idev.conf[name];
		idev.conf[name] = value;
		const flipped = (was !== 0) !== (value !== 0);
		if (name === "forwarding" && value !== 0) ip6.routerAdvert.purge();
		if (name === "forwarding" && flipped) ip6.addr.forwardingChanged(idev);
		else if (name === "disable_ipv6" && flipped) ip6.addr.disableChanged(idev);
		ip6.changed();
		return 0;
	}
}
