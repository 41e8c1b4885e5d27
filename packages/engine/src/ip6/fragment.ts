/** Cutting a packet into fragments (net/ipv6/ip6_output.c, ip6_fragment; RFC 8200 §4.5). */
import { DELIVERED } from "../frame/delivery.ts";
import { DROP } from "../frame/drop.ts";
import { FRAME_IGNORE_DF, FRAME_SHARED_DATA } from "../frame/flags.ts";
import { inheritMeta, sendAll, sentOn } from "../ip/fragment.ts";
import { T_FRAGMENT } from "../trace/kinds.ts";
import * as icmpv6 from "../wire/icmpv6.ts";
import * as ipv6 from "../wire/ipv6.ts";
import type { Inet6 } from "./inet6.ts";

/**
 * Send a packet that is too long for its way as fragments, or tell its sender. Only what this namespace made itself or put
 * together may be cut; a packet that was put together goes out in the cuts in which it came, if they fit.
 */
export function fragment6(
	ip6: Inet6,
	f: number,
	output: (piece: number) => boolean = (piece) =>
		sentOn(ip6.ns.deviceById(ip6.ns.core.pool.dstDev[piece]), piece, (g) => ip6.out.toNeighbour(g)),
): void {
	const { core } = ip6.ns;
	const { pool, trace } = core;
	const view = pool.view;
	const nh = pool.nh[f];
	const end = pool.off[f] + pool.len[f];
	const total = end - nh;
	const linkMtu = pool.dstMtu[f];
	const max = pool.fragMax[f];
	const ignoreDf = (pool.flags[f] & FRAME_IGNORE_DF) !== 0;
	if ((!ignoreDf && total > linkMtu) || max > linkMtu) {
		tooBig(ip6, f, linkMtu);
		return;
	}
	const mtu = max > 0 ? Math.max(max, ipv6.IPV6_MIN_MTU) : linkMtu;
	const at = firstFragmentable(view, nh, end);
	if (at.length < 0) {
		pool.drop(f, DROP.NOT_SPECIFIED);
		return;
	}
	const hlen = at.length;
	if (mtu < hlen + ipv6.FRAG_HLEN + 8) {
		tooBig(ip6, f, mtu);
		return;
	}
	const each = mtu - hlen - ipv6.FRAG_HLEN;
	const whence = pool.cuts.get(f);
	const original = originalCuts(whence?.lengths, total - hlen, each);
	const shared = whence?.data ?? [];
	const cuts = original ?? newCuts(total - hlen, each);
	if (trace.on !== 0) trace.add(T_FRAGMENT, f, pool.dev[f], mtu, cuts.length, 0, 0);
	const id = ip6.ns.random.i32() || 1;
	const next = view.getUint8(nh + at.nextAt);
	const pieces: number[] = [];
	const prefix = nh - pool.off[f];
	let offset = 0;
	for (let i = 0; i < cuts.length; i++) {
		const piece = pool.generate(prefix + hlen + ipv6.FRAG_HLEN + cuts[i]);
		if (piece < 0) {
			pool.dropUnborn(DROP.NOMEM);
			offset += cuts[i];
			continue;
		}
		inheritMeta(core, f, piece);
		const pn = pool.off[piece] + prefix;
		const fh = pn + hlen;
		pool.nh[piece] = pn;
		pool.th[piece] = fh;
		pool.bytes.copyWithin(pool.off[piece], pool.off[f], nh + hlen);
		pool.bytes.copyWithin(fh + ipv6.FRAG_HLEN, nh + hlen + offset, nh + hlen + offset + cuts[i]);
		view.setUint8(pn + at.nextAt, ipv6.NEXTHDR_FRAGMENT);
		view.setUint16(fh, next << 8);
		view.setUint16(fh + ipv6.FRAG_OFF, offset | (i < cuts.length - 1 ? ipv6.FRAG_MF : 0));
		view.setInt32(fh + ipv6.FRAG_ID, id);
		view.setUint16(pn + ipv6.PAYLOAD_LEN, hlen - ipv6.IP6_HLEN + ipv6.FRAG_HLEN + cuts[i]);
		offset += cuts[i];
		if (original !== null && i > 0) {
			// in place: the fragment's own bytes, which whoever cloned it still sees (ip6_frag_next)
			pool.data[piece] = shared[i];
			pool.flags[piece] |= FRAME_SHARED_DATA;
		}
		pieces.push(piece);
	}
	pool.deliver(f, DELIVERED.fragmentation);
	sendAll(core, pieces, output);
}
function tooBig(ip6: Inet6, f: number, mtu: number): void {
	ip6.icmp.send(f, icmpv6.PKT_TOOBIG, 0, mtu);
	ip6.ns.core.pool.drop(f, DROP.PKT_TOO_BIG);
}

/**
 * ip6_find_1stfragopt: `length` of the headers that every fragment repeats, and where, from the IPv6 header on, the last of them says
 * what follows. Length -1: nonsense.
 */
export function firstFragmentable(
	view: DataView,
	nh: number,
	end: number,
): { readonly length: number; readonly nextAt: number } {
	let offset = ipv6.IP6_HLEN;
	let nextAt = ipv6.NEXT_HDR;
	let foundRouting = false;
	for (;;) {
		const kind = view.getUint8(nh + nextAt);
		if (kind === ipv6.NEXTHDR_ROUTING) foundRouting = true;
		else if (kind === ipv6.NEXTHDR_DEST) {
			if (foundRouting) return { length: offset, nextAt };
		} else if (kind !== ipv6.NEXTHDR_HOP) return { length: offset, nextAt };
		if (nh + offset + 8 > end) return { length: -1, nextAt };
		nextAt = offset;
		offset += (view.getUint8(nh + offset + 1) + 1) << 3;
		if (nh + offset > end) return { length: -1, nextAt };
	}
}
/** The cuts in which a reassembled packet came, if each of them is still allowed. */
function originalCuts(
	cuts: readonly number[] | undefined,
	payload: number,
	each: number,
): readonly number[] | null {
	if (cuts === undefined || cuts.reduce((a, b) => a + b, 0) !== payload) return null;
	for (let i = 0; i < cuts.length; i++)
		if (cuts[i] > each || (i < cuts.length - 1 && (cuts[i] & 7) !== 0)) return null;
	return cuts;
}
function newCuts(payload: number, each: number): number[] {
	const cuts: number[] = [];
	for (let left = payload; left > 0; ) {
		const n = left <= each ? left : each & ~7;
		cuts.push(n);
		left -= n;
	}
	return cuts;
}
