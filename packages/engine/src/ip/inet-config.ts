/**
 * What happens to addresses and routes when somebody configures them, and when devices come and go
 * (net/ipv4/devinet.c, net/ipv4/fib_frontend.c, net/ipv4/fib_semantics.c).
 */
import type { NetDevice } from "../device/netdev.ts";
import { RTN_BROADCAST, RTN_LOCAL, RTN_UNICAST } from "../netfilter/types.ts";
import { ARPOP_REQUEST } from "../wire/arp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import {
	type Address,
	inSubnet,
	prefixMask,
	RT_SCOPE_HOST,
	RT_SCOPE_LINK,
	RT_SCOPE_NOWHERE,
	RT_SCOPE_UNIVERSE,
} from "./address.ts";
import { EEXIST, EINVAL, ENETDOWN, ENETUNREACH, ENODEV, ESRCH } from "./errno.ts";
import { sameInfo } from "./exceptions.ts";
import { type Route, RTPROT_KERNEL, routeError } from "./fib.ts";
import { RT_TABLE_LOCAL, RT_TABLE_MAIN } from "./fib-rules.ts";
import type { Netns } from "./netns.ts";

/** The MAC of an IPv4 group (RFC 1112, 6.4): 01:00:5e and the address's low 23 bits. */
const GROUP_HI = 0x0100;
function groupLo(group: number): number {
	return 0x5e000000 | (group & 0x7fffff);
}

/** A route as it is asked for; what is missing is filled in. */
export interface RouteSpec {
	readonly dst: number;
	readonly prefixLen: number;
	readonly tos?: number;
	readonly metric?: number;
	readonly type?: number;
	readonly scope?: number;
	readonly protocol?: number;
	readonly prefsrc?: number;
	readonly table?: number;
	readonly dev?: NetDevice | null;
	readonly gw?: number;
	readonly onlink?: boolean;
	readonly mtu?: number;
	readonly mtuLock?: boolean;
}

