/**
 * Putting fragments together (net/ipv4/ip_fragment.c, net/ipv4/inet_fragment.c; RFC 791 §3.2, RFC 815).
 *
 * A queue per (source, destination, id, protocol, user); fragments are kept in order of offset. An exact duplicate is dropped, any
 * other overlap kills the queue. Bounded by ipfrag_high_thresh bytes of truesize; a queue lives ipfrag_time seconds.
 */
import type { NetDevice } from "../device/netdev.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_FRAG_PMTU, FRAME_IGNORE_DF } from "../frame/flags.ts";
import { RTN_LOCAL } from "../netfilter/types.ts";
import type { TimerHandler } from "../ring/events.ts";
import { T_DEFRAG } from "../trace/kinds.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { DUPLICATE, OVERLAP, placeInRuns, type Runs } from "./fragment-runs.ts";
import type { Netns } from "./netns.ts";
import { truesize } from "./truesize.ts";

/** Who asks: users 0 to 2 are conntrack's (netfilter/hooks.ts), the last one is local delivery. */
const DEFRAG_CONNTRACK_OUT = 1;
const DEFRAG_CONNTRACK_BRIDGE_IN = 2;
export const IP_DEFRAG_LOCAL_DELIVER = 3;

interface Piece {
	readonly f: number;
	readonly offset: number;
	readonly length: number;
}
interface Queue extends Runs {
	readonly key: string;
	readonly number: number;
	readonly user: number;
	pieces: Piece[];
	/** Length of the whole payload, -1 until the last fragment came. */
	total: number;
	have: number;
	maxSize: number;
	maxDfSize: number;
	/** Which ECN codepoints its fragments had, one bit each. */
	ecn: number;
	bytes: number;
	/** Where the last one came in. */
	dev: number;
}

const NOT_ECT = 1;
const ECT = 6;
const CE = 8;
/** ECN bits that the whole gets from its fragments (ip_frag_ecn_table, RFC 3168 §5.3); -1: they do not go together. */
function congestion(ecn: number): number {
	if ((ecn & NOT_ECT) !== 0) return ecn === NOT_ECT ? 0 : -1;
	return (ecn & CE) !== 0 && (ecn & ECT) !== 0 ? 3 : 0;
}

export class Reassembly implements TimerHandler {
	private readonly ns: Netns;
	private readonly queues: Map<string, Queue> = new Map();
	private readonly byNumber: Map<number, Queue> = new Map();
	private next = 1;
	/** Truesize bytes held. */
	private memory = 0;
	private readonly handler: number;

