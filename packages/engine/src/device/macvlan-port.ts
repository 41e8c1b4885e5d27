/**
 * The lower device's side of macvlan (macvlan_handle_frame and what it calls, drivers/net/macvlan.c).
 *
 *   destination MAC       | the frame goes
 *   a child's that is up  | to the child, at once
 *   another one           | to the lower device's own protocols; in passthru mode to the only child
 *   a group, broadcast    | to the lower device's own protocols, and a copy to every child that wants it and may hear it
 *
 * Who may hear a group's frame depends on whose source MAC it has. Nobody's here: all. A VEPA child's: VEPA and bridge children
 * but that one. A bridge child's: VEPA children (bridge children heard it when it was sent). A private child's: that one only.
 *
 * Copies go through the backlog. Broadcasts, and groups that more than one child has joined, are put off until the backlog is
 * empty (the port's bc_queue, which a work queue serves), and then go to one child after the other, each to its end.
 */
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { PACKET_BROADCAST, PACKET_HOST, PACKET_MULTICAST } from "../frame/pool.ts";
import type { Work } from "../ring/core.ts";
import { hash } from "./fdb.ts";
import type { Macvlan } from "./macvlan.ts";
import { type NetDevice, RX_DROPPED } from "./netdev.ts";
import type { DeviceListener, RxHandler } from "./receivers.ts";
import { scrubUnsent } from "./scrub.ts";

/** The children do not hear each other, not even through a switch that sends their frames back. */
export const MACVLAN_MODE_PRIVATE = 1;
/** Everything goes to the switch, which may send it back. */
export const MACVLAN_MODE_VEPA = 2;
/** The children hear each other at once. */
export const MACVLAN_MODE_BRIDGE = 4;
/** One child has the whole lower device. */
export const MACVLAN_MODE_PASSTHRU = 8;
/** Most frames that wait for the work queue (MACVLAN_DEFAULT_BC_QUEUE_LEN). */
export const BC_QUEUE_LEN = 1000;

const ANY_MODE = 15;
const ETH_P_PAUSE = 0x8808;

export class MacvlanPort implements RxHandler, DeviceListener, Work {
	readonly lower: NetDevice;
	/** In order of making. */
	children: Macvlan[] = [];
	/** Children that are up, in the order in which a group's frame visits them. */
	private hearers: Macvlan[] = [];
	/** The same by MAC: open addressing, -1 in `keyHi` is free; not in passthru mode. */
	private keyHi: Int32Array = new Int32Array(4).fill(-1);
	private keyLo: Int32Array = new Int32Array(4);
	private values: (Macvlan | null)[] = [null, null, null, null];
	/** bc_queue: frames, and the ids of the children whose they are (-1: nobody's). */
	private readonly waiting: number[] = [];
	private readonly sources: number[] = [];
	/** Where the work goes on: the frame, then the hearer. */
	private atFrame = 0;
	private atHearer = 0;
	private queued = false;

