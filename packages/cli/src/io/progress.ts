/** A line on stderr that says how far the work is: only on a terminal, and only once the work has taken a second. */
import type { Io } from "./console.ts";

const FIRST_MS = 1000;
const EVERY_MS = 200;
const WIDTH = 30;

export class Progress {
	private readonly io: Io;
	private readonly started = Date.now();
	private last = 0;
	private shown = false;

	constructor(io: Io) {
		this.io = io;
	}
	/** `done` of `total` in any unit; `words` go behind the bar. Cheap to call often, not for every frame. */
	update(done: number, total: number, words: string): void {
		if (!this.io.interactive) return;
		const now = Date.now();
		if (now - this.started < FIRST_MS || now - this.last < EVERY_MS) return;
		this.last = now;
		this.shown = true;
		const part = total > 0 ? Math.min(1, done / total) : 0;
		const full = Math.round(part * WIDTH);
		const bar = "#".repeat(full) + ".".repeat(WIDTH - full);
		this.io.err(`\r\x1b[K[${bar}] ${Math.floor(part * 100)} %  ${words}`);
	}
	/** Take the line away. */
	end(): void {
		if (this.shown) this.io.err("\r\x1b[K");
		this.shown = false;
	}
}
