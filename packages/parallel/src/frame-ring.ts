/**
 * Frames on their way from one thread to another: a ring of records in shared memory, one writer, one reader. The writer shows what it has written, and the reader
 * what it has read, once per batch. Only they use their ends, so nothing is locked. Batches have numbers: the reader of a batch does not see what was written for
 * the next one, however late it comes.
 *
 *   word 0       head (read up to): bytes from the start of the records
 *   words 1, 2   tail (written up to) of the batches with an even and with an odd number
 *   record       8 time | 4 length | 4 device | 4 VLAN tag | 4 what is known of the checksum | 4 network header, from the frame's start | 4 free | the frame, filled up to 8
 *   a time that is no number: the rest of the memory is unused, the next record stands at the start
 */
const HEAD = 0;
const TAIL = 1;
const RECORDS = 16;
const HEADER = 32;

/** Takes one frame, `length` bytes from `at` on, and what stands beside it. */
export type TakeFrame = (
	view: DataView,
	at: number,
	length: number,
	time: number,
	device: number,
	vlan: number,
	l4sum: number,
	nh: number,
) => void;

/** Words, for a view of each short frame would cost more than its bytes, and its bytes one by one too. */
export function copyBytes(from: DataView, at: number, to: DataView, o: number, length: number): void {
	if (length > 512) {
		const bytes = new Uint8Array(from.buffer, from.byteOffset + at, length);
		new Uint8Array(to.buffer, to.byteOffset + o, length).set(bytes);
		return;
	}
	let i = 0;
	for (; i <= length - 4; i += 4) to.setInt32(o + i, from.getInt32(at + i));
	for (; i < length; i++) to.setUint8(o + i, from.getUint8(at + i));
}

export class FrameRing {
	private readonly ends: Int32Array;
	private readonly view: DataView;
	private readonly times: Float64Array;
	private readonly words: Int32Array;
	private readonly size: number;
	/** The end that this side moves. */
	private own = 0;

	/** Shared memory for a ring of `size` bytes, a multiple of 8 and more than twice the longest frame. */
	static allocate(size: number): SharedArrayBuffer {
		return new SharedArrayBuffer(RECORDS + size);
	}
	/** One end of a fresh ring. */
	constructor(memory: SharedArrayBuffer) {
		this.ends = new Int32Array(memory, 0, 3);
		this.size = memory.byteLength - RECORDS;
		this.view = new DataView(memory, RECORDS, this.size);
		this.times = new Float64Array(memory, RECORDS, this.size / 8);
		this.words = new Int32Array(memory, RECORDS, this.size / 4);
	}
	/** False: no room, and nothing was written. The reader sees it after `publish`. */
	write(
		from: DataView,
		at: number,
		length: number,
		time: number,
		device: number,
		vlan: number,
		l4sum: number,
		nh: number,
	): boolean {
		const need = HEADER + ((length + 7) & ~7);
		const head = Atomics.load(this.ends, HEAD);
		let tail = this.own;
		// the tail never comes up to the head from behind: equal ends mean an empty ring
		if (tail >= head) {
			if (this.size - tail < need || (this.size - tail === need && head === 0)) {
				if (need >= head) return false;
				if (tail < this.size) this.times[tail >> 3] = Number.NaN;
				tail = 0;
			}
		} else if (head - tail <= need) return false;
		const w = tail >> 2;
		this.times[tail >> 3] = time;
		this.words[w + 2] = length;
		this.words[w + 3] = device;
		this.words[w + 4] = vlan;
		this.words[w + 5] = l4sum;
		this.words[w + 6] = nh;
		copyBytes(from, at, this.view, tail + HEADER, length);
		tail += need;
		this.own = tail === this.size ? 0 : tail;
		return true;
	}
	/** Writer: what was written so far ends batch `batch`. The reader must have taken the batch before the last one. */
	publish(batch: number): void {
		Atomics.store(this.ends, TAIL + (batch & 1), this.own);
	}
	/** Reader: take every frame up to the end of batch `batch`, in order. */
	drain(batch: number, take: TakeFrame): void {
		const tail = Atomics.load(this.ends, TAIL + (batch & 1));
		let head = this.own;
		while (head !== tail) {
			const time = this.times[head >> 3];
			if (Number.isNaN(time)) {
				head = 0;
				continue;
			}
			const w = head >> 2;
			const { words } = this;
			const length = words[w + 2];
			const at = head + HEADER;
			take(this.view, at, length, time, words[w + 3], words[w + 4], words[w + 5], words[w + 6]);
			head = at + ((length + 7) & ~7);
			if (head === this.size) head = 0;
		}
		this.own = head;
		Atomics.store(this.ends, HEAD, head);
	}
}
