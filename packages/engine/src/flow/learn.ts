/** From a packet that went the long way to a flow that knows the short one. */
import { type FramePool, L4SUM_BAD, L4SUM_UNKNOWN, L4SUM_VALID } from "../frame/pool.ts";
import { fold, pseudoSum4, sum } from "../wire/checksum.ts";
import type { FlowRecorder } from "./recorder.ts";
import { keepInner, keepOuter } from "./tunnel.ts";
import type { Ways } from "./way.ts";
import {
	DECAPSULATES,
	ENCAPSULATES,
	F_CT,
	F_DADDR,
	F_DELTAS,
	F_EPOCH,
	F_LIMITS,
	F_OUTER_PORT,
	F_OUTER_SUM,
	F_PORTS,
	F_SADDR,
	K_DADDR,
	K_DEV,
	K_MAC,
	K_MISC,
	K_PORTS,
	K_SADDR,
	OUTER,
	REWRITES,
	SUMMED,
	UNSHARES,
	W_EPOCH,
	W_EXIT,
	W_FLAGS,
	W_MAC,
	W_TOS,
	W_TTL,
	W_TYPE,
	WIDE,
	WIDE_TUNNEL,
} from "./words.ts";

/** Bytes of a frame that are compared: all headers of a tunnel packet. */
const HEAD = 14 + 20 + 8 + 8 + 14 + 20 + 8;
const TCP = 6;

/** One packet as it came; `conclude` says what became of it. */
export class FlowLesson {
	private readonly pool: FramePool;
	private readonly recorder: FlowRecorder;
	private readonly head: Uint8Array = new Uint8Array(HEAD + 16);
	private readonly view: DataView = new DataView(this.head.buffer);
	private frame = -1;
	private dev = 0;
	private type = 0;
	private off = 0;
	private length = 0;
	private l4sum = 0;
	private unshared = false;

	constructor(pool: FramePool, recorder: FlowRecorder) {
		this.pool = pool;
		this.recorder = recorder;
	}
	/** The frame, whose flow may be cached, is about to be received by device `dev`. */
	begin(f: number, dev: number): void {
		const { pool } = this;
		this.frame = f;
		this.dev = dev;
		this.type = pool.pktType[f];
		this.off = pool.off[f];
		this.length = pool.len[f];
		this.l4sum = pool.l4sum[f];
		for (let i = 0; i < HEAD; i++) this.head[i] = pool.bytes[this.off + i];
		// the number is gone if the bytes are written to
		pool.dataOf(f);
		this.recorder.begin(f, this.length);
	}
	/** The frame has gone its way. */
	end(): void {
		this.unshared = this.pool.data[this.frame] === 0;
	}
	/**
	 * What there is to know of the packet's flow, as it stands in a row (`flow`) but for its way, and as words of its way
	 * (`ways.scratch`). False: its packets have to go the long way.
	 */
	conclude(ways: Ways, version: number, epoch: number): boolean {
		const { pool, recorder, view, flow } = this;
		const f = this.frame;
		const protocol = view.getUint8(23);
		if (recorder.refused || !recorder.left || this.l4sum === L4SUM_BAD) return false;
		// the state of a TCP connection, and rules that look at TCP flags, want every packet
		if (protocol === TCP && (recorder.ct !== 0 || recorder.ruled)) return false;
		// what a wire takes is stripped at its end, but for its mark (and, in a tunnel to this host itself, that it is untracked); and it holds its connection until then
		if (!this.whole()) return false;
		if (recorder.exit >= 0 ? !this.bare(f) : (pool.mark[f] | pool.ct[f] | pool.ctinfo[f]) !== 0) return false;
		const words = ways.scratch;
		words.fill(0);
		words[W_EXIT] = recorder.exit;
		words[W_TYPE] = pool.pktType[f];
		words[W_EPOCH] = epoch;
		const summed =
			this.l4sum === L4SUM_VALID || (this.l4sum === L4SUM_UNKNOWN && pool.l4sum[f] === L4SUM_VALID);
		flow.fill(0);
		const shift = this.off - pool.off[f];
		if (pool.len[f] - this.length !== shift) return false;
		let fits = false;
		if (shift === 0) fits = this.rewritten(words, flow, summed);
		else if (shift === OUTER) fits = this.entered(words, flow);
		else if (shift === -OUTER) fits = this.left(words, flow);
		if (!fits) return false;
		if (this.unshared) words[W_FLAGS] |= UNSHARES;
		this.enterKey(version, epoch);
		this.widen(words[W_FLAGS]);
		return true;
	}
	/** What `conclude` has found: K_* and F_*. */
	readonly flow: Int32Array = new Int32Array(16);