	constructor(lower: NetDevice) {
		this.lower = lower;
		lower.rxHandler = this;
		lower.listeners.push(this);
	}
	/** The port that a device is already, if it is one. */
	static of(dev: NetDevice): MacvlanPort | undefined {
		return dev.rxHandler instanceof MacvlanPort ? dev.rxHandler : undefined;
	}
	get passthru(): boolean {
		return this.children.length > 0 && this.children[0].mode === MACVLAN_MODE_PASSTHRU;
	}
	/** A child goes away; with the last one the lower device is free again (macvlan_port_destroy). */
	remove(child: Macvlan): void {
		this.children = this.children.filter((c) => c !== child);
		if (this.children.length > 0 || this.lower.rxHandler !== this) return;
		this.lower.rxHandler = null;
		this.lower.listeners = this.lower.listeners.filter((l) => l !== this);
		this.lower.core.generation++;
	}
	/** The child that is up and has this MAC (macvlan_hash_lookup); null when none has. */
	find(hi: number, lo: number): Macvlan | null {
		const mask = this.keyHi.length - 1;
		let i = hash(hi, lo) & mask;
		while (this.keyHi[i] >= 0) {
			if (this.keyLo[i] === lo && this.keyHi[i] === hi) return this.values[i];
			i = (i + 1) & mask;
		}
		return null;
	}
	/** Is the MAC the lower device's or that of a child that is up (macvlan_addr_busy)? */
	isBusy(hi: number, lo: number): boolean {
		if (!this.passthru && this.lower.macHi === hi && this.lower.macLo === lo) return true;
		return this.find(hi, lo) !== null;
	}
	/** A child comes up (macvlan_hash_add): among those of one bucket the newest is visited first. */
	open(child: Macvlan): void {
		const buckets = new Map(this.hearers.map((h) => [h, bucket(h)]));
		const own = bucket(child);
		const at = this.hearers.findIndex((h) => (buckets.get(h) as number) >= own);
		this.setHearers(
			at < 0 ? [...this.hearers, child] : [...this.hearers.slice(0, at), child, ...this.hearers.slice(at)],
		);
	}
	close(child: Macvlan): void {
		this.setHearers(this.hearers.filter((h) => h !== child));
	}
	/** The lower device has another MAC, MTU or carrier (macvlan_device_event). */
	deviceChanged(lower: NetDevice): void {
		for (const child of this.children) {
			if (child.mtu > lower.mtu) child.setMtu(lower.mtu);
			if (child.mode === MACVLAN_MODE_PASSTHRU) child.followMac();
			if (child.carrier !== lower.carrier) {
				child.carrier = lower.carrier;
				child.linkWatch.fire();
				child.changed();
			}
		}
	}
	/** macvlan_handle_frame */
	handleFrame(f: number): boolean {
		this.lower.core.flows.recorder.veto();
		const { pool } = this.lower.core;
		const { view } = pool;
		const o = pool.off[f];
		const hi = view.getUint16(o);
		const lo = view.getInt32(o + 2);
		if ((hi & 0x0100) !== 0) return this.handleGroup(f, hi, lo);
		const child = this.passthru ? this.children[0] : this.find(hi, lo);
		if (child === null) return false;
		if (!child.up) {
			pool.drop(f, DROP.DEV_READY);
			return true;
		}
		pool.pktType[f] = PACKET_HOST;
		child.countReceived(pool.lengthUntagged(f), false);
		child.receive(f);
		return true;
	}
	/** A bridge child sends to a group: the others of its mode hear it at once. The frame stays the caller's. */
	broadcast(f: number, source: Macvlan): void {
		const { pool } = this.lower.core;
		const o = pool.off[f];
		const lo = pool.view.getInt32(o + 2);
		for (let i = this.next(f, 0, source.id, MACVLAN_MODE_BRIDGE, lo); i >= 0; ) {
			this.copyLocal(f, this.hearers[i], source);
			i = this.next(f, i + 1, source.id, MACVLAN_MODE_BRIDGE, lo);
		}
	}
	/** One copy of a frame that was put off (macvlan_process_broadcast). */
	run(): boolean {
		const { pool } = this.lower.core;
		const { waiting, sources } = this;
		while (this.atFrame < waiting.length) {
			const f = waiting[this.atFrame];
			const source = sources[this.atFrame];
			const o = pool.off[f];
			const hi = pool.view.getUint16(o);
			const lo = pool.view.getInt32(o + 2);
			const i = this.next(f, this.atHearer, source, this.modesFor(source), lo);
			if (i >= 0) {
				this.atHearer = i + 1;
				this.copy(f, this.hearers[i], hi, lo);
				return true;
			}
			pool.deliver(f, DELIVERED.clones);
			this.atFrame++;
			this.atHearer = 0;
		}
		waiting.length = 0;
		sources.length = 0;
		this.atFrame = 0;
		this.queued = false;
		return false;
	}
	private handleGroup(f: number, hi: number, lo: number): boolean {
		const { lower } = this;
		const { pool } = lower.core;
		const o = pool.off[f] + 6;
		const source = this.find(pool.view.getUint16(o), pool.view.getInt32(o + 2));
		if (source !== null && source.mode !== MACVLAN_MODE_VEPA && source.mode !== MACVLAN_MODE_BRIDGE) {
			// its own, and nobody else's; the driver counts the packet and not its bytes
			pool.pktType[f] = hi === 0xffff && lo === -1 ? PACKET_BROADCAST : PACKET_MULTICAST;
			if (lower.core.netifRx(source.id, f)) source.countReceived(0, false);
			else source.countLost();
			return true;
		}
		const from = source === null ? -1 : source.id;
		if (this.isPutOff(lo)) this.enqueue(f, from);
		else if (lower.mc.hasLow(lo, -1)) {
			const modes = this.modesFor(from);
			for (let i = this.next(f, 0, from, modes, lo); i >= 0; ) {
				this.copy(f, this.hearers[i], hi, lo);
				i = this.next(f, i + 1, from, modes, lo);
			}
		}
		return false;
	}
	/** Is a group's frame left to the work queue (port->bc_filter, bc_cutoff 1)? */
	private isPutOff(lo: number): boolean {
		const { lower } = this;
		if (lo === -1) return true;
		if (lower.promiscuity > 0 || lower.allmultis > 0) return true;
		return lower.mc.hasLow(lo, 1);
	}
	private enqueue(f: number, source: number): void {
		const { lower } = this;
		const { core } = lower;
		if (this.hearers.length === 0) return;
		const copy = core.pool.clone(f);
		if (copy < 0) {
			core.pool.dropUnborn(DROP.NOMEM);
			lower.stats[RX_DROPPED]++;
		} else if (this.waiting.length - this.atFrame >= BC_QUEUE_LEN) {
			core.pool.drop(copy, DROP.NOT_SPECIFIED);
			lower.stats[RX_DROPPED]++;
		} else {
			this.waiting.push(copy);
			this.sources.push(source);
			if (!this.queued) core.queueWork(this);
			this.queued = true;
		}
	}
	/** Modes of the children that may hear a frame of this child's; -1: nobody's (macvlan_multicast_rx). */
	private modesFor(source: number): number {
		if (source < 0) return ANY_MODE;
		const child = this.hearers.find((h) => h.id === source);
		return child === undefined || child.mode === MACVLAN_MODE_VEPA
			? MACVLAN_MODE_VEPA | MACVLAN_MODE_BRIDGE
			: MACVLAN_MODE_VEPA;
	}
	/** The place of the next hearer from `from` on that wants the frame and may hear it; -1: none. */
	private next(f: number, from: number, source: number, modes: number, lo: number): number {
		const { pool } = this.lower.core;
		if (pool.view.getUint16(pool.off[f] + 12) === ETH_P_PAUSE) return -1;
		for (let i = from; i < this.hearers.length; i++) {
			const h = this.hearers[i];
			if (h.id !== source && (h.mode & modes) !== 0 && h.wants(lo)) return i;
		}
		return -1;
	}
	/** A frame from outside, for a child too. */
	private copy(f: number, child: Macvlan, hi: number, lo: number): void {
		const { core } = this.lower;
		const { pool } = core;
		const c = pool.clone(f);
		if (c < 0) {
			pool.dropUnborn(DROP.NOMEM);
			child.countLost();
			return;
		}
		pool.pktType[c] = hi === 0xffff && lo === -1 ? PACKET_BROADCAST : PACKET_MULTICAST;
		this.hand(c, child, pool.lengthUntagged(c));
	}
	/** A frame that another child sends (dev_forward_skb). The driver counts its header twice. */
	private copyLocal(f: number, child: Macvlan, source: Macvlan): void {
		const { pool } = this.lower.core;
		const c = pool.clone(f);
		if (c < 0) {
			pool.dropUnborn(DROP.NOMEM);
			child.countLost();
			return;
		}
		if (!child.isForwardable(c)) {
			child.stats[RX_DROPPED]++;
			child.countLost();
			pool.drop(c, child.up ? DROP.PKT_TOO_BIG : DROP.DEV_READY);
			return;
		}
		scrubUnsent(pool, c, child.netns !== source.netns);
		child.setPacketType(c);
		this.hand(c, child, pool.lengthUntagged(c) + 14);
	}
	private hand(c: number, child: Macvlan, length: number): void {
		if (this.lower.core.netifRx(child.id, c)) child.countReceived(length, true);
		else child.countLost();
	}
	private setHearers(hearers: Macvlan[]): void {
		this.hearers = hearers;
		let size = 4;
		while (size < hearers.length * 3) size *= 2;
		this.keyHi = new Int32Array(size).fill(-1);
		this.keyLo = new Int32Array(size);
		this.values = new Array<Macvlan | null>(size).fill(null);
		for (const h of hearers) {
			let i = hash(h.macHi, h.macLo) & (size - 1);
			while (this.keyHi[i] >= 0) i = (i + 1) & (size - 1);
			this.keyHi[i] = h.macHi;
			this.keyLo[i] = h.macLo;
			this.values[i] = h;
		}
	}
}

/** macvlan_eth_hash: hash_64 of the MAC's bytes, the first one lowest, above two empty ones. */
function bucket(child: Macvlan): number {
	let value = 0n;
	for (let i = 5; i >= 0; i--) {
		const byte = i < 2 ? (child.macHi >>> (8 * (1 - i))) & 255 : (child.macLo >>> (8 * (5 - i))) & 255;
		value = (value << 8n) | BigInt(byte);
	}
	return Number((((value << 16n) * 0x61c8864680b583ebn) >> 56n) & 0xffn);
}
