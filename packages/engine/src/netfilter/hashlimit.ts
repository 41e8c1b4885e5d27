/**
 * The tables of the hashlimit match (net/netfilter/xt_hashlimit.c, revision 3): a bucket of credits per flow. A table is one of
 * the namespace and family, found by name; the first rule that names it fixes its settings, and it lives while a rule names it.
 *
 * Credits of packets are 64 bits wide and stand in two words, `hi` and `lo`; those of bytes fit one number. A collector takes
 * what has not been seen for its time-out, at its interval from the table's birth on: what it would have taken by now is not met.
 */
import { HZ, jiffies, msecsToJiffies } from "./jiffies.ts";
import {
	HASHLIMIT_BYTES,
	HASHLIMIT_INVERT,
	HASHLIMIT_RATE_MATCH,
	type HashlimitMatch,
} from "./rule-lists.ts";
import { WordTable } from "./word-table.ts";

/** Addresses of four words each, ports. */
export const HASHLIMIT_KEY = 9;
/** Units of `HashlimitMatch.avg` a second (XT_HASHLIMIT_SCALE_v2). */
export const HASHLIMIT_SCALE = 1_000_000;
/** Bytes are counted in units of 16 (XT_HASHLIMIT_BYTE_SHIFT). */
const BYTE_SHIFT = 4;
const U32 = 0x1_0000_0000;
const MASK64 = (1n << 64n) - 1n;
/** Credits a tick: 2^39, the power of two below 2^64 / (HZ * 86400); as multiples of 2^32. */
const CPJ_HI = 1 << 7;
const CREDITS_PER_UNIT = (BigInt(HZ) << 39n) / BigInt(HASHLIMIT_SCALE);
/** Credits of bytes a tick, the power of two below 2^32 / HZ, and at most: those of a second. */
const BYTE_CPJ = 1 << 24;
const BYTE_CAP = BYTE_CPJ * HZ;
/** Buckets of a machine with more than a GiB. */
const DEFAULT_SIZE = 8192;
const MAX_SIZE = 1_048_576;

/** user2credits, 64 bits wide. */
function credits(units: bigint): bigint {
	return (units * CREDITS_PER_UNIT) & MASK64;
}
/** user2credits_byte */
function byteCredits(avg: number): number {
	return Number((BigInt(avg) * BigInt(BYTE_CAP)) >> 32n);
}
/** Why the kernel refuses the settings (hashlimit_mt_check_common); null when it does not. */
export function checkHashlimit(m: HashlimitMatch, addressBits: number): "EINVAL" | "ERANGE" | null {
	if (m.gcInterval === 0 || m.expire === 0) return "EINVAL";
	if (m.srcMask > addressBits || m.dstMask > addressBits) return "EINVAL";
	if ((m.mode & HASHLIMIT_RATE_MATCH) !== 0) {
		if (m.avg === 0 || m.avg > 0xffff_ffff) return "ERANGE";
		return m.interval === 0 ? "EINVAL" : null;
	}
	if ((m.mode & HASHLIMIT_BYTES) !== 0) return byteCredits(m.avg) === 0 ? "EINVAL" : null;
	const avg = BigInt(m.avg);
	return m.burst === 0 || credits((avg * BigInt(m.burst)) & MASK64) < credits(avg) ? "ERANGE" : null;
}

export class HashlimitTable {
	readonly config: HashlimitMatch;
	refs = 0;
	/** What a packet is told apart by; the match writes it. */
	readonly key: Int32Array = new Int32Array(HASHLIMIT_KEY);
	private readonly table: WordTable = new WordTable(HASHLIMIT_KEY);
	private readonly max: number;
	private readonly clock: Float64Array;
	/** Tick of birth, and of the collector's last round. */
	private readonly times: Float64Array;
	private readonly gcTicks: number;
	private readonly expireTicks: number;
	/** By row. Credits, or what came in this window and whether the last one was over. */
	private hi: Float64Array = new Float64Array(16);
	private lo: Float64Array = new Float64Array(16);
	private prev: Float64Array = new Float64Array(16);
	private expires: Float64Array = new Float64Array(16);
	/** What remains of the burst of bytes. */
	private reserve: Float64Array = new Float64Array(16);
	private readonly capHi: number;
	private readonly capLo: number;
	private readonly costHi: number;
	private readonly costLo: number;
	/** Packets or bytes a second, and allowed in a window, with HASHLIMIT_RATE_MATCH. */
	private readonly rate: number;
	private readonly windowMax: number;

