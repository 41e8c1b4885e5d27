/**
 * The sender: UDP frames with valid checksums, one flow after the other, each copied whole into the engine's memory. Flows
 * differ in their ports; what differs is kept in three small arrays, the rest is one template frame in the arena.
 */
import type { NetDevice } from "@hookline/engine/device/netdev";
import { type FramePool, KNOWN_CLEAN } from "@hookline/engine/frame/pool";
import { checksum, pseudoSum4 } from "@hookline/engine/wire/checksum";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import * as udp from "@hookline/engine/wire/udp";
import type { Path } from "./labs.ts";

/** An IPv4 address as one 32-bit integer. */
export function ip(text: string): number {
	return text.split(".").reduce((a, p) => (a << 8) | Number(p), 0);
}

/** Words of a frame of 64 bytes. */
const HEAD = 16;

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
	private frames: Int32Array = new Int32Array(0);
	/** The frames' bytes; a fresh frame begins at a whole word. */
	private readonly words: Int32Array;
	/** The template's first HEAD words. */
	private readonly head: Int32Array = new Int32Array(HEAD);

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
		this.words = new Int32Array(bytes.buffer);
		for (let k = 0; k < HEAD; k++) this.head[k] = this.words[(o >> 2) + k];
	}
	/** Put `n` frames into the backlog at this instant. */
	burst(n: number): void {
		if (n > this.frames.length) this.frames = new Int32Array(n);
		const { pool, words, length, frames, head, sport, dport, check } = this;
		const { bytes, view } = pool;
		const from = pool.off[this.template];
		if (pool.injectAll(frames, n, length) < n) throw new Error("the pool has no frame left");
		for (let i = 0; i < n; i++) {
			const flow = this.next;
			this.next = flow + 1 === this.flows ? 0 : flow + 1;
			const f = frames[i];
			const o = pool.off[f];
			// the frame is copied whole; its first words one by one, for a call costs more than that
			copyHead(words, o >> 2, head);
			if (length > 4 * HEAD) bytes.copyWithin(o + 4 * HEAD, from + 4 * HEAD, from + length);
			view.setUint16(o + 34, sport[flow]);
			view.setUint16(o + 36, dport[flow]);
			view.setUint16(o + 40, check[flow]);
			// it has just been made: nothing is on it
			pool.known[f] = KNOWN_CLEAN;
		}
		this.dev.transmitVector(frames, n);
	}
	/** Give the template's slot back. */
	close(): void {
		this.pool.drop(this.template, 0);
	}
}

function copyHead(to: Int32Array, at: number, head: Int32Array): void {
	to[at] = head[0];
	to[at + 1] = head[1];
	to[at + 2] = head[2];
	to[at + 3] = head[3];
	to[at + 4] = head[4];
	to[at + 5] = head[5];
	to[at + 6] = head[6];
	to[at + 7] = head[7];
	to[at + 8] = head[8];
	to[at + 9] = head[9];
	to[at + 10] = head[10];
	to[at + 11] = head[11];
	to[at + 12] = head[12];
	to[at + 13] = head[13];
	to[at + 14] = head[14];
	to[at + 15] = head[15];
}
