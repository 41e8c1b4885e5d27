/**
 * veth: what one end transmits, the other receives (drivers/net/veth.c). The frame changes hands by number; what the receiving
 * side must not know (connection, mark of another namespace, route) is wiped on the way (skb_scrub_packet).
 */
import { DROP } from "../frame/drop.ts";
import { KNOWN_CLEAN } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import { LEARNING } from "../trace/trace.ts";
import { ETH_HLEN, VLAN_HLEN } from "../wire/ethernet.ts";
import { NetDevice, RX_BYTES, RX_DROPPED, RX_PACKETS, TX_BYTES, TX_DROPPED, TX_PACKETS } from "./netdev.ts";
import { scrub } from "./scrub.ts";

export class Veth extends NetDevice {
	readonly kind = "veth";
	peer: Veth | null = null;

	static pair(
		core: Core,
		a: string,
		aHi: number,
		aLo: number,
		b: string,
		bHi: number,
		bLo: number,
	): [Veth, Veth] {
		const x = new Veth(core, a, aHi, aLo);
		const y = new Veth(core, b, bHi, bLo);
		x.peer = y;
		y.peer = x;
		x.carrier = false;
		y.carrier = false;
		x.linkWatch.fire();
		y.linkWatch.fire();
		return [x, y];
	}
	override xmit(f: number): boolean {
		const core = this.core;
		const pool = core.pool;
		const peer = this.peer;
		if (peer === null || !peer.isForwardable(f)) {
			pool.drop(f, peer?.up ? DROP.PKT_TOO_BIG : DROP.DEV_READY);
			return this.countDropped();
		}
		const length = pool.lengthUntagged(f);
		if (pool.known[f] === 0) scrub(pool, f, peer.netns !== this.netns);
		peer.setPacketType(f);
		pool.known[f] = pool.mark[f] === 0 ? KNOWN_CLEAN : 0;
		if (!core.netifRx(peer.id, f)) return this.countDropped();
		this.countSent(peer, 1, length);
		if (core.trace.on === LEARNING) this.noteFlow(f, peer, length);
		return true;
	}
	/** Runs of frames that nobody looks at and that the peer takes go into the backlog together. */
	override transmitVector(vec: Int32Array, n: number): void {
		const { core, peer } = this;
		const { pool, ring } = core;
		if (peer === null || !this.running || !peer.up || this.netem !== null || this.watched || pool.debug) {
			super.transmitVector(vec, n);
			return;
		}
		const longest = peer.mtu + ETH_HLEN + VLAN_HLEN;
		const otherNetns = peer.netns !== this.netns;
		const { len, vlan, known } = pool;
		let from = 0;
		while (from < n) {
			const end = Math.min(n, from + ring.room);
			let bytes = 0;
			let i = from;
			for (; i < end; i++) {
				const f = vec[i];
				const length = vlan[f] === 0 ? len[f] : len[f] - VLAN_HLEN;
				if (length > longest) break;
				if (known[f] === 0) scrub(pool, f, otherNetns);
				known[f] = pool.mark[f] === 0 ? KNOWN_CLEAN : 0;
				peer.setPacketType(f);
				bytes += length;
			}
			ring.pushRun(peer.id, vec, from, i);
			this.countSent(peer, i - from, bytes);
			// what is too long for the peer, or for the backlog, is dropped where it always is
			if (i < n) this.transmit(vec[i++]);
			from = i;
		}
	}
	private countSent(peer: Veth, packets: number, bytes: number): void {
		this.counts[TX_PACKETS] += packets;
		this.counts[TX_BYTES] += bytes;
		peer.counts[RX_PACKETS] += packets;
		peer.counts[RX_BYTES] += bytes;
	}
	private countDropped(): false {
		this.counts[TX_DROPPED]++;
		if (this.peer !== null) this.peer.counts[RX_DROPPED]++;
		return false;
	}
	private noteFlow(f: number, peer: Veth, length: number): void {
		const { recorder } = this.core.flows;
		recorder.count(f, this.counts, TX_PACKETS, length);
		recorder.count(f, peer.counts, RX_PACKETS, length);
		recorder.leaves(f, peer.id);
	}
	override get ifLink(): number {
		return this.peer?.ifindex ?? 0;
	}
	/** Each end has a carrier while the other is up; what waits on the wire is lost with it (dev_deactivate). */
	override setUp(up: boolean): void {
		if (this.up === up) return;
		if (up) this.linkWatch.sync();
		this.up = up;
		if (!up) this.netem?.destroy();
		const peer = this.peer;
		if (peer !== null) {
			const had = peer.carrier;
			this.carrier = up && peer.up;
			if (had !== this.carrier) {
				peer.carrier = this.carrier;
				if (had) peer.netem?.destroy();
				this.linkWatch.fire();
				peer.linkWatch.fire();
				this.changed();
				peer.changed();
				return;
			}
		}
		this.changed();
	}
	override destroy(): void {
		const peer = this.peer;
		this.peer = null;
		if (peer !== null) {
			peer.peer = null;
			peer.carrier = false;
		}
		super.destroy();
	}
}
