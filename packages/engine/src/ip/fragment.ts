/** Cutting a datagram into fragments (net/ipv4/ip_output.c, ip_do_fragment). */

import { type NetDevice, TX_DROPPED } from "../device/netdev.ts";
import type { Cuts } from "../frame/cuts.ts";
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_CSUM_PARTIAL, FRAME_FRAG_PMTU, FRAME_PROCESS, FRAME_SHARED_DATA } from "../frame/flags.ts";
import type { FramePool } from "../frame/pool.ts";
import type { Core } from "../ring/core.ts";
import { T_FRAGMENT } from "../trace/kinds.ts";
import * as eth from "../wire/ethernet.ts";
import * as ipv4 from "../wire/ipv4.ts";

/**
 * Send the packet as fragments of at most `mtu` bytes of IP each to `emit`. A datagram that was reassembled goes out in the
 * cuts in which it came, if they all fit; else it is cut anew. Every fragment keeps the 14 bytes in front of its header free
 * (or filled with what stood in front of the original: a bridged frame's MACs). `emit`: see `sendAll`.
 */
export function fragment(core: Core, f: number, linkMtu: number, emit: (piece: number) => boolean): boolean {
	const { pool, trace } = core;
	const view = pool.view;
	const nh = pool.nh[f];
	const hlen = ipv4.headerLength(view, nh);
	const total = view.getUint16(nh + ipv4.TOT_LEN);
	const max = pool.fragMax[f];
	const mtu = max > 0 && max < linkMtu ? max : linkMtu;
	if (mtu - hlen < 8) {
		pool.drop(f, DROP.PKT_TOO_BIG);
		return true;
	}
	const whence = pool.cuts.get(f);
	const original = originalCuts(whence, total - hlen, mtu, hlen);
	const shared = whence?.data ?? [];
	const cuts = original ?? newCuts(total - hlen, (mtu - hlen) & ~7);
	if (trace.on !== 0) trace.add(T_FRAGMENT, f, pool.dev[f], mtu, cuts.length, 0, 0);
	const word = view.getUint16(nh + ipv4.FRAG_OFF);
	const keepDf = original === null && (pool.flags[f] & FRAME_FRAG_PMTU) !== 0 ? ipv4.IP_DF : 0;
	const baseOffset = (word & ipv4.IP_OFFSET) << 3;
	const prefix = nh - pool.off[f];
	let at = 0;
	const pieces: number[] = [];
	for (let i = 0; i < cuts.length; i++) {
		const last = i === cuts.length - 1;
		const piece = pool.generate(prefix + hlen + cuts[i]);
		if (piece < 0) {
			pool.dropUnborn(DROP.NOMEM);
			at += cuts[i];
			continue;
		}
		inheritMeta(core, f, piece);
		const o = pool.off[piece];
		const pn = o + prefix;
		pool.nh[piece] = pn;
		pool.th[piece] = pn + hlen;
		pool.bytes.copyWithin(o, pool.off[f], nh + hlen);
		if (i > 0) blankOptions(view, pn, hlen);
		pool.bytes.copyWithin(pn + hlen, nh + hlen + at, nh + hlen + at + cuts[i]);
		const more = !last || (word & ipv4.IP_MF) !== 0 ? ipv4.IP_MF : 0;
		view.setUint16(pn + ipv4.FRAG_OFF, ((baseOffset + at) >> 3) | more | keepDf);
		view.setUint16(pn + ipv4.TOT_LEN, hlen + cuts[i]);
		ipv4.setChecksum(view, pn);
		at += cuts[i];
		if (original !== null && i > 0) {
			// in place: the fragment's own bytes, which whoever cloned it still sees
			pool.data[piece] = shared[i];
			pool.flags[piece] |= FRAME_SHARED_DATA;
		}
		pieces.push(piece);
	}
	pool.deliver(f, DELIVERED.fragmentation);
	return sendAll(core, pieces, emit);
}

/** The link header of a fragment in its own bytes is written; a cached one has two zeros in front (HH_DATA_MOD). */
export function sharedLinkHeader(pool: FramePool, f: number, cached: boolean): void {
	if (pool.sharedWrite === null) return;
	if (cached) pool.view.setUint16(pool.off[f] - 2, 0);
	pool.sharedWrite(f, cached ? eth.ETH_HLEN + 2 : eth.ETH_HLEN);
}

