/** `replay --trace FILE`: everything that happens in a lab, into a file. */
import type { Lab } from "hookline";
import { TraceRecorder } from "hookline/trace-recorder";
import { OutputFile } from "./capture-out.ts";

/** Rows that the engine may gather before they are written. */
const DRAIN_AT = 4096;

export class TraceFile {
	private readonly file: OutputFile;
	private readonly recorder: TraceRecorder;
	private readonly lab: Lab;

	/** Records from now on. `lab` and `seed` of `from` go into the file's header. */
	constructor(path: string, lab: Lab, from: { readonly lab: string; readonly seed: number }) {
		this.lab = lab;
		this.file = new OutputFile(path);
		this.recorder = new TraceRecorder(lab, {
			sink: (bytes) => this.file.write(bytes),
			seed: from.seed,
			file: from.lab,
		});
		this.recorder.start();
	}
	/** Call it after every frame; it writes when enough has gathered. */
	drain(): void {
		if (this.lab.machine.core.trace.length >= DRAIN_AT) this.recorder.drain();
	}
	close(): void {
		this.recorder.stop();
		this.file.close();
	}
}
