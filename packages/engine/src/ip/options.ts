/**
 * IPv4 options of an arriving packet: validity, record route, time stamps and source routes on the way through this host
 * (net/ipv4/ip_options.c; RFC 791 §3.1). What an answer takes over of them is in options-reply.ts.
 *
 * What reception found stands in the frame's flags (FRAME_OPTIONS …), not in a record: the places are found again by a walk.
 */
import type { NetDevice } from "../device/netdev.ts";
import {
	FRAME_OPT_CHANGED,
	FRAME_OPT_RR,
	FRAME_OPT_SRR_HIT,
	FRAME_OPT_TS_ADDR,
	FRAME_OPT_TS_TIME,
	FRAME_OPTIONS,
} from "../frame/flags.ts";
import { PACKET_HOST } from "../frame/pool.ts";
import { RTN_LOCAL, RTN_UNICAST } from "../netfilter/types.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { RT_SCOPE_UNIVERSE, selectAddress } from "./address.ts";
import type { Route } from "./fib.ts";
import type { Netns } from "./netns.ts";

export const END = 0;
export const NOOP = 1;
export const RR = 7;
export const TIMESTAMP = 68;
export const LSRR = 131;
export const CIPSO = 134;
export const ROUTER_ALERT = 148;
export const SSRR = 137;
/** Flag nibble of a time stamp option. */
const TS_ONLY = 0;
const TS_AND_ADDRESS = 1;
export const TS_PRESPECIFIED = 3;

/** Milliseconds since midnight, of virtual time (inet_current_timestamp). */
export function timestamp(ns: Netns): number {
	return Math.floor(ns.core.clock[0] / 1e6) % 86_400_000;
}
/** Arena offset of the first option of a type in front of `end`, -1 when there is none. Only valid options may stand before it. */
export function findOption(view: DataView, nh: number, end: number, ...types: number[]): number {
	for (let o = nh + ipv4.IP_HLEN; o < end; ) {
		const type = view.getUint8(o);
		if (type === END) return -1;
		if (types.includes(type)) return o;
		o += type === NOOP ? 1 : Math.max(2, view.getUint8(o + 1));
	}
	return -1;
}

/** ip_rcv_options: check and fill in. False: drop the packet (an ICMP error has been sent if one is due). */
export function receiveOptions(ns: Netns, f: number, dev: NetDevice): boolean {
	const { pool } = ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	const end = nh + ipv4.headerLength(view, nh);
	pool.flags[f] |= FRAME_OPTIONS;
	const bad = compile(ns, f, dev, end);
	if (bad >= 0) {
		ns.icmp.send(f, icmp.PARAMETER_PROBLEM, 0, (bad - nh) << 24);
		return false;
	}
	const srr = findOption(view, nh, end, LSRR, SSRR);
	if (srr < 0) return true;
	const inDev = ns.inDevices[dev.id];
	if (inDev === undefined || inDev.conf.accept_source_route === 0 || ns.confAll.accept_source_route === 0)
		return false;
	return receiveSourceRoute(ns, f, dev, srr);
}

/** ip_options_compile: -1 fine, else the arena offset of what is wrong. `ns.optionsEnd` is where the valid ones end. */
function compile(ns: Netns, f: number, dev: NetDevice, end: number): number {
	const { pool } = ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	let seen = 0;
	const once = (bit: number): boolean => {
		const fresh = (seen & bit) === 0;
		seen |= bit;
		return fresh;
	};
	for (let o = nh + ipv4.IP_HLEN; o < end; ) {
		ns.optionsReply.end = o;
		const type = view.getUint8(o);
		if (type === END) {
			// what follows the end is made nothing
			for (let i = o + 1; i < end; i++) {
				if (view.getUint8(i) === END) continue;
				view.setUint8(i, END);
				pool.flags[f] |= FRAME_OPT_CHANGED;
			}
			break;
		}
		if (type === NOOP) {
			o++;
			continue;
		}
		const length = o + 1 < end ? view.getUint8(o + 1) : 0;
		if (length < 2 || o + length > end) return o;
		let bad = -1;
		if (type === LSRR || type === SSRR) {
			if (length < 3) bad = o + 1;
			else if (view.getUint8(o + 2) < 4) bad = o + 2;
			else if (!once(1)) bad = o;
		} else if (type === RR) bad = once(2) ? recordRoute(ns, f, dev, o, length) : o;
		else if (type === TIMESTAMP) bad = once(4) ? stamp(ns, f, dev, o, length) : o;
		else if (type === ROUTER_ALERT && length < 4) bad = o + 1;
		else if (type === CIPSO) {
			// no domain of interpretation is known here; the option goes back with the error (cipso_v4_validate)
			bad = o + (length < 8 ? 1 : 2);
			ns.optionsReply.end = o + length;
		}
		if (bad >= 0) return bad;
		o += length;
	}
	ns.optionsReply.end = end;
	return -1;
}
function recordRoute(ns: Netns, f: number, dev: NetDevice, o: number, length: number): number {
	const { pool } = ns.core;
	const view = pool.view;
	if (length < 3) return o + 1;
	const pointer = view.getUint8(o + 2);
	if (pointer < 4) return o + 2;
	if (pointer > length) return -1;
	if (pointer + 3 > length) return o + 2;
	view.setInt32(o + pointer - 1, ns.router.specDst(f, dev));
	view.setUint8(o + 2, pointer + 4);
	pool.flags[f] |= FRAME_OPT_RR | FRAME_OPT_CHANGED;
	return -1;
}
function stamp(ns: Netns, f: number, dev: NetDevice, o: number, length: number): number {
	const { pool } = ns.core;
	const view = pool.view;
	if (length < 4) return o + 1;
	const pointer = view.getUint8(o + 2);
	if (pointer < 5) return o + 2;
	const word = view.getUint8(o + 3);
	const kind = word & 15;
	if (pointer > length) {
		if (kind === TS_PRESPECIFIED) return -1;
		if (word >> 4 === 15) return o + 3;
		view.setUint8(o + 3, word + 16);
		pool.flags[f] |= FRAME_OPT_CHANGED;
		return -1;
	}
	if (pointer + 3 > length) return o + 2;
	const at = o + pointer - 1;
	if (kind === TS_ONLY) {
		view.setInt32(at, timestamp(ns));
		view.setUint8(o + 2, pointer + 4);
		pool.flags[f] |= FRAME_OPT_TS_TIME | FRAME_OPT_CHANGED;
	} else if (kind === TS_AND_ADDRESS || kind === TS_PRESPECIFIED) {
		if (pointer + 7 > length) return o + 2;
		if (kind === TS_AND_ADDRESS) {
			view.setInt32(at, ns.router.specDst(f, dev));
			pool.flags[f] |= FRAME_OPT_TS_ADDR;
		} else if (ns.fib.addressType(view.getInt32(at), -1) === RTN_UNICAST) return -1;
		view.setInt32(at + 4, timestamp(ns));
		view.setUint8(o + 2, pointer + 8);
		pool.flags[f] |= FRAME_OPT_TS_TIME | FRAME_OPT_CHANGED;
	}
	return -1;
}

