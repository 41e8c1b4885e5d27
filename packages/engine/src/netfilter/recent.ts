/**
 * The lists of the recent match (net/netfilter/xt_recent.c): addresses with the ticks at which they were seen, the longest
 * unseen first. A list is one of the namespace, found by name, and lives while a rule names it.
 */
import { HZ } from "./jiffies.ts";
import type { RecentMatch } from "./rule-lists.ts";

/** Entries of a list (module parameter ip_list_tot); one more takes the place of the longest unseen. */
export const IP_LIST_TOT = 100;
/** XT_RECENT_MAX_NSTAMPS */
export const MAX_NSTAMPS = 65_536;
/** Time stamps of an entry where no rule asks for more. */
const DEFAULT_NSTAMPS = 32;
/** Words of an entry's key: the address and its family. */
const KEY = 5;

function nstampsMask(hitCount: number): number {
	let n = 1;
	while (n < (hitCount || DEFAULT_NSTAMPS)) n *= 2;
	return n - 1;
}

export class RecentList {
	readonly name: string;
	/** Applied to every address that is looked up: four words. */
	readonly mask: Int32Array;
	refs = 0;
	private nstampsMask: number;
	private readonly keys: Int32Array = new Int32Array(IP_LIST_TOT * KEY);
	private readonly ttl: Uint8Array = new Uint8Array(IP_LIST_TOT);
	private readonly index: Int32Array = new Int32Array(IP_LIST_TOT);
	private readonly nstamps: Int32Array = new Int32Array(IP_LIST_TOT);
	/** Ticks; made when the place is first used. */
	private readonly stamps: (Float64Array | null)[] = new Array(IP_LIST_TOT).fill(null);
	/** Places in use, the longest unseen first, then the free ones. */
	private readonly order: Uint8Array = Uint8Array.from({ length: IP_LIST_TOT }, (_, i) => i);
	private count = 0;
	private readonly key: Int32Array = new Int32Array(KEY);

	constructor(name: string, mask: Int32Array, hitCount: number) {
		this.name = name;
		this.mask = mask;
		this.nstampsMask = nstampsMask(hitCount);
	}
	/** A rule that wants `hitCount` hits names the list: one that keeps too few stamps starts anew. */
	widen(hitCount: number): void {
		const mask = nstampsMask(hitCount);
		if (mask <= this.nstampsMask) return;
		this.count = 0;
		this.nstampsMask = mask;
		this.stamps.fill(null);
	}
	/** recent_mt: `addr` are four words, `family` 4 or 6, `ttl` as before forwarding, `now` in ticks. */
	match(m: RecentMatch, addr: Int32Array, family: number, ttl: number, now: number): boolean {
		const set = m.op === "set";
		const update = m.op === "update";
		let at = this.find(addr, family, m.ttl ? ttl : 0);
		if (at < 0) {
			if (!set) return m.not;
			at = this.enter(ttl, now);
			return !m.not;
		}
		let matched = set;
		if (m.op === "remove") {
			this.remove(at);
			matched = true;
		} else if (!set) {
			// seconds * HZ is 32 bits wide
			const since = now - ((m.seconds * HZ) >>> 0);
			matched = this.hits(this.order[at], m, since);
			// what is about to be updated stays
			if (m.reap && !(at === 0 && update && matched !== m.not)) {
				const oldest = this.order[0];
				const last = this.last(oldest);
				if (since > last) {
					this.remove(0);
					at--;
				}
			}
		}
		const result = matched !== m.not;
		if (at >= 0 && (set || (update && result))) this.touch(at, ttl, now);
		return result;
	}
	private hits(place: number, m: RecentMatch, since: number): boolean {
		const stamps = this.stamps[place] as Float64Array;
		let hits = 0;
		for (let i = 0; i < this.nstamps[place]; i++) {
			if (m.seconds !== 0 && since > stamps[i]) continue;
			if (m.hitCount === 0 || ++hits >= m.hitCount) return true;
		}
		return false;
	}
	private last(place: number): number {
		return (this.stamps[place] as Float64Array)[this.index[place] - 1];
	}
	/** Position in `order`, -1 none; leaves the masked key in `key`. */
	private find(addr: Int32Array, family: number, ttl: number): number {
		const key = this.key;
		for (let i = 0; i < 4; i++) key[i] = addr[i] & this.mask[i];
		key[4] = family;
		for (let n = 0; n < this.count; n++) {
			const place = this.order[n];
			let i = 0;
			while (i < KEY && this.keys[place * KEY + i] === key[i]) i++;
			if (i === KEY && (ttl === 0 || ttl === this.ttl[place])) return n;
		}
		return -1;
	}
	/** recent_entry_init for `key`. */
	private enter(ttl: number, now: number): number {
		if (this.count >= IP_LIST_TOT) this.remove(0);
		const at = this.count++;
		const place = this.order[at];
		this.keys.set(this.key, place * KEY);
		this.stamps[place] ??= new Float64Array(this.nstampsMask + 1);
		this.ttl[place] = ttl;
		(this.stamps[place] as Float64Array)[0] = now;
		this.nstamps[place] = this.index[place] = 1;
		return at;
	}
	/** recent_entry_update */
	private touch(at: number, ttl: number, now: number): void {
		const place = this.order[at];
		const i = this.index[place] & this.nstampsMask;
		(this.stamps[place] as Float64Array)[i] = now;
		this.index[place] = i + 1;
		if (i + 1 > this.nstamps[place]) this.nstamps[place] = i + 1;
		this.ttl[place] = ttl;
		this.order.copyWithin(at, at + 1, this.count);
		this.order[this.count - 1] = place;
	}
	private remove(at: number): void {
		const place = this.order[at];
		this.order.copyWithin(at, at + 1, this.count);
		this.order[--this.count] = place;
	}
	/** The entries, the longest unseen first: for printing. */
	entries(): { key: Int32Array; ttl: number; last: number; oldest: number; stamps: number[] }[] {
		return Array.from(this.order.subarray(0, this.count), (place) => ({
			key: this.keys.slice(place * KEY, (place + 1) * KEY),
			ttl: this.ttl[place],
			last: this.last(place),
			oldest: this.index[place],
			stamps: [...(this.stamps[place] as Float64Array).subarray(0, this.nstamps[place])],
		}));
	}
}
