/** Ports that are watched: frames counted by direction, and written to capture files. */
import type { Lab } from "hookline";
import { type CaptureOutput, openCapture } from "../io/capture-out.ts";
import { deviceOf, type FileSpec, portText } from "./port-spec.ts";

export interface ObservedPort {
	readonly port: string;
	readonly file: string;
	/** What is watched: one direction, or both when undefined. */
	readonly direction: "rx" | "tx" | undefined;
	rx: number;
	tx: number;
}

export class Observer {
	readonly ports: ObservedPort[] = [];
	private readonly outputs = new Map<string, CaptureOutput>();
	private readonly stops: (() => void)[] = [];

	/**
	 * Watch from now on. `epoch`: ns since 1970 that the lab's present stands for in the files. Ports that name the same file
	 * share it.
	 */
	constructor(lab: Lab, specs: readonly FileSpec[], epoch: bigint) {
		const start = lab.now;
		const handles = specs.map((spec) => deviceOf(lab, "--out", spec));
		for (const [i, spec] of specs.entries()) {
			let output = this.outputs.get(spec.file);
			if (output === undefined) this.outputs.set(spec.file, (output = openCapture(spec.file, epoch)));
			this.watch(handles[i], spec, output, start);
		}
	}
	/** Stop watching, and finish the files. */
	close(): void {
		for (const stop of this.stops) stop();
		for (const output of this.outputs.values()) output.close();
	}
	private watch(at: ReturnType<typeof deviceOf>, spec: FileSpec, output: CaptureOutput, start: number): void {
		const seen: ObservedPort = {
			port: portText(spec),
			file: spec.file,
			direction: spec.direction,
			rx: 0,
			tx: 0,
		};
		this.ports.push(seen);
		const where = spec.netns === "." ? "the root namespace" : `network namespace ${spec.netns}`;
		const number = output.addPort(portText(spec), `${spec.dev} in ${where}`);
		const only = spec.direction;
		this.stops.push(
			at.tap((frame) => {
				const { direction } = frame;
				if (only !== undefined && direction !== only) return;
				seen[direction]++;
				output.write(number, frame.time - start, frame.bytes, direction);
			}),
		);
	}
}
