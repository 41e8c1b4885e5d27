/**
 * Putting fragments together (net/ipv6/reassembly.c, net/ipv6/netfilter/nf_conntrack_reasm.c; RFC 8200 §4.5, RFC 5722).
 *
 * A queue per (source, destination, id, user); for link-local and multicast destinations also per device. An exact duplicate is dropped,
 * any other overlap kills the queue. Bounded by ip6frag_high_thresh bytes of truesize; a queue lives ip6frag_time seconds.
 */
import { DROP } from "../frame/drop.ts";
import { FRAME_IGNORE_DF } from "../frame/flags.ts";
import {
	DEFRAG_LOCAL_DELIVER,
	type FragPiece,
	type FragQueue,
	FragQueues,
	fragEcn,
} from "../ip/frag-queues.ts";
import { DUPLICATE, OVERLAP, placeInRuns } from "../ip/fragment-runs.ts";
import { truesize } from "../ip/truesize.ts";
import { TO_FRAG6 } from "../netfilter/ct-sysctl.ts";
import { T_DEFRAG } from "../trace/kinds.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import { type Skipped, skipExtensions } from "./exthdrs.ts";
import type { Inet6 } from "./inet6.ts";

interface Piece extends FragPiece {
	/** Arena offset of its payload. */
	readonly at: number;
}
interface Queue extends FragQueue {
	readonly pieces: Piece[];
	/** Length of the whole payload as far as it is known. */
	total: number;
	lastIn: boolean;
	have: number;
	maxSize: number;
	/** Of the first fragment: where, from the IPv6 header on, it says that a fragment header follows. */
	nextAt: number;
	/** Bits 1 << ECN of the fragments. */
	ecn: number;
}

export class Reassembly6 extends FragQueues<Queue> {
	private readonly ip6: Inet6;
	private readonly skipped: Skipped = { offset: 0, next: 0, fragment: 0 };

