/** Compares what arrives with what has to: every frame, in order, at every sink. */
import type { Traffic } from "./scenario.ts";

export class Watch {
	private readonly traffic: Traffic;
	private readonly due: Uint8Array[][];
	/** Of `due`, how many have come. */
	private readonly come: number[];
	private readonly offs: (() => void)[];
	/** A sink's complaint waits here until the engine is at rest. */
	private wrong: string | undefined;

	/** Watches all streams and sinks of the traffic from now on. */
	constructor(traffic: Traffic) {
		this.traffic = traffic;
		this.due = traffic.sinks.map(() => []);
		this.come = traffic.sinks.map(() => 0);
		const expect = (sink: number, bytes: Uint8Array): void => {
			this.due[sink].push(bytes);
		};
		for (const stream of traffic.streams) stream.set.watch = (i) => stream.arrives(i, expect);
		this.offs = traffic.sinks.map((sink, i) =>
			sink.sink((bytes) => {
				const due = this.due[i];
				this.compare(sink.dev.name, bytes, due[this.come[i]++]);
				if (this.come[i] < due.length) return;
				due.length = 0;
				this.come[i] = 0;
			}),
		);
	}
	/** Throws when something was wrong, or is missing. */
	check(): void {
		const missing = this.due.reduce((n, due, i) => n + due.length - this.come[i], 0);
		if (this.wrong === undefined && missing > 0) this.wrong = `${missing} frames did not arrive`;
		if (this.wrong !== undefined)
			throw new Error(`${this.wrong}; ${JSON.stringify(this.traffic.lab.counters())}`);
	}
	/** The same, and stops watching. */
	end(): void {
		this.check();
		for (const off of this.offs) off();
		for (const { set } of this.traffic.streams) set.watch = null;
	}
	private compare(at: string, is: Uint8Array, should: Uint8Array | undefined): void {
		if (this.wrong !== undefined) return;
		if (should === undefined) this.wrong = `a frame too many at ${at}: ${hex(is)}`;
		else if (is.length !== should.length || is.some((b, i) => b !== should[i]))
			this.wrong = `damaged, or out of order, at ${at}:\n  is     ${hex(is)}\n  should ${hex(should)}\n`;
	}
}
function hex(bytes: Uint8Array): string {
	return Array.from(bytes.subarray(0, 80), (b) => b.toString(16).padStart(2, "0")).join(" ");
}
