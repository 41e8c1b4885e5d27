/**
 * veth: what one end transmits, the other receives (drivers/net/veth.c). The frame changes hands by number; what the receiving
 * side must not know (connection, mark of another namespace, route) is wiped on the way (skb_scrub_packet).
 */
import { DROP } from "../frame/drop.ts";
import { KNOWN_CLEAN } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import { LEARNING } from "../trace/trace.ts";
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
		const { counts } = this;
		counts[TX_PACKETS]++;
		counts[TX_BYTES] += length;
		const other = peer.counts;
		other[RX_PACKETS]++;
		other[RX_BYTES] += length;
		if (core.trace.on === LEARNING) this.noteFlow(f, peer, length);
		return true;
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
