/**
 * Short ways of all packets between two stations at once, whatever addresses and ports they have: nobody on the way looks at those. So it is
 * behind a bridge without hooks, into a tunnel (the flow only chooses the outer source port), and out of one.
 *
 *   key    MACs, TOS, TTL, DF, protocol; at the end of a tunnel the outer addresses and destination port, and the headers inside, too
 *   check  as for narrow flows, and the whole IP header's sum is taken
 *
 * Neighbours in a vector mostly go the same way, so they are taken in runs.
 */
import { KNOWN_CLEAN, L4SUM_VALID } from "../frame/pool.ts";
import { hasSum, hasTunnelRoom, segmentOk } from "./packet.ts";
import { hashKey } from "./rows.ts";
import { sourcePort } from "./source-port.ts";
import type { Backlog, FlowState } from "./state.ts";
import { enterTunnel, hasInnerHeaders, leaveTunnel } from "./tunnel.ts";
import {
	DECAPSULATES,
	ENCAPSULATES,
	F_LIMITS,
	F_OUTER_PORT,
	F_OUTER_SUM,
	F_WAY,
	FLOW_SHIFT,
	K_DADDR,
	K_DEV,
	K_MAC,
	K_MISC,
	K_PORTS,
	K_SADDR,
	OUTER,
	SUMMED,
	UNSHARES,
	W_EPOCH,
	W_EXIT,
	W_FLAGS,
	W_TYPE,
	WAY,
	WIDE,
	WIDE_TUNNEL,
} from "./words.ts";

const TCP = 6;

export class WideFlows {
	private readonly state: FlowState;
	/** By device id: WIDE, WIDE_TUNNEL or both if it has such flows. */
	private kinds: Int32Array = new Int32Array(64);
	/** By device id: the row that was found last. */
	private last: Int32Array = new Int32Array(64);
	/** Devices with flows. */
	private devices: number[] = [];
	/** Of what `kinds` and `last` speak. */
	private era = 0;
	/** A key as it stands in a row. */
	private readonly key: Int32Array = new Int32Array(8);

