import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { DELIVERED, deliveryName } from "../../src/frame/delivery.ts";
import { DROP, dropReasonName } from "../../src/frame/drop.ts";
import { BIG_MAX, BIG_STRIDE, FramePool, HEADROOM, SMALL_MAX, SMALL_STRIDE } from "../../src/frame/pool.ts";

const SMALL = 6;
const BIG = 3;

interface ModelFrame {
	f: number;
	bytes: Uint8Array;
	mark: number;
	big: boolean;
}

/** Quicker than an expectation per byte of a big frame. */
function differs(pool: FramePool, m: ModelFrame): boolean {
	return pool.len[m.f] !== m.bytes.length || m.bytes.some((b, i) => pool.bytes[pool.off[m.f] + i] !== b);
}

const length = fc.oneof(
	fc.integer({ min: 14, max: 1600 }),
	fc.constantFrom(0, 14, SMALL_MAX, SMALL_MAX + 1, BIG_MAX, BIG_MAX + 1),
);
const op = fc.oneof(
	fc.record({ op: fc.constantFrom("inject" as const, "generate" as const), length, fill: fc.nat(255) }),
	fc.record({ op: fc.constantFrom("clone" as const, "deliver" as const, "drop" as const), at: fc.nat(100) }),
	fc.record({ op: fc.constant("write" as const), at: fc.nat(100), where: fc.nat(), fill: fc.nat(255) }),
	fc.record({
		op: fc.constant("reserve" as const),
		at: fc.nat(100),
		head: fc.constantFrom(0, 14, 64, HEADROOM, HEADROOM + 1, 500),
		tail: fc.constantFrom(0, 1, 50, 1400),
	}),
);

