/**
 * The IPv6 side of a namespace: it holds the parts and passes questions on; what each does is in its own file. Addresses are In6
 * handles wherever something remembers them, and four words where they are only looked at.
 */
import type { NetDevice } from "../device/netdev.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_LOCAL, FRAME_SOCKET } from "../frame/flags.ts";
import { NeighTable, NUD_FAILED } from "../ip/neigh.ts";
import type { NeighHost } from "../ip/neigh-host.ts";
import type { Netns } from "../ip/netns.ts";
import type { NeighConf } from "../ip/sysctl.ts";
import { Netfilter6 } from "../netfilter/hooks6.ts";
import type { Nat6 } from "../netfilter/nat6.ts";
import type { In6, In6Table } from "../ring/in6.ts";
import * as eth from "../wire/ethernet.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { Addrconf } from "./addrconf.ts";
import { BrNetfilter6 } from "./br-netfilter.ts";
import { Conf6 } from "./conf.ts";
import { Dad } from "./dad.ts";
import type { Fib6Host, Route6 } from "./fib6.ts";
import { Fib6 } from "./fib6-rules.ts";
import { Icmp6 } from "./icmp6.ts";
import { Icmp6Rate } from "./icmp6-rate.ts";
import type { Inet6Device } from "./inet6-device.ts";
import { Multicast6 } from "./mcast.ts";
import { Ndisc } from "./ndisc.ts";
import { NdiscSend } from "./ndisc-send.ts";
import { NfHost6 } from "./nf-host.ts";
import { Ip6Output } from "./output.ts";
import { Ping6 } from "./ping6.ts";
import { Protocols6 } from "./protocols.ts";
import { Ndproxy } from "./proxy.ts";
import { Reassembly6 } from "./reassembly.ts";
import { Ip6Receive } from "./receive.ts";
import { Redirect6 } from "./redirect.ts";
import { Reject6 } from "./reject.ts";
import { Router6 } from "./route.ts";
import { RouteConfig6 } from "./route-config.ts";
import { RouterAdvert } from "./router-advert.ts";
import { RouterSolicit } from "./router-solicit.ts";
import { SourceSelect } from "./source.ts";
import { neighConf6 } from "./sysctl.ts";
import { Tcp6 } from "./tcp6.ts";
import { Udp6 } from "./udp6.ts";

export class Inet6 implements NeighHost, Fib6Host {
	readonly ns: Netns;
	readonly in6: In6Table;
	readonly clock: Float64Array;
	/** Settings; `conf.net`, `conf.all`, `conf.default`, `conf.of(dev)`, `conf.set(…)`. */
	readonly conf: Conf6;
	readonly neighDefault: NeighConf = neighConf6();
	/** IPv6 side by device id. */
	readonly devices: (Inet6Device | undefined)[] = [];
	readonly fib: Fib6;
	readonly routes: RouteConfig6;
	readonly addr: Addrconf;
	readonly dad: Dad;
	readonly routerSolicit: RouterSolicit;
	readonly routerAdvert: RouterAdvert;
	readonly mcast: Multicast6;
	readonly source: SourceSelect;
	readonly router: Router6;
	readonly neigh: NeighTable;
	readonly ndisc: Ndisc;
	readonly ndiscSend: NdiscSend;
	readonly proxy: Ndproxy;
	readonly redirect: Redirect6;
	readonly in: Ip6Receive;
	readonly out: Ip6Output;
	readonly icmp: Icmp6;
	readonly icmpRate: Icmp6Rate;
	readonly protocols: Protocols6;
	readonly udp: Udp6;
	readonly tcp: Tcp6;
	readonly ping: Ping6;
	readonly reassembly: Reassembly6;
	readonly nfHost: NfHost6;
	readonly rejecter: Reject6;
	readonly brNetfilter: BrNetfilter6;
	/** The namespace's netfilter of IPv6. */
	readonly nf: Netfilter6;

