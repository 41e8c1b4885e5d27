/**
 * A network namespace: the room where devices, routes, neighbours, netfilter and the IP protocols meet. It holds them and passes
 * questions on; what each does is in its own file. It is what netfilter sees as `NfHost` and devices as `ProtocolStack`.
 */
import { Bridge } from "../device/bridge.ts";
import { Loopback } from "../device/loopback.ts";
import type { NetDevice } from "../device/netdev.ts";
import type { DeviceListener, ProtocolStack } from "../device/receivers.ts";
import { Vxlan } from "../device/vxlan.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_LOCAL } from "../frame/flags.ts";
import { PACKET_HOST } from "../frame/pool.ts";
import { Inet6 } from "../ip6/inet6.ts";
import type { Conntrack } from "../netfilter/conntrack.ts";
import { Netfilter } from "../netfilter/hooks4.ts";
import type { Netfilter6 } from "../netfilter/hooks6.ts";
import type { Nat } from "../netfilter/nat4.ts";
import type { Nat6 } from "../netfilter/nat6.ts";
import { Xtables } from "../netfilter/tables.ts";
import { type NfHost, RTN_LOCAL } from "../netfilter/types.ts";
import type { Core } from "../ring/core.ts";
import type { TimerHandler } from "../ring/events.ts";
import type { Random } from "../ring/random.ts";
import * as arp from "../wire/arp.ts";
import * as eth from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { AddressSet, type InDevice, RT_SCOPE_UNIVERSE, selectAddress } from "./address.ts";
import { Arp } from "./arp.ts";
import { BrNetfilter } from "./br-netfilter.ts";
import { RouteExceptions } from "./exceptions.ts";
import { Fib } from "./fib-rules.ts";
import { Icmp } from "./icmp.ts";
import { IcmpRate } from "./icmp-rate.ts";
import { InetConfig } from "./inet-config.ts";
import { NeighTable } from "./neigh.ts";
import type { NeighHost } from "./neigh-host.ts";
import { OptionsReply } from "./options-reply.ts";
import { IpOutput } from "./output.ts";
import { Ping } from "./ping.ts";
import { PneighTable } from "./pneigh.ts";
import { Protocols } from "./protocols.ts";
import { Reassembly } from "./reassembly.ts";
import { IpReceive } from "./receive.ts";
import { Reject } from "./reject.ts";
import { dissect4, Router } from "./route.ts";
import { reversePathFits } from "./rpfilter.ts";
import { DevConf, NeighConf, NetConf } from "./sysctl.ts";
import { Tcp } from "./tcp.ts";
import { Tunnel } from "./tunnel.ts";
import { Udp } from "./udp.ts";

interface ProxyReply {
	readonly dev: NetDevice;
	readonly tip: number;
	readonly sip: number;
	readonly hi: number;
	readonly lo: number;
}

export class Netns implements ProtocolStack, NfHost, NeighHost, DeviceListener, TimerHandler {
	readonly core: Core;
	readonly id: number;
	name: string;
	readonly random: Random;
	/** Numbers of the handlers of its timers: from the first up to, not including, the second. */
	readonly timers: readonly [number, number];
	readonly conf: NetConf = new NetConf();
	readonly confAll: DevConf = Object.assign(new DevConf(), { accept_source_route: 0 });
	readonly confDefault: DevConf = new DevConf();
	readonly neighDefault: NeighConf = new NeighConf();
	/** Devices in order of ifindex. */
	devices: NetDevice[] = [];
	/** IPv4 side by device id. */
	readonly inDevices: (InDevice | undefined)[] = [];
	readonly lo: Loopback;
	readonly fib: Fib = new Fib();
	readonly ownAddresses: AddressSet = new AddressSet();
	readonly neigh: NeighTable;
	readonly router: Router;
	readonly exceptions: RouteExceptions;
	readonly inet: InetConfig;
	readonly ipIn: IpReceive;
	readonly ipOut: IpOutput;
	readonly arp: Arp;
	readonly icmp: Icmp;
	readonly icmpRate: IcmpRate;
	readonly optionsReply: OptionsReply;
	readonly protocols: Protocols;
	readonly udp: Udp;
	readonly tcp: Tcp;
	readonly ping: Ping;
	readonly reassembly: Reassembly;
	readonly rejecter: Reject;
	readonly brNetfilter: BrNetfilter;
	readonly tunnel: Tunnel;
	readonly conntrack: Conntrack;
	readonly nf: Netfilter;
	readonly xtables: Xtables;
	/** The IPv6 side. */
	readonly ip6: Inet6;
	readonly nf6: Netfilter6;
	readonly xtables6: Xtables;
	private readonly everyInDevice: Iterable<InDevice> = { [Symbol.iterator]: () => this.walkInDevices() };
	private nextIfindex = 1;
	readonly pneigh: PneighTable = new PneighTable((addr) => addr);
	private readonly proxyReplies: Map<number, ProxyReply> = new Map();
	private nextProxy = 1;
	private readonly timer: number;