describe("FramePool", () => {
	for (const debug of [false, true])
		test(`equals a naive model over random operations${debug ? " (debug)" : ""}`, () => {
			fc.assert(
				fc.property(fc.array(op, { maxLength: 60 }), (ops) => {
					const pool = new FramePool({ small: SMALL, big: BIG, debug });
					const live: ModelFrame[] = [];
					const born = [0, 0];
					let ended = 0;
					const room = (big: boolean): boolean =>
						live.filter((m) => m.big === big).length < (big ? BIG : SMALL);
					const fits = (n: number): boolean => n <= BIG_MAX && room(n > SMALL_MAX);
					const bytesOf = (f: number): Uint8Array => pool.bytes.slice(pool.off[f], pool.off[f] + pool.len[f]);
					for (const o of ops) {
						if ("length" in o) {
							const f = o.op === "inject" ? pool.inject(o.length) : pool.generate(o.length);
							expect(f >= 0).toBe(fits(o.length));
							if (f < 0) continue;
							born[o.op === "inject" ? 0 : 1]++;
							pool.bytes.fill(o.fill, pool.off[f], pool.off[f] + o.length);
							pool.mark[f] = o.fill;
							live.push({
								f,
								bytes: new Uint8Array(o.length).fill(o.fill),
								mark: o.fill,
								big: o.length > SMALL_MAX,
							});
						} else if (live.length > 0) {
							const at = o.at % live.length;
							const m = live[at];
							if (o.op === "clone") {
								const possible = fits(m.bytes.length);
								const c = pool.clone(m.f);
								expect(c >= 0).toBe(possible);
								if (c < 0) continue;
								born[1]++;
								live.push({ f: c, bytes: m.bytes.slice(), mark: m.mark, big: m.bytes.length > SMALL_MAX });
							} else if (o.op === "write") {
								if (m.bytes.length === 0) continue;
								const where = o.where % m.bytes.length;
								pool.bytes[pool.off[m.f] + where] = o.fill;
								m.bytes[where] = o.fill;
							} else if (o.op === "reserve") {
								const before = { ...m };
								const g = pool.reserve(m.f, o.head, o.tail);
								if (g < 0) continue;
								m.f = g;
								m.big = g >= SMALL;
								const base = pool.base(g);
								const end = base + (m.big ? BIG_STRIDE : SMALL_STRIDE);
								expect(pool.off[g] - base).toBeGreaterThanOrEqual(o.head);
								expect(pool.off[g] + pool.len[g] + o.tail).toBeLessThanOrEqual(end);
								if (g === before.f) expect(m.big).toBe(before.big);
							} else {
								live.splice(at, 1);
								if (o.op === "deliver") pool.deliver(m.f, DELIVERED.sink);
								else pool.drop(m.f, DROP.NETFILTER_DROP);
								ended++;
							}
						}
						expect(new Set(live.map((m) => m.f)).size).toBe(live.length);
						for (const m of live) {
							if (differs(pool, m)) expect(bytesOf(m.f)).toEqual(m.bytes);
							if (pool.mark[m.f] !== m.mark) expect(pool.mark[m.f]).toBe(m.mark);
						}
						expect(pool.inUse).toBe(live.length);
						expect([...pool.born]).toEqual(born);
						expect(pool.deliveredTotal + pool.droppedTotal).toBe(ended);
						expect(pool.born[0] + pool.born[1]).toBe(pool.deliveredTotal + pool.droppedTotal + pool.inUse);
					}
					for (const m of live) pool.drop(m.f, DROP.NOT_SPECIFIED);
					expect(pool.inUse).toBe(0);
					// whole again: all slots can be had, and no more
					for (let i = 0; i < SMALL; i++) expect(pool.inject(100)).toBeGreaterThanOrEqual(0);
					for (let i = 0; i < BIG; i++) expect(pool.inject(5000)).toBeGreaterThanOrEqual(0);
					expect(pool.inject(100)).toBe(-1);
					expect(pool.inject(5000)).toBe(-1);
				}),
				{ numRuns: debug ? 40 : 150 },
			);
		});

	test("exhaustion is a normal event: -1, the frame unborn until it is accounted for", () => {
		const pool = new FramePool({ small: 1, big: 1 });
		const f = pool.inject(60);
		expect([pool.inject(60), pool.generate(60), pool.clone(f)]).toEqual([-1, -1, -1]);
		expect([...pool.born]).toEqual([1, 0]);
		pool.dropUninjected(DROP.NOMEM);
		pool.dropUnborn(DROP.NOMEM);
		expect([...pool.born]).toEqual([2, 1]);
		expect(pool.dropped[DROP.NOMEM]).toBe(2);
		expect(pool.born[0] + pool.born[1]).toBe(pool.droppedTotal + pool.deliveredTotal + pool.inUse);
		const before = pool.bytes.slice(pool.off[f], pool.off[f] + 60);
		expect(pool.reserve(f, HEADROOM + 1, 0)).toBe(-1);
		expect(pool.bytes.slice(pool.off[f], pool.off[f] + 60)).toEqual(before);
		expect(pool.inUse).toBe(1);
	});
	test("a fresh frame knows nothing of the slot's last one", () => {
		const pool = new FramePool({ small: 1, big: 0 });
		const f = pool.inject(60);
		for (const a of [
			pool.mark,
			pool.ctinfo,
			pool.vlan,
			pool.flags,
			pool.fragMax,
			pool.l4sum,
			pool.dstType,
			pool.pktType,
		])
			a[f] = 77;
		pool.physIn[f] = pool.physOut[f] = pool.iif[f] = pool.next[f] = 5;
		pool.setCuts(f, { lengths: [1, 2], data: [1, 2] });
		pool.drop(f, DROP.NOT_SPECIFIED);
		expect(pool.cuts.size).toBe(0);
		expect(pool.inject(60)).toBe(f);
		for (const a of [
			pool.mark,
			pool.ct,
			pool.ctinfo,
			pool.vlan,
			pool.flags,
			pool.fragMax,
			pool.l4sum,
			pool.dstType,
			pool.pktType,
		])
			expect(a[f]).toBe(0);
		for (const a of [pool.physIn, pool.physOut, pool.iif, pool.next]) expect(a[f]).toBe(-1);
		expect(pool.off[f]).toBe(pool.base(f) + HEADROOM);
	});
	test("a clone keeps header offsets relative to its own bytes, and has no fragments of its own", () => {
		const pool = new FramePool({ small: 4, big: 0 });
		const f = pool.inject(60);
		pool.off[f] += 10;
		pool.nh[f] = pool.off[f] + 14;
		pool.th[f] = pool.off[f] + 34;
		pool.fragMax[f] = 576;
		pool.setCuts(f, { lengths: [552, 100], data: [1, 2] });
		const c = pool.clone(f);
		expect(pool.nh[c] - pool.off[c]).toBe(14);
		expect(pool.th[c] - pool.off[c]).toBe(34);
		expect(pool.fragMax[c]).toBe(576);
		expect(pool.cuts.has(c)).toBe(false);
		expect(pool.cuts.get(f)?.lengths).toEqual([552, 100]);
	});
	test("connection references: one per frame, given back when it ends, moves or is reset", () => {
		const pool = new FramePool({ small: 4, big: 1 });
		let refs = 1;
		pool.ctHolder = { get: () => refs++, put: () => refs-- };
		const f = pool.inject(60);
		pool.ct[f] = 9;
		const c = pool.clone(f);
		expect(refs).toBe(2);
		const g = pool.reserve(c, HEADROOM + 1, 0);
		expect(g).not.toBe(c);
		expect(refs).toBe(2);
		pool.resetCt(g);
		expect(refs).toBe(1);
		pool.drop(g, DROP.NOT_SPECIFIED);
		pool.drop(f, DROP.NOT_SPECIFIED);
		expect(refs).toBe(0);
	});
	test("watchers see each birth and each end once", () => {
		const pool = new FramePool({ small: 4, big: 1 });
		const log: string[] = [];
		pool.watcher = {
			allocated: (f, from) => log.push(`+${f} ${from}`),
			delivered: (f, to) => log.push(`${deliveryName(to)} ${f}`),
			dropped: (f, reason) => log.push(`${dropReasonName(reason)} ${f}`),
		};
		const f = pool.inject(60);
		const c = pool.clone(f);
		pool.deliver(f, DELIVERED.icmp);
		pool.drop(c, DROP.IP_CSUM);
		expect(log).toEqual([`+${f} -1`, `+${c} ${f}`, `icmp ${f}`, `IP_CSUM ${c}`]);
	});
});

