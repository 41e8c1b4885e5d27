/**
 * IPv6 addresses of devices, and what happens to them when devices come and go (net/ipv6/addrconf.c). Duplicate address detection
 * is in dad.ts.
 *
 *   add ---> tentative --- dad.ts ---> in use: host route, solicited-node group, subnet-router anycast when forwarding
 *                              \-----> dadfailed
 */
import type { NetDevice } from "../device/netdev.ts";
import { EACCES, EADDRNOTAVAIL, EEXIST, EINVAL } from "../ip/errno.ts";
import { RTN_LOCAL } from "../netfilter/types.ts";
import type { TimerHandler } from "../ring/events.ts";
import { IPV6_MIN_MTU } from "../wire/ipv6.ts";
import type { Inet6 } from "./inet6.ts";
import {
	type Address6,
	IFA_F_DEPRECATED,
	IFA_F_NODAD,
	IFA_F_NOPREFIXROUTE,
	IFA_F_PERMANENT,
	IFA_F_TENTATIVE,
	INFINITY_LIFE_TIME,
	type Inet6Device,
} from "./inet6-device.ts";
import {
	eui64,
	INTERFACELOCAL_ALLNODES,
	INTERFACELOCAL_ALLROUTERS,
	isAny,
	isLinkLocal,
	isLoopback,
	isMulticast,
	LINKLOCAL_ALLNODES,
	LINKLOCAL_ALLROUTERS,
	LOOPBACK,
	rtScope,
	SITELOCAL_ALLROUTERS,
	samePrefix,
	scopeOf,
	solicitedNode,
} from "./kinds.ts";

export const IFAPROT_UNSPEC = 0;
export const IFAPROT_KERNEL_LO = 1;
export const IFAPROT_KERNEL_RA = 2;
export const IFAPROT_KERNEL_LL = 3;

/** An address as it is asked for. `addr` and `peer` are In6 handles; lifetimes in seconds, default for ever. */
export interface Address6Spec {
	readonly addr: number;
	readonly prefixLen: number;
	readonly peer?: number;
	/** IFA_F_NODAD, IFA_F_NOPREFIXROUTE, IFA_F_HOMEADDRESS; what the kernel sets itself is not given. */
	readonly flags?: number;
	readonly metric?: number;
	readonly validLft?: number;
	readonly preferredLft?: number;
	/** IFAPROT_* */
	readonly protocol?: number;
	/** Made of an advertised prefix: the subnet's route is not its own. */
	readonly fromRouter?: boolean;
}

