/** IPv4 options as a router meets them: validity, record route and time stamps, source routes (net/ipv4/ip_options.c). */
import type { NetDevice } from "../device/netdev.ts";
import * as icmp from "../wire/icmp.ts";
import * as ipv4 from "../wire/ipv4.ts";
import { RT_SCOPE_LINK, selectAddress } from "./address.ts";
import type { Netns } from "./netns.ts";

const END = 0;
const NOOP = 1;
const RR = 7;
const LSRR = 131;
const SSRR = 137;

/**
 * ip_rcv_options: check them, and fill this host's slot of a record-route option. False: drop the packet (a parameter problem
 * has been sent if one is due).
 */
export function receiveOptions(ns: Netns, f: number, dev: NetDevice): boolean {
	const { pool } = ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	const end = nh + ipv4.headerLength(view, nh);
	let changed = false;
	for (let o = nh + ipv4.IP_HLEN; o < end; ) {
		const type = view.getUint8(o);
		if (type === END) {
			// what follows the end is made nothing
			for (let i = o + 1; i < end; i++) {
				if (view.getUint8(i) !== END) {
					view.setUint8(i, END);
					changed = true;
				}
			}
			break;
		}
		if (type === NOOP) {
			o++;
			continue;
		}
		const length = o + 1 < end ? view.getUint8(o + 1) : 0;
		if (length < 2 || o + length > end) {
			ns.icmp.send(f, icmp.PARAMETER_PROBLEM, 0, (o - nh) << 24);
			return false;
		}
		if (type === LSRR || type === SSRR) {
			// refused by default (accept_source_route), and not followed where it is allowed
			return false;
		}
		if (type === RR) {
			const pointer = length >= 3 ? view.getUint8(o + 2) : 0;
			if (length < 3 || pointer < 4) {
				ns.icmp.send(f, icmp.PARAMETER_PROBLEM, 0, (o + (length < 3 ? 1 : 2) - nh) << 24);
				return false;
			}
			if (pointer <= length) {
				if (pointer + 3 > length) {
					ns.icmp.send(f, icmp.PARAMETER_PROBLEM, 0, (o + 2 - nh) << 24);
					return false;
				}
				view.setInt32(o + pointer - 1, ns.router.specDst(f, dev));
				view.setUint8(o + 2, pointer + 4);
				changed = true;
			}
		}
		o += length;
	}
	if (changed) ipv4.setChecksum(view, nh);
	return true;
}

/** ip_forward_options: the recorded address becomes the one of the way out. */
export function forwardOptions(ns: Netns, f: number): void {
	const { pool } = ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	const end = nh + ipv4.headerLength(view, nh);
	for (let o = nh + ipv4.IP_HLEN; o < end; ) {
		const type = view.getUint8(o);
		if (type === END) return;
		if (type === NOOP) {
			o++;
			continue;
		}
		const length = view.getUint8(o + 1);
		if (type === RR && view.getUint8(o + 2) >= 8) {
			const pointer = view.getUint8(o + 2);
			const out = pool.dstDev[f];
			const gw = pool.dstGw[f] !== 0 ? pool.dstGw[f] : view.getInt32(nh + ipv4.DADDR);
			view.setInt32(o + pointer - 5, selectAddress(ns.inDevices[out], ns.allInDevices(), gw, RT_SCOPE_LINK));
			ipv4.setChecksum(view, nh);
			return;
		}
		o += length;
	}
}

/**
 * The options an ICMP answer carries (__ip_options_echo): record route is copied as it stands, the rest is dropped. Returns the
 * number of bytes written at `to`, a multiple of 4.
 */
export function echoOptions(ns: Netns, f: number, to: Uint8Array): number {
	const { pool } = ns.core;
	const view = pool.view;
	const nh = pool.nh[f];
	const end = nh + ipv4.headerLength(view, nh);
	for (let o = nh + ipv4.IP_HLEN; o < end; ) {
		const type = view.getUint8(o);
		if (type === END) return 0;
		if (type === NOOP) {
			o++;
			continue;
		}
		const length = view.getUint8(o + 1);
		if (length < 2 || o + length > end) return 0;
		if (type === RR) {
			const padded = (length + 3) & ~3;
			to.fill(0, 0, padded);
			for (let i = 0; i < length; i++) to[i] = view.getUint8(o + i);
			return padded;
		}
		o += length;
	}
	return 0;
}
