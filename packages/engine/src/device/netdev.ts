/**
 * What every device is: a row of numbers (id, MTU, MAC, counters), a receive side that the ring serves, and a transmit side
 * that each kind fills in. It mirrors the parts of struct net_device that decide what happens to a frame (net/core/dev.c).
 *
 *   transmit(f)   dev_queue_xmit: taps see the frame, then the wire (netem) or `xmit`
 *   process(v,n)  __netif_receive_skb_core: taps, the tag, the rx handler (bridge port, macvlan), then IPv4, IPv6 or ARP
 */
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import {
	PACKET_BROADCAST,
	PACKET_HOST,
	PACKET_LOOPBACK,
	PACKET_MULTICAST,
	PACKET_OTHERHOST,
} from "../frame/pool.ts";
import { type Core, type RingTarget, XMIT_RECURSION_LIMIT } from "../ring/core.ts";
import { T_RX, T_TX } from "../trace/kinds.ts";
import { LEARNING } from "../trace/trace.ts";
import { ETH_HLEN, ETH_P_802_3_MIN, ETH_P_ARP, ETH_P_IP, ETH_P_IPV6, VLAN_HLEN } from "../wire/ethernet.ts";
import { isVlanType } from "../wire/vlan.ts";
import { AddressList } from "./address-list.ts";
import { LinkWatch } from "./link-watch.ts";
import type { Netem } from "./netem.ts";
import type { DeviceListener, ProtocolStack, RxHandler } from "./receivers.ts";

export const RX_PACKETS = 0;
export const RX_BYTES = 1;
export const RX_ERRORS = 2;
export const RX_DROPPED = 3;
export const TX_PACKETS = 4;
export const TX_BYTES = 5;
export const TX_ERRORS = 6;
export const TX_DROPPED = 7;
/** Groups' frames among those received, where the kind counts them. */
export const RX_MULTICAST = 8;

export const TAP_RX = 0;
export const TAP_TX = 1;
/** Called with the frame's number while it is whole; it must not keep or change it. `direction` is TAP_RX or TAP_TX. */
export type Tap = (f: number, direction: number) => void;

export abstract class NetDevice implements RingTarget {
	readonly core: Core;
	readonly id: number;
	abstract readonly kind: string;
	name: string;
	/** Number within its namespace. */
	ifindex: number;
	/** Namespace id. */
	netns: number;
	up = false;
	/** The other side is there and up, for kinds that have one. */
	carrier = true;
	readonly linkWatch: LinkWatch;
	mtu = 1500;
	macHi: number;
	macLo: number;
	/** How often the MAC was changed in a way that others are told of (NETDEV_CHANGEADDR). */
	macChanges = 0;
	/** The MAC was given, not drawn or inherited (NET_ADDR_SET). */
	macSet = false;
	noArp = false;
	loopback = false;
	/** Checksums of packets that sockets send are left to it (NETIF_F_HW_CSUM), and that cannot be turned off. */
	hwCsum = false;
	/** The user asked for every frame (IFF_PROMISC in gflags). */
	promisc = false;
	/** The user asked for every group's frames (IFF_ALLMULTI in gflags). */
	allmulti = false;
	/** How many want every frame: the user, the bridge that it is a port of, devices on top (dev->promiscuity). */
	promiscuity = 0;
	/** The same for every group's frames. */
	allmultis = 0;
	/** Unicast addresses beside its own (dev->uc). */
	readonly uc: AddressList = new AddressList();
	/** Joined groups (dev->mc). */
	readonly mc: AddressList = new AddressList();
	stack: ProtocolStack | null = null;
	rxHandler: RxHandler | null = null;
	/** The bridge it is a port of. */
	master: NetDevice | null = null;
	netem: Netem | null = null;
	listeners: DeviceListener[] = [];
	/** Counters as far as they are counted here; `stats` has those of the flow cache too. */
	protected readonly counts: Float64Array = new Float64Array(9);
	private ownSink: ((f: number) => void) | null = null;
	private absorbing = false;
	private taps: Tap[] = [];
	private tapped = false;

	constructor(core: Core, name: string, macHi: number, macLo: number) {
		this.core = core;
		this.linkWatch = new LinkWatch(this);
		this.id = core.targets.push(this) - 1;
		this.name = name;
		this.ifindex = 0;
		this.netns = 0;
		this.macHi = macHi;
		this.macLo = macLo;
		core.nameIdOf[this.id] = core.nameId(name);
	}
	/** ndo_start_xmit: the frame leaves through this device. False: it was dropped, and the sender is told (NET_XMIT_DROP). */
	abstract xmit(f: number): boolean;