describe("FramePool, debug", () => {
	const uses: [string, (pool: FramePool, f: number) => unknown][] = [
		["drop", (p, f) => p.drop(f, DROP.NOT_SPECIFIED)],
		["deliver", (p, f) => p.deliver(f, DELIVERED.sink)],
		["clone", (p, f) => p.clone(f)],
		["reserve", (p, f) => p.reserve(f, 0, 0)],
		["assertLive", (p, f) => p.assertLive(f)],
	];
	for (const [name, use] of uses)
		test(`${name} of a freed frame throws and changes no account`, () => {
			const pool = new FramePool({ small: 4, big: 1, debug: true });
			const f = pool.inject(60);
			pool.drop(f, DROP.NOT_SPECIFIED);
			expect(() => use(pool, f)).toThrow(/used after it was freed/);
			expect(pool.droppedTotal + pool.deliveredTotal).toBe(1);
			expect(pool.inUse).toBe(0);
			expect(pool.born[1]).toBe(0);
		});
	test("the oldest free slot is reused first, and its bytes are poison", () => {
		const pool = new FramePool({ small: 3, big: 0, debug: true });
		const f = pool.inject(60);
		const o = pool.off[f];
		pool.bytes.fill(1, o, o + 60);
		pool.drop(f, DROP.NOT_SPECIFIED);
		expect(pool.bytes.slice(o, o + 60)).toEqual(new Uint8Array(60).fill(0xdb));
		expect([pool.inject(60), pool.inject(60)]).not.toContain(f);
		expect(pool.inject(60)).toBe(f);
	});
});
