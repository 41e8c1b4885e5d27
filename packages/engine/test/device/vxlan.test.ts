import { describe, expect, test } from "vitest";
import { DF_INHERIT, type Vxlan } from "../../src/device/vxlan.ts";
import { NUD_PERMANENT } from "../../src/device/vxlan-fdb.ts";
import { DROP } from "../../src/frame/drop.ts";
import { HEADROOM } from "../../src/frame/pool.ts";
import { checksum, pseudoSum4 } from "../../src/wire/checksum.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import { hex, ip, viewOf } from "../wire/bytes.ts";
import {
	address,
	arrive,
	BROADCAST_MAC,
	bridge,
	capture,
	expectWhole,
	load,
	machine,
	transmit,
	udpFrame,
	vethPair,
	vxlan,
} from "./lab.ts";

/** Two hosts with an underlay, and a VXLAN device on each. */
function lab(options: ConstructorParameters<typeof Vxlan>[4] | object = {}) {
	const m = machine({ small: 600 });
	const n = m.addNetns("n");
	const [u1, u2] = vethPair(m, m.root, "u1", n, "u2");
	address(m.root, u1, "192.0.2.1/24");
	address(n, u2, "192.0.2.2/24");
	const vx1 = vxlan(m, m.root, "vx1", "192.0.2.2", options);
	const vx2 = vxlan(m, n, "vx2", "192.0.2.1", options);
	transmit(vx1, udpFrame(99, BROADCAST_MAC, "198.51.100.1", "198.51.100.2"));
	m.core.runUntil(1e9);
	return { m, n, u1, u2, vx1, vx2 };
}
const inner = (length = 100): Uint8Array =>
	udpFrame(77, BROADCAST_MAC, "198.51.100.1", "198.51.100.2", length);

describe("VXLAN", () => {
	test("the outer frame: RFC 7348 §5, its sums right from scratch", () => {
		const { m, u2, vx1 } = lab();
		const wire = capture(u2, 0);
		transmit(vx1, inner(101));
		m.core.settle();
		const f = wire[wire.length - 1];
		const v = viewOf(f);
		expect(f.length).toBe(101 + 50);
		expect(ipv4.check(v, 14, f.length)).toBe(ipv4.OK);
		expect([v.getInt32(26), v.getInt32(30)]).toEqual([ip("192.0.2.1"), ip("192.0.2.2")]);
		expect([v.getUint8(23), v.getUint16(36), v.getUint16(38)]).toEqual([17, 4789, 101 + 16]);
		expect(v.getUint16(34)).toBeGreaterThanOrEqual(32768);
		expect(checksum(v, 34, f.length, pseudoSum4(v, 26, 17, f.length - 34))).toBe(0);
		expect(f.slice(42, 50)).toEqual(hex("0800000000006400"));
		expect(f.slice(50)).toEqual(inner(101));
		expectWhole(m);
	});
	test("the far end learns where the station is, and answers there", () => {
		const { m, vx1, vx2 } = lab();
		vx2.fdb.remove(0, 0);
		transmit(vx1, inner());
		m.core.settle();
		expect(vx2.fdb.find(0x0200, 77)?.remotes[0].addr).toBe(ip("192.0.2.1"));
		const back = capture(vx1, 0);
		transmit(vx2, udpFrame(78, 77, "198.51.100.2", "198.51.100.1"));
		transmit(vx2, udpFrame(78, 79, "198.51.100.2", "198.51.100.1"));
		m.core.runUntil(2e9);
		expect(back.length).toBe(1);
		expect(m.core.pool.dropped[DROP.NO_TX_TARGET]).toBe(1);
		expectWhole(m);
	});
	test("what is not for us: another VNI, a reserved bit, a missing I flag, cut off inside", () => {
		const { m, u2 } = lab();
		const outer = (header: string, body = 60): Uint8Array => {
			const f = udpFrame(1, 2, "192.0.2.1", "192.0.2.2", 14 + 20 + 8 + 8 + body, { dport: 4789 });
			f.set(hex(header), 42);
			viewOf(f).setUint16(40, 0);
			return f;
		};
		for (const [header, reason, body] of [
			["0800000000006500", DROP.VXLAN_VNI_NOT_FOUND, 60],
			["0000000000006400", DROP.VXLAN_INVALID_HDR, 60],
			["0800000100006400", DROP.VXLAN_INVALID_HDR, 60],
			["0800000000006401", DROP.VXLAN_INVALID_HDR, 60],
			["0800000000006400", DROP.HDR_TRUNC, 13],
		] as const) {
			const before = m.core.pool.dropped[reason];
			arrive(u2, outer(header, body));
			m.core.settle();
			expect(m.core.pool.dropped[reason], `${header} ${body}`).toBe(before + 1);
		}
		expectWhole(m);
	});
	test("each remote of an entry gets a copy", () => {
		const { m, u2, vx1 } = lab();
		const e = vx1.fdb.create(0xffff, -1, NUD_PERMANENT, 0);
		for (let i = 0; i < 3; i++) e?.remotes.push({ addr: ip("192.0.2.2"), port: 0, vni: 200 + i, dev: -1 });
		const wire = capture(u2, 0);
		transmit(vx1, inner());
		m.core.settle();
		expect(wire.map((f) => viewOf(f).getUint32(46) >>> 8)).toEqual([201, 202, 200]);
		expectWhole(m);
	});
	test("DF inherited from the inner packet, with headroom or without", () => {
		const { m, u2, vx1 } = lab({ df: DF_INHERIT });
		const df = inner();
		viewOf(df).setUint16(20, ipv4.IP_DF);
		ipv4.setChecksum(viewOf(df), 14);
		const wire = capture(u2, 0);
		for (const [bytes, headroom] of [
			[df, HEADROOM],
			[inner(), HEADROOM],
			[df, 10],
			[inner(), 10],
		] as const) {
			const f = load(vx1, bytes);
			const { pool } = m.core;
			const o = pool.base(f) + headroom;
			pool.bytes.copyWithin(o, pool.off[f], pool.off[f] + pool.len[f]);
			pool.off[f] = o;
			vx1.transmit(f);
			m.core.settle();
		}
		expect(wire.map((f) => viewOf(f).getUint16(20))).toEqual([ipv4.IP_DF, 0, ipv4.IP_DF, 0]);
		expectWhole(m);
	});
	test("its lower device goes away: frames are dropped, nothing breaks", () => {
		const { m, u1 } = lab();
		const low = vxlan(m, m.root, "vx9", "192.0.2.2", { vni: 900, lower: u1 });
		m.removeDevice(m.root, u1);
		transmit(low, inner());
		m.core.settle();
		expectWhole(m);
	});
	test("a tunnel whose way out leads through itself ends (kernel: recursion limit)", () => {
		const m = machine();
		const vx = vxlan(m, m.root, "vx1", "192.0.2.2");
		address(m.root, vx, "192.0.2.1/24");
		transmit(vx, inner());
		m.core.settle();
		expectWhole(m);
	});
	test("the same through a bridge: port and way out are one", () => {
		const m = machine();
		const vx = vxlan(m, m.root, "vx1", "192.0.2.255");
		const br = bridge(m, m.root, "br0", vx);
		address(m.root, br, "192.0.2.1/24");
		const e = m.root.neigh.findOrCreate(ip("192.0.2.255"), br.id);
		m.root.neigh.setByAdmin(e, 0x0200, 99, 0x80);
		transmit(br, inner());
		m.core.settle();
		expectWhole(m);
	});
});