	/** `enabled`: IPv6 is on, without its automatics; else every device starts with disable_ipv6. */
	constructor(ns: Netns, enabled: boolean, nat: Nat6) {
		this.ns = ns;
		this.in6 = ns.core.in6;
		this.clock = ns.core.clock;
		this.conf = new Conf6(this);
		if (enabled) this.conf.quieten();
		else this.conf.switchOff();
		this.fib = new Fib6(this);
		this.routes = new RouteConfig6(this);
		this.addr = new Addrconf(this);
		this.dad = new Dad(this);
		this.routerSolicit = new RouterSolicit(this);
		this.routerAdvert = new RouterAdvert(this);
		this.mcast = new Multicast6(this);
		this.source = new SourceSelect(this);
		this.router = new Router6(this);
		this.neigh = new NeighTable(ns.core, this, true);
		this.ndisc = new Ndisc(this);
		this.ndiscSend = new NdiscSend(this);
		this.proxy = new Ndproxy(this);
		this.redirect = new Redirect6(this);
		this.in = new Ip6Receive(this);
		this.out = new Ip6Output(this);
		this.icmp = new Icmp6(this);
		this.icmpRate = new Icmp6Rate(this);
		this.protocols = new Protocols6(this);
		this.udp = new Udp6(this);
		this.tcp = new Tcp6(this);
		this.ping = new Ping6(this);
		this.reassembly = new Reassembly6(this);
		this.rejecter = new Reject6(this);
		this.brNetfilter = new BrNetfilter6(this);
		this.nfHost = new NfHost6(this);
		this.nf = new Netfilter6(ns.core, this.nfHost, ns.conntrack, nat);
	}
	/** The handle of an address. */
	handle(a: In6): number {
		return this.in6.intern(a[0], a[1], a[2], a[3]);
	}
	/** IPv6 sides in the order of the devices. */
	*all(): IterableIterator<Inet6Device> {
		for (const dev of this.ns.devices) {
			const d = this.devices[dev.id];
			if (d !== undefined) yield d;
		}
	}
	/** Can the device carry IPv6 at all? */
	usable(dev: NetDevice): boolean {
		return this.devices[dev.id] !== undefined && dev.mtu >= ipv6.IPV6_MIN_MTU;
	}
	/** The configuration changed. */
	changed(): void {
		this.ns.core.generation++;
	}
	/** An address of a device is no longer ours: nothing prefers it any more. */
	forgetSource(dev: NetDevice, addr: number): void {
		for (const t of this.fib.tables.values())
			for (const r of t.list())
				if (r.prefsrc === addr && !this.addr.isOwn(addr, -1)) {
					t.remove(r);
					t.insert({ ...r, prefsrc: 0 });
				}
		this.nfHost.addressRemoved(dev.id, addr);
	}

	// --- NeighHost ---

	solicit(entry: number, f: number, unicast: boolean): void {
		this.ndiscSend.solicit(entry, f, unicast);
	}
	output(entry: number, f: number): boolean {
		return this.out.withHeader(entry, f);
	}
	/** ip6_link_failure */
	linkFailure(f: number): void {
		this.icmp.send(f, icmpv6.DEST_UNREACH, icmpv6.ADDR_UNREACH, 0);
	}
	/** Destinations that need no question are known where the packet leaves (ip6/output.ts). */
	/** ndisc_constructor: groups and devices without addresses need no question. */
	constructNeighbour(e: number): void {
		const { neigh } = this;
		const a = this.in6.get(neigh.addr[e]);
		const dev = this.ns.deviceById(neigh.dev[e]);
		if (a[0] >>> 24 === 0xff) neigh.setNoArp(e, 0x3333, a[3]);
		else if (dev.noArp || dev.loopback) neigh.setNoArp(e, dev.macHi, dev.macLo);
	}
	neighConf(dev: number): NeighConf {
		return this.devices[dev]?.neigh ?? this.neighDefault;
	}
	deviceById(id: number): NetDevice {
		return this.ns.deviceById(id);
	}
	get gcThresh(): { readonly gc_thresh2: number; readonly gc_thresh3: number } {
		return this.conf.net;
	}

	// --- Fib6Host ---

	linkDown(route: Route6): boolean {
		if (route.dev.carrier) return false;
		return (
			this.conf.all.ignore_routes_with_linkdown !== 0 ||
			this.devices[route.dev.id]?.conf.ignore_routes_with_linkdown !== 0
		);
	}
	gatewayFailed(route: Route6): boolean {
		const e = this.neigh.find(route.gw, route.dev.id);
		return e >= 0 && this.neigh.currentState(e) === NUD_FAILED;
	}

	// --- packets of our own ---

	/**
	 * A fresh frame for an IPv6 packet with `length` bytes behind the header; `nh` and `th` are set. -1: no slot, and that is
	 * accounted for.
	 */
	newPacket(length: number): number {
		const pool = this.ns.core.pool;
		const f = pool.generate(eth.ETH_HLEN + ipv6.IP6_HLEN + length);
		if (f < 0) {
			pool.dropUnborn(DROP.NOMEM);
			return -1;
		}
		pool.nh[f] = pool.off[f] + eth.ETH_HLEN;
		pool.th[f] = pool.nh[f] + ipv6.IP6_HLEN;
		pool.flags[f] = FRAME_LOCAL | FRAME_SOCKET;
		return f;
	}
}
