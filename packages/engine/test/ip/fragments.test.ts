import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DROP } from "../../src/frame/drop.ts";
import { fragment } from "../../src/ip/fragment.ts";
import type { Machine } from "../../src/ip/machine.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import {
	address,
	arrive,
	capture,
	expectWhole,
	forwarding,
	load,
	machine,
	SECOND,
	udpFrame,
	vethPair,
} from "../device/lab.ts";
import { viewOf } from "../wire/bytes.ts";

const CONNTRACK_IN = 0;
const LOCAL = 3;

function lab() {
	const m = machine({ small: 256, big: 8 });
	const [dev, peer] = vethPair(m, m.root, "a", m.addNetns("n"), "b");
	address(m.root, dev, "10.0.0.1/24");
	address(m.all()[1], peer, "10.0.0.2/24");
	return { m, dev, peer, pool: m.core.pool, reassembly: m.root.reassembly };
}
/** A whole datagram from 10.0.0.2 to 10.0.0.1 with `payload` bytes behind the IP header. */
const datagram = (payload: number, id = 1): Uint8Array =>
	udpFrame(2, 1, "10.0.0.2", "10.0.0.1", 34 + payload, { id });
/** Bytes `[from, to)` of its payload as a fragment. */
function piece(whole: Uint8Array, from: number, to: number, more: boolean, df = false): Uint8Array {
	const bytes = new Uint8Array(34 + to - from);
	bytes.set(whole.subarray(0, 34));
	bytes.set(whole.subarray(34 + from, 34 + to), 34);
	const v = viewOf(bytes);
	v.setUint16(14 + ipv4.TOT_LEN, 20 + to - from);
	v.setUint16(14 + ipv4.FRAG_OFF, (from >> 3) | (more ? ipv4.IP_MF : 0) | (df ? ipv4.IP_DF : 0));
	ipv4.setChecksum(v, 14);
	return bytes;
}
/** Cut points at multiples of 8, made from random numbers. */
function cutAt(payload: number, points: readonly number[]): [number, number][] {
	const inner = [...new Set(points.map((p) => (p % payload) & ~7).filter((p) => p > 0))].sort(
		(a, b) => a - b,
	);
	const all = [0, ...inner, payload];
	return all.slice(1).map((to, i) => [all[i], to]);
}
function bytesOf(m: Machine, f: number): Uint8Array {
	const { pool } = m.core;
	return pool.bytes.slice(pool.off[f], pool.off[f] + pool.len[f]);
}