export class InetConfig {
	/** Devices that were up when last looked at. */
	private readonly wasUp: Set<number> = new Set();
	/** MTU of each device when last looked at. */
	private readonly mtus: Map<number, number> = new Map();
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** Add an address (inet_insert_ifa): 0 or an errno. */
	addAddress(dev: NetDevice, spec: Omit<Address, "secondary">): number {
		const inDev = this.ns.inDevices[dev.id];
		if (inDev === undefined) return ENODEV;
		const same = inDev.addresses.find(
			(a) => a.prefixLen === spec.prefixLen && inSubnet(spec.peer, a) && a.local === spec.local,
		);
		if (same !== undefined) return EEXIST;
		const primary = inDev.addresses.some(
			(a) => !a.secondary && a.prefixLen === spec.prefixLen && inSubnet(spec.peer, a),
		);
		const address: Address = { ...spec, secondary: primary };
		// primaries stand before secondaries, each kind in the order of adding
		let i = inDev.addresses.length;
		if (!address.secondary) {
			// behind the last primary whose scope is not narrower
			i = inDev.addresses.findLastIndex((a) => !a.secondary && a.scope >= address.scope) + 1;
		}
		inDev.addresses.splice(i, 0, address);
		this.addAddressRoutes(dev, address);
		this.changed();
		return 0;
	}
	/** Remove an address and its routes: false when it is not there. Its secondaries go too, unless promote_secondaries. */
	removeAddress(dev: NetDevice, address: Address): void {
		const inDev = this.ns.inDevices[dev.id];
		if (inDev === undefined) return;
		const { addresses } = inDev;
		let gone = [address];
		if (!address.secondary) {
			const seconds = addresses.filter(
				(a) => a.secondary && a.prefixLen === address.prefixLen && inSubnet(a.peer, address),
			);
			const promote = inDev.conf.promote_secondaries !== 0 || this.ns.confAll.promote_secondaries !== 0;
			if (promote && seconds.length > 0) seconds[0].secondary = false;
			else gone = [address, ...seconds];
		}
		inDev.addresses = addresses.filter((a) => !gone.includes(a));
		for (const a of gone) this.ns.conntrack.masqueradeAddressRemoved(this.ns.id, dev.id, a.local);
		this.rebuildAddressRoutes(dev, gone);
		if (inDev.addresses.length === 0) {
			// the last address: IP is off here (fib_disable_ip)
			for (const t of this.ns.fib.tables.values()) t.removeIf((r) => r.dev === dev);
			this.ns.neigh.flushDevice(dev.id, true);
			this.ns.pneigh.removeDevice(dev.id, true);
		}
		this.changed();
	}
	/** Everything that a device had goes (it is removed, or leaves the namespace). */
	flushDevice(dev: NetDevice): void {
		const inDev = this.ns.inDevices[dev.id];
		for (const t of this.ns.fib.tables.values()) t.removeIf((r) => r.dev === dev);
		if (inDev === undefined || inDev.addresses.length === 0) {
			this.ns.core.generation++;
			return;
		}
		inDev.addresses = [];
		this.changed();
	}
	/** A device changed: routes follow its being up, and its carrier. */
	deviceChanged(dev: NetDevice): void {
		const inDev = this.ns.inDevices[dev.id];
		if (inDev === undefined) return;
		const was = this.wasUp.has(dev.id);
		const moved = dev.macChanges !== inDev.macChanges;
		inDev.macChanges = dev.macChanges;
		const mtu = this.mtus.get(dev.id) ?? dev.mtu;
		this.mtus.set(dev.id, dev.mtu);
		if (mtu !== dev.mtu) this.ns.exceptions.deviceMtuChanged(dev, mtu);
		if (dev.up && !was) {
			this.wasUp.add(dev.id);
			if (!dev.loopback) for (const g of inDev.groups) dev.addAddress(GROUP_HI, groupLo(g));
			if (dev.loopback && inDev.addresses.length === 0)
				this.addAddress(dev, {
					local: 0x7f000001,
					peer: 0x7f000001,
					prefixLen: 8,
					broadcast: 0,
					scope: RT_SCOPE_HOST,
					label: dev.name,
					noPrefixRoute: false,
					metric: 0,
				});
			else for (const a of inDev.addresses) this.addAddressRoutes(dev, a);
			this.ns.core.generation++;
		} else if (!dev.up && was) {
			this.wasUp.delete(dev.id);
			if (!dev.loopback) for (const g of inDev.groups) dev.removeAddress(GROUP_HI, groupLo(g));
			// fib_disable_ip: everything through the device goes, but an address stays answerable from elsewhere
			for (const t of this.ns.fib.tables.values()) t.removeIf((r) => r.dev === dev && r.type !== RTN_LOCAL);
			if (dev.loopback) this.ns.fib.local.removeIf((r) => r.dev === dev && r.prefixLen < 32);
			// arp_ifdown: permanent entries too
			this.ns.neigh.flushDevice(dev.id, true);
			this.ns.pneigh.removeDevice(dev.id, true);
			this.ns.conntrack.masqueradeDeviceDown(this.ns.id, dev.id);
			this.ns.core.generation++;
		} else if (!dev.carrier && dev.up && inDev.conf.arp_evict_nocarrier !== 0 && !dev.loopback) {
			this.ns.neigh.flushDevice(dev.id, false);
			this.ns.pneigh.removeDevice(dev.id, false);
		}
		// arp_netdev_event, NETDEV_CHANGEADDR: what was learned, and what was set, is forgotten
		if (moved) this.ns.neigh.flushDevice(dev.id, true);
		if ((dev.up && !was) || moved) this.announce(dev);
	}
	/** inetdev_send_gratuitous_arp: the device came up, or has another MAC. */
	private announce(dev: NetDevice): void {
		const inDev = this.ns.inDevices[dev.id];
		if (inDev === undefined || (inDev.conf.arp_notify <= 0 && this.ns.confAll.arp_notify <= 0)) return;
		for (const a of inDev.addresses) this.ns.arp.send(dev, ARPOP_REQUEST, 0xffff, -1, a.local, 0, 0, a.local);
		this.ns.core.settle();
	}