	private enterKey(version: number, epoch: number): void {
		const { view, flow } = this;
		flow[K_DEV] = (this.dev + 1) | (view.getUint8(15) << 17) | (this.type << 25);
		flow[K_MISC] = view.getInt32(20) | (version << 16);
		for (let i = 0; i < 3; i++) flow[K_MAC + i] = view.getInt32(4 * i);
		flow[K_SADDR] = view.getInt32(26);
		flow[K_DADDR] = view.getInt32(30);
		flow[K_PORTS] = view.getInt32(34);
		flow[F_EPOCH] = epoch;
		flow[F_CT] = this.recorder.ct;
		flow[F_LIMITS] = (this.constantSum(34) << 16) | view.getUint16(16);
	}
	/** Nobody looked at what tells flows between the same stations apart: it is a wide one then. */
	private widen(flags: number): void {
		const { recorder, flow } = this;
		if (recorder.ruled || recorder.ct !== 0 || recorder.portSeen || (flags & REWRITES) !== 0) return;
		if ((flags & ENCAPSULATES) !== 0 && recorder.portRange === 0) return;
		if ((flags & DECAPSULATES) !== 0) {
			flow[K_DEV] |= WIDE_TUNNEL;
			flow[K_PORTS] &= 0xffff;
		} else if (recorder.addressed) return;
		else {
			flow[K_DEV] |= WIDE;
			flow[K_SADDR] = flow[K_DADDR] = flow[K_PORTS] = 0;
		}
		flow[F_LIMITS] = (this.constantSum(26) << 16) | (flow[F_LIMITS] & 0xffff);
		flow[F_DELTAS] = flow[F_PORTS] = 0;
		if ((flags & ENCAPSULATES) !== 0) {
			// the inner segment sums to the complement of its addresses, ports aside
			const { view } = this;
			let s = flow[F_OUTER_SUM] + (~flow[F_OUTER_PORT] & 0xffff);
			for (let i = 26; i < 34; i += 2) s += view.getUint16(i);
			flow[F_OUTER_SUM] = fold(s);
			flow[F_OUTER_PORT] = recorder.portRange;
		} else flow[F_SADDR] = flow[F_DADDR] = 0;
	}