describe("Reassembly", () => {
	test("random cuts in random order, with duplicates, give the original", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 16, max: 9000 }),
				fc.array(fc.nat(9000), { minLength: 1, maxLength: 12 }),
				fc.infiniteStream(fc.nat(1000)),
				fc.constantFrom(CONNTRACK_IN, LOCAL),
				(payload, points, chance, user) => {
					const { m, dev, pool, reassembly } = lab();
					const whole = datagram(payload);
					const cuts = cutAt(payload, points);
					fc.pre(cuts.length > 1 && cuts.every(([a, b]) => b - a <= 1900));
					const order = cuts
						.map((c) => ({ c, at: chance.next().value as number }))
						.sort((a, b) => a.at - b.at);
					let result = -1;
					order.forEach(({ c: [from, to] }, i) => {
						expect(result).toBe(-1);
						const bytes = piece(whole, from, to, to < payload);
						result = reassembly.add(load(dev, bytes), user);
						// again, while it is not complete: ignored
						if (i < order.length - 1 && (chance.next().value as number) < 300)
							expect(reassembly.add(load(dev, bytes), user)).toBe(-1);
					});
					expect(result).toBeGreaterThanOrEqual(0);
					expect(bytesOf(m, result)).toEqual(whole);
					expect(reassembly.held).toBe(0);
					expect(pool.inUse).toBe(1);
					expect(pool.cuts.get(result)?.lengths).toEqual(cuts.map(([a, b]) => b - a));
					pool.drop(result, DROP.NOT_SPECIFIED);
					expectWhole(m);
					expect(pool.cuts.size).toBe(0);
				},
			),
			{ numRuns: 80 },
		);
	});
	test("datagrams do not mix: id, addresses, protocol and user tell them apart", () => {
		const { m, dev, pool, reassembly } = lab();
		const a = datagram(64, 1);
		const b = datagram(64, 2);
		expect(reassembly.add(load(dev, piece(a, 0, 32, true)), LOCAL)).toBe(-1);
		expect(reassembly.add(load(dev, piece(b, 32, 64, false)), LOCAL)).toBe(-1);
		expect(reassembly.add(load(dev, piece(a, 32, 64, false)), CONNTRACK_IN)).toBe(-1);
		expect(reassembly.held).toBe(3);
		const done = reassembly.add(load(dev, piece(b, 0, 32, true)), LOCAL);
		expect(bytesOf(m, done)).toEqual(b);
		pool.drop(done, DROP.NOT_SPECIFIED);
		expectWhole(m);
	});
	test("an overlap kills the datagram (RFC 5722, as Linux does for IPv4)", () => {
		const { m, dev, reassembly } = lab();
		const whole = datagram(96);
		expect(reassembly.add(load(dev, piece(whole, 0, 48, true)), LOCAL)).toBe(-1);
		expect(reassembly.add(load(dev, piece(whole, 40, 64, true)), LOCAL)).toBe(-1);
		expect(reassembly.held).toBe(0);
		expect(reassembly.add(load(dev, piece(whole, 48, 96, false)), LOCAL)).toBe(-1);
		expect(m.core.pool.dropped[DROP.NOT_SPECIFIED]).toBe(2);
		expectWhole(m);
	});
	test("nonsense kills it: two ends, bytes beyond the end, nothing in it", () => {
		const whole = datagram(96);
		const bad: [string, Uint8Array[]][] = [
			["a second end that is shorter", [piece(whole, 32, 96, false), piece(whole, 0, 24, false)]],
			["a second end that is longer", [piece(whole, 32, 64, false), piece(whole, 64, 96, false)]],
			["beyond the end", [piece(whole, 32, 64, false), piece(whole, 64, 96, true)]],
			["an end before what is there", [piece(whole, 64, 96, true), piece(whole, 0, 32, false)]],
			["empty", [piece(whole, 0, 32, true), piece(whole, 32, 32, true)]],
		];
		for (const [name, pieces] of bad) {
			const { m, dev, reassembly } = lab();
			for (const p of pieces) expect(reassembly.add(load(dev, p), LOCAL), name).toBe(-1);
			expect(reassembly.held, name).toBe(0);
			expectWhole(m);
		}
	});
	// What Linux 6.18 made of these, sent over lo with IP_HDRINCL to a bound UDP socket (payload of 64 bytes).
	const kernel: [string, [number, number][], boolean][] = [
		[
			"an exact duplicate of the first",
			[
				[0, 16],
				[0, 16],
				[16, 32],
				[32, 64],
			],
			true,
		],
		[
			"an exact duplicate of a later one",
			[
				[0, 16],
				[16, 32],
				[16, 32],
				[32, 64],
			],
			true,
		],
		[
			"contained in one fragment",
			[
				[0, 32],
				[8, 16],
				[32, 64],
			],
			true,
		],
		[
			"contained in one, with the same start",
			[
				[0, 32],
				[0, 16],
				[32, 64],
			],
			true,
		],
		[
			"contained in a run of two that came in order",
			[
				[0, 16],
				[16, 32],
				[8, 24],
				[32, 64],
			],
			true,
		],
		[
			"across two that came in reverse",
			[
				[16, 32],
				[0, 16],
				[8, 24],
				[32, 64],
			],
			false,
		],
		[
			"a partial overlap",
			[
				[0, 32],
				[24, 40],
				[32, 64],
			],
			false,
		],
		[
			"around one that is there",
			[
				[8, 16],
				[0, 24],
				[24, 64],
			],
			false,
		],
	];
	for (const [name, pieces, complete] of kernel)
		test(`${name}: ${complete ? "ignored" : "kills the datagram"} (kernel 6.18)`, () => {
			const { m, dev, pool, reassembly } = lab();
			const whole = datagram(64);
			const results = pieces.map(([from, to]) =>
				reassembly.add(load(dev, piece(whole, from, to, to < 64)), LOCAL),
			);
			const f = results[results.length - 1];
			expect(f >= 0).toBe(complete);
			if (f >= 0) {
				expect(bytesOf(m, f)).toEqual(whole);
				pool.drop(f, DROP.NOT_SPECIFIED);
			}
			expectWhole(m);
		});
	test("DF of the largest fragment is DF of the datagram", () => {
		for (const [df, word] of [
			[true, ipv4.IP_DF],
			[false, 0],
		] as const) {
			const { m, dev, pool, reassembly } = lab();
			const whole = datagram(64);
			reassembly.add(load(dev, piece(whole, 0, 40, true, df)), LOCAL);
			const f = reassembly.add(load(dev, piece(whole, 40, 64, false, !df)), LOCAL);
			expect(pool.view.getUint16(pool.nh[f] + ipv4.FRAG_OFF)).toBe(word);
			expect(pool.fragMax[f]).toBe(60);
			pool.drop(f, DROP.NOT_SPECIFIED);
			expectWhole(m);
		}
	});
	test("time-out after 30 s: time exceeded from the host that it was for, whoever holds it, when the first fragment is there", () => {
		for (const [user, first, answers] of [
			[LOCAL, true, 1],
			[LOCAL, false, 0],
			[CONNTRACK_IN, true, 1],
		] as const) {
			const { m, dev, peer, pool, reassembly } = lab();
			const back = capture(peer, 0);
			const whole = datagram(64);
			const f = load(dev, first ? piece(whole, 0, 32, true) : piece(whole, 32, 64, false));
			pool.dev[f] = dev.id;
			pool.iif[f] = dev.id;
			reassembly.add(f, user);
			m.core.runUntil(30 * SECOND - 1);
			expect(reassembly.held).toBe(1);
			m.core.runUntil(30 * SECOND);
			expect(reassembly.held).toBe(0);
			expect(pool.dropped[DROP.FRAG_REASM_TIMEOUT]).toBe(1);
			expectWhole(m);
			const errors = back.filter((b) => viewOf(b).getUint16(12) === 0x0800);
			expect(errors.map((b) => [b[34], b[35]])).toEqual(answers === 1 ? [[11, 1]] : []);
		}
	});
	test("held memory is bounded by ipfrag_high_thresh", () => {
		const { m, dev, reassembly } = lab();
		m.root.conf.ipfrag_high_thresh = 8192;
		for (let id = 0; id < 100; id++) reassembly.add(load(dev, piece(datagram(64, id), 0, 32, true)), LOCAL);
		expect(reassembly.held).toBeLessThan(12);
		expect(m.core.pool.dropped[DROP.NOMEM]).toBeGreaterThan(85);
		expectWhole(m);
	});
	test("a queue whose device has gone times out quietly", () => {
		const { m, dev } = lab();
		arrive(dev, piece(datagram(64), 0, 32, true));
		m.core.settle();
		expect(m.root.reassembly.held).toBe(1);
		m.removeDevice(m.root, dev);
		expectWhole(m);
	});
});

