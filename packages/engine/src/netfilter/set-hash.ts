/**
 * One set of the types hash:ip, hash:net and hash:ip,port (net/netfilter/ipset/ip_set_hash_gen.h and its users). An element is
 * an address of four words (IPv4 in the first), and one word more: the prefix length, or protocol << 16 | port. Times are ticks.
 */
import { HZ, jiffies } from "./jiffies.ts";
import { WordTable } from "./word-table.ts";

export const SET_TYPES = ["hash:ip", "hash:net", "hash:ip,port"] as const;
export type SetType = (typeof SET_TYPES)[number];
export const SET_KEY = 5;
/** The word behind the address. */
export const SET_EXTRA = 4;

/** What a set was created with. */
export interface SetOptions {
	readonly type: SetType;
	readonly family: 4 | 6;
	readonly hashsize: number;
	readonly maxelem: number;
	readonly bucketsize: number;
	readonly initval: number;
	/** Prefix length that hash:ip keeps of each address. */
	readonly netmask: number | undefined;
	/** Seconds that an element lives unless it says otherwise, 0 for ever; undefined: elements have no time-outs. */
	readonly timeout: number | undefined;
	readonly counters: boolean;
	readonly comment: boolean;
}
/** What an element has besides its key. */
export interface SetEntry {
	/** Seconds, 0 for ever. */
	readonly timeout: number | undefined;
	readonly packets: number;
	readonly bytes: number;
	readonly comment: string;
	readonly nomatch: boolean;
}
/** Results of `add`, `del` and `test`; the negative ones are errors. */
export const SET_OK = 1;
export const SET_NO = 0;
export const SET_NOMATCH = -1;
export const SET_EXIST = -2;
export const SET_FULL = -3;

/** How a counter is compared (IPSET_COUNTER_*). */
export const COUNTER_NONE = 0;
export const COUNTER_EQ = 1;
export const COUNTER_NE = 2;
export const COUNTER_LT = 3;
export const COUNTER_GT = 4;

function counterFits(counter: number, op: number, value: number): boolean {
	switch (op) {
		case COUNTER_EQ:
			return counter === value;
		case COUNTER_NE:
			return counter !== value;
		case COUNTER_LT:
			return counter < value;
		case COUNTER_GT:
			return counter > value;
		default:
			return true;
	}
}

const PERMANENT = Number.POSITIVE_INFINITY;

export class HashSet {
	name: string;
	readonly options: SetOptions;
	readonly table: WordTable = new WordTable(SET_KEY);
	private readonly clock: Float64Array;
	/** Number of elements by prefix length, and the lengths in use, the longest first. */
	private readonly lengths: Int32Array = new Int32Array(129);
	private nets: Int32Array = new Int32Array(0);
	private expires: Float64Array = new Float64Array(16);
	private packets: Float64Array = new Float64Array(16);
	private bytes: Float64Array = new Float64Array(16);
	private nomatch: Uint8Array = new Uint8Array(16);
	private readonly comments: Map<number, string> = new Map();
	private readonly probe: Int32Array = new Int32Array(SET_KEY);

