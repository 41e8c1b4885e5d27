/**
 * Connections counted by address (net/netfilter/nf_conncount.c), for the connlimit match: per address the tuples of the
 * connections that a rule has seen. What has ended is found out when the address is met again.
 */
import { IPPROTO_TCP } from "../wire/ipv4.ts";
import { C_KEY, type CtTable, REC, TCP_REC } from "./ct-table.ts";
import { TCP_CONNTRACK_CLOSE, TCP_CONNTRACK_TIME_WAIT } from "./ct-tcp-states.ts";
import { TCP_STATE } from "./ct-tcp-window.ts";
import { jiffies } from "./jiffies.ts";
import { WordTable } from "./word-table.ts";

/** The address, masked. */
export const CONNCOUNT_KEY = 4;
/** Ended connections that are taken out at one packet before the rest waits (CONNCOUNT_GC_MAX_NODES). */
const GC_MAX_NODES = 64;
/** Words of a tuple, as in ct-tuple.ts. */
const TUPLE = 4;

/** The tuples of one address, the oldest first. */
class TupleList {
	words: Int32Array = new Int32Array(8 * TUPLE);
	count = 0;
	readonly lastGc: Float64Array = new Float64Array([-1]);

	push(tuple: Int32Array): void {
		if (this.count * TUPLE === this.words.length) {
			const grown = new Int32Array(this.words.length * 2);
			grown.set(this.words);
			this.words = grown;
		}
		this.words.set(tuple, this.count++ * TUPLE);
	}
	/** Position of a tuple, -1 none. */
	indexOf(tuple: Int32Array): number {
		const w = this.words;
		for (let at = 0; at < this.count * TUPLE; at += TUPLE)
			if (w[at] === tuple[0] && w[at + 1] === tuple[1] && w[at + 2] === tuple[2] && w[at + 3] === tuple[3])
				return at / TUPLE;
		return -1;
	}
	remove(i: number): void {
		this.words.copyWithin(i * TUPLE, (i + 1) * TUPLE, this.count * TUPLE);
		this.count--;
	}
}

/** already_closed */
function isClosed(table: CtTable, ct: number): boolean {
	if ((table.rec[ct * REC + C_KEY] & 0xff) !== IPPROTO_TCP) return false;
	const state = table.tcp[ct * TCP_REC + TCP_STATE];
	return state === TCP_CONNTRACK_TIME_WAIT || state === TCP_CONNTRACK_CLOSE;
}

export class ConnCount {
	/** The address that is counted for; the match writes it. */
	readonly key: Int32Array = new Int32Array(CONNCOUNT_KEY);
	private readonly addresses: WordTable = new WordTable(CONNCOUNT_KEY);
	private readonly lists: TupleList[] = [];
	private readonly clock: Float64Array;

	constructor(clock: Float64Array) {
		this.clock = clock;
	}
	/**
	 * nf_conncount_count: connections of `key` with the one of `tuple`, which is entered if it was not. What has ended is not
	 * counted, not even the connection of the packet itself, so there may be none.
	 */
	count(table: CtTable, tuple: Int32Array): number {
		let row = this.addresses.find(this.key);
		if (row < 0) {
			row = this.addresses.insert(this.key);
			if (this.lists[row] === undefined) this.lists[row] = new TupleList();
			this.lists[row].count = 0;
		}
		const list = this.lists[row];
		const now = jiffies(this.clock);
		if (list.count === 0) list.lastGc[0] = -1;
		else if (list.lastGc[0] !== now) {
			const known = list.indexOf(tuple) >= 0 && table.find(tuple[0], tuple[1], tuple[2], tuple[3]) !== 0;
			this.collect(table, list, now);
			if (known) return list.count;
		}
		list.push(tuple);
		return list.count;
	}
	/** Take out what has ended (nf_conncount_gc_list). */
	private collect(table: CtTable, list: TupleList, now: number): void {
		let collected = 0;
		for (let i = 0; i < list.count && collected <= GC_MAX_NODES; ) {
			const w = list.words;
			const at = i * TUPLE;
			const found = table.find(w[at], w[at + 1], w[at + 2], w[at + 3]) >> 1;
			if (found !== 0 && !isClosed(table, found)) {
				i++;
				continue;
			}
			list.remove(i);
			collected++;
		}
		list.lastGc[0] = now;
	}
}
