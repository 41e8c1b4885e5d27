/**
 * A meeting of threads: nobody goes on before all have come. What each wrote to shared memory before, all can read afterwards.
 * Waiting is first a short spin, for the others are usually near, then sleep.
 */
const ARRIVED = 0;
const ROUND = 1;
const BROKEN = 2;
const SPINS = 2000;

/** Another thread has failed, and will not come any more. */
export class BrokenBarrier extends Error {}

export class Barrier {
	private readonly words: Int32Array;
	private readonly threads: number;

	static allocate(): SharedArrayBuffer {
		return new SharedArrayBuffer(12);
	}
	constructor(memory: SharedArrayBuffer, threads: number) {
		this.words = new Int32Array(memory);
		this.threads = threads;
	}
	/** Throws BrokenBarrier when `breakUp` was called. */
	wait(): void {
		const { words } = this;
		const round = Atomics.load(words, ROUND);
		this.check();
		if (Atomics.add(words, ARRIVED, 1) === this.threads - 1) {
			Atomics.store(words, ARRIVED, 0);
			Atomics.add(words, ROUND, 1);
			Atomics.notify(words, ROUND);
		} else {
			let spins = 0;
			while (Atomics.load(words, ROUND) === round) if (++spins > SPINS) Atomics.wait(words, ROUND, round);
		}
		this.check();
	}
	private check(): void {
		if (Atomics.load(this.words, BROKEN) !== 0) throw new BrokenBarrier("another part of the lab has failed");
	}
	/** Wake who waits, and let nobody wait any more. */
	breakUp(): void {
		Atomics.store(this.words, BROKEN, 1);
		Atomics.add(this.words, ROUND, 1);
		Atomics.notify(this.words, ROUND);
	}
}