export class Addrconf implements TimerHandler {
	private readonly ip6: Inet6;
	private readonly timer: number;

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
		this.timer = ip6.ns.core.events.register(this);
	}
	/** A device comes into the namespace (ipv6_add_dev). */
	attach(dev: NetDevice): void {
		const { ip6 } = this;
		const conf = ip6.conf.default.copy();
		conf.mtu = dev.mtu;
		if (dev.loopback) conf.accept_dad = -1;
		const idev: Inet6Device = {
			dev,
			conf,
			neigh: ip6.neighDefault.copy(),
			addresses: [],
			groups: new Map(),
			loaded: new Set(),
			anycast: new Map(),
			ready: false,
			wasUp: false,
			mtuSeen: dev.mtu,
			solicitations: 0,
		};
		ip6.devices[dev.id] = idev;
		this.joinOwn(idev);
	}
	detach(dev: NetDevice): void {
		const idev = this.ip6.devices[dev.id];
		if (idev === undefined) return;
		this.down(idev, true);
		this.ip6.mcast.destroy(idev);
		this.ip6.routes.flushDevice(dev);
		this.ip6.neigh.flushDevice(dev.id, true);
		this.ip6.devices[dev.id] = undefined;
	}
	/** addrconf_notify: up, down, carrier, MTU. */
	deviceChanged(dev: NetDevice): void {
		const idev = this.ip6.devices[dev.id];
		if (idev === undefined) return;
		if (dev.mtu !== idev.mtuSeen) this.mtuChanged(idev);
		if (!dev.up) {
			if (idev.wasUp || idev.ready) this.down(idev, false);
			return;
		}
		if (idev.conf.disable_ipv6 !== 0 || dev.mtu < IPV6_MIN_MTU) return;
		if (!idev.wasUp) {
			idev.wasUp = true;
			for (const a of [...idev.addresses]) this.restore(idev, a);
		}
		if (dev.running && !idev.ready) {
			idev.ready = true;
			this.configure(idev);
			for (const a of [...idev.addresses]) if ((a.flags & IFA_F_TENTATIVE) !== 0) this.ip6.dad.start(idev, a);
		} else if (!dev.carrier && idev.ready && !dev.loopback) {
			if (idev.conf.ndisc_evict_nocarrier !== 0 && this.ip6.conf.all.ndisc_evict_nocarrier !== 0) {
				this.ip6.neigh.flushDevice(dev.id, false);
				this.ip6.proxy.removeDevice(dev.id, false);
			}
		}
	}
	/** Add an address (inet6_addr_add): 0 or an errno. */
	add(dev: NetDevice, spec: Address6Spec): number {
		const { ip6 } = this;
		const idev = ip6.devices[dev.id];
		const valid = spec.validLft ?? INFINITY_LIFE_TIME;
		const preferred = spec.preferredLft ?? INFINITY_LIFE_TIME;
		// ipv6_find_idev makes nothing on such a device
		if (idev === undefined || dev.mtu < IPV6_MIN_MTU) return EINVAL;
		if (dev.up) ip6.mcast.up(idev);
		if (spec.prefixLen > 128 || valid === 0 || preferred > valid) return EINVAL;
		if (idev.conf.disable_ipv6 !== 0) return EACCES;
		if (!dev.loopback) ip6.routes.addMulticast(dev);
		const a = ip6.in6.get(spec.addr);
		if (isAny(a) || isMulticast(a) || (isLoopback(a) && !dev.loopback)) return EADDRNOTAVAIL;
		if (idev.addresses.some((x) => x.addr === spec.addr)) return EEXIST;
		const flags = spec.flags ?? 0;
		const address: Address6 = {
			addr: spec.addr,
			peer: spec.peer ?? 0,
			prefixLen: spec.prefixLen,
			flags:
				flags |
				((flags & IFA_F_NODAD) === 0 ? IFA_F_TENTATIVE : 0) |
				(valid === INFINITY_LIFE_TIME ? IFA_F_PERMANENT : 0) |
				(preferred === 0 ? IFA_F_DEPRECATED : 0),
			scope: rtScope(scopeOf(a), isLoopback(a)),
			metric: spec.metric ?? 0,
			validLft: valid,
			preferredLft: preferred,
			stamp: ip6.ns.core.clock[0],
			protocol: spec.protocol ?? IFAPROT_UNSPEC,
			dadProbes: 0,
			dadDue: -1,
			dadNonceHi: 0,
			dadNonceLo: 0,
			fromRouter: spec.fromRouter ?? false,
			installed: false,
		};
		this.link(idev, address);
		// ::1 comes by add_addr, which makes no route for its prefix
		if (address.protocol !== IFAPROT_KERNEL_LO) this.addPrefixRoute(idev, address);
		ip6.dad.start(idev, address);
		this.scheduleLifetime(address);
		ip6.changed();
		return 0;
	}
	/** inet6_addr_modify: new lifetimes, flags, metric. ENOENT is the caller's to see: the address must be there. */
	modify(dev: NetDevice, address: Address6, spec: Address6Spec): number {
		const idev = this.ip6.devices[dev.id];
		const valid = spec.validLft ?? INFINITY_LIFE_TIME;
		const preferred = spec.preferredLft ?? INFINITY_LIFE_TIME;
		if (valid === 0 || preferred > valid || idev === undefined) return EINVAL;
		const had = (address.flags & IFA_F_NOPREFIXROUTE) === 0;
		address.flags =
			(address.flags & IFA_F_TENTATIVE) |
			(spec.flags ?? 0) |
			(valid === INFINITY_LIFE_TIME ? IFA_F_PERMANENT : 0) |
			(preferred === 0 ? IFA_F_DEPRECATED : 0);
		address.validLft = valid;
		address.preferredLft = preferred;
		address.stamp = this.ip6.ns.core.clock[0];
		const metric = spec.metric ?? 0;
		if (had && (metric !== address.metric || (address.flags & IFA_F_NOPREFIXROUTE) !== 0))
			this.cleanupPrefixRoute(idev, address);
		address.metric = metric;
		this.addPrefixRoute(idev, address);
		this.scheduleLifetime(address);
		this.ip6.changed();
		return 0;
	}
	/** New lifetimes in seconds from now, flags as they are. */
	setLifetimes(address: Address6, valid: number, preferred: number): void {
		address.validLft = valid;
		address.preferredLft = preferred;
		address.stamp = this.ip6.ns.core.clock[0];
		if (preferred === 0) address.flags |= IFA_F_DEPRECATED;
		else address.flags &= ~IFA_F_DEPRECATED;
		this.scheduleLifetime(address);
	}
	/** ipv6_del_addr. */
	remove(dev: NetDevice, address: Address6): void {
		const { ip6 } = this;
		const idev = ip6.devices[dev.id];
		if (idev === undefined) return;
		idev.addresses = idev.addresses.filter((a) => a !== address);
		address.dadDue = -1;
		this.uninstall(idev, address);
		if ((address.flags & (IFA_F_NOPREFIXROUTE | IFA_F_PERMANENT)) === IFA_F_PERMANENT)
			this.cleanupPrefixRoute(idev, address);
		ip6.forgetSource(dev, address.addr);
		ip6.changed();
	}
	/** The address of a device, undefined when it has none such. */
	find(dev: NetDevice, addr: number, prefixLen: number): Address6 | undefined {
		return this.ip6.devices[dev.id]?.addresses.find((a) => a.addr === addr && a.prefixLen === prefixLen);
	}
	/** ipv6_get_ifaddr: an address of the device, whatever its state. */
	onDevice(dev: number, addr: number): Address6 | undefined {
		return this.ip6.devices[dev]?.addresses.find((a) => a.addr === addr);
	}
	/** ipv6_chk_addr: is it an address of ours that is not tentative? `dev` -1: of any device. */
	isOwn(addr: number, dev: number): boolean {
		if (addr <= 0) return false;
		for (const idev of this.ip6.all()) {
			if (dev >= 0 && idev.dev.id !== dev) continue;
			if (idev.addresses.some((a) => a.addr === addr && (a.flags & IFA_F_TENTATIVE) === 0)) return true;
		}
		return false;
	}
	/** ipv6_get_lladdr: a link-local address of the device that can be used, 0 none. */
	linkLocal(dev: number): number {
		for (const a of this.ip6.devices[dev]?.addresses ?? [])
			if (isLinkLocal(this.ip6.in6.get(a.addr)) && (a.flags & IFA_F_TENTATIVE) === 0) return a.addr;
		return 0;
	}
	/** __ipv6_ifa_notify(RTM_NEWADDR): the address is in use from now on. */
	install(idev: Inet6Device, a: Address6): void {
		const { ip6 } = this;
		if (a.installed) return;
		a.installed = true;
		ip6.routes.addOwn(idev.dev, ip6.in6.get(a.addr), RTN_LOCAL);
		if (idev.conf.forwarding !== 0) ip6.mcast.joinSubnetRouter(idev, a);
		if (a.peer !== 0) ip6.routes.addPrefix(idev.dev, ip6.in6.get(a.peer), 128, a.metric, 0);
		ip6.changed();
	}
	/** `forwarding` of a device changed (dev_forward_change). */
	forwardingChanged(idev: Inet6Device): void {
		const { mcast } = this.ip6;
		const on = idev.conf.forwarding !== 0;
		if (!idev.dev.loopback)
			for (const g of [LINKLOCAL_ALLROUTERS, INTERFACELOCAL_ALLROUTERS, SITELOCAL_ALLROUTERS])
				on ? mcast.join(idev, g) : mcast.leave(idev, g);
		for (const a of idev.addresses) {
			if ((a.flags & IFA_F_TENTATIVE) !== 0) continue;
			if (on) mcast.joinSubnetRouter(idev, a);
			else mcast.leaveSubnetRouter(idev, a);
		}
		this.ip6.changed();
	}
	/** `disable_ipv6` of a device changed (dev_disable_change). */
	disableChanged(idev: Inet6Device): void {
		if (idev.conf.disable_ipv6 !== 0) this.down(idev, false);
		else this.deviceChanged(idev.dev);
	}
	/** An address may be at its end (addrconf_verify_rtnl). */
	onTimer(addr: number): void {
		const now = this.ip6.ns.core.clock[0];
		for (const idev of this.ip6.all()) {
			for (const a of [...idev.addresses]) {
				if (a.addr !== addr) continue;
				if (a.validLft !== INFINITY_LIFE_TIME && now >= a.stamp + a.validLft * 1e9) this.remove(idev.dev, a);
				else if (a.preferredLft !== INFINITY_LIFE_TIME && now >= a.stamp + a.preferredLft * 1e9)
					a.flags |= IFA_F_DEPRECATED;
			}
		}
	}
	/** The groups that a device is in from the beginning (ipv6_add_dev). */
	private joinOwn(idev: Inet6Device): void {
		const { mcast } = this.ip6;
		mcast.join(idev, INTERFACELOCAL_ALLNODES);
		mcast.join(idev, LINKLOCAL_ALLNODES);
		if (idev.conf.forwarding !== 0 && !idev.dev.loopback) mcast.join(idev, LINKLOCAL_ALLROUTERS);
	}
	/** addrconf_ifdown: addresses go with the link, unless keep_addr_on_down. `gone`: the device leaves. */
	private down(idev: Inet6Device, gone: boolean): void {
		const { ip6 } = this;
		const { dev } = idev;
		const wasReady = idev.ready;
		idev.wasUp = false;
		idev.ready = false;
		ip6.routes.flushDevice(dev);
		ip6.neigh.flushDevice(dev.id, true);
		ip6.proxy.removeDevice(dev.id, true);
		const wish = ip6.conf.all.keep_addr_on_down || idev.conf.keep_addr_on_down;
		const keep = wish > 0 && !gone && idev.conf.disable_ipv6 === 0;
		const kept: Address6[] = [];
		for (const a of idev.addresses) {
			this.uninstall(idev, a);
			ip6.forgetSource(dev, a.addr);
			a.dadDue = -1;
			const local = isLinkLocal(ip6.in6.get(a.addr));
			if (keep && (a.flags & IFA_F_PERMANENT) !== 0 && !local) {
				a.flags |= IFA_F_TENTATIVE;
				kept.push(a);
			}
		}
		idev.addresses = kept;
		if (wasReady) ip6.mcast.down(idev);
		ip6.changed();
	}
	/** The MTU changed: too small a link carries no IPv6 (NETDEV_CHANGEMTU). */
	private mtuChanged(idev: Inet6Device): void {
		const { ip6 } = this;
		const was = idev.mtuSeen;
		idev.mtuSeen = idev.dev.mtu;
		idev.conf.mtu = idev.dev.mtu;
		ip6.router.mtuChanged(idev.dev, idev.dev.mtu, was);
		if (idev.dev.mtu >= IPV6_MIN_MTU && was >= IPV6_MIN_MTU) return;
		// too small a link has no IPv6 side; one that grows again gets a new one
		this.down(idev, true);
		Object.assign(idev.conf, ip6.conf.default, { mtu: idev.dev.mtu });
		ip6.mcast.destroy(idev);
		if (idev.dev.mtu < IPV6_MIN_MTU) return;
		this.joinOwn(idev);
		// ipv6_add_dev: a link that runs is ready at once, IPv6 disabled or not; what is enabled has more to do, in deviceChanged
		if (idev.conf.disable_ipv6 !== 0) idev.ready = idev.dev.running;
	}
	/** addrconf_dev_config, init_loopback */
	private configure(idev: Inet6Device): void {
		const { ip6 } = this;
		const { dev } = idev;
		if (dev.loopback) {
			this.add(dev, {
				addr: ip6.handle(LOOPBACK),
				prefixLen: 128,
				flags: IFA_F_NODAD,
				protocol: IFAPROT_KERNEL_LO,
			});
			return;
		}
		ip6.mcast.up(idev);
		ip6.routes.addMulticast(dev);
		if (idev.conf.addr_gen_mode !== 0) return;
		const addr = eui64([0xfe800000 | 0, 0, 0, 0], dev.macHi, dev.macLo);
		this.add(dev, { addr: ip6.handle(addr), prefixLen: 64, protocol: IFAPROT_KERNEL_LL });
	}
	/** fixup_permanent_addr: the link is up again. */
	private restore(idev: Inet6Device, a: Address6): void {
		if ((a.flags & IFA_F_PERMANENT) === 0) return;
		this.addPrefixRoute(idev, a);
		this.ip6.dad.start(idev, a);
	}
	/** Into the list: by scope, within a scope in front (ipv6_link_dev_addr). */
	private link(idev: Inet6Device, a: Address6): void {
		const scope = scopeOf(this.ip6.in6.get(a.addr));
		let i = 0;
		while (i < idev.addresses.length && scopeOf(this.ip6.in6.get(idev.addresses[i].addr)) > scope) i++;
		idev.addresses.splice(i, 0, a);
	}
	/** __ipv6_ifa_notify(RTM_DELADDR) */
	private uninstall(idev: Inet6Device, a: Address6): void {
		const { ip6 } = this;
		const words = ip6.in6.get(a.addr);
		if (idev.conf.forwarding !== 0) ip6.mcast.leaveSubnetRouter(idev, a);
		if (!idev.dev.loopback) ip6.mcast.leave(idev, solicitedNode(words));
		if (a.peer !== 0) ip6.routes.removePrefix(idev.dev, ip6.in6.get(a.peer), 128);
		ip6.routes.removeOwn(idev.dev, words, RTN_LOCAL);
		a.installed = false;
	}
	private addPrefixRoute(idev: Inet6Device, a: Address6): void {
		if ((a.flags & IFA_F_NOPREFIXROUTE) !== 0 || a.fromRouter) return;
		const expires = a.validLft === INFINITY_LIFE_TIME ? 0 : a.stamp + a.validLft * 1e9;
		this.ip6.routes.addPrefix(idev.dev, this.ip6.in6.get(a.addr), a.prefixLen, a.metric, expires);
	}
	/** check_cleanup_prefix_route: the subnet's route goes with its last address. */
	private cleanupPrefixRoute(idev: Inet6Device, gone: Address6): void {
		const { in6 } = this.ip6;
		const words = in6.get(gone.addr);
		const other = idev.addresses.some(
			(a) =>
				a !== gone &&
				a.prefixLen === gone.prefixLen &&
				(a.flags & IFA_F_NOPREFIXROUTE) === 0 &&
				samePrefix(in6.get(a.addr), words, gone.prefixLen),
		);
		if (!other) this.ip6.routes.removePrefix(idev.dev, words, gone.prefixLen);
	}
	private scheduleLifetime(a: Address6): void {
		const { events } = this.ip6.ns.core;
		for (const life of [a.preferredLft, a.validLft])
			if (life !== INFINITY_LIFE_TIME && life !== 0)
				events.schedule(a.stamp + life * 1e9, this.timer, a.addr);
	}
}