	constructor(name: string, options: SetOptions, clock: Float64Array) {
		this.name = name;
		this.options = options;
		this.clock = clock;
	}
	get isNet(): boolean {
		return this.options.type === "hash:net";
	}
	get dimension(): number {
		return this.options.type === "hash:ip,port" ? 2 : 1;
	}
	get hostLength(): number {
		return this.options.family === 4 ? 32 : 128;
	}
	/** The longest prefix in use; that of one address when there is none: what SET adds to a hash:net. */
	get firstLength(): number {
		return this.nets.length > 0 ? this.nets[0] : this.hostLength;
	}
	/** Cut the address of `key` to `length` bits. */
	mask(key: Int32Array, length: number): void {
		for (let i = 0; i < 4; i++) {
			const bits = Math.min(32, Math.max(0, length - 32 * i));
			key[i] &= bits === 0 ? 0 : -1 << (32 - bits);
		}
	}
	/**
	 * Enter an element, whose key is masked already. `timeout` in seconds, 0 for ever, -1 the set's own; `exist`: one that is there
	 * is set anew.
	 */
	add(
		key: Int32Array,
		timeout: number,
		packets: number,
		bytes: number,
		comment: string,
		nomatch: boolean,
		exist: boolean,
	): number {
		let row = this.table.find(key);
		if (row >= 0) {
			if (!exist && !this.isExpired(row)) return SET_EXIST;
		} else {
			if (this.table.count >= this.options.maxelem) this.collect();
			if (this.table.count >= this.options.maxelem) return SET_FULL;
			row = this.table.insert(key);
			if (this.table.capacity > this.expires.length) this.grow(this.table.capacity);
			this.count(key[SET_EXTRA], 1);
		}
		const seconds = timeout < 0 ? (this.options.timeout ?? 0) : timeout;
		this.expires[row] = seconds === 0 ? PERMANENT : jiffies(this.clock) + seconds * HZ;
		this.packets[row] = packets;
		this.bytes[row] = bytes;
		this.nomatch[row] = nomatch ? 1 : 0;
		if (comment !== "") this.comments.set(row, comment);
		else if (this.comments.size > 0) this.comments.delete(row);
		return SET_OK;
	}
	del(key: Int32Array): number {
		const row = this.table.find(key);
		if (row < 0) return SET_EXIST;
		const expired = this.isExpired(row);
		this.remove(row);
		return expired ? SET_EXIST : SET_OK;
	}
	/**
	 * An element with exactly this key, or for the address of a hash:net the longest prefix that holds it. A packet of `length`
	 * bytes is counted in it, unless that is -1. `tests[t..t+4)` are what the counters must be (COUNTER_*, value; packets, bytes), where `t` is not -1.
	 */
	test(key: Int32Array, length: number, tests: Float64Array, t: number): number {
		if (!this.isNet || key[SET_EXTRA] !== this.hostLength) return this.testOne(key, length, tests, t);
		const probe = this.probe;
		for (let n = 0; n < this.nets.length; n++) {
			probe.set(key);
			this.mask(probe, this.nets[n]);
			probe[SET_EXTRA] = this.nets[n];
			const result = this.testOne(probe, length, tests, t);
			if (result !== SET_NO) return result;
		}
		return SET_NO;
	}
	/** ip_set_match_extensions: the packet counts before the counters are looked at. */
	private testOne(key: Int32Array, length: number, tests: Float64Array, t: number): number {
		const row = this.table.find(key);
		if (row < 0 || this.isExpired(row)) return SET_NO;
		if (this.options.counters) {
			if (length >= 0) {
				this.packets[row]++;
				this.bytes[row] += length;
			}
			if (t >= 0 && !counterFits(this.packets[row], tests[t], tests[t + 1])) return SET_NO;
			if (t >= 0 && !counterFits(this.bytes[row], tests[t + 2], tests[t + 3])) return SET_NO;
		}
		return this.nomatch[row] === 1 ? SET_NOMATCH : SET_OK;
	}
	flush(): void {
		this.table.clear();
		this.comments.clear();
		this.lengths.fill(0);
		this.nets = new Int32Array(0);
	}
	/** Elements that have not expired, in the order of their places. */
	rows(): number[] {
		const rows: number[] = [];
		for (let row = 0; row < this.table.top; row++)
			if (this.table.used[row] === 1 && !this.isExpired(row)) rows.push(row);
		return rows;
	}
	keyOf(row: number): Int32Array {
		return this.table.keys.slice(row * SET_KEY, (row + 1) * SET_KEY);
	}
	/** As it stands now; the time-out is what is left, in whole seconds (ip_set_timeout_get). */
	entryOf(row: number): SetEntry {
		let timeout: number | undefined;
		if (this.options.timeout !== undefined) {
			const left = this.expires[row] - jiffies(this.clock);
			timeout = left === PERMANENT ? 0 : Math.floor(left / HZ) || 1;
		}
		return {
			timeout,
			packets: this.packets[row],
			bytes: this.bytes[row],
			comment: this.comments.get(row) ?? "",
			nomatch: this.nomatch[row] === 1,
		};
	}
	private isExpired(row: number): boolean {
		return jiffies(this.clock) > this.expires[row];
	}
	private remove(row: number): void {
		this.count(this.table.keys[row * SET_KEY + SET_EXTRA], -1);
		this.table.remove(row);
		this.comments.delete(row);
	}
	private collect(): void {
		for (let row = 0; row < this.table.top; row++)
			if (this.table.used[row] === 1 && this.isExpired(row)) this.remove(row);
	}
	private count(length: number, by: number): void {
		if (!this.isNet) return;
		const had = this.lengths[length];
		this.lengths[length] += by;
		if (had !== 0 && this.lengths[length] !== 0) return;
		const nets: number[] = [];
		for (let n = 128; n >= 0; n--) if (this.lengths[n] > 0) nets.push(n);
		this.nets = Int32Array.from(nets);
	}
	private grow(capacity: number): void {
		const wider = (old: Float64Array): Float64Array => {
			const grown = new Float64Array(capacity);
			grown.set(old);
			return grown;
		};
		this.expires = wider(this.expires);
		this.packets = wider(this.packets);
		this.bytes = wider(this.bytes);
		const nomatch = new Uint8Array(capacity);
		nomatch.set(this.nomatch);
		this.nomatch = nomatch;
	}
}
