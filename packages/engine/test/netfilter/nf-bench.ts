/** A namespace reduced to what netfilter asks of it, and packets to put through its hooks. */
import { type FramePool, L4SUM_UNKNOWN } from "../../src/frame/pool.ts";
import { Conntrack } from "../../src/netfilter/conntrack.ts";
import { Netfilter } from "../../src/netfilter/hooks4.ts";
import { Nat } from "../../src/netfilter/nat4.ts";
import { type NfHost, RTN_UNICAST, type TableRunner } from "../../src/netfilter/types.ts";
import { Core } from "../../src/ring/core.ts";
import { checksum, pseudoSum4 } from "../../src/wire/checksum.ts";
import * as icmp from "../../src/wire/icmp.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import * as tcp from "../../src/wire/tcp.ts";
import * as udp from "../../src/wire/udp.ts";

export class TestHost implements NfHost {
	readonly id: number;
	conntrackMax = 262_144;
	masquerade = 0;
	first = 0;
	reroutes = 0;
	constructor(id: number) {
		this.id = id;
	}
	addrType(): number {
		return RTN_UNICAST;
	}
	masqueradeAddress(): number {
		return this.masquerade;
	}
	firstAddress(): number {
		return this.first;
	}
	reject(): void {}
	defrag(f: number): number {
		return f;
	}
	mtuTo(): number {
		return 1500;
	}
	routeAgain(): number {
		this.reroutes++;
		return 0;
	}
	nextHop(): number {
		return 0;
	}
	rpfilter(): boolean {
		return true;
	}
}

/** A table that calls a function at its hooks. */
export function runner(
	hookMask: number,
	run: (hook: number, f: number, inDev: number, outDev: number) => number,
): TableRunner {
	return { hookMask, run };
}

export interface Bench {
	core: Core;
	pool: FramePool;
	host: TestHost;
	conntrack: Conntrack;
	nat: Nat;
	nf: Netfilter;
}
export function bench(seed = 1): Bench {
	const core = new Core({ small: 64, big: 2, seed, debug: true });
	const host = new TestHost(3);
	const conntrack = new Conntrack(core);
	const nat = new Nat(core, conntrack);
	const nf = new Netfilter(core, host, conntrack, nat);
	return { core, pool: core.pool, host, conntrack, nat, nf };
}

export function ip(text: string): number {
	return text.split(".").reduce((a, byte) => (a << 8) | Number(byte), 0);
}
export function ipText(addr: number): string {
	return [addr >>> 24, (addr >>> 16) & 255, (addr >>> 8) & 255, addr & 255].join(".");
}

/** A frame with an IPv4 packet around `payload`, whose transport checksum is written if the protocol has one. */
export function packet(
	pool: FramePool,
	protocol: number,
	src: number,
	dst: number,
	payload: Uint8Array,
): number {
	const f = pool.inject(14 + 20 + payload.length);
	const nh = pool.off[f] + 14;
	pool.nh[f] = nh;
	pool.th[f] = nh + 20;
	ipv4.emit(pool.view, nh, 0, 20 + payload.length, 7, 0, 64, protocol, src, dst);
	pool.bytes.set(payload, nh + 20);
	pool.l4sum[f] = L4SUM_UNKNOWN;
	return f;
}
/** Write the transport checksum of the packet at `nh` from scratch. */
export function sign(pool: FramePool, nh: number): void {
	const view = pool.view;
	const th = nh + ipv4.headerLength(view, nh);
	const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
	const protocol = view.getUint8(nh + ipv4.PROTO);
	const at = protocol === 6 ? th + 16 : protocol === 17 ? th + 6 : th + 2;
	view.setUint16(at, 0);
	const start = protocol === 1 ? 0 : pseudoSum4(view, nh + ipv4.SADDR, protocol, end - th);
	const sum = checksum(view, th, end, start);
	view.setUint16(at, protocol === 17 && sum === 0 ? 0xffff : sum);
}
export function udpPacket(
	pool: FramePool,
	src: number,
	sport: number,
	dst: number,
	dport: number,
	length = 4,
): number {
	const f = packet(pool, 17, src, dst, new Uint8Array(8 + length).fill(0x61));
	udp.emit(pool.view, pool.th[f], sport, dport, 8 + length);
	sign(pool, pool.nh[f]);
	return f;
}
export function echo(pool: FramePool, src: number, dst: number, id: number, type = icmp.ECHO): number {
	const f = packet(pool, 1, src, dst, new Uint8Array(12));
	icmp.emit(pool.view, pool.th[f], type, 0, (id << 16) | 1);
	sign(pool, pool.nh[f]);
	return f;
}
export interface Segment {
	flags: number;
	seq?: number;
	ack?: number;
	win?: number;
	options?: Uint8Array;
	len?: number;
}
export function tcpPacket(
	pool: FramePool,
	src: number,
	sport: number,
	dst: number,
	dport: number,
	s: Segment,
): number {
	const options = s.options ?? new Uint8Array(0);
	const f = packet(pool, 6, src, dst, new Uint8Array(20 + options.length + (s.len ?? 0)).fill(0x78));
	const th = pool.th[f];
	tcp.emit(pool.view, th, sport, dport, (s.seq ?? 1) | 0, (s.ack ?? 0) | 0, s.flags, s.win ?? 64_240);
	pool.view.setUint8(th + tcp.DATA_OFFSET, (20 + options.length) << 2);
	pool.bytes.set(options, th + 20);
	sign(pool, pool.nh[f]);
	return f;
}
/** An ICMP error from `from` to `to` that quotes the first `bytes` of the IP packet in `quoted`. */
export function icmpError(
	pool: FramePool,
	from: number,
	to: number,
	quoted: number,
	bytes: number,
	type = 3,
	code = 3,
): number {
	const f = packet(pool, 1, from, to, new Uint8Array(8 + bytes));
	icmp.emit(pool.view, pool.th[f], type, code, 0);
	const nh = pool.nh[quoted];
	pool.bytes.copyWithin(pool.th[f] + 8, nh, nh + bytes);
	sign(pool, pool.nh[f]);
	return f;
}
/** Are the IP header's and the transport's checksums right, computed from scratch? */
export function sumsRight(pool: FramePool, nh: number): boolean {
	const view = pool.view;
	const th = nh + ipv4.headerLength(view, nh);
	const end = nh + view.getUint16(nh + ipv4.TOT_LEN);
	const protocol = view.getUint8(nh + ipv4.PROTO);
	if (checksum(view, nh, th) !== 0) return false;
	if (protocol === 17 && view.getUint16(th + 6) === 0) return true;
	return (
		checksum(view, th, end, protocol === 1 ? 0 : pseudoSum4(view, nh + ipv4.SADDR, protocol, end - th)) === 0
	);
}