	/** `ipv6`: IPv6 is on in this namespace, without its automatics. */
	constructor(
		core: Core,
		id: number,
		name: string,
		conntrack: Conntrack,
		nat: Nat,
		nat6: Nat6,
		ipv6 = false,
	) {
		this.core = core;
		this.id = id;
		this.name = name;
		this.conntrack = conntrack;
		this.random = core.chance(id);
		this.timer = core.events.register(this);
		this.neigh = new NeighTable(core, this);
		this.router = new Router(this);
		this.exceptions = new RouteExceptions(this);
		this.inet = new InetConfig(this);
		this.ipIn = new IpReceive(this);
		this.ipOut = new IpOutput(this);
		this.arp = new Arp(this);
		this.icmp = new Icmp(this);
		this.icmpRate = new IcmpRate(this);
		this.optionsReply = new OptionsReply(this);
		this.protocols = new Protocols(this);
		this.udp = new Udp(this);
		this.tcp = new Tcp(this);
		this.ping = new Ping(this);
		this.reassembly = new Reassembly(this);
		this.rejecter = new Reject(this);
		this.brNetfilter = new BrNetfilter(this);
		this.tunnel = new Tunnel(this);
		this.nf = new Netfilter(core, this, conntrack, nat);
		this.xtables = new Xtables(core, this, conntrack, nat, this.nf);
		this.ip6 = new Inet6(this, ipv6, nat6);
		this.nf6 = this.ip6.nf;
		const { lists } = this.xtables;
		this.xtables6 = new Xtables(core, this.ip6.nfHost, conntrack, nat6, this.nf6, 6, lists);
		this.timers = [this.timer, core.events.registered];
		this.lo = new Loopback(core);
		this.attach(this.lo);
	}

	// --- devices ---