	constructor(config: HashlimitMatch, clock: Float64Array) {
		this.config = config;
		this.clock = clock;
		const now = jiffies(clock);
		this.times = Float64Array.of(now, now);
		this.gcTicks = Math.max(1, msecsToJiffies(config.gcInterval));
		this.expireTicks = msecsToJiffies(config.expire);
		const size = Math.min(config.size, MAX_SIZE) || DEFAULT_SIZE;
		this.max = config.max === 0 ? 8 * size : Math.max(size, Math.min(config.max, MAX_SIZE));
		const { avg, burst } = config;
		const bytes = (config.mode & HASHLIMIT_BYTES) !== 0;
		const cap = bytes ? 0n : credits((BigInt(avg) * BigInt(burst)) & MASK64);
		const cost = bytes ? BigInt(byteCredits(avg)) : credits(BigInt(avg));
		this.capHi = Number(cap >> 32n);
		this.capLo = Number(cap & 0xffff_ffffn);
		this.costHi = Number(cost >> 32n);
		this.costLo = Number(cost & 0xffff_ffffn);
		if (bytes) {
			this.rate = (Math.floor(0xffff_ffff / Math.max(1, avg)) - 1) * (1 << BYTE_SHIFT);
			this.windowMax = burst !== 0 ? burst * this.rate : this.rate;
		} else {
			this.rate = Math.floor(HASHLIMIT_SCALE / Math.max(1, avg));
			this.windowMax = burst + this.rate;
		}
	}
	/** hashlimit_mt_common for the flow in `key` and `mode` of the rule; `length` in bytes of IP. -1: no room, drop the packet. */
	match(mode: number, length: number): number {
		const now = jiffies(this.clock);
		this.collect(now);
		let row = this.table.find(this.key);
		if (row < 0) {
			if (this.table.count >= this.max) return -1;
			row = this.table.insert(this.key);
			if (this.table.capacity > this.hi.length) this.grow(this.table.capacity);
			this.start(row, now);
		} else this.refill(row, now);
		this.expires[row] = now + this.expireTicks;
		const under =
			(mode & HASHLIMIT_RATE_MATCH) !== 0 ? this.window(row, mode, length) : this.draw(row, mode, length);
		return under === ((mode & HASHLIMIT_INVERT) === 0) ? 1 : 0;
	}
	/** Flows that the table holds. */
	get count(): number {
		return this.table.count;
	}
	private window(row: number, mode: number, length: number): boolean {
		this.lo[row] += (mode & HASHLIMIT_BYTES) !== 0 ? length : 1;
		return this.hi[row] === 0 && this.lo[row] <= this.windowMax;
	}
	private draw(row: number, mode: number, length: number): boolean {
		if ((mode & HASHLIMIT_BYTES) !== 0) {
			const cost = Math.min(((length >> BYTE_SHIFT) + 1) * this.costLo, BYTE_CAP);
			if (this.lo[row] < cost && this.reserve[row] > 0) {
				this.reserve[row]--;
				this.lo[row] = BYTE_CAP;
			}
			if (this.lo[row] < cost) return false;
			this.lo[row] -= cost;
			return true;
		}
		const hi = this.hi[row];
		const lo = this.lo[row];
		if (hi < this.costHi || (hi === this.costHi && lo < this.costLo)) return false;
		const borrow = lo < this.costLo ? 1 : 0;
		this.hi[row] = hi - this.costHi - borrow;
		this.lo[row] = lo - this.costLo + borrow * U32;
		return true;
	}
	/** rateinfo_init */
	private start(row: number, now: number): void {
		const { mode, burst } = this.config;
		this.prev[row] = now;
		this.hi[row] = this.lo[row] = 0;
		if ((mode & HASHLIMIT_RATE_MATCH) !== 0) return;
		if ((mode & HASHLIMIT_BYTES) !== 0) {
			this.lo[row] = BYTE_CAP;
			this.reserve[row] = burst;
			return;
		}
		this.hi[row] = this.capHi;
		this.lo[row] = this.capLo;
	}
	/** rateinfo_recalc */
	private refill(row: number, now: number): void {
		const { mode, interval } = this.config;
		const delta = now - this.prev[row];
		if (delta === 0) return;
		if ((mode & HASHLIMIT_RATE_MATCH) !== 0) {
			const ticks = interval * HZ;
			if (delta < ticks) return;
			this.prev[row] = now;
			this.hi[row] = this.lo[row] * ticks > delta * this.rate ? 1 : 0;
			this.lo[row] = 0;
			return;
		}
		this.prev[row] = now;
		if ((mode & HASHLIMIT_BYTES) !== 0) {
			this.lo[row] = Math.min(this.lo[row] + BYTE_CPJ * delta, BYTE_CAP);
			return;
		}
		// 64 bits, as in the kernel
		const hi = (this.hi[row] + CPJ_HI * delta) % U32;
		const over = hi > this.capHi || (hi === this.capHi && this.lo[row] > this.capLo);
		this.hi[row] = over ? this.capHi : hi;
		if (over) this.lo[row] = this.capLo;
	}
	/** What the collector has taken by now (htable_gc). */
	private collect(now: number): void {
		const round = this.times[0] + Math.floor((now - this.times[0]) / this.gcTicks) * this.gcTicks;
		if (round === this.times[1]) return;
		this.times[1] = round;
		for (let row = 0; row < this.table.top; row++)
			if (this.table.used[row] === 1 && this.expires[row] <= round) this.table.remove(row);
	}
	private grow(capacity: number): void {
		const wider = (old: Float64Array): Float64Array => {
			const grown = new Float64Array(capacity);
			grown.set(old);
			return grown;
		};
		this.hi = wider(this.hi);
		this.lo = wider(this.lo);
		this.prev = wider(this.prev);
		this.expires = wider(this.expires);
		this.reserve = wider(this.reserve);
	}
}
