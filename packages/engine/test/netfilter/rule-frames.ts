/** Frames made by hand, and a namespace whose answers a test sets. */

import { CtTable } from "../../src/netfilter/ct-table.ts";
import type { TableName } from "../../src/netfilter/rule.ts";
import { XtTable } from "../../src/netfilter/table.ts";
import type { NatTargets } from "../../src/netfilter/target.ts";
import type { CtView, NfHost } from "../../src/netfilter/types.ts";
import { XtLists } from "../../src/netfilter/xt-lists.ts";
import { Core } from "../../src/ring/core.ts";

/** A packet as its fields; what is left out is 0. */
export interface Packet {
	readonly src: number;
	readonly dst: number;
	readonly proto: number;
	/** In units of 8 bytes. */
	readonly fragOffset: number;
	readonly ttl: number;
	readonly tos: number;
	readonly sport: number;
	readonly dport: number;
	readonly tcpFlags: number;
	/** TCP options, padded to 4 bytes by the caller. */
	readonly tcpOptions: readonly number[];
	readonly icmpType: number;
	readonly icmpCode: number;
	/** Bytes of the IP payload that are there; the header is cut when it is short. */
	readonly payload: number;
	readonly mark: number;
	readonly pktType: number;
	readonly macHi: number;
	readonly macLo: number;
	readonly ct: number;
	readonly ctinfo: number;
	readonly physIn: number;
	readonly physOut: number;
}
export const PLAIN: Packet = {
	src: 0x0a000001,
	dst: 0x0a000002,
	proto: 17,
	fragOffset: 0,
	ttl: 64,
	tos: 0,
	sport: 1000,
	dport: 53,
	tcpFlags: 2,
	tcpOptions: [],
	icmpType: 8,
	icmpCode: 0,
	payload: 40,
	mark: 0,
	pktType: 0,
	macHi: 0x0200,
	macLo: 1,
	ct: 0,
	ctinfo: 0,
	physIn: -1,
	physOut: -1,
};

export interface FakeCt {
	readonly status: number;
	mark: number;
	readonly proto: number;
	/** [original, reply] */
	readonly src: readonly [number, number];
	readonly dst: readonly [number, number];
	readonly sport: readonly [number, number];
	readonly dport: readonly [number, number];
	readonly expiresIn: number;
}

export const DEVICES = ["lo", "eth0", "eth1", "veth12", "br0"];

export class World {
	readonly core: Core = new Core({ small: 64, big: 1, debug: true });
	readonly cts: FakeCt[] = [];
	readonly calls: (string | number)[][] = [];
	/** RTN_* by address and device. */
	addrType: (addr: number, dev: number) => number = () => 1;
	natVerdict = 1;
	readonly host: NfHost = {
		id: 0,
		addrType: (addr, dev) => this.addrType(addr, dev),
		masqueradeAddress: () => 0,
		firstAddress: () => 0,
		reject: (...args) => void this.calls.push(["reject", ...args]),
		defrag: (f) => f,
		routeAgain: () => 0,
		mtuTo: () => 1500,
		nextHop: () => 0,
		rpfilter: () => true,
		conntrackMax: 65536,
	};
	readonly ct: CtView = {
		status: (ct) => this.cts[ct - 1].status,
		getMark: (ct) => this.cts[ct - 1].mark,
		setMark: (ct, mark) => {
			this.cts[ct - 1].mark = mark;
		},
		protocol: (ct) => this.cts[ct - 1].proto,
		src: (ct, dir) => this.cts[ct - 1].src[dir],
		dst: (ct, dir) => this.cts[ct - 1].dst[dir],
		sport: (ct, dir) => this.cts[ct - 1].sport[dir],
		dport: (ct, dir) => this.cts[ct - 1].dport[dir],
		expiresIn: (ct) => this.cts[ct - 1].expiresIn,
		table: new CtTable(this.core.clock),
	};
	readonly lists: XtLists = new XtLists(this.core.clock);
	readonly nat: NatTargets = {
		setup: (...args) => {
			this.calls.push(["setup", ...args]);
			return this.natVerdict;
		},
		setMasqueradeDevice: () => {},
		masquerade: (f, ct, _host, ...rest) => {
			this.calls.push(["masquerade", f, ct, ...rest]);
			return this.natVerdict;
		},
		redirect: (f, ct, _host, ...rest) => {
			this.calls.push(["redirect", f, ct, ...rest]);
			return this.natVerdict;
		},
	};
	constructor() {
		DEVICES.forEach((name, dev) => {
			this.core.nameIdOf[dev] = this.core.nameId(name);
		});
	}
	table(name: TableName): XtTable {
		return new XtTable(name, this.core, this.host, this.ct, this.nat, this.lists);
	}
	/** Write the packet into a fresh frame. */
	frame(p: Packet): number {
		const pool = this.core.pool;
		const length = 14 + 20 + p.payload;
		const f = pool.inject(length);
		const o = pool.off[f];
		const v = pool.view;
		pool.bytes.fill(0, o, o + length);
		v.setUint16(o, 0x0211);
		v.setUint16(o + 6, p.macHi);
		v.setInt32(o + 8, p.macLo);
		v.setUint16(o + 12, 0x0800);
		const nh = o + 14;
		v.setUint8(nh, 0x45);
		v.setUint8(nh + 1, p.tos);
		v.setUint16(nh + 2, 20 + p.payload);
		v.setUint16(nh + 6, p.fragOffset);
		v.setUint8(nh + 8, p.ttl);
		v.setUint8(nh + 9, p.proto);
		v.setInt32(nh + 12, p.src);
		v.setInt32(nh + 16, p.dst);
		const put = (at: number, byte: number) => {
			if (at < p.payload) v.setUint8(nh + 20 + at, byte);
		};
		if (p.proto === 1) {
			put(0, p.icmpType);
			put(1, p.icmpCode);
		} else {
			put(0, p.sport >> 8);
			put(1, p.sport & 255);
			put(2, p.dport >> 8);
			put(3, p.dport & 255);
		}
		if (p.proto === 6) {
			put(12, ((20 + p.tcpOptions.length) >> 2) << 4);
			put(13, p.tcpFlags);
			p.tcpOptions.forEach((b, i) => {
				put(20 + i, b);
			});
		}
		pool.nh[f] = nh;
		pool.th[f] = nh + 20;
		pool.mark[f] = p.mark;
		pool.pktType[f] = p.pktType;
		pool.ct[f] = p.ct;
		pool.ctinfo[f] = p.ctinfo;
		pool.physIn[f] = p.physIn;
		pool.physOut[f] = p.physOut;
		return f;
	}
	free(f: number): void {
		this.core.pool.ct[f] = 0;
		this.core.pool.drop(f, 2);
	}
}