	constructor(ns: Netns) {
		this.ns = ns;
		this.handler = ns.core.events.register(this);
	}
	/** ip_defrag: the whole datagram's frame once it is complete, else -1 (kept or dropped). `user` separates queues. */
	add(f: number, user: number): number {
		const { pool, trace, events, clock } = this.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const key = `${view.getInt32(nh + ipv4.SADDR)} ${view.getInt32(nh + ipv4.DADDR)} ${view.getUint16(nh + ipv4.ID)} ${view.getUint8(nh + ipv4.PROTO)} ${user}`;
		let q = this.queues.get(key);
		if (q === undefined) {
			if (this.memory > this.ns.conf.ipfrag_high_thresh) {
				pool.drop(f, DROP.NOMEM);
				return -1;
			}
			q = {
				key,
				number: this.next++,
				user,
				pieces: [],
				total: -1,
				have: 0,
				maxSize: 0,
				maxDfSize: 0,
				ecn: 0,
				runs: [],
				tailEnd: 0,
				bytes: 0,
				dev: -1,
			};
			this.queues.set(key, q);
			this.byNumber.set(q.number, q);
			events.schedule(clock[0] + this.ns.conf.ipfrag_time * 1e9, this.handler, q.number);
		}
		const g = this.queue(q, f);
		if (trace.on !== 0)
			trace.add(T_DEFRAG, g >= 0 ? g : f, this.ns.lo.id, g >= 0 ? 1 : 0, g >= 0 ? pool.len[g] : 0, 0, 0);
		return g;
	}
	/** A queue's time is over: say so if the first fragment is there, and drop what came (ip_expire). */
	onTimer(number: number): void {
		const q = this.byNumber.get(number);
		if (q === undefined) return;
		const first = q.pieces[0];
		if (first !== undefined && first.offset === 0 && this.isForUs(q, first.f))
			this.ns.icmp.send(first.f, icmp.TIME_EXCEEDED, icmp.EXC_FRAGTIME, 0);
		this.kill(q, DROP.FRAG_REASM_TIMEOUT);
		this.forget(q);
	}
	/** Its route, asked for anew: only the host that the datagram was for says that it is incomplete, whoever put it together. */
	private isForUs(q: Queue, f: number): boolean {
		const { ns } = this;
		const { pool, targets, netnsOf } = ns.core;
		if (q.user === DEFRAG_CONNTRACK_OUT || netnsOf[q.dev] !== ns.id) return false;
		let dev = targets[q.dev] as NetDevice | null;
		// of bridged ones the bridge is the device
		if (dev !== null && q.user === DEFRAG_CONNTRACK_BRIDGE_IN) dev = dev.master ?? dev;
		if (dev === null) return false;
		pool.dev[f] = dev.id;
		const { view } = pool;
		const nh = pool.nh[f];
		const daddr = view.getInt32(nh + ipv4.DADDR);
		const saddr = view.getInt32(nh + ipv4.SADDR);
		if (ns.router.input(f, daddr, saddr, view.getUint8(nh + ipv4.TOS), dev) !== 0) return false;
		return q.user === IP_DEFRAG_LOCAL_DELIVER || pool.dstType[f] === RTN_LOCAL;
	}
	/** Everything that waits is dropped: the namespace goes (fqdir_exit). */
	flush(): void {
		for (const q of [...this.queues.values()]) {
			this.kill(q, DROP.NOT_SPECIFIED);
			this.forget(q);
		}
	}
	/** Frames held. */
	get held(): number {
		let n = 0;
		for (const q of this.queues.values()) n += q.pieces.length;
		return n;
	}
	/** ip_frag_queue */
	private queue(q: Queue, f: number): number {
		const pool = this.ns.core.pool;
		const view = pool.view;
		const nh = pool.nh[f];
		const hlen = ipv4.headerLength(view, nh);
		const word = view.getUint16(nh + ipv4.FRAG_OFF);
		const offset = (word & ipv4.IP_OFFSET) << 3;
		const whole = view.getUint16(nh + ipv4.TOT_LEN);
		let length = whole - hlen;
		let end = offset + length;
		if ((word & ipv4.IP_MF) === 0) {
			if ((q.total >= 0 && end !== q.total) || q.pieces.some((p) => p.offset + p.length > end))
				return this.discard(q, f);
			q.total = end;
		} else {
			if ((end & 7) !== 0) {
				end &= ~7;
				length = end - offset;
			}
			if (q.total >= 0 && end > q.total) return this.discard(q, f);
		}
		if (length === 0) return this.discard(q, f);
		const place = placeInRuns(q, offset, end);
		if (place === DUPLICATE) {
			pool.drop(f, DROP.DUP_FRAG);
			return -1;
		}
		if (place === OVERLAP) return this.discard(q, f);
		let i = q.pieces.length;
		while (i > 0 && q.pieces[i - 1].offset > offset) i--;
		q.pieces.splice(i, 0, { f, offset, length });
		q.have += length;
		q.ecn |= 1 << (view.getUint8(nh + ipv4.TOS) & 3);
		const size = truesize(pool.len[f]);
		q.bytes += size;
		this.memory += size;
		if (whole > q.maxSize) q.maxSize = whole;
		if ((word & ipv4.IP_DF) !== 0 && whole > q.maxDfSize) q.maxDfSize = whole;
		q.dev = pool.dev[f];
		pool.dstType[f] = 0;
		if (q.total >= 0 && q.have === q.total && q.pieces[0].offset === 0) return this.build(q, f);
		return -1;
	}
	/** ip_frag_reasm: one frame from all. It is, in all but bytes, the one that came last. */
	private build(q: Queue, last: number): number {
		const pool = this.ns.core.pool;
		const view = pool.view;
		const first = q.pieces[0].f;
		const hlen = ipv4.headerLength(view, pool.nh[first]);
		const prefix = pool.nh[first] - pool.off[first];
		const length = hlen + q.total;
		const mark = congestion(q.ecn);
		if (mark < 0) {
			this.kill(q, DROP.NOT_SPECIFIED);
			this.forget(q);
			return -1;
		}
		const g = length > 65535 ? -1 : pool.generate(prefix + length);
		if (g < 0) {
			this.kill(q, DROP.NOMEM);
			this.forget(q);
			return -1;
		}
		const o = pool.off[g];
		const nh = o + prefix;
		pool.bytes.copyWithin(o, pool.off[first], pool.nh[first] + hlen);
		for (const p of q.pieces) {
			const from = pool.nh[p.f] + ipv4.headerLength(view, pool.nh[p.f]);
			pool.bytes.copyWithin(nh + hlen + p.offset, from, from + p.length);
		}
		pool.nh[g] = nh;
		pool.th[g] = nh + hlen;
		pool.dev[g] = pool.dev[last];
		pool.iif[g] = pool.iif[last];
		pool.pktType[g] = pool.pktType[first];
		pool.vlan[g] = pool.vlan[first];
		pool.mark[g] = pool.mark[last];
		pool.flags[g] = pool.flags[last] | (q.user === IP_DEFRAG_LOCAL_DELIVER ? 0 : FRAME_IGNORE_DF);
		pool.physIn[g] = pool.physIn[last];
		pool.physOut[g] = pool.physOut[last];
		pool.dstType[g] = q.user === IP_DEFRAG_LOCAL_DELIVER ? 2 : 0;
		pool.dstDev[g] = pool.dev[last];
		pool.fragMax[g] = Math.max(q.maxDfSize, q.maxSize);
		view.setUint16(nh + ipv4.TOT_LEN, length);
		view.setUint8(nh + ipv4.TOS, view.getUint8(nh + ipv4.TOS) | mark);
		let word = 0;
		if (q.maxDfSize !== 0 && q.maxDfSize === q.maxSize) {
			word = ipv4.IP_DF;
			pool.flags[g] |= FRAME_FRAG_PMTU;
		}
		view.setUint16(nh + ipv4.FRAG_OFF, word);
		ipv4.setChecksum(view, nh);
		pool.setCuts(g, {
			lengths: q.pieces.map((p) => p.length),
			data: q.pieces.map((p) => pool.data[p.f]),
			headers: q.pieces.map((p) => ipv4.headerLength(view, pool.nh[p.f])),
		});
		for (const p of q.pieces) pool.deliver(p.f, DELIVERED.reassembly);
		this.memory -= q.bytes;
		q.pieces = [];
		this.forget(q);
		return g;
	}
	/** An overlap or nonsense: everything that came of this datagram is thrown away. */
	private discard(q: Queue, f: number): number {
		this.kill(q, DROP.NOT_SPECIFIED);
		this.ns.core.pool.drop(f, DROP.NOT_SPECIFIED);
		this.forget(q);
		return -1;
	}
	private kill(q: Queue, reason: number): void {
		for (const p of q.pieces) this.ns.core.pool.drop(p.f, reason);
		this.memory -= q.bytes;
		q.pieces = [];
		q.bytes = 0;
	}
	private forget(q: Queue): void {
		this.queues.delete(q.key);
		this.byNumber.delete(q.number);
	}
}