describe("fragment", () => {
	test("pieces fit, lie at multiples of 8, and give the original again", () => {
		fc.assert(
			fc.property(
				fc.integer({ min: 1, max: 12_000 }),
				fc.integer({ min: 68, max: 1900 }),
				fc.nat(14),
				(payload, mtu, shift) => {
					const m = machine({ small: 512, big: 8 });
					const [dev] = vethPair(m, m.root, "a", m.addNetns("n"), "b");
					const { pool } = m.core;
					const whole = datagram(Math.max(8, payload));
					const f = load(dev, whole);
					const pieces: number[] = [];
					fragment(m.core, f, mtu, (p) => pieces.push(p) > 0);
					fc.pre(pieces.length > 0);
					let at = 0;
					let result = -1;
					const order = [...pieces.slice(shift % pieces.length), ...pieces.slice(0, shift % pieces.length)];
					for (const p of pieces) {
						const nh = pool.nh[p];
						expect(ipv4.check(pool.view, nh, pool.off[p] + pool.len[p])).toBe(ipv4.OK);
						const total = pool.view.getUint16(nh + ipv4.TOT_LEN);
						expect(total).toBeLessThanOrEqual(mtu);
						const word = pool.view.getUint16(nh + ipv4.FRAG_OFF);
						expect((word & ipv4.IP_OFFSET) << 3).toBe(at);
						at += total - 20;
						const last = p === pieces[pieces.length - 1];
						expect((word & ipv4.IP_MF) !== 0).toBe(!last);
						if (!last) expect((total - 20) & 7).toBe(0);
					}
					expect(at).toBe(whole.length - 34);
					if (pieces.length === 1) {
						expect(bytesOf(m, pieces[0])).toEqual(whole);
						pool.drop(pieces[0], DROP.NOT_SPECIFIED);
					} else {
						for (const p of order) result = m.root.reassembly.add(p, CONNTRACK_IN);
						expect(bytesOf(m, result)).toEqual(whole);
						pool.drop(result, DROP.NOT_SPECIFIED);
					}
					expectWhole(m);
				},
			),
			{ numRuns: 80 },
		);
	});
	test("options: all in the first piece, only the copied ones in the others (RFC 791 §3.2)", () => {
		const m = machine();
		const [dev] = vethPair(m, m.root, "a", m.addNetns("n"), "b");
		const { pool } = m.core;
		const plain = datagram(200);
		const bytes = new Uint8Array(plain.length + 12);
		bytes.set(plain.subarray(0, 34));
		// record route (7, not copied), NOP, stream id (136, copied), EOL
		bytes.set([7, 3, 4, 1, 136, 4, 0x12, 0x34, 0, 0, 0, 0], 34);
		bytes.set(plain.subarray(34), 46);
		const v = viewOf(bytes);
		v.setUint8(14, 0x48);
		v.setUint16(16, bytes.length - 14);
		ipv4.setChecksum(v, 14);
		const seen: number[][] = [];
		fragment(m.core, load(dev, bytes), 120, (p) => {
			seen.push([...pool.bytes.slice(pool.nh[p] + 20, pool.nh[p] + 32)]);
			expect(ipv4.check(pool.view, pool.nh[p], pool.off[p] + pool.len[p])).toBe(ipv4.OK);
			pool.drop(p, DROP.NOT_SPECIFIED);
			return true;
		});
		expect(seen.length).toBe(3);
		expect(seen[0].slice(0, 8)).toEqual([7, 3, 4, 1, 136, 4, 0x12, 0x34]);
		for (const later of seen.slice(1)) expect(later.slice(0, 8)).toEqual([1, 1, 1, 1, 136, 4, 0x12, 0x34]);
		expectWhole(m);
	});
	test("an MTU with no room for 8 bytes of payload drops it", () => {
		const m = machine();
		const [dev] = vethPair(m, m.root, "a", m.addNetns("n"), "b");
		fragment(m.core, load(dev, datagram(100)), 27, () => expect.unreachable());
		expect(m.core.pool.dropped[DROP.PKT_TOO_BIG]).toBe(1);
		expectWhole(m);
	});
	test("through a router to a smaller MTU, and together again at the host", () => {
		const m = machine();
		const [a, r1] = vethPair(m, m.addNetns("a"), "a", m.root, "r1");
		const b = m.addNetns("b");
		const [r2, h] = vethPair(m, m.root, "r2", b, "h");
		address(m.root, r1, "10.0.1.1/24");
		address(m.root, r2, "10.0.2.1/24");
		address(b, h, "10.0.2.2/24");
		r2.setMtu(576);
		forwarding(m.root);
		const got: Uint8Array[] = [];
		expect(
			b.udp.bind({ addr: 0, port: 9, onDatagram: (p) => got.push(p), onError: () => expect.unreachable() }),
		).toBe(0);
		const wire = capture(h, 0);
		const sent = udpFrame(1, 2, "10.0.1.2", "10.0.2.2", 1514);
		arrive(r1, sent);
		expectWhole(m);
		expect(got).toEqual([sent.slice(42)]);
		const fragments = wire.filter((w) => viewOf(w).getUint16(12) === 0x0800);
		expect(fragments.map((w) => viewOf(w).getUint16(16))).toEqual([572, 572, 396]);
		expect(a.up).toBe(true);
	});
});
