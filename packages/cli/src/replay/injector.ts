/** Frames of captures into a device: addresses mapped, MACs filled in, refusals counted. */
import type { DeviceHandle, Lab } from "hookline";
import type { AddressMap } from "./address-map.ts";
import { MacFiller } from "./macs.ts";

export interface InjectorOptions {
	readonly direction: "tx" | "rx";
	readonly map: AddressMap;
	readonly keepMac: boolean;
}

export class Injector {
	readonly at: DeviceHandle;
	readonly direction: "tx" | "rx";
	/** Frames that the device took. */
	taken = 0;
	/** Frames that it refused, by errno. */
	readonly refused = new Map<string, number>();
	private readonly map: AddressMap;
	private readonly macs: MacFiller | null;
	private scratch = new Uint8Array(2048);

	constructor(lab: Lab, at: DeviceHandle, options: InjectorOptions) {
		this.at = at;
		this.direction = options.direction;
		this.map = options.map;
		this.macs = options.keepMac ? null : new MacFiller(lab, at, options.direction);
	}
	/** The frame as it goes in: a view that is valid until the next call, or `frame` itself when nothing changes. */
	prepare(frame: Uint8Array): Uint8Array {
		if (this.macs === null && this.map.empty) return frame;
		if (frame.length > this.scratch.length) this.scratch = new Uint8Array(frame.length * 2);
		const copy = this.scratch.subarray(0, frame.length);
		copy.set(frame);
		this.map.apply(copy);
		this.macs?.apply(copy);
		return copy;
	}
	/** Send it (tx), or let it arrive (rx), and run all that follows at this instant. */
	inject(frame: Uint8Array): void {
		const bytes = this.prepare(frame);
		const why = this.direction === "tx" ? this.at.transmit(bytes) : this.at.receive(bytes);
		if (why === undefined) this.taken++;
		else this.refused.set(why, (this.refused.get(why) ?? 0) + 1);
	}
}
