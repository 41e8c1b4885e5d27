/**
 * The per-CPU backlog: one FIFO of (device, frame). A frame enters where Linux calls netif_rx, and nowhere else.
 *
 * Its bound is the kernel's (net/core/dev.c, enqueue_to_backlog): a frame is refused when more than netdev_max_backlog frames
 * wait in the input queue. What process_backlog has already taken over ("spliced") is not counted, so the ring remembers how
 * many of its head entries that is.
 */
export const NETDEV_MAX_BACKLOG = 1000;

export class Ring {
	/** net.core.netdev_max_backlog */
	maxBacklog: number = NETDEV_MAX_BACKLOG;
	/** Entries waiting. */
	count = 0;
	private spliced = 0;
	private head = 0;
	private mask: number;
	private devs: Int32Array;
	private frames: Int32Array;

	/** `capacity` is a power of two; the ring grows when `maxBacklog` asks for more. */
	constructor(capacity = 4096) {
		this.mask = capacity - 1;
		this.devs = new Int32Array(capacity);
		this.frames = new Int32Array(capacity);
	}
	/** False: the queue is full and the frame is still the caller's. */
	push(dev: number, frame: number): boolean {
		const count = this.count;
		if (count - this.spliced > this.maxBacklog) return false;
		if (count > this.mask) this.grow();
		const at = (this.head + count) & this.mask;
		this.devs[at] = dev;
		this.frames[at] = frame;
		this.count = count + 1;
		return true;
	}
	/** Push the frames `vec[from..to)`, for which there is room. */
	pushRun(dev: number, vec: Int32Array, from: number, to: number): void {
		const n = to - from;
		while (this.count + n > this.mask + 1) this.grow();
		const { devs, frames, mask } = this;
		let at = (this.head + this.count) & mask;
		for (let i = from; i < to; i++) {
			devs[at] = dev;
			frames[at] = vec[i];
			at = (at + 1) & mask;
		}
		this.count += n;
	}
	/** How many frames would be taken. */
	get room(): number {
		return Math.max(0, this.maxBacklog + 1 - (this.count - this.spliced));
	}
	/** The device of the head entry; the ring is not empty. */
	get headDev(): number {
		return this.devs[this.head];
	}
	/**
	 * Take the longest run of entries for the head's device, at most `max`, into `out`; returns how many. A run ends where the
	 * kernel would splice the input queue anew, so that the queue's bound is met at the same frame whatever `max` is.
	 */
	shiftRun(out: Int32Array, max: number): number {
		if (this.spliced === 0) this.spliced = this.count;
		const dev = this.devs[this.head];
		const most = Math.min(this.spliced, max);
		const mask = this.mask;
		let at = this.head;
		let n = 0;
		while (n < most && this.devs[at] === dev) {
			out[n++] = this.frames[at];
			at = (at + 1) & mask;
		}
		this.head = at;
		this.count -= n;
		this.spliced -= n;
		return n;
	}
	private grow(): void {
		const size = (this.mask + 1) * 2;
		const devs = new Int32Array(size);
		const frames = new Int32Array(size);
		for (let i = 0; i < this.count; i++) {
			devs[i] = this.devs[(this.head + i) & this.mask];
			frames[i] = this.frames[(this.head + i) & this.mask];
		}
		this.devs = devs;
		this.frames = frames;
		this.mask = size - 1;
		this.head = 0;
	}
}
