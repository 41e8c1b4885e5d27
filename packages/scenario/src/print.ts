/** Records as lines for people: time, frame, namespace, device, and what happened. */
import { numberText } from "./print-values.ts";
import { words } from "./print-words.ts";
import type { TraceNames, TraceRecord } from "./record.ts";

export interface TracePrinterOptions {
	/** Virtual ns that the column of times counts from; default 0, the lab's start. */
	readonly origin?: number;
}

export class TracePrinter {
	private readonly netns: Map<number, string> = new Map();
	private readonly devices: Map<number, string> = new Map();
	private readonly origin: number;
	private netnsWidth = 1;
	private devWidth = 2;
	private frameWidth = 2;

	constructor(names: TraceNames, options: TracePrinterOptions = {}) {
		this.origin = options.origin ?? 0;
		this.learn(names);
	}
	/** Names that appeared later. */
	learn(names: TraceNames): void {
		for (const { id, name } of names.netns) {
			this.netns.set(id, name);
			this.netnsWidth = Math.max(this.netnsWidth, name.length);
		}
		for (const { id, name } of names.devices) {
			this.devices.set(id, name);
			this.devWidth = Math.max(this.devWidth, name.length);
		}
	}
	/** "." or a namespace's name; `netns 7` for one that was never named, empty for none. */
	netnsName(id: number): string {
		return id < 0 ? "" : (this.netns.get(id) ?? `netns ${id}`);
	}
	/** A device's name; `dev 7` for one that was never named, `none` for none. */
	devName(id: number): string {
		return id < 0 ? "none" : (this.devices.get(id) ?? `dev ${id}`);
	}
	/** `NETNS:DEV`, as the command line writes places. */
	place(netns: number, dev: number): string {
		return dev < 0 ? this.netnsName(netns) || "nowhere" : `${this.netnsName(netns)}:${this.devName(dev)}`;
	}
	/** What happened, without time and place. */
	words(r: TraceRecord): string {
		return words(r, (id) => this.devName(id));
	}
	/** The whole line, columns aligned, without a newline. */
	line(r: TraceRecord): string {
		const frame = r.serial === 0 ? "" : numberText(r.serial);
		this.frameWidth = Math.max(this.frameWidth, frame.length);
		return [
			((r.time - this.origin) / 1e9).toFixed(9),
			frame.padEnd(this.frameWidth),
			this.netnsName(r.netns).padEnd(this.netnsWidth),
			(r.dev < 0 ? "" : this.devName(r.dev)).padEnd(this.devWidth),
			this.words(r),
		].join("  ");
	}
}