	/** Put a device into this namespace: it gets an ifindex and an IPv4 side. */
	attach(dev: NetDevice): void {
		dev.netns = this.id;
		dev.ifindex = this.freeIfindex(dev.ifindex);
		this.core.netnsOf[dev.id] = this.id;
		this.core.nameIdOf[dev.id] = this.core.nameId(dev.name);
		dev.stack = this;
		dev.listeners.push(this);
		this.devices.push(dev);
		this.inDevices[dev.id] = {
			dev,
			conf: this.confDefault.copy(),
			all: this.confAll,
			neigh: this.neighDefault.copy(),
			addresses: [],
			macChanges: dev.macChanges,
			groups: new Set([0xe0000001 | 0]),
		};
		this.ip6.addr.attach(dev);
		if (dev instanceof Bridge) {
			dev.netfilter = this.brNetfilter;
			this.brNetfilter.enabled = true;
		}
		if (dev instanceof Vxlan && dev.host === null) dev.host = this.tunnel;
		this.core.generation++;
	}
	/** A device that comes from elsewhere keeps its number where that is free; a new one (0) gets the next. */
	private freeIfindex(wanted: number): number {
		if (wanted > 0 && this.deviceByIndex(wanted) === undefined) return wanted;
		while (this.deviceByIndex(this.nextIfindex) !== undefined) this.nextIfindex++;
		return this.nextIfindex++;
	}
	/** Take a device out (it moves to another namespace, or goes): addresses, routes and neighbours go with it. */
	detach(dev: NetDevice): void {
		if (dev.up) dev.setUp(false);
		this.inet.flushDevice(dev);
		this.neigh.flushDevice(dev.id, true);
		this.ip6.addr.detach(dev);
		if (dev.master instanceof Bridge) dev.master.removePort(dev);
		this.devices = this.devices.filter((d) => d !== dev);
		this.inDevices[dev.id] = undefined;
		dev.stack = null;
		dev.listeners = dev.listeners.filter((l) => l !== this);
		this.conntrack.masqueradeDeviceDown(this.id, dev.id);
	}
	device(name: string): NetDevice | undefined {
		return this.devices.find((d) => d.name === name);
	}
	deviceByIndex(ifindex: number): NetDevice | undefined {
		return this.devices.find((d) => d.ifindex === ifindex);
	}
	deviceById(id: number): NetDevice {
		return this.core.targets[id] as NetDevice;
	}
	rename(dev: NetDevice, name: string): void {
		dev.name = name;
		this.core.nameIdOf[dev.id] = this.core.nameId(name);
		this.core.generation++;
	}
	/** A device of ours went up or down, or its carrier changed. */
	deviceChanged(dev: NetDevice): void {
		this.inet.deviceChanged(dev);
		this.ip6.addr.deviceChanged(dev);
	}
	/** IPv4 sides in order of ifindex. Costs nothing until somebody walks them: a masqueraded packet asks, and seldom does. */
	allInDevices(): Iterable<InDevice> {
		return this.everyInDevice;
	}
	/** Id of the device that has this address, -1 when none does. */
	deviceOfAddress(addr: number): number {
		for (const d of this.allInDevices()) if (d.addresses.some((a) => a.local === addr)) return d.dev.id;
		return -1;
	}
	// --- ProtocolStack ---

	ipReceive(f: number, dev: NetDevice): void {
		this.ipIn.receive(f, dev);
	}
	ip6Receive(f: number, dev: NetDevice): void {
		this.ip6.in.receive(f, dev);
	}
	arpReceive(f: number, dev: NetDevice): void {
		this.arp.receive(f, dev);
	}

	// --- NeighHost ---

	solicit(entry: number, f: number, unicast: boolean): void {
		this.arp.solicit(entry, f, unicast);
	}
	output(entry: number, f: number): boolean {
		return this.ipOut.withHeader(entry, f);
	}
	/** ipv4_link_failure: host unreachable, if the packet was somebody else's. */
	linkFailure(f: number): void {
		this.core.pool.pktType[f] = PACKET_HOST;
		this.icmp.send(f, 3, 1, 0);
	}
	constructNeighbour(entry: number): void {
		this.ipOut.constructNeighbour(entry);
	}
	get gcThresh(): NetConf {
		return this.conf;
	}
	neighConf(dev: number): NeighConf {
		return this.inDevices[dev]?.neigh ?? this.neighDefault;
	}

	// --- NfHost ---

	get conntrackMax(): number {
		return this.conf.nf_conntrack_max;
	}
	addrType(addr: number, dev: number): number {
		return this.fib.addressType(addr, dev);
	}
	masqueradeAddress(f: number, dev: number): number {
		return selectAddress(this.inDevices[dev], this.allInDevices(), this.nextHop(f), RT_SCOPE_UNIVERSE);
	}
	firstAddress(dev: number): number {
		return this.inDevices[dev]?.addresses[0]?.local ?? 0;
	}
	rpfilter(f: number, inDev: number, flags: number): boolean {
		return reversePathFits(this, f, this.deviceById(inDev), flags);
	}
	reject(f: number, hook: number, how: number): void {
		this.rejecter.answer(f, hook, how);
	}
	defrag(f: number, user: number): number {
		return this.reassembly.add(f, user);
	}
	nextHop(f: number): number {
		const pool = this.core.pool;
		return pool.dstGw[f] !== 0 ? pool.dstGw[f] : pool.view.getInt32(pool.nh[f] + ipv4.DADDR);
	}
	/** ip_route_me_harder */
	routeAgain(f: number): number {
		const pool = this.core.pool;
		const nh = pool.nh[f];
		const saddr = pool.view.getInt32(nh + ipv4.SADDR);
		const own = this.fib.isLocal(saddr) ? saddr : 0;
		if (this.fib.needsFlow) dissect4(this, f, false);
		const error = this.router.output(
			pool.view.getInt32(nh + ipv4.DADDR),
			own,
			pool.view.getUint8(nh + ipv4.TOS),
			pool.mark[f],
			-1,
		);
		if (error === 0) this.setRoute(f);
		return error;
	}

