/**
 * The sender: UDP frames with valid checksums, one flow after the other, each copied whole into the engine's memory. Flows
 * differ in their ports; what differs is kept in three small arrays, the rest is one template frame in the arena.
 */
import type { NetDevice } from "@hookline/engine/device/netdev";
import type { FramePool } from "@hookline/engine/frame/pool";
import { checksum, pseudoSum4 } from "@hookline/engine/wire/checksum";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import * as udp from "@hookline/engine/wire/udp";
import type { Path } from "./labs.ts";

/** An IPv4 address as one 32-bit integer. */
export function ip(text: string): number {
	return text.split(".").reduce((a, p) => (a << 8) | Number(p), 0);
}

export class Source {
	private readonly dev: NetDevice;
	private readonly pool: FramePool;
	readonly length: number;
	private readonly flows: number;
	private readonly template: number;
	/** Ports by flow. */
	readonly sport: Uint16Array;
	readonly dport: Uint16Array;
	private readonly check: Uint16Array;
	private next = 0;

	/** `length`: bytes from the destination MAC on. The template takes one slot of the pool for good. */
	constructor(dev: NetDevice, path: Path, length: number, flows: number) {
		this.dev = dev;
		this.pool = dev.core.pool;
		this.length = length;
		this.flows = flows;
		this.sport = new Uint16Array(flows);
		this.dport = new Uint16Array(flows);
		this.check = new Uint16Array(flows);
		this.template = this.pool.inject(length);
		const { view, bytes } = this.pool;
		const o = this.pool.off[this.template];
		bytes.fill(0, o, o + length);
		path.dstMac.split(":").forEach((h, i) => {
			view.setUint8(o + i, Number.parseInt(h, 16));
		});
		view.setUint16(o + 6, dev.macHi);
		view.setInt32(o + 8, dev.macLo);
		view.setUint16(o + 12, 0x0800);
		const total = length - 14;
		ipv4.emit(view, o + 14, 0, total, 0, 0, 64, ipv4.IPPROTO_UDP, ip(path.srcIp), ip(path.dstIp));
		const pseudo = pseudoSum4(view, o + 26, ipv4.IPPROTO_UDP, total - 20);
		for (let f = 0; f < flows; f++) {
			this.sport[f] = 1024 + (f % 50000);
			this.dport[f] = 5000 + Math.floor(f / 50000);
			udp.emit(view, o + 34, this.sport[f], this.dport[f], total - 20);
			this.check[f] = checksum(view, o + 34, o + length, pseudo) || 0xffff;
		}
	}
	/** Put `n` frames into the backlog at this instant. */
	burst(n: number): void {
		const { pool, dev, length } = this;
		const { bytes, view } = pool;
		const from = pool.off[this.template];
		for (let i = 0; i < n; i++) {
			const flow = this.next;
			this.next = flow + 1 === this.flows ? 0 : flow + 1;
			const f = pool.inject(length);
			const o = pool.off[f];
			bytes.copyWithin(o, from, from + length);
			view.setUint16(o + 34, this.sport[flow]);
			view.setUint16(o + 36, this.dport[flow]);
			view.setUint16(o + 40, this.check[flow]);
			dev.transmit(f);
		}
	}
	/** Give the template's slot back. */
	close(): void {
		this.pool.drop(this.template, 0);
	}
}
