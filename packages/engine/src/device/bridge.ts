/**
 * The Linux bridge as a device: what the host itself sends and receives through it, its ports, its MAC and MTU
 * (net/bridge/br_device.c, br_if.c). What happens to a frame that arrives at a port is in bridge-port.ts.
 */
import { DROP } from "../frame/drop.ts";
import type { Core } from "../ring/core.ts";
import { T_FDB, T_FLOOD } from "../trace/kinds.ts";
import { LEARNING } from "../trace/trace.ts";
import { isMulticastMac } from "../wire/ethernet.ts";
import { BridgePort, PORT_BCAST_FLOOD, PORT_FLOOD, PORT_MCAST_FLOOD } from "./bridge-port.ts";
import { snoopAccepts } from "./bridge-snoop.ts";
import { FDB_ADDED_BY_USER, FDB_EXT_LEARNED, FDB_LOCAL, FDB_STATIC, Fdb, MET_ASKED } from "./fdb.ts";
import { NetDevice, RX_BYTES, RX_PACKETS, TX_BYTES, TX_PACKETS } from "./netdev.ts";
import type { DeviceListener } from "./receivers.ts";

export const BR_PKT_UNICAST = 0;
export const BR_PKT_MULTICAST = 1;
export const BR_PKT_BROADCAST = 2;

const IPV6_MIN_MTU = 1280;
const IPV6_GROUP_HI = 0x3333;
/** The MACs of 224.0.0.106 and ff02::6a. */
const SNOOPERS: readonly (readonly [number, number])[] = [
	[0x0100, 0x5e00006a],
	[IPV6_GROUP_HI, 0x6a],
];

/** br_netfilter as the bridge calls it; the IP room fills it in. */
export interface BridgeNetfilter {
	/** The frame arrived at a port (NF_BR_PRE_ROUTING). The frame to go on bridging, or -1: taken or dropped. */
	preRouting(f: number, port: BridgePort): number;
	/** The frame goes from a port to a port (NF_BR_FORWARD). The frame to go on with, or -1. */
	forward(f: number, to: BridgePort): number;
	/** It leaves (NF_BR_POST_ROUTING); whatever comes of it is given to `to.push`. */
	postRouting(f: number, to: BridgePort): void;
	/** The host sends into the bridge. True: it was a bridged DNAT coming back from the neighbour code, and is taken. */
	devXmit(f: number, bridge: Bridge): boolean;
	/**
	 * It is about to be handed up to the host; an unconfirmed connection must not be shared by then. What a bridge takes because it takes
	 * everything leaves its connection. False: dropped.
	 */
	localIn(f: number, promisc: boolean): boolean;
}

export class Bridge extends NetDevice implements DeviceListener {
	readonly kind = "bridge";
	readonly fdb: Fdb;
	/** In the order in which flooding visits them: the newest port first. */
	ports: BridgePort[] = [];
	netfilter: BridgeNetfilter | null = null;
	stp = false;
	/** 802.1D parameters, kept for printing; seconds. */
	forwardDelay = 15;
	helloTime = 2;
	maxAge = 20;
	priority = 32768;
	groupFwdMask = 0;
	mcastSnooping = true;
	/** Bridged IPv4 passes the hooks even where net.bridge.bridge-nf-call-iptables is 0. */
	nfCallIptables = false;
	/** The same for ARP and net.bridge.bridge-nf-call-arptables. */
	nfCallArptables = false;
	mtuSet = false;
	/** Every frame goes up to the host too (IFF_PROMISC). */
	takesAll = false;
	private nextPort = 1;
	/** Ports by number; 0 is the bridge itself. */
	private readonly byNumber: (BridgePort | undefined)[] = [undefined];