	mtuTo(addr: number): number {
		return this.router.output(addr, 0, 0, 0, -1) === 0 ? this.router.out.mtu : Number.POSITIVE_INFINITY;
	}

	// --- packets of our own ---

	/**
	 * A fresh frame for an IPv4 packet with `length` bytes behind a header of 20 + `optlen` bytes; `nh` and `th` are set. -1: no
	 * slot, and that is accounted for.
	 */
	newPacket(length: number, optlen: number): number {
		const pool = this.core.pool;
		const f = pool.generate(eth.ETH_HLEN + ipv4.IP_HLEN + optlen + length);
		if (f < 0) {
			pool.dropUnborn(DROP.NOMEM);
			return -1;
		}
		pool.nh[f] = pool.off[f] + eth.ETH_HLEN;
		pool.th[f] = pool.nh[f] + ipv4.IP_HLEN + optlen;
		pool.flags[f] = FRAME_LOCAL;
		return f;
	}
	/** Write the IPv4 header of a frame and give it the route that `router.output` found last. `optlen` option bytes stand already. */
	emitHeader(
		f: number,
		tos: number,
		id: number,
		df: number,
		ttl: number,
		protocol: number,
		saddr: number,
		daddr: number,
		optlen: number,
	): void {
		const pool = this.core.pool;
		const nh = pool.nh[f];
		const total = pool.off[f] + pool.len[f] - nh;
		ipv4.emit(pool.view, nh, tos, total, id, df, ttl, protocol, saddr, daddr);
		if (optlen > 0) {
			pool.view.setUint8(nh, 0x45 + (optlen >> 2));
			ipv4.setChecksum(pool.view, nh);
		}
		this.setRoute(f);
	}
	/** An IP identification for a packet of our own: random, as the kernel's is in effect. */
	nextId(): number {
		return this.random.i32() & 0xffff;
	}
	// --- proxy ARP ---

	/** Answer a proxied request after a random part of proxy_delay (pneigh_enqueue). `delay` in 1/100 s. */
	proxyQueue(dev: NetDevice, tip: number, sip: number, hi: number, lo: number, delay: number): void {
		const limit = this.inDevices[dev.id]?.neigh.proxy_qlen ?? 64;
		if (this.proxyReplies.size >= limit) return;
		const number = this.nextProxy++;
		this.proxyReplies.set(number, { dev, tip, sip, hi, lo });
		const wait = this.random.below(Math.max(1, delay * 10)) * 1e6;
		this.core.events.schedule(this.core.clock[0] + wait, this.timer, number);
	}
	onTimer(number: number): void {
		const r = this.proxyReplies.get(number);
		this.proxyReplies.delete(number);
		if (r?.dev.up) this.arp.send(r.dev, arp.ARPOP_REPLY, r.hi, r.lo, r.tip, r.hi, r.lo, r.sip);
	}

	private *walkInDevices(): Iterator<InDevice> {
		for (const dev of this.devices) {
			const d = this.inDevices[dev.id];
			if (d !== undefined) yield d;
		}
	}
	private setRoute(f: number): void {
		const pool = this.core.pool;
		const { out } = this.router;
		pool.dstType[f] = out.type;
		pool.dstDev[f] = out.dev;
		pool.dstGw[f] = out.type === RTN_LOCAL ? 0 : out.gw;
		pool.dstMtu[f] = out.mtu;
		pool.dev[f] = out.dev;
	}
}