	constructor(state: FlowState) {
		this.state = state;
	}
	/** What flows between the two stations of frame `f`, which arrived at device `dev`, have in common. */
	stations(f: number, dev: number): number {
		const { view, off } = this.state.pool;
		const o = off[f];
		return hashKey(dev, view.getInt32(o + 8), view.getInt32(o), view.getInt32(o + 4), 1);
	}
	/** What the flow with the key in `words` is found by. */
	hashOf(words: Int32Array): number {
		return hashKey(words[K_DEV], words[K_MAC + 2], words[K_MAC], words[K_MAC + 1], words[K_SADDR]);
	}
	/** The row of the flow with the key in `words`; -1: there is none. */
	rowOf(words: Int32Array): number {
		for (let i = 0; i < 8; i++) this.key[i] = words[i];
		return this.lookUp();
	}
	/** There is a flow of this kind at device `dev`. */
	note(dev: number, kind: number): void {
		if (this.era !== this.state.era) this.reset();
		if (dev >= this.kinds.length) this.grow(dev);
		if (this.kinds[dev] === 0) this.devices.push(dev);
		this.kinds[dev] |= kind;
		this.last[dev] = -1;
	}
	private reset(): void {
		for (const dev of this.devices) this.kinds[dev] = 0;
		this.devices = [];
		this.era = this.state.era;
	}
	private grow(dev: number): void {
		const wider = (from: Int32Array): Int32Array => {
			const to = new Int32Array(2 * dev);
			to.set(from);
			return to;
		};
		this.kinds = wider(this.kinds);
		this.last = wider(this.last);
	}
	/** The row of the flow of frame `f` at device `dev`; -1: it has none. */
	find(f: number, dev: number): number {
		const { state, key } = this;
		if (this.era !== state.era || dev >= this.kinds.length || this.kinds[dev] === 0) return -1;
		const { view, off, known, pktType } = state.pool;
		const o = off[f];
		const w12 = view.getInt32(o + 12);
		const w20 = view.getInt32(o + 20);
		const protocol = w20 & 0xff;
		if (
			(w12 & ~0xff) !== 0x08004500 ||
			(w20 & 0xbfff0000) !== 0 ||
			(protocol !== 17 && protocol !== TCP) ||
			known[f] === 0
		)
			return -1;
		key[K_MISC] = w20 | (state.version << 16);
		key[K_MAC] = view.getInt32(o);
		key[K_MAC + 1] = view.getInt32(o + 4);
		key[K_MAC + 2] = view.getInt32(o + 8);
		const where = (dev + 1) | ((w12 & 0xff) << 17) | (pktType[f] << 25);
		const kinds = this.kinds[dev];
		let r = -1;
		if ((kinds & WIDE) !== 0) {
			key[K_DEV] = where | WIDE;
			key[K_SADDR] = key[K_DADDR] = key[K_PORTS] = 0;
			r = this.lookUpFrom(this.last[dev]);
		}
		if (r < 0 && (kinds & WIDE_TUNNEL) !== 0) {
			key[K_DEV] = where | WIDE_TUNNEL;
			key[K_SADDR] = view.getInt32(o + 26);
			key[K_DADDR] = view.getInt32(o + 30);
			key[K_PORTS] = view.getUint16(o + 36);
			r = this.lookUpFrom(this.last[dev]);
		}
		if (r >= 0) this.last[dev] = r;
		return r;
	}
	private lookUpFrom(r: number): number {
		return r >= 0 && this.hasKey(r) ? r : this.lookUp();
	}
	/** The row with the key in `key`. */
	private lookUp(): number {
		const { key } = this;
		const { index, mask } = this.state.rows;
		const hash = this.hashOf(key);
		for (let i = hash & mask; index[2 * i] !== 0; i = (i + 1) & mask) {
			if (index[2 * i + 1] !== hash) continue;
			const r = (index[2 * i] - 1) << FLOW_SHIFT;
			if (this.hasKey(r)) return r;
		}
		return -1;
	}
	private hasKey(r: number): boolean {
		const { key } = this;
		const { words } = this.state.rows;
		for (let i = 0; i < 8; i++) if (words[r + i] !== key[i]) return false;
		return true;
	}
	/**
	 * Take the frames `vec[from..n)` that arrived at device `dev` the short way as long as they are of one flow, and return where that ends.
	 */
	serve(vec: Int32Array, from: number, n: number, dev: number, ring: Backlog): number {
		const { state } = this;
		const r = this.find(vec[from], dev);
		if (r < 0) return from;
		const { ways } = state;
		const way = state.rows.words[r + F_WAY];
		const w = way * WAY;
		// a packet that goes the long way after all may refresh something else, or nothing
		if (ways.words[w + W_EPOCH] !== state.epoch && !(this.fits(vec, from, r, w) && state.refresh(way, w)))
			return from;
		const exit = ways.words[w + W_EXIT];
		const flags = ways.words[w + W_FLAGS];
		let end = this.match(vec, from, exit >= 0 ? Math.min(n, from + ring.room) : n, r);
		if (exit < 0) return this.sendOn(vec, from, end, r, way);
		end = this.shape(vec, from, end, r, way);
		if (end === from) return from;
		const { known, len, pktType, data } = state.pool;
		// lengths as they arrived
		let bytes = -grown(flags) * (end - from);
		const type = ways.words[w + W_TYPE];
		for (let i = from; i < end; i++) {
			const f = vec[i];
			bytes += len[f];
			pktType[f] = type;
			known[f] = KNOWN_CLEAN;
		}
		if ((flags & UNSHARES) !== 0) for (let i = from; i < end; i++) data[vec[i]] = 0;
		ring.pushRun(exit, vec, from, end);
		state.tally(way, end - from, bytes);
		return end;
	}
	/** Would frame `vec[i]`, which was found to be of the flow at `r`, go its way? */
	private fits(vec: Int32Array, i: number, r: number, w: number): boolean {
		const { pool, ways } = this.state;
		const f = vec[i];
		const o = pool.off[f];
		const flags = ways.words[w + W_FLAGS];
		if (this.match(vec, i, i + 1, r) === i) return false;
		if ((flags & ENCAPSULATES) !== 0 && !(hasTunnelRoom(pool, f) && hasSum(pool, o))) return false;
		if ((flags & DECAPSULATES) !== 0 && !hasInnerHeaders(pool.view, o, ways.words, w)) return false;
		return (flags & SUMMED) === 0 || segmentOk(pool, f, o);
	}
	/** How far the frames `vec[from..n)` have the key of the row at `r`, as far as it is in every packet, and are right. */
	private match(vec: Int32Array, from: number, n: number, r: number): number {
		const { view, known, off, len, pktType } = this.state.pool;
		const { words } = this.state.rows;
		const m0 = words[r + K_MAC];
		const m1 = words[r + K_MAC + 1];
		const m2 = words[r + K_MAC + 2];
		const w12 = 0x08004500 | ((words[r + K_DEV] >>> 17) & 0xff);
		const w20 = words[r + K_MISC] & 0x4000ffff;
		const type = (words[r + K_DEV] >>> 25) & 7;
		const longest = words[r + F_LIMITS] & 0xffff;
		const constant = words[r + F_LIMITS] >>> 16;
		const tcp = (w20 & 0xff) === TCP;
		for (let i = from; i < n; i++) {
			const f = vec[i];
			const o = off[f];
			if (
				view.getInt32(o + 8) !== m2 ||
				view.getInt32(o + 4) !== m1 ||
				view.getInt32(o) !== m0 ||
				view.getInt32(o + 12) !== w12 ||
				view.getInt32(o + 20) !== w20 ||
				pktType[f] !== type ||
				known[f] === 0
			)
				return i;
			const w16 = view.getInt32(o + 16);
			const w24 = view.getInt32(o + 24);
			const w28 = view.getInt32(o + 28);
			const total = w16 >>> 16;
			let s = constant + total + (w16 & 0xffff) + (w24 >>> 16) + (w24 & 0xffff);
			s += (w28 >>> 16) + (w28 & 0xffff) + view.getUint16(o + 32);
			if (total + 14 !== len[f] || total > longest || ((s + (s >>> 16)) & 0xffff) !== 0xffff) return i;
			if (tcp ? total < 40 : total < 28 || view.getUint16(o + 38) !== total - 20) return i;
		}
		return n;
	}
	/** Into the tunnel. Returns where it ends: at a frame whose transport checksum says nothing, or that has no room in front. */
	private enter(vec: Int32Array, from: number, n: number, r: number, way: number): number {
		const { pool, rows, ways } = this.state;
		const { view, l4sum, off } = pool;
		const { words } = rows;
		const first = words[r + F_OUTER_PORT] >>> 16;
		const last = words[r + F_OUTER_PORT] & 0xffff;
		const constant = words[r + F_OUTER_SUM];
		const ids = ways.list[way].outerId!;
		for (let i = from; i < n; i++) {
			const f = vec[i];
			const o = off[f];
			if (!hasTunnelRoom(pool, f) || !hasSum(pool, o) || (l4sum[f] !== L4SUM_VALID && !segmentOk(pool, f, o)))
				return i;
			const port = sourcePort(pool, f, first, last);
			const saddr = ~view.getInt32(o + 26);
			const daddr = ~view.getInt32(o + 30);
			const addresses = (saddr >>> 16) + (saddr & 0xffff) + (daddr >>> 16) + (daddr & 0xffff);
			enterTunnel(pool, f, port, constant + port + addresses, ways.words, way * WAY, ids);
		}
		return n;
	}
	/** Out of the tunnel. */
	private leave(vec: Int32Array, from: number, n: number, r: number, w: number): number {
		const { pool, rows, ways } = this.state;
		const { view, l4sum, off } = pool;
		const saddr = rows.words[r + K_SADDR];
		const daddr = rows.words[r + K_DADDR];
		const dport = rows.words[r + K_PORTS];
		for (let i = from; i < n; i++) {
			const f = vec[i];
			const o = off[f];
			if (
				view.getInt32(o + 26) !== saddr ||
				view.getInt32(o + 30) !== daddr ||
				view.getUint16(o + 36) !== dport ||
				!hasInnerHeaders(view, o, ways.words, w) ||
				(l4sum[f] !== L4SUM_VALID && !segmentOk(pool, f, o))
			)
				return i;
			leaveTunnel(pool, f);
		}
		return n;
	}
	/** How far transport checksums are right. */
	private summed(vec: Int32Array, from: number, n: number): number {
		const { pool } = this.state;
		for (let i = from; i < n; i++) {
			const f = vec[i];
			if (pool.l4sum[f] !== L4SUM_VALID && !segmentOk(pool, f, pool.off[f])) return i;
		}
		return n;
	}
	/** One by one onto the wire of the way, as long as there is room on it. */
	private sendOn(vec: Int32Array, from: number, n: number, r: number, way: number): number {
		const { pool, ways, devices } = this.state;
		const w = way * WAY;
		const out = devices[~ways.words[w + W_EXIT]]!;
		const flags = ways.words[w + W_FLAGS];
		const type = ways.words[w + W_TYPE];
		let bytes = 0;
		let i = from;
		for (; i < n && out.takes && this.shape(vec, i, i + 1, r, way) > i; i++) {
			const f = vec[i];
			bytes += pool.len[f] - grown(flags);
			pool.pktType[f] = type;
			if ((flags & UNSHARES) !== 0) pool.data[f] = 0;
			// what a wire's end, or a tunnel behind it, puts on the frame is to be taken off again
			pool.known[f] = 0;
			out.transmit(f);
		}
		if (i > from) this.state.tally(way, i - from, bytes);
		return i;
	}
	/** What the way does to the frames `vec[from..n)`, as far as it can. */
	private shape(vec: Int32Array, from: number, n: number, r: number, way: number): number {
		const flags = this.state.ways.words[way * WAY + W_FLAGS];
		if ((flags & ENCAPSULATES) !== 0) return this.enter(vec, from, n, r, way);
		if ((flags & DECAPSULATES) !== 0) return this.leave(vec, from, n, r, way * WAY);
		return (flags & SUMMED) !== 0 ? this.summed(vec, from, n) : n;
	}
}
/** Bytes that a way adds to its frames. */
function grown(flags: number): number {
	return (flags & ENCAPSULATES) !== 0 ? OUTER : (flags & DECAPSULATES) !== 0 ? -OUTER : 0;
}
