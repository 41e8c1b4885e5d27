/** Record a lab's trace to a file (`schema/trace.proto` of the scenario package) with bounded memory. */
import { T_POLICY, T_RULE } from "@hookline/engine/trace/kinds";
import { ROW } from "@hookline/engine/trace/trace";
import type { TraceNames } from "@hookline/scenario/record";
import { TraceWriter } from "@hookline/scenario/write";
import type { Lab } from "./lab.ts";
import { RuleNames, traceNames } from "./trace-names.ts";

export interface TraceRecorderOptions {
	/** Gets the file's bytes in order, in chunks that are its own to keep. */
	readonly sink: (chunk: Uint8Array) => void;
	/** The lab's seed and file name, for the header. */
	readonly seed: number;
	readonly file: string;
}

/**
 * `start`, then `drain` after every few frames, then `stop`; each start begins a file of its own. Between two drains the engine keeps every record, so how often you
 * drain is how much memory it takes. Names of rules are looked up at the drain: drain before you change rules.
 */
export class TraceRecorder {
	private readonly lab: Lab;
	private readonly options: TraceRecorderOptions;
	private readonly rules: RuleNames;
	private readonly written: Map<string, string> = new Map();
	private writer: TraceWriter | undefined;
	private generation = -1;
	/** Records of the recordings before this one. */
	private before = 0;

	constructor(lab: Lab, options: TraceRecorderOptions) {
		this.lab = lab;
		this.options = options;
		this.rules = new RuleNames(lab);
	}
	/** Records written so far. */
	get records(): number {
		return this.before + (this.writer?.records ?? 0);
	}
	/** Write the header and record from now on. Throws when the lab is being traced already. */
	start(): void {
		const { core } = this.lab.machine;
		if (core.trace.on !== 0 || this.writer !== undefined) throw new Error("the lab is being traced already");
		const { sink, seed, file } = this.options;
		this.writer = new TraceWriter(sink, { seed, lab: file, names: this.news() });
		this.generation = core.generation;
		core.trace.clear();
		core.trace.start();
	}
	/** Encode what has been recorded and forget it. */
	drain(): void {
		const { writer } = this;
		if (writer === undefined) return;
		const { core } = this.lab.machine;
		const { trace } = core;
		if (core.generation !== this.generation) {
			writer.names(this.news());
			this.generation = core.generation;
		}
		const { rows, times } = trace;
		for (let i = 0; i < trace.length; i++) {
			const at = i * ROW;
			const kind = rows[at];
			const ruled = kind === T_RULE || kind === T_POLICY;
			const text = ruled ? this.rules.of(kind, rows[at + 2], rows[at + 4], rows[at + 5], rows[at + 6]) : "";
			writer.row(
				kind,
				rows[at + 1],
				times[i],
				rows[at + 2],
				rows[at + 3],
				rows[at + 4],
				rows[at + 5],
				rows[at + 6],
				rows[at + 7],
				text,
			);
		}
		trace.clear();
	}
	/** Drain, write what is buffered and record no more. */
	stop(): void {
		if (this.writer === undefined) return;
		this.lab.machine.core.trace.stop();
		this.drain();
		this.writer.end();
		this.before += this.writer.records;
		this.writer = undefined;
		this.written.clear();
	}
	/** Names that the file does not have yet. */
	private news(): TraceNames {
		const { netns, devices } = traceNames(this.lab);
		const isNew = (kind: string, x: { id: number }): boolean => {
			const now = JSON.stringify(x);
			if (this.written.get(kind + x.id) === now) return false;
			this.written.set(kind + x.id, now);
			return true;
		};
		return { netns: netns.filter((n) => isNew("n", n)), devices: devices.filter((d) => isNew("d", d)) };
	}
}