	/** Takes every frame that arrives, instead of the namespace's protocols: an outer program's socket. */
	get sink(): ((f: number) => void) | null {
		return this.ownSink;
	}
	set sink(sink: ((f: number) => void) | null) {
		this.ownSink = sink;
		this.core.flows.stale();
	}
	/** Count and end frames that arrive, as `sink` would, at no cost. */
	get absorb(): boolean {
		return this.absorbing;
	}
	set absorb(on: boolean) {
		this.absorbing = on;
		this.core.flows.stale();
	}
	/** See and not touch every frame that passes, as a packet socket would. Returns how to stop. */
	addTap(tap: Tap): () => void {
		this.taps = [...this.taps, tap];
		this.tapped = true;
		this.core.flows.stale();
		return () => {
			this.taps = this.taps.filter((t) => t !== tap);
			this.tapped = this.taps.length > 0;
			this.core.flows.stale();
		};
	}
	/**
	 * dev_queue_xmit. A device that is down or without carrier drops, and the sender does not hear of it (noop_qdisc). False: it was
	 * dropped further on (NET_XMIT_DROP).
	 */
	transmit(f: number): boolean {
		const { core } = this;
		const { pool } = core;
		pool.assertLive(f);
		pool.dev[f] = this.id;
		if (!this.up || !this.carrier) return this.refuse(f, DROP.DEV_READY);
		if (this.netem !== null) {
			if (core.trace.on === LEARNING) core.flows.recorder.leavesByWire(f, this.id);
			return this.netem.enqueue(f);
		}
		if (core.xmitDepth > XMIT_RECURSION_LIMIT) return this.refuse(f, DROP.RECURSION_LIMIT);
		core.xmitDepth++;
		const taken = this.startXmit(f);
		core.xmitDepth--;
		return taken;
	}
	/** `transmit` of each of the frames `vec[0..n)`, in order. */
	transmitVector(vec: Int32Array, n: number): void {
		for (let i = 0; i < n; i++) this.transmit(vec[i]);
	}
	private refuse(f: number, reason: number): true {
		this.counts[TX_DROPPED]++;
		this.core.pool.drop(f, reason);
		return true;
	}
	/** Past the queue: taps, then the kind's own xmit. */
	startXmit(f: number): boolean {
		if (this.tapped) this.runTaps(f, TAP_TX);
		if (this.core.trace.on !== 0) this.core.trace.add(T_TX, f, this.id, this.core.pool.len[f], 0, 0, 0);
		return this.xmit(f);
	}
	process(vec: Int32Array, n: number): void {
		const { core, id } = this;
		const { flows, ring } = core;
		if (this.absorb && this.rxHandler === null && !this.watched) {
			this.absorbAll(vec, n);
			return;
		}
		for (let i = 0; i < n; ) {
			// what a frame on the long way reaches, an outer program's socket among others, may have changed everything
			if (flows.enabled && !this.watched && (this.sink === null || this.rxHandler !== null)) {
				flows.begin(core.generation);
				i = flows.serve(vec, i, n, id, ring);
				if (i === n) return;
				if (flows.wants(vec[i], id)) {
					core.receiveAndLearn(this, id, vec[i++]);
					continue;
				}
			}
			this.receive(vec[i++]);
		}
	}
	private absorbAll(vec: Int32Array, n: number): void {
		const { pool } = this.core;
		const { view } = pool;
		let m = 0;
		for (let i = 0; i < n; i++) {
			const f = vec[i];
			if (isVlanType(view.getUint16(pool.off[f] + 12)) && !this.parseTag(f, view)) continue;
			vec[m++] = f;
		}
		pool.deliverAll(vec, m, DELIVERED.sink);
	}
	get takes(): boolean {
		return this.netem === null || this.netem.hasRoom;
	}
	/** RX_*, TX_* */
	get stats(): Float64Array {
		this.core.flows.fold();
		return this.counts;
	}
	/** Someone looks at every frame, so frames go one by one. */
	get watched(): boolean {
		return this.tapped || this.core.trace.on !== 0;
	}
	/** netif_receive_skb: the frame has arrived here. */
	receive(f: number): void {
		const pool = this.core.pool;
		pool.dev[f] = this.id;
		pool.iif[f] = this.id;
		pool.known[f] = 0;
		if (!this.parseTag(f, pool.view)) return;
		if (this.tapped && pool.pktType[f] !== PACKET_LOOPBACK) this.runTaps(f, TAP_RX);
		if (this.core.trace.on !== 0) this.core.trace.add(T_RX, f, this.id, pool.len[f], pool.pktType[f], 0, 0);
		if (this.rxHandler?.handleFrame(f)) return;
		this.deliver(f);
	}
	/** Hand a frame to the protocols, past the rx handler. */
	deliver(f: number): void {
		const pool = this.core.pool;
		if (this.absorb) {
			pool.deliver(f, DELIVERED.sink);
			return;
		}
		if (this.sink !== null) {
			try {
				this.sink(f);
			} finally {
				pool.deliver(f, DELIVERED.sink);
			}
			return;
		}
		if (this.core.trace.on === LEARNING) this.core.flows.recorder.addressed = true;
		const type = pool.view.getUint16(pool.nh[f] - 2);
		// A tag that no VLAN device took: only priority tags (id 0) are for this host (vlan_do_receive, PACKET_OTHERHOST).
		if (pool.vlan[f] !== 0 && (pool.vlan[f] & 0x0fff) !== 0) pool.pktType[f] = PACKET_OTHERHOST;
		if (this.stack !== null && type === ETH_P_IP) this.stack.ipReceive(f, this);
		else if (this.stack !== null && type === ETH_P_ARP) this.stack.arpReceive(f, this);
		else if (type === ETH_P_IPV6) {
			if (this.stack !== null) this.stack.ip6Receive(f, this);
			else pool.drop(f, DROP.IPV6DISABLED);
		} else {
			// a packet socket that saw an untagged frame counts as its handler, and 802.2 always has one
			if ((!this.tapped || pool.vlan[f] !== 0 || this.rxHandler !== null) && type >= ETH_P_802_3_MIN)
				this.stats[RX_DROPPED]++;
			pool.drop(f, DROP.UNHANDLED_PROTO);
		}
	}
	/** Set `pktType` from the destination MAC as this device sees it (eth_type_trans). */
	setPacketType(f: number): void {
		const pool = this.core.pool;
		const o = pool.off[f];
		const hi = pool.view.getUint16(o);
		const lo = pool.view.getInt32(o + 2);
		if (lo === this.macLo && hi === this.macHi) pool.pktType[f] = PACKET_HOST;
		else if ((hi & 0x0100) !== 0)
			pool.pktType[f] = hi === 0xffff && lo === -1 ? PACKET_BROADCAST : PACKET_MULTICAST;
		else pool.pktType[f] = PACKET_OTHERHOST;
	}
	/** Would a frame of this length be taken by a device of this MTU (is_skb_forwardable)? */
	isForwardable(f: number): boolean {
		return this.up && this.core.pool.lengthUntagged(f) <= this.mtu + ETH_HLEN + VLAN_HLEN;
	}
	/** Up, and the other side too. */
	get running(): boolean {
		return this.up && this.carrier;
	}
	/** ifindex of what it is linked to, counted where that is; its own if there is no such thing, 0 when it is gone (dev_get_iflink). */
	get ifLink(): number {
		return this.ifindex;
	}
	setUp(up: boolean): void {
		if (this.up === up) return;
		if (up) this.linkWatch.sync();
		this.up = up;
		if (!up) this.netem?.destroy();
		this.changed();
	}
	setMac(hi: number, lo: number): void {
		this.macHi = hi;
		this.macLo = lo;
		this.macSet = true;
		this.macChanges++;
		this.changed();
	}
	setMtu(mtu: number): void {
		this.mtu = mtu;
		this.changed();
	}
	/** `ip link set … promisc` */
	setPromisc(on: boolean): void {
		if (on === this.promisc) return;
		this.promisc = on;
		this.addPromiscuity(on ? 1 : -1);
	}
	/** `ip link set … allmulticast` */
	setAllmulti(on: boolean): void {
		if (on === this.allmulti) return;
		this.allmulti = on;
		this.addAllmulti(on ? 1 : -1);
	}
	/** One more (1) or one fewer (-1) wants every frame (dev_set_promiscuity). */
	addPromiscuity(by: number): void {
		this.promiscuity += by;
		this.rxModeChanged();
	}
	/** One more (1) or one fewer (-1) wants every group's frames (dev_set_allmulti). */
	addAllmulti(by: number): void {
		this.allmultis += by;
		this.rxModeChanged();
	}
	/** Take frames to this address or group too (dev_uc_add, dev_mc_add). */
	addAddress(hi: number, lo: number, synced = false): void {
		((hi & 0x0100) !== 0 ? this.mc : this.uc).add(hi, lo, synced);
		this.rxModeChanged();
	}
	/** Undo `addAddress` (dev_uc_del, dev_mc_del); false when there was no such address. */
	removeAddress(hi: number, lo: number, synced = false): boolean {
		if (!((hi & 0x0100) !== 0 ? this.mc : this.uc).remove(hi, lo, synced)) return false;
		this.rxModeChanged();
		return true;
	}
	/** Which frames are wanted has changed (ndo_set_rx_mode, ndo_change_rx_flags). */
	rxModeChanged(): void {
		this.core.generation++;
	}
	/** The device goes away: nothing may reach it any more. */
	destroy(): void {
		this.up = false;
		this.changed();
		this.core.targets[this.id] = null;
		this.core.generation++;
	}
	changed(): void {
		this.core.generation++;
		for (const l of this.listeners) l.deviceChanged(this);
	}
	/** Take the tag off (skb_vlan_untag). False: it is cut short, and the frame is gone before anybody saw it. */
	private parseTag(f: number, view: DataView): boolean {
		const pool = this.core.pool;
		const o = pool.off[f];
		if (isVlanType(view.getUint16(o + 12))) {
			if (pool.len[f] < ETH_HLEN + VLAN_HLEN + 2) {
				pool.drop(f, DROP.HDR_TRUNC);
				return false;
			}
			pool.unshare(f);
			pool.vlan[f] = 0x10000 | view.getUint16(o + 14);
			pool.nh[f] = o + 18;
		} else {
			pool.vlan[f] = 0;
			pool.nh[f] = o + ETH_HLEN;
		}
		return true;
	}
	private runTaps(f: number, direction: number): void {
		this.core.flows.recorder.veto();
		for (const tap of this.taps) tap(f, direction);
	}
}
