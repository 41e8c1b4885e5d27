/** Machines for tests: devices joined and configured in a line each, frames in, and the account at the end. */
import { expect } from "vitest";
import { Bridge } from "../../src/device/bridge.ts";
import { Macvlan } from "../../src/device/macvlan.ts";
import type { NetDevice } from "../../src/device/netdev.ts";
import { Veth } from "../../src/device/veth.ts";
import { Vxlan, type VxlanOptions } from "../../src/device/vxlan.ts";
import { NUD_PERMANENT } from "../../src/device/vxlan-fdb.ts";
import { DROP } from "../../src/frame/drop.ts";
import { Machine } from "../../src/ip/machine.ts";
import type { Netns } from "../../src/ip/netns.ts";
import type { CoreOptions } from "../../src/ring/core.ts";
import { checksum, pseudoSum4 } from "../../src/wire/checksum.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import { ip, viewOf } from "../wire/bytes.ts";

export const MS = 1e6;
export const SECOND = 1e9;

let nextMac = 1;

export function machine(options: CoreOptions = {}): Machine {
	nextMac = 1;
	return new Machine({ small: 256, big: 4, debug: true, ...options });
}
/** A veth pair, both ends attached and up. MACs are 02:00:00:00:00:01, :02, … in order of making. */
export function vethPair(m: Machine, a: Netns, aName: string, b: Netns, bName: string): [Veth, Veth] {
	const pair = Veth.pair(m.core, aName, 0x0200, nextMac++, bName, 0x0200, nextMac++);
	a.attach(pair[0]);
	b.attach(pair[1]);
	for (const dev of pair) dev.setUp(true);
	return pair;
}
export function bridge(m: Machine, ns: Netns, name: string, ...ports: NetDevice[]): Bridge {
	const br = new Bridge(m.core, name, 0x0200, nextMac++);
	ns.attach(br);
	for (const p of ports) br.addPort(p);
	br.setUp(true);
	return br;
}
/** A macvlan that is up, in a namespace of its own choice. */
export function macvlan(m: Machine, ns: Netns, name: string, lower: NetDevice, mode: number): Macvlan {
	const dev = new Macvlan(m.core, name, 0x0200, nextMac++, lower, mode);
	ns.attach(dev);
	dev.setUp(true);
	return dev;
}
/** A VXLAN device that sends everything it does not know to `remote`. */
export function vxlan(
	m: Machine,
	ns: Netns,
	name: string,
	remote: string,
	options: Partial<VxlanOptions> = {},
): Vxlan {
	const dev = new Vxlan(m.core, name, 0x0200, nextMac++, {
		vni: 100,
		port: 4789,
		local: 0,
		lower: null,
		learning: true,
		...options,
	});
	ns.attach(dev);
	dev.fdb.create(0, 0, NUD_PERMANENT, 0)?.remotes.push({ addr: ip(remote), port: 0, vni: -1, dev: -1 });
	dev.setUp(true);
	return dev;
}
/** `ip addr add TEXT dev DEV` for an address with its prefix length. */
export function address(ns: Netns, dev: NetDevice, text: string): void {
	const [addr, length] = text.split("/");
	const local = ip(addr);
	const error = ns.inet.addAddress(dev, {
		local,
		peer: local,
		prefixLen: Number(length),
		broadcast: 0,
		scope: 0,
		label: dev.name,
		noPrefixRoute: false,
		metric: 0,
	});
	if (error !== 0) throw new Error(`address ${text}: errno ${error}`);
}
export function route(ns: Netns, prefix: string, via: string): void {
	const [dst, length] = prefix.split("/");
	const error = ns.inet.addRoute({ dst: ip(dst), prefixLen: Number(length), gw: ip(via) });
	if (error !== 0) throw new Error(`route ${prefix} via ${via}: errno ${error}`);
}
export function forwarding(ns: Netns): void {
	ns.confAll.forwarding = 1;
	for (const d of ns.allInDevices()) d.conf.forwarding = 1;
}
/** A frame with these bytes, counted as injected. -1 when there is no slot, accounted for. */
export function load(dev: NetDevice, bytes: Uint8Array): number {
	const { pool } = dev.core;
	const f = pool.inject(bytes.length);
	if (f < 0) {
		pool.dropUninjected(DROP.NOMEM);
		return -1;
	}
	pool.bytes.set(bytes, pool.off[f]);
	pool.nh[f] = pool.off[f] + 14;
	pool.dev[f] = dev.id;
	return f;
}
/** Out of the device, as an AF_PACKET socket sends. */
export function transmit(dev: NetDevice, bytes: Uint8Array): void {
	const f = load(dev, bytes);
	if (f >= 0) dev.transmit(f);
}
/** As if the frame had come from the device's wire. */
export function arrive(dev: NetDevice, bytes: Uint8Array): void {
	const f = load(dev, bytes);
	if (f < 0) return;
	dev.setPacketType(f);
	dev.core.netifRx(dev.id, f);
}
/** Copies of what a device's tap sees in one direction (TAP_RX 0, TAP_TX 1). */
export function capture(dev: NetDevice, direction: number): Uint8Array[] {
	const seen: Uint8Array[] = [];
	const { pool } = dev.core;
	dev.addTap((f, d) => {
		if (d === direction) seen.push(pool.bytes.slice(pool.off[f], pool.off[f] + pool.len[f]));
	});
	return seen;
}
/** injected + generated = delivered + dropped + held, now. */
export function expectBalanced(m: Machine): void {
	const { pool } = m.core;
	expect(pool.deliveredTotal + pool.droppedTotal + pool.inUse).toBe(pool.born[0] + pool.born[1]);
}
/** Let everything happen, then no slot may be missing and the account must be right. */
export function expectWhole(m: Machine): void {
	expectBalanced(m);
	expect(m.core.runUntilIdle()).toBe(true);
	expectBalanced(m);
	expect(m.core.pool.inUse).toBe(0);
}

/** `length` bytes of frame from MAC 02:00:00:00:00:`src` to `dst` (a number as that, or 6 bytes); IPv4/UDP to the discard port. */
export function udpFrame(
	src: number,
	dst: number | Uint8Array,
	saddr: string,
	daddr: string,
	length = 60,
	fields: { id?: number; fragment?: number; ttl?: number; sport?: number; dport?: number } = {},
): Uint8Array {
	const bytes = new Uint8Array(length);
	const v = viewOf(bytes);
	if (typeof dst === "number") {
		v.setUint16(0, 0x0200);
		v.setInt32(2, dst);
	} else bytes.set(dst);
	v.setUint16(6, 0x0200);
	v.setInt32(8, src);
	v.setUint16(12, 0x0800);
	for (let i = 42; i < length; i++) bytes[i] = (i * 7) & 255;
	v.setUint16(34, fields.sport ?? 1000);
	v.setUint16(36, fields.dport ?? 9);
	v.setUint16(38, length - 34);
	ipv4.emit(
		v,
		14,
		0,
		length - 14,
		fields.id ?? 1,
		fields.fragment ?? 0,
		fields.ttl ?? 64,
		17,
		ip(saddr),
		ip(daddr),
	);
	v.setUint16(40, checksum(v, 34, length, pseudoSum4(v, 26, 17, length - 34)) || 0xffff);
	return bytes;
}
export const BROADCAST_MAC: Uint8Array = new Uint8Array(6).fill(0xff);
