/** The options that an answer takes over from the packet it answers (__ip_options_echo, ip_options_build; net/ipv4/ip_options.c). */
import { FRAME_OPT_RR, FRAME_OPT_TS_ADDR, FRAME_OPT_TS_TIME, FRAME_OPTIONS } from "../frame/flags.ts";
import { RTN_UNICAST } from "../netfilter/types.ts";
import * as ipv4 from "../wire/ipv4.ts";
import type { Netns } from "./netns.ts";
import { CIPSO, findOption, LSRR, RR, SSRR, TIMESTAMP, TS_PRESPECIFIED, timestamp } from "./options.ts";

export class OptionsReply {
	/** Arena offset at which the valid options of the packet that was received last end. */
	end = 0;
	/** Bytes of options, a multiple of 4. */
	length = 0;
	/** First hop of the source route back, 0 = straight to the sender. */
	firstHop = 0;
	private readonly bytes: Uint8Array = new Uint8Array(40);
	/** Places in `bytes` that `build` fills in, -1 none. */
	private rrAt = -1;
	private tsAddrAt = -1;
	private tsTimeAt = -1;
	private srrAt = -1;
	private readonly ns: Netns;

	constructor(ns: Netns) {
		this.ns = ns;
	}
	/** Take over what the answer to `f` carries. False: the options do not allow an answer. */
	echo(f: number): boolean {
		const { pool } = this.ns.core;
		const view = pool.view;
		const nh = pool.nh[f];
		this.length = 0;
		this.firstHop = 0;
		this.rrAt = -1;
		this.tsAddrAt = -1;
		this.tsTimeAt = -1;
		this.srrAt = -1;
		if (view.getUint8(nh) === 0x45 || (pool.flags[f] & FRAME_OPTIONS) === 0) return true;
		const whole = nh + ipv4.headerLength(view, nh);
		const end = this.end > nh && this.end <= whole ? this.end : whole;
		const rr = findOption(view, nh, end, RR);
		if (rr >= 0 && !this.recordRoute(f, rr)) return false;
		const ts = findOption(view, nh, end, TIMESTAMP);
		if (ts >= 0 && !this.stamp(f, ts)) return false;
		const srr = findOption(view, nh, end, LSRR, SSRR);
		if (srr >= 0) this.sourceRoute(f, srr);
		const cipso = findOption(view, nh, end, CIPSO);
		if (cipso >= 0) this.copy(cipso, view.getUint8(cipso + 1));
		while ((this.length & 3) !== 0) this.bytes[this.length++] = 0;
		return true;
	}
	/** Write them behind the header of `g`, whose source is `saddr` and whose end of the way is `daddr`. */
	build(g: number, saddr: number, daddr: number): void {
		const { pool } = this.ns.core;
		const o = pool.nh[g] + ipv4.IP_HLEN;
		for (let i = 0; i < this.length; i++) pool.bytes[o + i] = this.bytes[i];
		if (this.srrAt >= 0) pool.view.setInt32(o + this.srrAt, daddr);
		if (this.rrAt >= 0) pool.view.setInt32(o + this.rrAt, saddr);
		if (this.tsAddrAt >= 0) pool.view.setInt32(o + this.tsAddrAt, saddr);
		if (this.tsTimeAt >= 0) pool.view.setInt32(o + this.tsTimeAt, timestamp(this.ns));
	}
	private copy(o: number, length: number): number {
		const at = this.length;
		for (let i = 0; i < length; i++) this.bytes[at + i] = this.ns.core.pool.bytes[o + i];
		this.length += length;
		return at;
	}
	private recordRoute(f: number, o: number): boolean {
		const { pool } = this.ns.core;
		const length = pool.view.getUint8(o + 1);
		const pointer = pool.view.getUint8(o + 2);
		const at = this.copy(o, length);
		if ((pool.flags[f] & FRAME_OPT_RR) === 0 || pointer > length) return true;
		if (pointer + 3 > length) return false;
		this.bytes[at + 2] = pointer + 4;
		this.rrAt = at + pointer - 1;
		return true;
	}
	private stamp(f: number, o: number): boolean {
		const { pool } = this.ns.core;
		const length = pool.view.getUint8(o + 1);
		let pointer = pool.view.getUint8(o + 2);
		const at = this.copy(o, length);
		if (pointer > length) return true;
		const address = (pool.flags[f] & FRAME_OPT_TS_ADDR) !== 0;
		let time = (pool.flags[f] & FRAME_OPT_TS_TIME) !== 0;
		if (address) {
			if (pointer + 3 > length) return false;
			pointer += 4;
		}
		if (time) {
			if (pointer + 3 > length) return false;
			if ((this.bytes[at + 3] & 15) !== TS_PRESPECIFIED) pointer += 4;
			else {
				time = false;
				if (pointer + 7 <= length) {
					time = this.ns.fib.addressType(pool.view.getInt32(o + pointer - 1), -1) !== RTN_UNICAST;
					if (time) pointer += 8;
				}
			}
		}
		this.bytes[at + 2] = pointer;
		if (address) this.tsAddrAt = at + pointer - 9;
		if (time) this.tsTimeAt = at + pointer - 5;
		return true;
	}
	/** The way that was taken, backwards. */
	private sourceRoute(f: number, o: number): void {
		const { pool } = this.ns.core;
		const view = pool.view;
		const length = view.getUint8(o + 1);
		let p = Math.min(view.getUint8(o + 2), length + 1) - 4;
		if (p <= 3) return;
		const first = view.getInt32(o + p - 1);
		const hops: number[] = [];
		for (p -= 4; p > 3; p -= 4) hops.push(view.getInt32(o + p - 1));
		// room for the sender itself, which `build` fills in, unless the list began with it (RFC 1812 §5.3.13.4)
		if (view.getInt32(pool.nh[f] + ipv4.SADDR) !== view.getInt32(o + p + 3)) hops.push(0);
		if (hops.length === 0) return;
		const at = this.length;
		this.bytes[at] = view.getUint8(o);
		this.bytes[at + 1] = hops.length * 4 + 3;
		this.bytes[at + 2] = 4;
		hops.forEach((hop, i) => {
			for (let k = 0; k < 4; k++) this.bytes[at + 3 + i * 4 + k] = hop >>> (24 - 8 * k);
		});
		this.length += hops.length * 4 + 3;
		this.firstHop = first;
		this.srrAt = at + 3 + (hops.length - 1) * 4;
	}
}
