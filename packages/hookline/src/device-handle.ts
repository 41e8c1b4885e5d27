/** A device of a lab: put frames in, watch frames pass, take frames out. */
import { type NetDevice, TAP_RX } from "@hookline/engine/device/netdev";
import { DROP } from "@hookline/engine/frame/drop";
import { FRAME_CSUM_PARTIAL } from "@hookline/engine/frame/flags";
import type { Lab } from "./lab.ts";

/** A frame as a tap sees it: valid during the call only. */
export interface TapFrame {
	/** View into the lab's memory, from the destination MAC on. */
	readonly bytes: Uint8Array;
	readonly direction: "rx" | "tx";
	/** The transport checksum is left to the device (CHECKSUM_PARTIAL), though `bytes` has it. */
	readonly checksumPartial: boolean;
	/** Which bytes these are where the kernel's clones share theirs, see `pool.data`. */
	readonly data: number;
	/** Virtual ns */
	readonly time: number;
	/** The bytes, to keep. */
	copy(): Uint8Array;
}

export class DeviceHandle {
	readonly dev: NetDevice;
	private readonly lab: Lab;

	constructor(lab: Lab, dev: NetDevice) {
		this.lab = lab;
		this.dev = dev;
	}
	get name(): string {
		return this.dev.name;
	}
	/** The MAC as 6 bytes. */
	get mac(): Uint8Array {
		const m = new Uint8Array(6);
		const v = new DataView(m.buffer);
		v.setUint16(0, this.dev.macHi);
		v.setInt32(2, this.dev.macLo);
		return m;
	}
	/**
	 * Send a frame out of the device, below the namespace's IP and hooks (as an AF_PACKET socket does), and run what follows at
	 * this instant. Returns undefined, or why it was refused: "ENETDOWN", "EMSGSIZE", "EINVAL", "ENOBUFS".
	 */
	transmit(bytes: Uint8Array): string | undefined {
		const refused = this.enqueueTransmit(bytes);
		this.lab.machine.core.settle();
		return refused;
	}
	/** As if the frame had come from the device's wire; then run what follows at this instant. Refusals as for `transmit`, but any length is taken. */
	receive(bytes: Uint8Array): string | undefined {
		const refused = this.enqueueReceive(bytes);
		this.lab.machine.core.settle();
		return refused;
	}
	/**
	 * Several frames at one instant: all are in the backlog before the first is looked at. Returns for each what `transmit` would
	 * have returned.
	 */
	transmitBurst(frames: readonly Uint8Array[]): (string | undefined)[] {
		const refused = frames.map((b) => this.enqueueTransmit(b));
		this.lab.machine.core.settle();
		return refused;
	}
	/** `transmit` without running anything: part of a burst that `lab.runUntil` or another call starts. */
	enqueueTransmit(bytes: Uint8Array): string | undefined {
		const { dev } = this;
		if (dev.core.targets[dev.id] !== dev) return "ENXIO";
		if (!dev.up) return "ENETDOWN";
		if (bytes.length < 14) return "EINVAL";
		const tagged = bytes[12] === 0x81 && bytes[13] === 0;
		if (bytes.length > dev.mtu + 14 + (tagged ? 4 : 0)) return "EMSGSIZE";
		const f = this.fresh(bytes);
		if (f < 0) return "ENOBUFS";
		return dev.transmit(f) ? undefined : "ENOBUFS";
	}
	/** `receive` without running anything. */
	enqueueReceive(bytes: Uint8Array): string | undefined {
		const { dev } = this;
		if (!dev.up) return "ENETDOWN";
		if (bytes.length < 14) return "EINVAL";
		const f = this.fresh(bytes);
		if (f < 0) return "ENOBUFS";
		dev.setPacketType(f);
		dev.core.netifRx(dev.id, f);
		return undefined;
	}
	/** See every frame that passes, in both directions. Returns how to stop. */
	tap(onFrame: (frame: TapFrame) => void): () => void {
		const { pool, clock } = this.dev.core;
		return this.dev.addTap((f, direction) => {
			const bytes = pool.bytes.subarray(pool.off[f], pool.off[f] + pool.len[f]);
			onFrame({
				bytes,
				direction: direction === TAP_RX ? "rx" : "tx",
				checksumPartial: (pool.flags[f] & FRAME_CSUM_PARTIAL) !== 0,
				data: pool.dataOf(f),
				time: clock[0],
				copy: () => bytes.slice(),
			});
		});
	}
	/**
	 * Take every frame that arrives here instead of the namespace's protocols: the port of an outer simulator. The view is valid
	 * during the call. Returns how to stop.
	 */
	sink(onFrame: (bytes: Uint8Array) => void): () => void {
		const { pool } = this.dev.core;
		this.dev.sink = (f) => onFrame(pool.bytes.subarray(pool.off[f], pool.off[f] + pool.len[f]));
		return () => {
			this.dev.sink = null;
		};
	}
	/** Count and end the frames that arrive, as cheaply as can be: a benchmark's far end. */
	absorb(on = true): void {
		this.dev.absorb = on;
	}
	private fresh(bytes: Uint8Array): number {
		const { pool } = this.dev.core;
		const f = pool.inject(bytes.length);
		if (f < 0) {
			pool.dropUninjected(DROP.NOMEM);
			return -1;
		}
		pool.bytes.set(bytes, pool.off[f]);
		pool.nh[f] = pool.off[f] + 14;
		pool.dev[f] = this.dev.id;
		return f;
	}
}