	constructor(ip6: Inet6) {
		super(ip6.ns);
		this.ip6 = ip6;
	}
	/**
	 * ipv6_frag_rcv: the fragment header stands at `th`, announced at `nextAt`. Returns the frame itself when it is no fragment (its `th` is
	 * then behind the header), the datagram's frame when it is complete, or -1: kept or dropped. `before`: it has had one before.
	 */
	receive(f: number, nextAt: number, before: boolean): number {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const end = pool.off[f] + pool.len[f];
		if (before || view.getUint16(nh + ipv6.PAYLOAD_LEN) === 0 || th + ipv6.FRAG_HLEN > end) {
			ip6.icmp.paramProblem(f, icmpv6.HDR_FIELD, th - nh, DROP.NOT_SPECIFIED);
			return -1;
		}
		const word = view.getUint16(th + ipv6.FRAG_OFF);
		if ((word & (ipv6.FRAG_OFFSET | ipv6.FRAG_MF)) === 0) {
			pool.th[f] = th + ipv6.FRAG_HLEN;
			pool.fragMax[f] = end - nh;
			return f;
		}
		if (this.headersCut(nh, end)) {
			ip6.icmp.paramProblem(f, icmpv6.HDR_INCOMP, 0, DROP.PKT_TOO_SMALL);
			return -1;
		}
		return this.add(f, nextAt, DEFRAG_LOCAL_DELIVER);
	}
	/**
	 * nf_ct_frag6_gather: for connection tracking, wherever the fragment header stands. Returns the frame to go on with (the frame itself
	 * when it is no fragment) or -1. `user` tells the queues of the places that ask apart.
	 */
	gather(f: number, user: number): number {
		const { pool } = this.ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const end = pool.off[f] + pool.len[f];
		let nextAt = ipv6.NEXT_HDR;
		let at = ipv6.IP6_HLEN;
		for (;;) {
			const kind = view.getUint8(nh + nextAt);
			if (kind === ipv6.NEXTHDR_FRAGMENT) break;
			if (!ipv6.isExtension(kind) || kind === ipv6.NEXTHDR_NONE || nh + at + 2 > end) return f;
			nextAt = at;
			at += ipv6.extensionLength(view, nh + at, kind);
		}
		if (view.getUint16(nh + ipv6.PAYLOAD_LEN) === 0 || nh + at > end) return f;
		// the kernel lets it pass as it is; it is INVALID then
		if (this.headersCut(nh, end)) return f;
		if (nh + at + ipv6.FRAG_HLEN > end) {
			pool.drop(f, DROP.NOT_SPECIFIED);
			return -1;
		}
		const th = pool.th[f];
		pool.th[f] = nh + at;
		const g = this.add(f, nextAt, user);
		if (g === f) pool.th[f] = th;
		return g;
	}
	/** ns that a queue lives; conntrack's have a setting of their own. */
	private lifetime(user: number): number {
		const { ip6 } = this;
		if (user === DEFRAG_LOCAL_DELIVER) return ip6.conf.net.ip6frag_time * 1e9;
		return ip6.ns.conntrack.net(ip6.ns.id).timeouts[TO_FRAG6];
	}
	/** ip6frag_expire_frag_queue: unlike in IPv4, who only tracks connections says it too. */
	protected override expire(q: Queue, first: number): void {
		if (this.arrivedBy(q, first) !== null)
			this.ip6.icmp.send(first, icmpv6.TIME_EXCEED, icmpv6.EXC_FRAGTIME, 0);
	}
	/** ipv6frag_thdr_truncated: a first fragment must show the whole transport header. */
	private headersCut(nh: number, end: number): boolean {
		const { skipped } = this;
		const view = this.ip6.ns.core.pool.view;
		skipExtensions(view, nh + ipv6.IP6_HLEN, view.getUint8(nh + ipv6.NEXT_HDR), end, skipped);
		if (skipped.offset < 0 || (skipped.fragment & ipv6.FRAG_OFFSET) !== 0) return false;
		let need = 1;
		if (skipped.next === ipv6.NEXTHDR_TCP) need = 20;
		else if (skipped.next === ipv6.NEXTHDR_UDP || skipped.next === ipv6.NEXTHDR_ICMP) need = 8;
		return skipped.offset + need > end;
	}
	private add(f: number, nextAt: number, user: number): number {
		const { ip6 } = this;
		const { pool, trace } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const d = nh + ipv6.DADDR;
		const scoped = ipv6.isMulticast(view, d) || ipv6.isLinkLocal(view, d);
		let key = `${user} ${view.getInt32(pool.th[f] + ipv6.FRAG_ID)} ${scoped ? pool.dev[f] : -1}`;
		for (let i = 0; i < 32; i += 4) key += ` ${view.getInt32(nh + ipv6.SADDR + i)}`;
		let q = this.queues.get(key);
		if (q === undefined) {
			if (this.memory > ip6.conf.net.ip6frag_high_thresh) {
				pool.drop(f, DROP.NOMEM);
				return -1;
			}
			q = {
				key,
				deadline: 0,
				user,
				pieces: [],
				total: 0,
				lastIn: false,
				have: 0,
				maxSize: 0,
				nextAt: 0,
				runs: [],
				tailEnd: 0,
				bytes: 0,
				ecn: 0,
				dev: -1,
			};
			this.begin(q, this.lifetime(user));
		}
		q.dev = pool.dev[f];
		const g = this.queue(q, f, nextAt);
		if (trace.on !== 0 && g !== f)
			trace.add(T_DEFRAG, g >= 0 ? g : f, ip6.ns.lo.id, g >= 0 ? 1 : 0, g >= 0 ? pool.len[g] : 0, 0, 0);
		return g;
	}
	/** ip6_frag_queue, nf_ct_frag6_queue. The datagram, when it is complete; the fragment itself when it goes on as it is; or -1. */
	private queue(q: Queue, f: number, nextAt: number): number {
		const { ip6 } = this;
		const { pool } = ip6.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		const th = pool.th[f];
		const word = view.getUint16(th + ipv6.FRAG_OFF);
		const offset = word & ipv6.FRAG_OFFSET;
		const length = nh + ipv6.IP6_HLEN + view.getUint16(nh + ipv6.PAYLOAD_LEN) - th - ipv6.FRAG_HLEN;
		const end = offset + length;
		const local = q.user === DEFRAG_LOCAL_DELIVER;
		if (end > 65535) {
			if (local) this.problem(f, th + ipv6.FRAG_OFF - nh);
			else pool.drop(f, DROP.NOT_SPECIFIED);
			return -1;
		}
		if ((word & ipv6.FRAG_MF) !== 0 && (end & 7) !== 0) {
			// conntrack gives the datagram up, and leaves it to the host to tell the sender
			if (!local) return this.giveUp(q, f);
			this.problem(f, ipv6.PAYLOAD_LEN);
			return -1;
		}
		if (contradicts(q, word, end) || length === 0) {
			// only a host throws away what came before
			if (local) return this.discard(q, f);
			pool.drop(f, DROP.NOT_SPECIFIED);
			return -1;
		}
		const place = placeInRuns(q, offset, end);
		if (place === DUPLICATE) {
			pool.drop(f, DROP.DUP_FRAG);
			return -1;
		}
		if (place === OVERLAP) return this.discard(q, f);
		let i = q.pieces.length;
		while (i > 0 && q.pieces[i - 1].offset > offset) i--;
		q.pieces.splice(i, 0, { f, offset, length, at: th + ipv6.FRAG_HLEN });
		q.have += length;
		q.ecn |= 1 << (ipv6.trafficClass(view, nh) & 3);
		const size = truesize(pool.len[f]);
		q.bytes += size;
		this.memory += size;
		q.maxSize = Math.max(q.maxSize, th + ipv6.FRAG_HLEN + length - nh);
		if (offset === 0) q.nextAt = nextAt;
		if (q.lastIn && q.have === q.total && q.pieces[0].offset === 0) return this.build(q, f);
		pool.dstType[f] = 0;
		return -1;
	}
	/** ip6_frag_reasm: one frame from all. It is, in all but bytes, the one that came last. */
	private build(q: Queue, last: number): number {
		const { pool } = this.ip6.ns.core;
		const view = pool.view;
		const first = q.pieces[0];
		const nh0 = pool.nh[first.f];
		const hlen = first.at - ipv6.FRAG_HLEN - nh0;
		const prefix = nh0 - pool.off[first.f];
		const payload = hlen - ipv6.IP6_HLEN + q.total;
		const ecn = fragEcn(q.ecn);
		const g = payload > 65535 || ecn < 0 ? -1 : pool.generate(prefix + hlen + q.total);
		if (g < 0) {
			this.kill(q, DROP.NOMEM);
			return -1;
		}
		const nh = pool.off[g] + prefix;
		pool.bytes.copyWithin(pool.off[g], pool.off[first.f], nh0 + hlen);
		for (const p of q.pieces) pool.bytes.copyWithin(nh + hlen + p.offset, p.at, p.at + p.length);
		view.setUint8(nh + q.nextAt, view.getUint8(first.at - ipv6.FRAG_HLEN));
		view.setUint16(nh + ipv6.PAYLOAD_LEN, payload);
		if (ecn > 0) ipv6.setTrafficClass(view, nh, ipv6.trafficClass(view, nh) | ecn);
		const conntrack = q.user !== DEFRAG_LOCAL_DELIVER;
		pool.nh[g] = nh;
		pool.th[g] = nh + hlen;
		pool.dev[g] = pool.dev[last];
		pool.iif[g] = pool.iif[last];
		pool.pktType[g] = pool.pktType[last];
		pool.vlan[g] = pool.vlan[first.f];
		pool.mark[g] = pool.mark[last];
		pool.flags[g] = pool.flags[last] | (conntrack ? FRAME_IGNORE_DF : 0);
		pool.physIn[g] = pool.physIn[last];
		pool.physOut[g] = pool.physOut[last];
		pool.dstType[g] = conntrack ? 0 : pool.dstType[last];
		pool.dstDev[g] = pool.dev[last];
		pool.dstGw[g] = 0;
		pool.fragMax[g] = q.maxSize;
		pool.setCuts(g, {
			lengths: q.pieces.map((p) => p.length),
			data: q.pieces.map((p) => pool.data[p.f]),
		});
		this.complete(q);
		return g;
	}
	/** The fragment is malformed: its sender is told, the queue goes on. */
	private problem(f: number, pointer: number): void {
		this.ip6.icmp.paramProblem(f, icmpv6.HDR_FIELD, pointer, DROP.NOT_SPECIFIED);
	}
	/** The datagram is given up, and the fragment goes on as it came. */
	private giveUp(q: Queue, f: number): number {
		this.kill(q, DROP.NOT_SPECIFIED);
		return f;
	}
}

/** What the fragment says about the datagram's end is noted. True: others said otherwise. */
function contradicts(q: Queue, word: number, end: number): boolean {
	if ((word & ipv6.FRAG_MF) === 0) {
		if (end < q.total || (q.lastIn && end !== q.total)) return true;
		q.lastIn = true;
		q.total = end;
	} else if (end > q.total) {
		if (q.lastIn) return true;
		q.total = end;
	}
	return false;
}
