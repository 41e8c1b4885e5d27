/** Adding and removing IPv6 routes: a user's, and the namespace's own (net/ipv6/route.c, ip6_route_add; net/ipv6/addrconf.c). */
import type { NetDevice } from "../device/netdev.ts";
import { EACCES, EEXIST, EHOSTUNREACH, EINVAL, ENETDOWN, ENODEV, EOPNOTSUPP, ESRCH } from "../ip/errno.ts";
import { RTPROT_BOOT, RTPROT_KERNEL } from "../ip/fib.ts";
import { RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../ip/fib-rules.ts";
import { RTN_ANYCAST, RTN_LOCAL, RTN_MULTICAST, RTN_UNICAST } from "../netfilter/types.ts";
import type { In6 } from "../ring/in6.ts";
import { IP6_RT_PRIO_ADDRCONF, IP6_RT_PRIO_USER, type Route6, routeError6 } from "./fib6.ts";
import { Flow6 } from "./fib6-rules.ts";
import type { Inet6 } from "./inet6.ts";
import { isLinkLocal, isMulticast, prefixOf } from "./kinds.ts";

/** A route as it is asked for; what is missing is filled in. `gw` and `prefsrc` are In6 handles. */
export interface Route6Spec {
	readonly dst: In6;
	readonly prefixLen: number;
	/** 0 or missing: 1024. */
	readonly metric?: number;
	/** RTN_*, default unicast. */
	readonly type?: number;
	/** RTPROT_*, default boot. */
	readonly protocol?: number;
	readonly prefsrc?: number;
	/** Default main. */
	readonly table?: number;
	readonly dev?: NetDevice | null;
	readonly gw?: number;
	readonly onlink?: boolean;
	readonly mtu?: number;
	readonly mtuLock?: boolean;
	readonly hopLimit?: number;
	/** Seconds from now, 0 or missing: for ever. */
	readonly expires?: number;
	/** ICMPV6_ROUTER_PREF_* */
	readonly pref?: number;
}
export type Route6Mode = "add" | "replace" | "append" | "change" | "prepend";

export class RouteConfig6 {
	private readonly ip6: Inet6;
	private readonly flow: Flow6 = new Flow6();

	constructor(ip6: Inet6) {
		this.ip6 = ip6;
	}
	/** ip6_route_add: 0 or an errno. A second next hop for the same prefix and metric (ECMP) is EOPNOTSUPP. */
	add(spec: Route6Spec, mode: Route6Mode = "add"): number {
		const { ip6 } = this;
		const route = this.complete(spec);
		if (typeof route === "number") return route;
		const table = ip6.fib.table(route.table);
		const twins = table.at(route.dst, route.prefixLen).filter((r) => r.metric === route.metric);
		if (mode === "add" && twins.length > 0) return EEXIST;
		if (mode === "change" && twins.length === 0) return ESRCH;
		if (
			twins.some((r) => r.dev === route.dev && r.gw === route.gw && r.type === route.type) &&
			mode !== "replace" &&
			mode !== "change"
		)
			return EEXIST;
		if ((mode === "append" || mode === "prepend") && route.gw !== 0 && twins.some((r) => r.gw !== 0))
			return EOPNOTSUPP;
		if ((mode === "replace" || mode === "change") && twins.length > 0) table.remove(twins[0]);
		table.insert(route);
		ip6.changed();
		return 0;
	}
	/** ip6_route_del: the first route that fits; ESRCH when none does. */
	remove(spec: Route6Spec): number {
		const { ip6 } = this;
		const table = ip6.fib.tables.get(spec.table ?? RT_TABLE_MAIN);
		const route = table
			?.at(spec.dst, spec.prefixLen)
			.find(
				(r) =>
					(spec.metric === undefined || spec.metric === 0 || r.metric === spec.metric) &&
					(spec.type === undefined || r.type === spec.type) &&
					(spec.protocol === undefined || r.protocol === spec.protocol) &&
					(spec.dev === undefined || spec.dev === null || r.dev === spec.dev) &&
					(spec.gw === undefined || r.gw === spec.gw),
			);
		if (table === undefined || route === undefined) return ESRCH;
		table.remove(route);
		ip6.changed();
		return 0;
	}
	/** The host route of an own address (RTN_LOCAL) or of an anycast one (addrconf_f6i_alloc). */
	addOwn(dev: NetDevice, addr: In6, type: number): void {
		const { local } = this.ip6.fib;
		if (local.at(addr, 128).some((r) => r.dev === dev && r.type === type)) return;
		this.insert(dev, addr, 128, type, RT_TABLE_LOCAL, 0, RTPROT_KERNEL, 0);
	}
	removeOwn(dev: NetDevice, addr: In6, type: number): void {
		this.ip6.fib.local.removeIf(
			(r) => r.dev === dev && r.type === type && r.prefixLen === 128 && same(r.dst, addr),
		);
		this.ip6.changed();
	}
	/** addrconf_prefix_route: the subnet is on the link. Not while the device is down. `expires` in virtual ns, 0 never. */
	addPrefix(dev: NetDevice, addr: In6, prefixLen: number, metric: number, expires: number): void {
		if (!dev.up) return;
		const dst = prefixOf(addr, prefixLen);
		const m = metric === 0 ? IP6_RT_PRIO_ADDRCONF : metric;
		const twin = this.ip6.fib.main
			.at(dst, prefixLen)
			.find((r) => r.dev === dev && r.metric === m && r.gw === 0 && r.type === RTN_UNICAST);
		if (twin !== undefined) {
			twin.expires = expires;
			return;
		}
		this.insert(dev, dst, prefixLen, RTN_UNICAST, RT_TABLE_MAIN, m, RTPROT_KERNEL, expires);
	}
	removePrefix(dev: NetDevice, addr: In6, prefixLen: number): void {
		const dst = prefixOf(addr, prefixLen);
		this.ip6.fib.main.removeIf(
			(r) =>
				r.dev === dev &&
				r.protocol === RTPROT_KERNEL &&
				r.prefixLen === prefixLen &&
				r.gw === 0 &&
				same(r.dst, dst),
		);
		this.ip6.changed();
	}
	/** addrconf_add_mroute: ff00::/8 of a device. */
	addMulticast(dev: NetDevice): void {
		if (!dev.up) return;
		const dst: In6 = [0xff000000 | 0, 0, 0, 0];
		if (this.ip6.fib.local.at(dst, 8).some((r) => r.dev === dev)) return;
		this.insert(dev, dst, 8, RTN_MULTICAST, RT_TABLE_LOCAL, IP6_RT_PRIO_ADDRCONF, RTPROT_KERNEL, 0);
	}
	/** rt6_disable_ip: everything through a device goes. */
	flushDevice(dev: NetDevice): void {
		for (const t of this.ip6.fib.tables.values()) t.removeIf((r) => r.dev === dev && dev !== this.ip6.ns.lo);
		if (dev === this.ip6.ns.lo)
			for (const t of this.ip6.fib.tables.values())
				t.removeIf((r) => r.dev === dev && routeError6(r.type) === 0);
		this.ip6.changed();
	}
	private insert(
		dev: NetDevice,
		dst: In6,
		prefixLen: number,
		type: number,
		table: number,
		metric: number,
		protocol: number,
		expires: number,
	): void {
		this.ip6.fib.table(table).insert({
			dst,
			prefixLen,
			metric,
			type,
			protocol,
			prefsrc: 0,
			table,
			dev,
			gw: 0,
			onlink: false,
			mtu: 0,
			mtuLock: false,
			hopLimit: 0,
			expires,
			pref: 0,
		});
		this.ip6.changed();
	}
	/** ip6_route_info_create, fib6_nh_init: what was left out is filled in; an errno when it cannot be. */
	private complete(spec: Route6Spec): Route6 | number {
		const { ip6 } = this;
		const type = spec.type ?? RTN_UNICAST;
		const table = spec.table ?? (type === RTN_LOCAL || type === RTN_ANYCAST ? RT_TABLE_LOCAL : RT_TABLE_MAIN);
		const gw = spec.gw ?? 0;
		let dev = spec.dev ?? null;
		const dst = prefixOf(spec.dst, spec.prefixLen);
		if (routeError6(type) !== 0) dev = ip6.ns.lo;
		else {
			if (dev !== null && !ip6.usable(dev)) return ENODEV;
			if (gw !== 0) {
				const via = this.gateway(gw, dev, spec.onlink ?? false);
				if (typeof via === "number") return via;
				dev = via;
			}
			if (dev === null) return ENODEV;
			if (dev === ip6.ns.lo && type === RTN_UNICAST && gw !== 0) return EINVAL;
			if (ip6.devices[dev.id]?.conf.disable_ipv6 !== 0 && dev !== ip6.ns.lo) return EACCES;
			if (!dev.up) return ENETDOWN;
		}
		const prefsrc = spec.prefsrc ?? 0;
		if (prefsrc !== 0 && !ip6.addr.isOwn(prefsrc, -1)) return EINVAL;
		const expires = spec.expires ?? 0;
		return {
			dst,
			prefixLen: spec.prefixLen,
			metric: spec.metric === undefined || spec.metric === 0 ? IP6_RT_PRIO_USER : spec.metric,
			type,
			protocol: spec.protocol ?? RTPROT_BOOT,
			prefsrc,
			table,
			dev,
			gw: routeError6(type) !== 0 ? 0 : gw,
			onlink: spec.onlink ?? false,
			mtu: spec.mtu ?? 0,
			mtuLock: spec.mtuLock ?? false,
			hopLimit: spec.hopLimit ?? 0,
			expires: expires === 0 ? 0 : ip6.ns.core.clock[0] + expires * 1e9,
			pref: spec.pref ?? 0,
		};
	}
	/** ip6_validate_gw, ip6_route_check_nh: the device by which a gateway is reached, or an errno. */
	private gateway(gw: number, given: NetDevice | null, onlink: boolean): NetDevice | number {
		const { ip6 } = this;
		const a = ip6.in6.get(gw);
		if (ip6.addr.isOwn(gw, given !== null && isLinkLocal(a) ? given.id : -1)) return EINVAL;
		if (isMulticast(a)) return EINVAL;
		if (isLinkLocal(a)) return given ?? EINVAL;
		if (onlink) return given ?? EINVAL;
		this.flow.setDestination(a);
		this.flow.setSource([0, 0, 0, 0]);
		this.flow.iif = "lo";
		this.flow.oif = given?.name ?? "";
		const error = ip6.fib.lookup(this.flow, given?.id ?? -1, given !== null, false);
		const via = ip6.fib.route;
		if (error !== 0 || via === undefined || via.gw !== 0 || (given !== null && via.dev !== given))
			return EHOSTUNREACH;
		return via.dev;
	}
}

function same(a: In6, b: In6): boolean {
	return a[0] === b[0] && a[1] === b[1] && a[2] === b[2] && a[3] === b[3];
}
