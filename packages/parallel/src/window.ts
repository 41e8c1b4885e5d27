/**
 * How far a part may run before it has heard of what the others do.
 *
 * After each window every part writes on a board when its next event is due and when the frames that it has just sent will arrive; then all meet. From
 * the board each part knows the earliest instant at which anything can happen in each other part, and what happens there is felt here no sooner than
 * the delays of the wires between (`reach`). Everything of its own before that is safe. Idle time is passed at once.
 */
import type { Barrier } from "./barrier.ts";

const NEVER = Number.POSITIVE_INFINITY;

export class Windows {
	/** `sent[q]`: the earliest arrival of a frame sent to part q since the last meeting, or still unsent. */
	readonly sent: Float64Array;
	/** `unsent[q]`: the earliest arrival of a frame to part q for which its ring had no room. */
	readonly unsent: Float64Array;
	private readonly n: number;
	private readonly own: number;
	private readonly reach: Float64Array;
	private readonly board: Float64Array;
	private readonly barrier: Barrier;
	private readonly next: Float64Array;
	private round = 0;
	private blocked = NEVER;

	/** Two sheets, used in turn, so that no part writes what another one still reads. */
	static allocate(parts: number): SharedArrayBuffer {
		return new SharedArrayBuffer(2 * parts * (1 + 2 * parts) * 8);
	}
	constructor(memory: SharedArrayBuffer, barrier: Barrier, parts: number, own: number, reach: Float64Array) {
		this.board = new Float64Array(memory);
		this.barrier = barrier;
		this.n = parts;
		this.own = own;
		this.reach = reach;
		this.sent = new Float64Array(parts).fill(NEVER);
		this.unsent = new Float64Array(parts).fill(NEVER);
		this.next = new Float64Array(parts);
	}
	/** Say that the next thing of one's own is due at `next`, and meet the others. What they have sent can be fetched then. */
	meet(next: number): void {
		const { n, board } = this;
		const row = 1 + 2 * n;
		const sheet = (this.round & 1) * n * row;
		this.round++;
		const mine = sheet + this.own * row;
		board[mine] = next;
		board.set(this.sent, mine + 1);
		board.set(this.unsent, mine + 1 + n);
		this.barrier.wait();
		for (let q = 0; q < n; q++) this.next[q] = board[sheet + q * row];
		let blocked = NEVER;
		for (let r = 0; r < n; r++) {
			const from = sheet + r * row;
			for (let q = 0; q < n; q++) this.next[q] = Math.min(this.next[q], board[from + 1 + q]);
			blocked = Math.min(blocked, board[from + 1 + n + this.own]);
		}
		this.blocked = blocked;
		this.sent.set(this.unsent);
	}
	/** When the next thing happens anywhere: the same answer in every part. */
	get earliest(): number {
		let t = NEVER;
		for (let q = 0; q < this.n; q++) t = Math.min(t, this.next[q]);
		return t;
	}
	/** Before this time everything that comes from other parts has been fetched. */
	get safe(): number {
		let t = this.blocked;
		for (let q = 0; q < this.n; q++) t = Math.min(t, this.next[q] + this.reach[q * this.n + this.own]);
		return t;
	}
}
