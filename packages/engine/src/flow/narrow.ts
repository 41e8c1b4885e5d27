/**
 * Short ways of flows that are told apart by all they look like when they arrive: MACs, TOS, TTL, DF, addresses, ports.
 *
 *   find    is there a flow whose key the frame has?
 *   check   is the packet whole and right, no longer than one that went this way, and is everything still fresh?
 *   apply   rewrite the header, and into the next backlog
 *
 * A frame that has taken a short way carries the row of the flow that it belongs to next (words.ts, FOLLOWS), which saves looking for it.
 */
import { KNOWN_CLEAN } from "../frame/pool.ts";
import { fits, isSound } from "./packet.ts";
import { rewrite } from "./rewrite.ts";
import { hashKey } from "./rows.ts";
import type { Backlog, FlowState } from "./state.ts";
import { enterTunnel, leaveTunnel, matchesInner } from "./tunnel.ts";
import {
	COMES_FROM,
	DECAPSULATES,
	ENCAPSULATES,
	F_CT,
	F_EPOCH,
	F_LIMITS,
	F_OUTER_PORT,
	F_OUTER_SUM,
	F_WAY,
	FLOW,
	FLOW_SHIFT,
	FOLLOWS,
	FORGOTTEN,
	HINT_SHIFT,
	K_DADDR,
	K_DEV,
	K_MAC,
	K_MISC,
	K_PORTS,
	K_SADDR,
	REWRITES,
	SUMMED,
	UNSEEN,
	UNSHARES,
	VERSION_SHIFT,
	W_EPOCH,
	W_EXIT,
	W_FLAGS,
	W_TYPE,
	WAY,
} from "./words.ts";

const ROW_MASK = (1 << (VERSION_SHIFT - HINT_SHIFT)) - 1;

export class NarrowFlows {
	/** Of the frame that was looked for last: its flow's row, -1 none. */
	row = -1;
	/** Hash of its key. */
	hash = 0;
	/** It is of a kind that may be cached. */
	candidate = false;
	private readonly state: FlowState;

