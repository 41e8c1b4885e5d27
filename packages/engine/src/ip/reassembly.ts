/**
 * Putting fragments together (net/ipv4/ip_fragment.c, net/ipv4/inet_fragment.c; RFC 791 §3.2, RFC 815).
 *
 * A queue per (source, destination, id, protocol, user); fragments are kept in order of offset. An exact duplicate is dropped, any
 * other overlap kills the queue. Bounded by ipfrag_high_thresh bytes of truesize; a queue lives ipfrag_time seconds.
 */
import { DROP } from "../frame/drop.ts";
import { FRAME_FRAG_PMTU, FRAME_IGNORE_DF } from "../frame/flags.ts";
import { RTN_LOCAL } from "../netfilter/types.ts";
import { T_DEFRAG } from "../trace/kinds.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { DEFRAG_LOCAL_DELIVER, type FragQueue, FragQueues, fragEcn } from "./frag-queues.ts";
import { DUPLICATE, OVERLAP, placeInRuns } from "./fragment-runs.ts";
import { truesize } from "./truesize.ts";

interface Queue extends FragQueue {
	/** Length of the whole payload, -1 until the last fragment came. */
	total: number;
	have: number;
	maxSize: number;
	maxDfSize: number;
	/** Which ECN codepoints its fragments had, one bit each. */
	ecn: number;
}

export class Reassembly extends FragQueues<Queue> {
	/** ip_defrag: the whole datagram's frame once it is complete, else -1 (kept or dropped). `user` separates queues. */
	add(f: number, user: number): number {
		const { pool, trace } = this.ns.core;
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
				deadline: 0,
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
			this.begin(q, this.ns.conf.ipfrag_time * 1e9);
		}
		const g = this.queue(q, f);
		if (trace.on !== 0)
			trace.add(T_DEFRAG, g >= 0 ? g : f, this.ns.lo.id, g >= 0 ? 1 : 0, g >= 0 ? pool.len[g] : 0, 0, 0);
		return g;
	}
	/** ip_expire: only the host that the datagram was for says that it is incomplete, whoever put it together; so its route is asked for anew. */
	protected override expire(q: Queue, first: number): void {
		const { ns } = this;
		const { pool } = ns.core;
		const dev = this.arrivedBy(q, first);
		if (dev === null) return;
		const { view } = pool;
		const nh = pool.nh[first];
		const daddr = view.getInt32(nh + ipv4.DADDR);
		const saddr = view.getInt32(nh + ipv4.SADDR);
		if (ns.router.input(first, daddr, saddr, view.getUint8(nh + ipv4.TOS), dev) !== 0) return;
		if (q.user === DEFRAG_LOCAL_DELIVER || pool.dstType[first] === RTN_LOCAL)
			ns.icmp.send(first, icmp.TIME_EXCEEDED, icmp.EXC_FRAGTIME, 0);
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
		const mark = fragEcn(q.ecn);
		if (mark < 0) {
			this.kill(q, DROP.NOT_SPECIFIED);
			return -1;
		}
		const g = length > 65535 ? -1 : pool.generate(prefix + length);
		if (g < 0) {
			this.kill(q, DROP.NOMEM);
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
		pool.flags[g] = pool.flags[last] | (q.user === DEFRAG_LOCAL_DELIVER ? 0 : FRAME_IGNORE_DF);
		pool.physIn[g] = pool.physIn[last];
		pool.physOut[g] = pool.physOut[last];
		pool.dstType[g] = q.user === DEFRAG_LOCAL_DELIVER ? 2 : 0;
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
		this.complete(q);
		return g;
	}
}