/** ip_options_rcv_srr: a packet for us goes on to the next address of its list. */
function receiveSourceRoute(ns: Netns, f: number, dev: NetDevice, o: number): boolean {
	const { pool } = ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	if (pool.pktType[f] !== PACKET_HOST) return false;
	const routed = pool.dstType[f];
	if (routed === RTN_UNICAST) {
		if (view.getUint8(o) === LSRR) return true;
		ns.icmp.send(f, icmp.PARAMETER_PROBLEM, 0, 16 << 24);
		return false;
	}
	if (routed !== RTN_LOCAL) return false;
	const length = view.getUint8(o + 1);
	for (let p = view.getUint8(o + 2); p <= length; p += 4) {
		if (p + 3 > length) {
			ns.icmp.send(f, icmp.PARAMETER_PROBLEM, 0, (o + 2 - nh) << 24);
			return false;
		}
		const next = view.getInt32(o + p - 1);
		const reason = ns.router.input(
			f,
			next,
			view.getInt32(nh + ipv4.SADDR),
			view.getUint8(nh + ipv4.TOS),
			dev,
		);
		const type: number = pool.dstType[f];
		if (reason !== 0 || (type !== RTN_UNICAST && type !== RTN_LOCAL)) return false;
		pool.flags[f] |= FRAME_OPT_CHANGED;
		if (type === RTN_UNICAST) {
			pool.flags[f] |= FRAME_OPT_SRR_HIT;
			// the next hop is the list's, while the header still has this host's address
			if (pool.dstGw[f] === 0) pool.dstGw[f] = next;
			return true;
		}
		view.setInt32(nh + ipv4.DADDR, next);
	}
	return true;
}

/** ip_forward_options: the recorded address becomes the one of the way out; a source route takes its next step. */
export function forwardOptions(ns: Netns, f: number): void {
	const { pool } = ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	const end = nh + ipv4.headerLength(view, nh);
	const flags = pool.flags[f];
	if ((flags & FRAME_OPT_RR) !== 0) {
		const o = findOption(view, nh, end, RR);
		view.setInt32(o + view.getUint8(o + 2) - 5, sourceFor(ns, f));
	}
	if ((flags & FRAME_OPT_SRR_HIT) !== 0) {
		const o = findOption(view, nh, end, LSRR, SSRR);
		const length = view.getUint8(o + 1);
		let p = view.getUint8(o + 2);
		// what is this host's own was passed already
		while (p + 3 <= length && ns.fib.isLocal(view.getInt32(o + p - 1))) p += 4;
		if (p + 3 <= length) {
			view.setInt32(nh + ipv4.DADDR, view.getInt32(o + p - 1));
			view.setInt32(o + p - 1, sourceFor(ns, f));
			view.setUint8(o + 2, p + 4);
		}
		if ((flags & FRAME_OPT_TS_ADDR) !== 0) {
			const ts = findOption(view, nh, end, TIMESTAMP);
			view.setInt32(ts + view.getUint8(ts + 2) - 9, sourceFor(ns, f));
		}
	}
	if ((flags & FRAME_OPT_CHANGED) !== 0) ipv4.setChecksum(view, nh);
}
/** ip_rt_get_source for a forwarded packet: the address that this host would send to its destination from. */
function sourceFor(ns: Netns, f: number): number {
	const { pool } = ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	const daddr = view.getInt32(nh + ipv4.DADDR);
	const out = ns.deviceById(pool.dstDev[f]);
	const tos = view.getUint8(nh + ipv4.TOS);
	if (ns.fib.lookup(daddr, view.getInt32(nh + ipv4.SADDR), tos, pool.mark[f], out, out.id, out.name) === 0)
		return ns.router.preferredSource(ns.fib.route as Route);
	const gw = pool.dstGw[f] !== 0 ? pool.dstGw[f] : daddr;
	return selectAddress(ns.inDevices[out.id], ns.allInDevices(), gw, RT_SCOPE_UNIVERSE);
}