	constructor(state: FlowState) {
		this.state = state;
	}
	/**
	 * Take the frames `vec[from..n)` that arrived at device `dev` the short way as far as it is known, and return where that ends: frame
	 * `vec[that]` was looked for.
	 */
	serve(vec: Int32Array, from: number, n: number, dev: number, ring: Backlog): number {
		const { state } = this;
		const { pool, rows, ways, epoch, version, devices, conntrack } = state;
		const { view, known, off, len, pktType } = pool;
		const { words, links } = rows;
		const wayWords = ways.words;
		// neighbours often go the same way: they are counted together
		let lastWay = -1;
		let packets = 0;
		let bytes = 0;
		let i = from;
		for (; i < n; i++) {
			const f = vec[i];
			const o = off[f];
			const hint = known[f];
			// a frame whose last short way led to a flow that is still there: it is what that way made of it
			const recent = hint >>> VERSION_SHIFT === (version & 0xff);
			let r = recent && (hint & FOLLOWS) !== 0 ? ((hint >> HINT_SHIFT) & ROW_MASK) << FLOW_SHIFT : -1;
			if (r < 0 || words[r + K_DEV] === FORGOTTEN || words[r + K_PORTS] !== view.getInt32(o + 34)) {
				r = this.locate(f, o, dev);
				if (r < 0 || !isSound(pool, words, r, f, o)) break;
				if (recent && (hint & COMES_FROM) !== 0) this.link((hint >> HINT_SHIFT) & ROW_MASK, r);
			} else if ((hint & UNSEEN) !== 0 && !isSound(pool, words, r, f, o)) {
				this.locate(f, o, dev);
				break;
			}
			const way = words[r + F_WAY];
			const w = way * WAY;
			const flags = wayWords[w + W_FLAGS];
			if (wayWords[w + W_EPOCH] !== epoch && packets > 0) {
				// a way that is no longer fresh makes all ways stale, and their counts must be known by then
				state.tally(lastWay, packets, bytes);
				packets = 0;
				bytes = 0;
			}
			if (
				len[f] - 14 > (words[r + F_LIMITS] & 0xffff) ||
				ring.room <= 0 ||
				((flags & (SUMMED | ENCAPSULATES)) !== 0 && !fits(pool, f, o, flags)) ||
				(wayWords[w + W_EXIT] < 0 && !devices[~wayWords[w + W_EXIT]]!.takes) ||
				(words[r + F_CT] !== 0 && words[r + F_EPOCH] !== epoch && !conntrack!.stillThere(words[r + F_CT])) ||
				(wayWords[w + W_EPOCH] !== epoch && !state.refresh(way, w))
			) {
				this.locate(f, o, dev);
				break;
			}
			if (words[r + F_CT] !== 0 && words[r + F_EPOCH] !== epoch) {
				words[r + F_EPOCH] = epoch;
				conntrack!.flowMeets(words[r + F_CT]);
			}
			if (way !== lastWay) {
				if (packets > 0) state.tally(lastWay, packets, bytes);
				lastWay = way;
				packets = 0;
				bytes = 0;
			}
			packets++;
			bytes += len[f];
			if ((flags & REWRITES) !== 0) rewrite(view, words, r, wayWords, w, o);
			else if ((flags & ENCAPSULATES) !== 0)
				enterTunnel(
					pool,
					f,
					words[r + F_OUTER_PORT],
					words[r + F_OUTER_SUM],
					wayWords,
					w,
					ways.list[way].outerId!,
				);
			else if ((flags & DECAPSULATES) !== 0) leaveTunnel(pool, f);
			if ((flags & UNSHARES) !== 0) pool.data[f] = 0;
			pktType[f] = wayWords[w + W_TYPE];
			const exit = wayWords[w + W_EXIT];
			if (exit >= 0) {
				const link = links[r >> FLOW_SHIFT];
				const next =
					link !== 0 && words[(link - 1) * FLOW + K_DEV] !== FORGOTTEN
						? ((link - 1) << HINT_SHIFT) | FOLLOWS
						: ((r >> FLOW_SHIFT) << HINT_SHIFT) | COMES_FROM;
				known[f] =
					((version & 0xff) << VERSION_SHIFT) |
					next |
					KNOWN_CLEAN |
					((flags & DECAPSULATES) !== 0 ? UNSEEN : 0);
				ring.push(exit, f);
			} else {
				// what a wire's end, or a tunnel behind it, puts on the frame is to be taken off again
				known[f] = 0;
				devices[~exit]!.transmit(f);
			}
		}
		if (packets > 0) state.tally(lastWay, packets, bytes);
		return i;
	}
	/**
	 * Frames of the flow in row number `from` come to the flow in row `r` next. Not to the end of a tunnel, but from its beginning: in
	 * between, the flows in a tunnel may look the same.
	 */
	private link(from: number, r: number): void {
		const { rows, ways } = this.state;
		const flags = ways.words[rows.words[r + F_WAY] * WAY + W_FLAGS];
		const fromFlags = ways.words[rows.words[from * FLOW + F_WAY] * WAY + W_FLAGS];
		if ((flags & DECAPSULATES) !== 0 && (fromFlags & ENCAPSULATES) === 0) return;
		rows.links[from] = (r >> FLOW_SHIFT) + 1;
	}
	/** The row of the flow of frame `f`, whose bytes begin at `o`; -1: it has none. Noted in `row`, `hash` and `candidate`. */
	locate(f: number, o: number, dev: number): number {
		const { pool, rows, ways, version } = this.state;
		const { view } = pool;
		const { words, index, mask } = rows;
		const wayWords = ways.words;
		this.row = -1;
		const w12 = view.getInt32(o + 12);
		const w20 = view.getInt32(o + 20);
		const protocol = w20 & 0xff;
		// IPv4 without options, no fragment, UDP or TCP, with nothing on it that some earlier way has left
		this.candidate =
			(w12 & ~0xff) === 0x08004500 &&
			(w20 & 0xbfff0000) === 0 &&
			(protocol === 17 || protocol === 6) &&
			pool.known[f] !== 0;
		if (!this.candidate) return -1;
		const key0 = (dev + 1) | ((w12 & 0xff) << 17) | (pool.pktType[f] << 25);
		const key1 = w20 | (version << 16);
		const m0 = view.getInt32(o);
		const m1 = view.getInt32(o + 4);
		const m2 = view.getInt32(o + 8);
		const saddr = view.getInt32(o + 26);
		const daddr = view.getInt32(o + 30);
		const ports = view.getInt32(o + 34);
		const hash = hashKey(key0, m2, saddr, daddr, ports);
		this.hash = hash;
		for (let i = hash & mask; index[2 * i] !== 0; i = (i + 1) & mask) {
			if (index[2 * i + 1] !== hash) continue;
			const r = (index[2 * i] - 1) << FLOW_SHIFT;
			if (
				words[r + K_PORTS] === ports &&
				words[r + K_MISC] === key1 &&
				words[r + K_DEV] === key0 &&
				words[r + K_SADDR] === saddr &&
				words[r + K_DADDR] === daddr &&
				words[r + K_MAC] === m0 &&
				words[r + K_MAC + 1] === m1 &&
				words[r + K_MAC + 2] === m2 &&
				((wayWords[words[r + F_WAY] * WAY + W_FLAGS] & DECAPSULATES) === 0 ||
					matchesInner(view, o, words, r, wayWords, words[r + F_WAY] * WAY))
			) {
				this.row = r;
				return r;
			}
		}
		return -1;
	}
}