	/** The packet fills its frame, and its header's sum is right. */
	private whole(): boolean {
		const { view } = this;
		const total = view.getUint16(16);
		if (
			total + 14 !== this.length ||
			fold(this.constantSum(34) + total + view.getUint16(18) + view.getUint16(24)) !== 0xffff
		)
			return false;
		return view.getUint8(23) === TCP ? total >= 40 : total >= 28 && view.getUint16(38) === total - 20;
	}
	/** Nothing is on the frame but its bytes. */
	private bare(f: number): boolean {
		const { pool } = this;
		return (
			(pool.mark[f] | pool.ct[f] | pool.ctinfo[f] | pool.flags[f] | pool.fragMax[f] | pool.dstType[f]) ===
				0 &&
			pool.physIn[f] === -1 &&
			pool.physOut[f] === -1
		);
	}
	/** Sum of the words of the IP header up to byte `end` of the frame, but for length, id and checksum. */
	private constantSum(end: number): number {
		const { view } = this;
		let s = 0;
		for (let i = 14; i < end; i += 2) if (i !== 16 && i !== 18 && i !== 24) s += view.getUint16(i);
		return fold(s);
	}
	private rewritten(words: Int32Array, flow: Int32Array, summed: boolean): boolean {
		const { pool, view } = this;
		const now = pool.view;
		const o = this.off;
		if (now.getInt32(o + 16) !== view.getInt32(16) || now.getUint16(o + 12) !== 0x0800) return false;
		if (now.getUint16(o + 20) !== view.getUint16(20) || now.getUint8(o + 23) !== view.getUint8(23))
			return false;
		let ip = 0;
		for (let i = 14; i < 34; i += 2) if (i !== 24) ip += change(view.getUint16(i), now.getUint16(o + i));
		let l4 = 0;
		for (let i = 26; i < 38; i += 2) l4 += change(view.getUint16(i), now.getUint16(o + i));
		const check = view.getUint8(23) === TCP ? 50 : 40;
		const ipDelta = ip === 0 ? 0 : fold(ip);
		const l4Delta = l4 === 0 ? 0 : fold(l4);
		if (now.getUint16(o + 24) !== after(view.getUint16(24), ipDelta)) return false;
		const was = view.getUint16(check);
		let is = was;
		if (l4Delta !== 0 && (check === 50 || was !== 0)) is = after(was, l4Delta) || (check === 50 ? 0 : 0xffff);
		if (now.getUint16(o + check) !== is) return false;
		if (pool.l4sum[this.frame] !== (summed ? L4SUM_VALID : L4SUM_UNKNOWN)) return false;
		for (let i = 0; i < 3; i++) words[W_MAC + i] = now.getInt32(o + 4 * i);
		const moved =
			words[W_MAC] !== view.getInt32(0) ||
			words[W_MAC + 1] !== view.getInt32(4) ||
			words[W_MAC + 2] !== view.getInt32(8);
		words[W_FLAGS] = (moved || (ipDelta | l4Delta) !== 0 ? REWRITES : 0) | (summed ? SUMMED : 0);
		words[W_TOS] = now.getUint8(o + 15);
		words[W_TTL] = now.getUint16(o + 22);
		flow[F_DELTAS] = (ipDelta << 16) | l4Delta;
		flow[F_SADDR] = now.getInt32(o + 26);
		flow[F_DADDR] = now.getInt32(o + 30);
		flow[F_PORTS] = now.getInt32(o + 34);
		return true;
	}
	private entered(words: Int32Array, flow: Int32Array): boolean {
		const { pool, view, recorder } = this;
		const now = pool.view;
		const f = this.frame;
		if (recorder.outerId === null || pool.l4sum[f] !== L4SUM_VALID) return false;
		if (this.l4sum !== L4SUM_VALID && !this.innerIsRight()) return false;
		for (let i = 0; i < 54; i++) if (pool.bytes[this.off + i] !== this.head[i]) return false;
		if (view.getUint8(23) !== TCP && view.getUint16(40) === 0) return false;
		const o = pool.off[f];
		if ((now.getInt32(o + 12) & ~0xff) !== 0x08004500 || now.getUint8(o + 23) !== 17) return false;
		keepOuter(now, o, words, 0);
		words[W_FLAGS] = ENCAPSULATES | SUMMED;
		const check = now.getUint16(o + 40);
		flow[F_OUTER_SUM] = fold((~check & 0xffff) + (~(pool.len[f] - 34) & 0xffff));
		flow[F_OUTER_PORT] = now.getUint16(o + 34);
		return true;
	}
	/** The transport checksum of the packet that is now inside. */
	private innerIsRight(): boolean {
		const { view } = this.pool;
		const ip = this.off + 14;
		const total = this.view.getUint16(16);
		const pseudo = pseudoSum4(view, ip + 12, this.view.getUint8(23), total - 20);
		return sum(view, ip + 20, ip + total, pseudo) === 0xffff;
	}
	private left(words: Int32Array, flow: Int32Array): boolean {
		const { pool, view } = this;
		const f = this.frame;
		if (pool.l4sum[f] !== L4SUM_UNKNOWN || this.length < OUTER + 34) return false;
		for (let i = 0; i < HEAD; i++) if (pool.bytes[this.off + i] !== this.head[i]) return false;
		words[W_FLAGS] = DECAPSULATES | SUMMED;
		return keepInner(view, 0, flow, words, 0);
	}
}

/** What `is` instead of `was` adds to a sum of 16-bit words; 0 when nothing changed. */
function change(was: number, is: number): number {
	return was === is ? 0 : (~was & 0xffff) + is || 0xffff;
}
/** The checksum `check` after `delta`; untouched when nothing changed. */
function after(check: number, delta: number): number {
	return delta === 0 ? check : ~fold((~check & 0xffff) + delta) & 0xffff;
}
