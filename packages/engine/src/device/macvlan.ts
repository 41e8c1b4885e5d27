/**
 * macvlan: devices with MACs of their own on top of another device, the lower one (drivers/net/macvlan.c). What a child sends
 * leaves through the lower device; what arrives there goes to the child that its MAC names. Lower device and children do not
 * hear each other. What happens to a frame that arrives at the lower device is in macvlan-port.ts.
 */
import { DROP } from "../frame/drop.ts";
import { FRAME_CSUM_PARTIAL } from "../frame/flags.ts";
import type { Core } from "../ring/core.ts";
import { isMulticastMac } from "../wire/ethernet.ts";
import { MACVLAN_MODE_BRIDGE, MACVLAN_MODE_PASSTHRU, MacvlanPort } from "./macvlan-port.ts";
import {
	NetDevice,
	RX_BYTES,
	RX_DROPPED,
	RX_ERRORS,
	RX_MULTICAST,
	RX_PACKETS,
	TX_BYTES,
	TX_DROPPED,
	TX_PACKETS,
} from "./netdev.ts";
import { scrubUnsent } from "./scrub.ts";

export class Macvlan extends NetDevice {
	readonly kind = "macvlan";
	readonly lower: NetDevice;
	readonly port: MacvlanPort;
	mode: number;
	/** Do not ask the lower device for every frame in passthru mode (MACVLAN_FLAG_NOPROMISC). */
	readonly nopromisc: boolean;
	/** Groups and addresses of ours that the lower device was told of: high parts and low parts. */
	private synced: number[] = [];
	/** Groups whose frames it takes. */
	private groups: number[] = [];
	private lowerPromisc = false;
	private lowerAllmulti = false;