/**
 * The rest of a datagram stays behind once a device has dropped one of its fragments. `emit` says false for that, and so is then said
 * here. Of fragments in their own bytes the next one has its header when one goes.
 */
export function sendAll(core: Core, pieces: readonly number[], emit: (piece: number) => boolean): boolean {
	const { pool } = core;
	// what a process sends is received, and may be answered, before its next fragment follows (local_bh_enable in __dev_queue_xmit)
	const byProcess = pieces.length > 0 && (pool.flags[pieces[0]] & FRAME_PROCESS) !== 0;
	let sending = true;
	for (let i = 0; i < pieces.length; i++) {
		if (!sending) {
			pool.drop(pieces[i], DROP.NOT_SPECIFIED);
			continue;
		}
		const next = i + 1 < pieces.length ? pieces[i + 1] : -1;
		if (next >= 0 && (pool.flags[next] & FRAME_SHARED_DATA) !== 0 && pool.sharedWrite !== null)
			pool.sharedWrite(next, 0);
		sending = emit(pieces[i]);
		if (byProcess) core.settle();
	}
	return sending;
}
/** `output` on a device that may drop without a socket's hearing of it: NET_XMIT_CN of noop_qdisc, when it has no carrier. */
export function sentOn(dev: NetDevice, f: number, output: (f: number) => boolean): boolean {
	const before = dev.stats[TX_DROPPED];
	return output(f) && dev.stats[TX_DROPPED] === before;
}

/** What a fragment knows because its datagram did. */
export function inheritMeta(core: Core, f: number, piece: number): void {
	const pool = core.pool;
	pool.dev[piece] = pool.dev[f];
	pool.iif[piece] = pool.iif[f];
	pool.pktType[piece] = pool.pktType[f];
	pool.vlan[piece] = pool.vlan[f];
	pool.mark[piece] = pool.mark[f];
	pool.ct[piece] = pool.ct[f];
	pool.ctinfo[piece] = pool.ctinfo[f];
	if (pool.ct[f] !== 0 && pool.ctHolder !== null) pool.ctHolder.get(pool.ct[f]);
	pool.flags[piece] = pool.flags[f] & ~FRAME_CSUM_PARTIAL;
	pool.physIn[piece] = pool.physIn[f];
	pool.physOut[piece] = pool.physOut[f];
	pool.dstType[piece] = pool.dstType[f];
	pool.dstDev[piece] = pool.dstDev[f];
	pool.dstGw[piece] = pool.dstGw[f];
	pool.dstMtu[piece] = pool.dstMtu[f];
	pool.dstError[piece] = pool.dstError[f];
}

/** The cuts in which a reassembled datagram came, if each of them is still allowed (fast path of ip_do_fragment). */
function originalCuts(
	whence: Cuts | undefined,
	payload: number,
	mtu: number,
	hlen: number,
): readonly number[] | null {
	if (whence === undefined || whence.lengths.reduce((a, b) => a + b, 0) !== payload) return null;
	const cuts = whence.lengths;
	for (let i = 0; i < cuts.length; i++) {
		if (cuts[i] + hlen > mtu || (i < cuts.length - 1 && (cuts[i] & 7) !== 0)) return null;
		// the new header must find room where the old one was: senders reserve just enough for the link's (skb_headroom)
		if (i > 0 && whence.headers !== undefined && whence.headers[i] < hlen) return null;
	}
	return cuts;
}
function newCuts(payload: number, each: number): number[] {
	const cuts: number[] = [];
	for (let left = payload; left > 0; left -= each) cuts.push(Math.min(left, each));
	return cuts;
}
/** ip_options_fragment: options without the copied flag become no-operations. */
function blankOptions(view: DataView, nh: number, hlen: number): void {
	for (let o = nh + 20; o < nh + hlen; ) {
		const type = view.getUint8(o);
		if (type === 0) return;
		if (type === 1) {
			o++;
			continue;
		}
		const length = Math.max(2, view.getUint8(o + 1));
		if ((type & 0x80) === 0) for (let i = o; i < Math.min(o + length, nh + hlen); i++) view.setUint8(i, 1);
		o += length;
	}
}
