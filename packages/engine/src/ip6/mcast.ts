/** Multicast groups and anycast addresses of devices (net/ipv6/mcast.c, net/ipv6/anycast.c). Reports (MLD) are not sent. */
import { RTN_ANYCAST } from "../netfilter/types.ts";
import type { In6 } from "../ring/in6.ts";
import { IPV6_MIN_MTU } from "../wire/ipv6.ts";
import type { Inet6 } from "./inet6.ts";
import type { Address6, Inet6Device } from "./inet6-device.ts";
import { isAny, multicastMacLo, prefixOf, SCOPE_LINKLOCAL, scopeOf, solicitedNode } from "./kinds.ts";

export class Multicast6 {
	private readonly ip6: Inet6;
	/** What devices were last told, low 32 bits. */
	private readonly listed: WeakMap<Inet6Device, readonly number[]> = new WeakMap();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** ipv6_dev_mc_inc */
	join(idev: Inet6Device, group: In6): void {
		const h = this.ip6.handle(group);
		const had = idev.groups.get(h) ?? 0;
		idev.groups.set(h, had + 1);
		if (had === 0) idev.loaded.add(h);
		this.refresh(idev);
	}
	/** ipv6_dev_mc_dec */
	leave(idev: Inet6Device, group: In6): void {
		const h = this.ip6.handle(group);
		drop(idev.groups, h);
		if (!idev.groups.has(h)) idev.loaded.delete(h);
		this.refresh(idev);
	}
	/** ipv6_mc_up: the device is told of all its groups, the newest first. */
	up(idev: Inet6Device): void {
		for (const h of [...idev.groups.keys()].reverse()) idev.loaded.add(h);
		this.refresh(idev);
	}
	/** ipv6_mc_down */
	down(idev: Inet6Device): void {
		idev.loaded.clear();
		this.refresh(idev);
	}
	/** ipv6_ac_destroy_dev, ipv6_mc_destroy_dev */
	destroy(idev: Inet6Device): void {
		idev.anycast.clear();
		idev.groups.clear();
		idev.loaded.clear();
		this.refresh(idev);
	}
	/** ipv6_chk_mcast_addr: is the group at `o` one of the device's? */
	has(idev: Inet6Device, view: DataView, o: number): boolean {
		const h = this.ip6.in6.findAt(view, o);
		return h > 0 && idev.groups.has(h);
	}
	/** The device takes the frames of the groups that it was told of, and of no others; IPv6 leaves a link that cannot carry it. */
	private refresh(idev: Inet6Device): void {
		const { dev } = idev;
		if (dev.loopback) return;
		const had = this.listed.get(idev) ?? [];
		const wanted = dev.mtu < IPV6_MIN_MTU ? [] : this.macs(idev);
		this.listed.set(idev, wanted);
		for (const lo of wanted) if (!had.includes(lo)) dev.addAddress(0x3333, lo);
		for (const lo of had) if (!wanted.includes(lo)) dev.removeAddress(0x3333, lo);
	}
	/** ipv6_chk_acast_addr: `dev` -1: on any device. */
	isAnycast(addr: number, dev: number): boolean {
		for (const idev of this.ip6.all())
			if ((dev < 0 || idev.dev.id === dev) && idev.anycast.has(addr)) return true;
		return false;
	}
	/** The Ethernet groups that a device listens to for IPv6, low 32 bits of each; the high 16 are 0x3333. In the order that it was told. */
	private macs(idev: Inet6Device): number[] {
		const out = new Set<number>();
		for (const h of idev.loaded) {
			const a = this.ip6.in6.get(h);
			if (scopeOf(a) >= SCOPE_LINKLOCAL) out.add(multicastMacLo(a));
		}
		return [...out];
	}
	/** addrconf_join_anycast: a router answers for the subnet itself (RFC 4291 §2.6.1). */
	joinSubnetRouter(idev: Inet6Device, a: Address6): void {
		const subnet = this.subnetRouter(a);
		if (subnet === null) return;
		const h = this.ip6.handle(subnet);
		const had = idev.anycast.get(h) ?? 0;
		idev.anycast.set(h, had + 1);
		if (had > 0) return;
		this.ip6.routes.addOwn(idev.dev, subnet, RTN_ANYCAST);
		this.join(idev, solicitedNode(subnet));
	}
	/** addrconf_leave_anycast */
	leaveSubnetRouter(idev: Inet6Device, a: Address6): void {
		const subnet = this.subnetRouter(a);
		if (subnet === null) return;
		const h = this.ip6.handle(subnet);
		if (!idev.anycast.has(h)) return;
		drop(idev.anycast, h);
		if (idev.anycast.has(h)) return;
		this.ip6.routes.removeOwn(idev.dev, subnet, RTN_ANYCAST);
		this.leave(idev, solicitedNode(subnet));
	}
	private subnetRouter(a: Address6): In6 | null {
		if (a.prefixLen >= 127) return null;
		const subnet = prefixOf(this.ip6.in6.get(a.addr), a.prefixLen);
		return isAny(subnet) ? null : subnet;
	}
}

function drop(counts: Map<number, number>, h: number): void {
	const n = counts.get(h) ?? 0;
	if (n > 1) counts.set(h, n - 1);
	else counts.delete(h);
}