	/** Add a route (fib_table_insert): 0 or an errno. `flags`: create, replace, append. */
	addRoute(spec: RouteSpec, mode: "add" | "replace" | "append" | "change" | "prepend" = "add"): number {
		const route = this.complete(spec);
		if (typeof route === "number") return route;
		const table = this.ns.fib.table(route.table);
		route.exceptions = table.routes.find((r) => sameInfo(r, route))?.exceptions ?? null;
		const twin = table.routes.find(
			(r) =>
				r.dst === route.dst &&
				r.prefixLen === route.prefixLen &&
				r.tos === route.tos &&
				r.metric === route.metric,
		);
		if (twin !== undefined && mode === "add") return EEXIST;
		if (twin === undefined && mode === "change") return ESRCH;
		if (twin !== undefined && (mode === "replace" || mode === "change")) table.remove(twin);
		table.insert(route, mode === "append");
		if (route.type === RTN_LOCAL) this.ns.fib.customLocal = true;
		this.ns.core.generation++;
		return 0;
	}
	/** Remove the first route that fits; ESRCH when none does. */
	removeRoute(spec: RouteSpec): number {
		const id = spec.table ?? RT_TABLE_MAIN;
		const table = this.ns.fib.tables.get(id);
		const route = table?.routes.find(
			(r) =>
				r.dst === spec.dst &&
				r.prefixLen === spec.prefixLen &&
				(spec.tos === undefined || r.tos === spec.tos) &&
				(spec.metric === undefined || r.metric === spec.metric) &&
				(spec.type === undefined || r.type === spec.type) &&
				(spec.scope === undefined || r.scope === spec.scope) &&
				(spec.protocol === undefined || r.protocol === spec.protocol) &&
				(spec.prefsrc === undefined || r.prefsrc === spec.prefsrc) &&
				(spec.dev === undefined || r.dev === spec.dev) &&
				(spec.gw === undefined || r.gw === spec.gw),
		);
		if (table === undefined || route === undefined) return ESRCH;
		table.remove(route);
		this.ns.core.generation++;
		return 0;
	}
	/** fib_create_info, fib_check_nh: what was left out is filled in; an errno when it cannot be. */
	private complete(spec: RouteSpec): Route | number {
		const { ns } = this;
		const type = spec.type ?? RTN_UNICAST;
		const gw = spec.gw ?? 0;
		let dev = spec.dev ?? null;
		if ((spec.dst & ~prefixMask(spec.prefixLen)) !== 0) return EINVAL;
		let scope = spec.scope ?? -1;
		if (scope < 0) {
			if (type === RTN_LOCAL) scope = RT_SCOPE_HOST;
			else if (type === RTN_BROADCAST) scope = RT_SCOPE_LINK;
			else if (type === RTN_UNICAST && gw === 0) scope = RT_SCOPE_LINK;
			else scope = RT_SCOPE_UNIVERSE;
		}
		let nhScope = RT_SCOPE_NOWHERE;
		if (type === RTN_UNICAST || type === RTN_BROADCAST) {
			if (gw !== 0) {
				if (scope === RT_SCOPE_HOST) return EINVAL;
				if (spec.onlink) {
					if (dev === null || scope >= RT_SCOPE_LINK) return EINVAL;
					if (!dev.up) return ENETDOWN;
					// whichever device an address is of (inet_addr_type_dev_table)
					if (ns.fib.addressType(gw, -1) !== RTN_UNICAST) return EINVAL;
					nhScope = RT_SCOPE_LINK;
				} else {
					const via = this.gatewayRoute(
						gw,
						Math.max(scope + 1, RT_SCOPE_LINK),
						dev,
						spec.table ?? RT_TABLE_MAIN,
					);
					if (via === undefined) return ENETUNREACH;
					if (via.type !== RTN_UNICAST && via.type !== RTN_LOCAL) return EINVAL;
					dev = via.dev;
					nhScope = via.scope;
					if (dev !== null && !dev.up) return ENETDOWN;
				}
			} else {
				if (dev === null) return ENODEV;
				if (!dev.up && spec.protocol !== RTPROT_KERNEL) return ENETDOWN;
				nhScope = RT_SCOPE_HOST;
			}
		} else if (type !== RTN_LOCAL) dev = null;
		const prefsrc = spec.prefsrc ?? 0;
		if (prefsrc !== 0 && type !== RTN_LOCAL && !ns.fib.isLocal(prefsrc)) return EINVAL;
		return {
			dst: spec.dst,
			prefixLen: spec.prefixLen,
			tos: spec.tos ?? 0,
			metric: spec.metric ?? 0,
			type,
			scope,
			protocol: spec.protocol ?? 3,
			prefsrc,
			table: spec.table ?? (type === RTN_LOCAL || type === RTN_BROADCAST ? RT_TABLE_LOCAL : RT_TABLE_MAIN),
			dev,
			gw,
			onlink: spec.onlink ?? false,
			nhScope,
			mtu: spec.mtu ?? 0,
			mtuLock: spec.mtuLock ?? false,
			exceptions: null,
			dead: false,
		};
	}
	/** fib_check_nh_v4_gw: how a gateway is reached, by the new route's own table, else by all; only routes of at least `scope` count. */
	private gatewayRoute(gw: number, scope: number, dev: NetDevice | null, table: number): Route | undefined {
		const { fib } = this.ns;
		const oif = dev === null ? -1 : dev.id;
		// main and local are one trie while there are no rules of one's own, and main is not asked alone
		const merged = table === RT_TABLE_MAIN || (table === RT_TABLE_LOCAL && !fib.custom);
		const own = merged ? undefined : fib.tables.get(table)?.lookup(gw, 0, oif, scope);
		if (own !== undefined && routeError(own.type) === 0) return own;
		if (fib.custom) {
			if (fib.lookup(gw, 0, 0, 0, null, oif, dev?.name ?? "") !== 0) return undefined;
			return fib.route !== undefined && fib.route.scope >= scope ? fib.route : undefined;
		}
		const local = fib.local.lookup(gw, 0, oif, scope);
		const main = fib.main.lookup(gw, 0, oif, scope);
		const via =
			main !== undefined && (local === undefined || main.prefixLen > local.prefixLen) ? main : local;
		return via !== undefined && routeError(via.type) === 0 ? via : undefined;
	}
	/** fib_add_ifaddr */
	private addAddressRoutes(dev: NetDevice, a: Address): void {
		const { fib } = this.ns;
		// a secondary's route prefers the source of its primary (inet_ifa_byprefix)
		const primary = a.secondary
			? this.ns.inDevices[dev.id]?.addresses.find(
					(p) => !p.secondary && p.prefixLen === a.prefixLen && inSubnet(a.peer, p),
				)
			: undefined;
		const kernel = (
			dst: number,
			prefixLen: number,
			type: number,
			scope: number,
			table: number,
			metric: number,
		) => {
			const t = fib.table(table);
			const twin = t.routes.some(
				(r) =>
					r.dst === dst &&
					r.prefixLen === prefixLen &&
					r.metric === metric &&
					r.dev === dev &&
					r.type === type,
			);
			if (twin) return;
			t.insert(
				{
					dst,
					prefixLen,
					tos: 0,
					metric,
					type,
					scope,
					protocol: RTPROT_KERNEL,
					prefsrc: (primary ?? a).local,
					table,
					dev,
					gw: 0,
					onlink: false,
					nhScope: type === RTN_LOCAL ? RT_SCOPE_NOWHERE : RT_SCOPE_HOST,
					mtu: 0,
					mtuLock: false,
					exceptions: null,
					dead: false,
				},
				true,
			);
		};
		kernel(a.local, 32, RTN_LOCAL, RT_SCOPE_HOST, RT_TABLE_LOCAL, 0);
		const mask = prefixMask(a.prefixLen);
		const prefix = a.peer & mask;
		if (a.broadcast !== 0 && a.broadcast !== -1)
			kernel(a.broadcast, 32, RTN_BROADCAST, RT_SCOPE_LINK, RT_TABLE_LOCAL, 0);
		if (ipv4.isZeronet(prefix) || a.secondary || (prefix === a.local && a.prefixLen === 32)) return;
		if (!a.noPrefixRoute) {
			if (dev.loopback) kernel(prefix, a.prefixLen, RTN_LOCAL, RT_SCOPE_HOST, RT_TABLE_LOCAL, a.metric);
			else kernel(prefix, a.prefixLen, RTN_UNICAST, RT_SCOPE_LINK, RT_TABLE_MAIN, a.metric);
		}
		if (a.prefixLen < 31) kernel(prefix | ~mask, 32, RTN_BROADCAST, RT_SCOPE_LINK, RT_TABLE_LOCAL, 0);
	}
	/** After removals: the kernel's own routes that no remaining address of the namespace explains go (fib_del_ifaddr). */
	private rebuildAddressRoutes(dev: NetDevice, gone: readonly Address[]): void {
		const { fib } = this.ns;
		const left = [...this.ns.allInDevices()].flatMap((d) => d.addresses.map((a) => a.local));
		for (const a of gone) {
			const prefix = a.peer & prefixMask(a.prefixLen);
			fib.main.removeIf(
				(r) =>
					r.dev === dev &&
					r.protocol === RTPROT_KERNEL &&
					r.dst === prefix &&
					r.prefixLen === a.prefixLen &&
					r.prefsrc === a.local,
			);
			fib.local.removeIf(
				(r) =>
					r.dev === dev &&
					r.protocol === RTPROT_KERNEL &&
					(r.prefsrc === a.local || (r.type === RTN_LOCAL && r.dst === a.local && r.prefixLen === 32)),
			);
			// routes that prefer the vanished source vanish too, where the device's table is (fib_sync_down_addr)
			if (!left.includes(a.local) && !fib.isLocal(a.local)) fib.main.removeIf((r) => r.prefsrc === a.local);
		}
		const inDev = this.ns.inDevices[dev.id];
		for (const a of inDev?.addresses ?? []) this.addAddressRoutes(dev, a);
	}
	/** Addresses came or went. */
	private changed(): void {
		const { ns } = this;
		ns.ownAddresses.rebuild([...ns.allInDevices()].flatMap((d) => d.addresses.map((a) => a.local)));
		ns.core.generation++;
	}
}
