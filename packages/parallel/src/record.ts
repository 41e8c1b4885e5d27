/** What passes at a device: kept frame by frame, or as a digest that is equal when all frames and their times are. */
import type { Lab } from "hookline";

export interface CapturedFrame {
	/** Virtual ns */
	readonly time: number;
	readonly direction: "rx" | "tx";
	readonly bytes: Uint8Array;
}
export interface Digest {
	readonly frames: number;
	readonly bytes: number;
	/** FNV-1a, 32 bits, over times, directions and bytes in order. */
	readonly hash: number;
}
export type Keep = "frames" | "digest";

const FNV_BASIS = 0x811c9dc5 | 0;
const FNV_PRIME = 0x01000193;

export class Recorder {
	private readonly lab: Lab;
	private readonly frames: Map<string, CapturedFrame[]> = new Map();
	private readonly digests: Map<string, Digester> = new Map();

	constructor(lab: Lab) {
		this.lab = lab;
	}
	/** `at` is NETNS:DEV; asking twice for the same is asking once. Throws when there is no such device. */
	observe(at: string, keep: Keep): void {
		const device = this.lab.device(at);
		if (keep === "frames") {
			if (this.frames.has(at)) return;
			const list: CapturedFrame[] = [];
			this.frames.set(at, list);
			device.tap((f) => list.push({ time: f.time, direction: f.direction, bytes: f.copy() }));
		} else {
			if (this.digests.has(at)) return;
			const digester = new Digester();
			this.digests.set(at, digester);
			device.tap((f) => digester.add(f.time, f.direction === "tx" ? 1 : 0, f.bytes));
		}
	}
	/** The frames kept since the last call, by NETNS:DEV. */
	takeFrames(): [string, CapturedFrame[]][] {
		return [...this.frames].map(([at, list]) => [at, list.splice(0)]);
	}
	takeDigests(): [string, Digest][] {
		return [...this.digests].map(([at, { frames, bytes, hash }]) => [
			at,
			{ frames, bytes, hash: hash >>> 0 },
		]);
	}
}

class Digester {
	frames = 0;
	bytes = 0;
	hash: number = FNV_BASIS;
	private readonly time: Float64Array = new Float64Array(1);
	private readonly timeBytes: Uint8Array = new Uint8Array(this.time.buffer);

	add(time: number, direction: number, bytes: Uint8Array): void {
		this.frames++;
		this.bytes += bytes.length;
		this.time[0] = time;
		let h = Math.imul(this.hash ^ direction, FNV_PRIME);
		for (let i = 0; i < 8; i++) h = Math.imul(h ^ this.timeBytes[i], FNV_PRIME);
		for (let i = 0; i < bytes.length; i++) h = Math.imul(h ^ bytes[i], FNV_PRIME);
		this.hash = h;
	}
}