	constructor(core: Core, name: string, macHi: number, macLo: number) {
		super(core, name, macHi, macLo);
		this.fdb = new Fdb(core.clock, core.flows);
		this.carrier = false;
		this.linkWatch.fire();
	}
	/** Make `dev` a port (br_add_if). */
	addPort(dev: NetDevice): BridgePort {
		const port = new BridgePort(this, dev, this.nextPort++);
		this.ports.unshift(port);
		this.byNumber[port.number] = port;
		dev.master = this;
		dev.rxHandler = port;
		dev.listeners.push(this);
		// without VLAN filtering every port wants every frame (br_manage_promisc)
		dev.addPromiscuity(1);
		this.addLocal(dev.macHi, dev.macLo, port.number);
		this.recalculate();
		return port;
	}
	/** Undo addPort (br_del_if): the port's entries go with it. */
	removePort(dev: NetDevice): void {
		const port = this.portOf(dev);
		if (port === undefined) return;
		this.ports = this.ports.filter((p) => p !== port);
		this.byNumber[port.number] = undefined;
		dev.master = null;
		dev.rxHandler = null;
		dev.listeners = dev.listeners.filter((l) => l !== this);
		dev.addPromiscuity(-1);
		const { fdb } = this;
		// what a user made local on the port is inherited too
		fdb.removeIf((row) => {
			if (fdb.port[row] !== port.number) return false;
			return (fdb.flags[row] & FDB_LOCAL) === 0 || !this.bequeath(row);
		});
		this.recalculate();
	}
	portOf(dev: NetDevice): BridgePort | undefined {
		return dev.master === this ? (dev.rxHandler as BridgePort) : undefined;
	}
	portByNumber(number: number): BridgePort | undefined {
		return this.byNumber[number];
	}
	/** A port changed state, MAC or MTU. */
	deviceChanged(dev: NetDevice): void {
		const port = this.portOf(dev);
		if (port === undefined) return;
		if (dev.macHi !== port.macHi || dev.macLo !== port.macLo) {
			this.removeLocal(port.macHi, port.macLo, port.number);
			port.macHi = dev.macHi;
			port.macLo = dev.macLo;
			this.addLocal(dev.macHi, dev.macLo, port.number);
		}
		const was = port.forwarding;
		port.updateState();
		// br_stp_disable_port: what was learned on a port that goes down is forgotten
		if (was && !port.forwarding) this.flushPort(port);
		this.recalculate();
	}
	/** Forget what was learned on a port; permanent and static entries stay, and those that somebody else has learned (br_fdb_delete_by_port). */
	flushPort(port: BridgePort): void {
		const kept = FDB_LOCAL | FDB_STATIC | FDB_EXT_LEARNED;
		this.fdb.removeIf((row) => this.fdb.port[row] === port.number && (this.fdb.flags[row] & kept) === 0);
	}
	override setUp(up: boolean): void {
		if (up !== this.up && this.mcastSnooping) this.joinSnoopers(up);
		if (up) this.linkWatch.sync();
		this.up = up;
		for (const port of this.ports) {
			const was = port.forwarding;
			port.updateState();
			if (was && !port.forwarding) this.flushPort(port);
		}
		this.recalculateCarrier();
		this.changed();
	}
	setMcastSnooping(on: boolean): void {
		if (on !== this.mcastSnooping && this.up) this.joinSnoopers(on);
		this.mcastSnooping = on;
		this.core.generation++;
	}
	override changed(): void {
		// IPv6 leaves a link that is too narrow for it, and this group with it
		if (this.mtu < IPV6_MIN_MTU) this.removeAddress(IPV6_GROUP_HI, SNOOPERS[1][1]);
		super.changed();
	}
	/** br_multicast_join_snoopers, for IPv4 and IPv6 (RFC 4286). */
	private joinSnoopers(join: boolean): void {
		for (const [hi, lo] of SNOOPERS) {
			if (join && (hi !== IPV6_GROUP_HI || this.mtu >= IPV6_MIN_MTU)) this.addAddress(hi, lo);
			else if (!join) this.removeAddress(hi, lo);
		}
	}
	override setMac(hi: number, lo: number): void {
		this.changeMac(hi, lo);
		this.macSet = true;
		this.changed();
	}
	override setMtu(mtu: number): void {
		this.mtuSet = true;
		super.setMtu(mtu);
	}
	/** A bridge cannot filter: with any address beside its own it takes everything (__dev_set_rx_mode without IFF_UNICAST_FLT). */
	override rxModeChanged(): void {
		this.takesAll = this.promiscuity > 0 || this.uc.entries.length > 0;
		super.rxModeChanged();
	}
	/** The host sends a frame into the bridge (br_dev_xmit). */
	override xmit(f: number): boolean {
		const pool = this.core.pool;
		if (this.netfilter?.devXmit(f, this)) return true;
		this.counts[TX_PACKETS]++;
		this.counts[TX_BYTES] += pool.len[f];
		if (this.core.trace.on === LEARNING)
			this.core.flows.recorder.count(f, this.counts, TX_PACKETS, pool.len[f]);
		const o = pool.off[f];
		const hi = pool.view.getUint16(o);
		const lo = pool.view.getInt32(o + 2);
		pool.nh[f] = o + 14;
		if (isMulticastMac(hi)) {
			const broadcast = hi === 0xffff && lo === -1;
			if (!broadcast && this.mcastSnooping && !snoopAccepts(pool.view, pool.nh[f], o + pool.len[f]))
				pool.drop(f, DROP.NOT_SPECIFIED);
			else this.flood(f, broadcast ? BR_PKT_BROADCAST : BR_PKT_MULTICAST, this, false);
			return true;
		}
		const row = this.fdb.find(hi, lo);
		if (row < 0) {
			if (this.core.trace.on !== 0) this.core.trace.add(T_FDB, f, this.id, -1, hi, lo, 0);
			this.flood(f, BR_PKT_UNICAST, this, false);
			return true;
		}
		const port = this.portByNumber(this.fdb.port[row]);
		if (this.core.trace.on === LEARNING) this.core.flows.recorder.meets(this.fdb, 4 * row + MET_ASKED);
		if (this.core.trace.on !== 0)
			this.core.trace.add(T_FDB, f, this.id, port === undefined ? this.id : port.dev.id, hi, lo, 0);
		if (port === undefined) pool.drop(f, DROP.NO_TX_TARGET);
		else this.forward(f, port, this, false);
		return true;
	}
	/** To one port (br_forward). With `localCopy` the frame itself stays with the caller. */
	forward(f: number, port: BridgePort, from: NetDevice, localCopy: boolean): void {
		const pool = this.core.pool;
		if (!port.shouldDeliver(from)) {
			if (!localCopy) pool.drop(f, DROP.NO_TX_TARGET);
			return;
		}
		if (!localCopy) {
			port.send(f, from);
			return;
		}
		const copy = pool.clone(f);
		if (copy < 0) pool.dropUnborn(DROP.NOMEM);
		else port.send(copy, from);
	}
	/** To every port that wants it, newest first; the last one gets the frame itself (br_flood). */
	flood(f: number, kind: number, from: NetDevice, localCopy: boolean): void {
		const pool = this.core.pool;
		const wanted =
			kind === BR_PKT_UNICAST ? PORT_FLOOD : kind === BR_PKT_MULTICAST ? PORT_MCAST_FLOOD : PORT_BCAST_FLOOD;
		const own = from === this && kind !== BR_PKT_UNICAST;
		let previous: BridgePort | null = null;
		let copies = 0;
		for (const port of this.ports) {
			if ((port.flags & wanted) === 0 && !own) continue;
			if (!port.shouldDeliver(from)) continue;
			copies++;
			if (previous !== null) this.sendCopy(f, previous, from);
			previous = port;
		}
		if (this.core.trace.on !== 0) this.core.trace.add(T_FLOOD, f, this.id, copies, 0, 0, 0);
		if (previous !== null) {
			if (localCopy) this.sendCopy(f, previous, from);
			else previous.send(f, from);
		} else if (!localCopy) pool.drop(f, DROP.NO_TX_TARGET);
	}
	/** Hand a frame up to the host (br_pass_frame_up). `promisc`: a bridge takes it that takes everything, not because it is for the host alone. */
	passUp(f: number, promisc: boolean): void {
		this.countPassedUp(f);
		if (this.netfilter !== null && !this.netfilter.localIn(f, promisc)) return;
		this.receive(f);
	}
	countPassedUp(f: number): void {
		const bytes = this.core.pool.lengthUntagged(f) - 14;
		this.counts[RX_PACKETS]++;
		this.counts[RX_BYTES] += bytes;
		if (this.core.trace.on === LEARNING) this.core.flows.recorder.count(f, this.counts, RX_PACKETS, bytes);
	}
	override destroy(): void {
		for (const port of [...this.ports]) this.removePort(port.dev);
		super.destroy();
	}
	private sendCopy(f: number, port: BridgePort, from: NetDevice): void {
		const copy = this.core.pool.clone(f);
		if (copy < 0) this.core.pool.dropUnborn(DROP.NOMEM);
		else port.send(copy, from);
	}
	/** The MAC is the lowest of the ports', the MTU the smallest, unless they were set (br_stp_recalculate_bridge_id). */
	private recalculate(): void {
		const { mtu } = this;
		if (!this.macSet) {
			let hi = 0;
			let lo = 0;
			let first = true;
			for (const { dev } of this.ports) {
				if (first || dev.macHi < hi || (dev.macHi === hi && dev.macLo >>> 0 < lo >>> 0)) {
					hi = dev.macHi;
					lo = dev.macLo;
					first = false;
				}
			}
			if (hi !== this.macHi || lo !== this.macLo) this.changeMac(hi, lo);
		}
		if (!this.mtuSet && this.ports.length > 0) this.mtu = Math.min(...this.ports.map((p) => p.dev.mtu));
		else if (!this.mtuSet) this.mtu = 1500;
		if (this.mtu !== mtu) this.changed();
		this.recalculateCarrier();
	}
	private recalculateCarrier(): void {
		const carrier = this.ports.some((p) => p.forwarding);
		if (carrier !== this.carrier) {
			this.carrier = carrier;
			this.linkWatch.fire();
			this.changed();
		} else this.core.generation++;
	}
	/** The bridge's own address is an entry of its fdb (br_fdb_change_mac_address). */
	private changeMac(hi: number, lo: number): void {
		this.removeLocal(this.macHi, this.macLo, 0);
		this.macHi = hi;
		this.macLo = lo;
		this.macChanges++;
		this.addLocal(hi, lo, 0);
	}
	/** An address of the bridge (0) or a port: of those who share one the first has the entry, and who was heard with it loses it (fdb_add_local). */
	private addLocal(hi: number, lo: number, number: number): void {
		const { fdb } = this;
		const row = fdb.find(hi, lo);
		if (row >= 0 && (fdb.flags[row] & FDB_LOCAL) !== 0) return;
		fdb.remove(hi, lo);
		fdb.set(hi, lo, number, FDB_LOCAL | FDB_STATIC);
	}
	/** An address is no longer that of the bridge (0) or a port: another that has it too gets the entry (fdb_delete_local). */
	private removeLocal(hi: number, lo: number, number: number): void {
		const { fdb } = this;
		const row = fdb.find(hi, lo);
		if (row < 0 || fdb.port[row] !== number || (fdb.flags[row] & FDB_LOCAL) === 0) return;
		if ((fdb.flags[row] & FDB_ADDED_BY_USER) === 0 && !this.bequeath(row)) fdb.remove(hi, lo);
	}
	/** Gives a local entry to another port that has its address, or to the bridge; false: nobody has it (fdb_delete_local). */
	private bequeath(row: number): boolean {
		const { fdb } = this;
		const number = fdb.port[row];
		const hi = fdb.hi[row];
		const lo = fdb.lo[row];
		const heir = this.ports.find((p) => p.number !== number && p.dev.macHi === hi && p.dev.macLo === lo);
		if (heir !== undefined) fdb.port[row] = heir.number;
		else if (number !== 0 && this.macHi === hi && this.macLo === lo) fdb.port[row] = 0;
		else return false;
		fdb.flags[row] &= ~FDB_ADDED_BY_USER;
		return true;
	}
}