	/** The lower device must be free for it: no bridge port, no loopback, in passthru mode nobody else's. */
	constructor(
		core: Core,
		name: string,
		macHi: number,
		macLo: number,
		lower: NetDevice,
		mode: number,
		nopromisc = false,
	) {
		super(core, name, macHi, macLo);
		this.lower = lower;
		this.mode = mode;
		this.nopromisc = nopromisc;
		this.mtu = lower.mtu;
		this.carrier = lower.carrier;
		this.hwCsum = true;
		this.linkWatch.fire();
		this.port = MacvlanPort.of(lower) ?? new MacvlanPort(lower);
		this.port.children.push(this);
		if (mode === MACVLAN_MODE_PASSTHRU) {
			this.macHi = lower.macHi;
			this.macLo = lower.macLo;
		}
	}
	/** macvlan_queue_xmit */
	override xmit(f: number): boolean {
		this.core.flows.recorder.veto();
		const { pool } = this.core;
		// the device cannot carry a tag beside the data: it is put back, and counts from here on
		pool.vlan[f] = 0;
		const length = pool.len[f];
		if (this.mode === MACVLAN_MODE_BRIDGE) {
			const o = pool.off[f];
			const hi = pool.view.getUint16(o);
			if (isMulticastMac(hi)) this.port.broadcast(f, this);
			else {
				const dest = this.port.find(hi, pool.view.getInt32(o + 2));
				if (dest !== null && dest.mode === MACVLAN_MODE_BRIDGE) {
					this.countSent(length);
					this.toLower(f);
					return true;
				}
			}
		}
		// the lower device's offloads are off: the checksum is made before it sends (validate_xmit_skb)
		pool.flags[f] &= ~FRAME_CSUM_PARTIAL;
		if (this.lower.transmit(f)) {
			this.countSent(length);
			return true;
		}
		this.stats[TX_DROPPED]++;
		return false;
	}
	/** A frame for this child has arrived; `length` as the driver counts it. */
	countReceived(length: number, multicast: boolean): void {
		this.stats[RX_PACKETS]++;
		this.stats[RX_BYTES] += length;
		if (multicast) this.stats[RX_MULTICAST]++;
	}
	/** A frame for this child was lost on the way (macvlan_count_rx without success). */
	countLost(): void {
		this.stats[RX_ERRORS]++;
		this.stats[RX_DROPPED]++;
	}
	/** Does it take a group's frames (vlan->mc_filter)? Only the last four bytes of the MAC count (mc_hash). */
	wants(lo: number): boolean {
		if (lo === -1) return true;
		if (this.promiscuity > 0 || this.allmultis > 0) return true;
		const { groups } = this;
		for (let i = 0; i < groups.length; i += 2) if (groups[i + 1] === lo) return true;
		return false;
	}
	/** macvlan_open, macvlan_stop. False and no change: the MAC is somebody else's (EADDRINUSE). */
	tryUp(): boolean {
		if (!this.up && this.mode !== MACVLAN_MODE_PASSTHRU && this.port.isBusy(this.macHi, this.macLo))
			return false;
		this.setUp(true);
		return true;
	}
	override get ifLink(): number {
		return this.lower.ifindex;
	}
	override setUp(up: boolean): void {
		if (this.up === up) return;
		if (up) {
			this.port.open(this);
			super.setUp(true);
			this.rxModeChanged();
		} else {
			super.setUp(false);
			this.port.close(this);
			this.rxModeChanged();
		}
	}
	/** Is a change to this MAC refused (EADDRINUSE)? */
	macIsTaken(hi: number, lo: number): boolean {
		if (this.mode === MACVLAN_MODE_PASSTHRU || (hi === this.macHi && lo === this.macLo)) return false;
		return this.port.isBusy(hi, lo);
	}
	/** macvlan_set_mac_address; in passthru mode it is the lower device's MAC that changes. */
	override setMac(hi: number, lo: number): void {
		this.macSet = true;
		this.macChanges++;
		if (this.mode === MACVLAN_MODE_PASSTHRU) {
			this.lower.setMac(hi, lo);
			this.changed();
			return;
		}
		const { up } = this;
		if (up) this.port.close(this);
		this.macHi = hi;
		this.macLo = lo;
		if (up) this.port.open(this);
		this.rxModeChanged();
		this.changed();
	}
	/** The lower device has another MAC, and so has the child that has all of it. */
	followMac(): void {
		const { lower, up } = this;
		if (lower.macHi === this.macHi && lower.macLo === this.macLo) return;
		if (up) this.port.close(this);
		this.macHi = lower.macHi;
		this.macLo = lower.macLo;
		if (up) this.port.open(this);
		this.changed();
	}
	/** While up, what it wants is what the lower device must take (macvlan_set_mac_lists, macvlan_change_rx_flags). */
	override rxModeChanged(): void {
		super.rxModeChanged();
		const { lower, up } = this;
		const passthru = this.mode === MACVLAN_MODE_PASSTHRU;
		const wanted: number[] = [];
		if (up) {
			if (!passthru) wanted.push(this.macHi, this.macLo);
			for (const { hi, lo } of [...this.uc.entries, ...this.mc.entries]) wanted.push(hi, lo);
		}
		const had = this.synced;
		// the driver looks at the list before it lets go of what the lower device need not take any more: a group that was left is
		// taken until the next change
		this.groups = had.filter((_, i) => (had[i & ~1] & 0x0100) !== 0);
		for (const { hi, lo } of this.mc.entries) this.groups.push(hi, lo);
		this.synced = wanted;
		for (const [hi, lo] of missing(wanted, had)) lower.addAddress(hi, lo, true);
		for (const [hi, lo] of missing(had, wanted)) lower.removeAddress(hi, lo, true);
		const promisc = up && (passthru ? !this.nopromisc : this.promiscuity > 0);
		if (promisc !== this.lowerPromisc) {
			this.lowerPromisc = promisc;
			lower.addPromiscuity(promisc ? 1 : -1);
		}
		const allmulti = up && this.allmultis > 0;
		if (allmulti !== this.lowerAllmulti) {
			this.lowerAllmulti = allmulti;
			lower.addAllmulti(allmulti ? 1 : -1);
		}
	}
	override destroy(): void {
		this.setUp(false);
		this.port.remove(this);
		super.destroy();
	}
	private countSent(length: number): void {
		this.stats[TX_PACKETS]++;
		this.stats[TX_BYTES] += length;
	}
	/** Another child of the lower device gets it: it comes in there as from the wire (dev_forward_skb). */
	private toLower(f: number): void {
		const { core, lower } = this;
		const { pool } = core;
		if (!lower.isForwardable(f)) {
			lower.stats[RX_DROPPED]++;
			pool.drop(f, lower.up ? DROP.PKT_TOO_BIG : DROP.DEV_READY);
			return;
		}
		scrubUnsent(pool, f, lower.netns !== this.netns);
		lower.setPacketType(f);
		if (!core.netifRx(lower.id, f)) lower.stats[RX_DROPPED]++;
	}
}

/** The pairs of `a` that are not in `b`. */
function missing(a: readonly number[], b: readonly number[]): [number, number][] {
	const out: [number, number][] = [];
	for (let i = 0; i < a.length; i += 2) {
		let there = false;
		for (let k = 0; k < b.length; k += 2) if (b[k] === a[i] && b[k + 1] === a[i + 1]) there = true;
		if (!there) out.push([a[i], a[i + 1]]);
	}
	return out;
}
