/** Whatever arrives, a router and a host neither throw nor lose a frame (the account is checked after every test). */
import fc from "fast-check";
import { expect, test } from "vitest";
import type { NetDevice } from "../../src/device/netdev.ts";
import type { Machine } from "../../src/ip/machine.ts";
import type { In6 } from "../../src/ring/in6.ts";
import { checksum } from "../../src/wire/checksum.ts";
import { pseudoSum6 } from "../../src/wire/ipv6.ts";
import { vethPair } from "../device/lab.ts";
import { address6, in6, machine6 } from "./lab6.ts";

const ADDRESSES: readonly In6[] = [
	"2001:db8:a::1",
	"2001:db8:a::fe",
	"2001:db8:a::",
	"2001:db8:b::2",
	"2001:db8:b::fe",
	"fe80::1",
	"fe80::9",
	"ff02::1",
	"ff02::2",
	"ff02::1:ff00:fe",
	"ff05::2",
	"3001::1",
	"::",
	"::1",
].map(in6);

interface Header {
	readonly kind: number;
	readonly body: readonly number[];
}
const header: fc.Arbitrary<Header> = fc.record({
	kind: fc.constantFrom(0, 43, 44, 60, 51, 59),
	body: fc.array(fc.oneof(fc.constantFrom(0, 1, 5, 0xc2, 0x1e, 0x9e, 4), fc.nat(255)), {
		minLength: 6,
		maxLength: 6,
	}),
});
const packet = fc.record({
	saddr: fc.constantFrom(...ADDRESSES),
	daddr: fc.constantFrom(...ADDRESSES),
	hops: fc.constantFrom(0, 1, 2, 64, 255),
	headers: fc.array(header, { maxLength: 3 }),
	protocol: fc.constantFrom(6, 17, 58, 58, 58, 136, 41, 253),
	type: fc.constantFrom(1, 2, 3, 4, 128, 129, 133, 134, 135, 136, 137, 200),
	target: fc.constantFrom(...ADDRESSES),
	payload: fc.uint8Array({ maxLength: 120 }),
	validSum: fc.boolean(),
	mac: fc.constantFrom(0, 1, 2),
	lie: fc.constantFrom(0, 0, 0, 1, -9, 100),
});
type Packet = typeof packet extends fc.Arbitrary<infer T> ? T : never;

/** The bytes of a frame from the words of the generator. */
function build(p: Packet, dev: NetDevice): Uint8Array {
	const l4 = p.protocol === 58 ? 24 + p.payload.length : Math.max(8, p.payload.length);
	const ext = p.headers.length * 8;
	const bytes = new Uint8Array(14 + 40 + ext + l4);
	const view = new DataView(bytes.buffer);
	if (p.mac === 0) {
		view.setUint16(0, dev.macHi);
		view.setInt32(2, dev.macLo);
	} else {
		view.setUint16(0, p.mac === 1 ? 0x3333 : 0x0200);
		view.setInt32(2, p.daddr[3]);
	}
	view.setUint16(6, 0x0200);
	view.setInt32(8, 0x77);
	view.setUint16(12, 0x86dd);
	view.setUint8(14, 0x60);
	view.setUint16(18, Math.max(0, ext + l4 + p.lie));
	view.setUint8(21, p.hops);
	for (let i = 0; i < 4; i++) {
		view.setInt32(22 + 4 * i, p.saddr[i]);
		view.setInt32(38 + 4 * i, p.daddr[i]);
	}
	let nextAt = 20;
	let o = 54;
	for (const h of p.headers) {
		view.setUint8(nextAt, h.kind);
		nextAt = o;
		bytes.set(h.body, o + 2);
		o += 8;
	}
	view.setUint8(nextAt, p.protocol);
	if (p.protocol === 58) {
		view.setUint8(o, p.type);
		for (let i = 0; i < 4; i++) view.setInt32(o + 8 + 4 * i, p.target[i]);
		bytes.set(p.payload, o + 24);
	} else bytes.set(p.payload, o);
	if (p.validSum) {
		const at = o + (p.protocol === 58 ? 2 : p.protocol === 6 ? 16 : 6);
		if (at + 2 <= bytes.length) {
			view.setUint16(at, 0);
			view.setUint16(at, checksum(view, o, bytes.length, pseudoSum6(view, 22, p.protocol, l4)));
		}
	}
	return bytes;
}
function arrive(m: Machine, dev: NetDevice, bytes: Uint8Array): void {
	const { pool } = m.core;
	const f = pool.inject(bytes.length);
	expect(f).toBeGreaterThanOrEqual(0);
	pool.bytes.set(bytes, pool.off[f]);
	dev.setPacketType(f);
	m.core.netifRx(dev.id, f);
	m.core.settle();
}

test.each([
	["a router", 1],
	["a host that takes advertisements", 0],
])("%s survives whatever arrives", (_what, forwarding) => {
	fc.assert(
		fc.property(fc.array(packet, { minLength: 1, maxLength: 20 }), (packets) => {
			const m = machine6();
			const r = m.root;
			const far = m.addNetns("far");
			r.ip6.conf.set("default", "accept_ra", 1);
			r.ip6.conf.set("all", "forwarding", forwarding);
			r.lo.setUp(true);
			const [ea] = vethPair(m, r, "ea", far, "v0");
			const [eb] = vethPair(m, r, "eb", far, "v1");
			for (const [dev, text] of [
				[ea, "fe80::1/64"],
				[ea, "2001:db8:a::fe/64"],
				[eb, "fe80::1/64"],
				[eb, "2001:db8:b::fe/64"],
			] as const)
				address6(r, dev, text);
			for (const p of packets) arrive(m, ea, build(p, ea));
			m.core.runUntilIdle();
			const { pool } = m.core;
			expect(pool.inUse).toBe(0);
			expect(pool.born[0] + pool.born[1]).toBe(pool.deliveredTotal + pool.droppedTotal);
		}),
		{ numRuns: 60 },
	);
});
