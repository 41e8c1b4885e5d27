/** The walk over compiled rows against the naive reading of the same rules. */
import * as fc from "fast-check";
import { expect, it } from "vitest";
import {
	type AddrMask,
	type Match,
	type Range,
	type Rule,
	rule,
	type Target,
} from "../../src/netfilter/rule.ts";
import { NF_INET_FORWARD } from "../../src/netfilter/types.ts";
import { DEVICES, type FakeCt, type Packet, World } from "./rule-frames.ts";
import { naive } from "./rule-naive.ts";

const not = fc.boolean();
/** Few values, so that rules and packets meet. */
const ADDRS = [0x0a000001, 0x0a000002, 0x0a000102, 0xc0a80001 | 0, -1, 0x7f000001];
const addr = fc.constantFrom(...ADDRS);
const mask = fc.constantFrom(-1, 0xffffff00 | 0, 0xff000000 | 0, 0, 0x000000ff);
const addrMask: fc.Arbitrary<AddrMask> = fc.record({ addr, mask, not });
const port = fc.constantFrom(0, 1, 53, 80, 1000, 65535);
const range: fc.Arbitrary<Range> = fc.record({ min: port, max: port, not });
const maybe = <T>(a: fc.Arbitrary<T>) => fc.option(a, { nil: undefined });
const bits = fc.integer({ min: 0, max: 15 });
const iface = fc
	.record({ name: fc.constantFrom("", "eth0", "eth+", "br0", "nosuch", "v+"), not })
	.map((i) => ({
		...i,
		not: i.not && i.name !== "",
	}));
const dev = fc.integer({ min: -1, max: DEVICES.length - 1 });
const small = fc.constantFrom(-1, 0, 1, 2, 0xff, 0x10);
const maskNot = fc.record({ mask: fc.integer({ min: 0, max: 0x1ff }), not });

function strip<T extends object>(o: T): T {
	return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as T;
}
const byProto: Record<number, fc.Arbitrary<Match>> = {
	6: fc
		.record({
			type: fc.constant("tcp" as const),
			sport: maybe(range),
			dport: maybe(range),
			flags: maybe(fc.record({ mask: bits, comp: bits, not })),
			option: maybe(fc.record({ kind: fc.constantFrom(1, 2, 3, 8), not })),
		})
		.map(strip),
	17: fc.record({ type: fc.constant("udp" as const), sport: maybe(range), dport: maybe(range) }).map(strip),
	1: fc.record({
		type: fc.constant("icmp" as const),
		icmpType: fc.constantFrom(0, 3, 8, 255),
		minCode: fc.constantFrom(0, 1),
		maxCode: fc.constantFrom(0, 1, 255),
		not,
	}),
};
const anyMatch: fc.Arbitrary<Match> = fc.oneof(
	fc
		.record({
			type: fc.constantFrom("conntrack" as const),
			state: maybe(maskNot),
			proto: maybe(fc.record({ proto: fc.constantFrom(6, 17), not })),
			origSrc: maybe(addrMask),
			origDst: maybe(addrMask),
			replSrc: maybe(addrMask),
			replDst: maybe(addrMask),
			origSrcPort: maybe(range),
			replDstPort: maybe(range),
			status: maybe(maskNot),
			expire: maybe(fc.record({ min: fc.constant(0), max: fc.constantFrom(5, 0xffffffff), not })),
			dir: maybe(fc.constantFrom(0, 1)),
		})
		.map(strip),
	fc.record({ type: fc.constant("state" as const), state: maskNot }),
	fc
		.record({
			type: fc.constant("addrtype" as const),
			src: maybe(maskNot),
			dst: maybe(maskNot),
			limitIn: fc.boolean(),
			limitOut: fc.boolean(),
		})
		.map((m) => strip({ ...m, limitOut: m.limitOut && !m.limitIn })),
	fc.record({ type: fc.constantFrom("mark" as const, "connmark" as const), mark: small, mask: small, not }),
	fc.record({
		type: fc.constant("mac" as const),
		hi: fc.constant(0x0200),
		lo: fc.constantFrom(1, 2),
		not,
	}),
	fc.record({ type: fc.constant("iprange" as const), src: maybe(range), dst: maybe(range) }).map((m) =>
		strip({
			...m,
			src: m.src && { ...m.src, min: 0x0a000000, max: 0x0a0000ff },
			dst: m.dst && { ...m.dst, min: 0, max: 0xc0a80001 },
		}),
	),
	fc.record({
		type: fc.constant("length" as const),
		min: fc.constantFrom(0, 60),
		max: fc.constantFrom(60, 100),
		not,
	}),
	fc.record({
		type: fc.constant("ttl" as const),
		op: fc.constantFrom("eq" as const, "ne" as const, "lt" as const, "gt" as const),
		ttl: fc.constantFrom(1, 64),
	}),
	fc
		.record({
			type: fc.constant("physdev" as const),
			in: maybe(fc.record({ name: fc.constantFrom("veth12", "v+", "eth0"), not })),
			out: maybe(fc.record({ name: fc.constantFrom("veth12", "e+", "eth0"), not })),
			isIn: maybe(fc.record({ on: fc.constant(true), not })),
			isOut: maybe(fc.record({ on: fc.constant(true), not })),
			isBridged: maybe(fc.record({ on: fc.constant(true), not })),
		})
		.map(strip),
	fc.record({
		type: fc.constant("tos" as const),
		value: fc.constantFrom(0, 0x10),
		mask: fc.constantFrom(0xff, 0x10),
		not,
	}),
	fc.record({ type: fc.constant("dscp" as const), dscp: fc.constantFrom(0, 4), not }),
	fc.record({ type: fc.constant("pkttype" as const), pktType: fc.constantFrom(0, 1, 2), not }),
	fc.constant({ type: "comment" as const, text: "x" }),
);
const multiport = fc.record({
	type: fc.constant("multiport" as const),
	which: fc.constantFrom("src" as const, "dst" as const, "either" as const),
	ports: fc.array(
		range.map(({ min, max }) => ({ min, max, range: true })),
		{ minLength: 1, maxLength: 3 },
	),
	not,
});
/** Chains A, B, C: each may jump to later ones only, so there is no loop. */
const CHAINS = ["A", "B", "C"];
function ruleOf(level: number): fc.Arbitrary<Rule> {
	const later = CHAINS.slice(level);
	const target: fc.Arbitrary<Target> = fc.oneof(
		{
			weight: 3,
			arbitrary: fc
				.constantFrom("none" as const, "ACCEPT" as const, "DROP" as const, "RETURN" as const)
				.map((type) => ({ type })),
		},
		{ weight: 1, arbitrary: fc.record({ type: fc.constant("MARK" as const), value: small, mask: small }) },
		...(later.length === 0
			? []
			: [
					{
						weight: 3,
						arbitrary: fc.record({
							type: fc.constant("jump" as const),
							chain: fc.constantFrom(...later),
							goto: fc.boolean(),
						}),
					},
				]),
	);
	return fc
		.record({
			src: fc.oneof({ weight: 3, arbitrary: fc.constant({ addr: 0, mask: 0, not: false }) }, addrMask),
			dst: fc.oneof({ weight: 3, arbitrary: fc.constant({ addr: 0, mask: 0, not: false }) }, addrMask),
			in: fc.oneof(fc.constant({ name: "", not: false }), iface),
			out: fc.oneof(fc.constant({ name: "", not: false }), iface),
			proto: fc.constantFrom(0, 0, 1, 6, 17),
			frag: fc.oneof(
				{ weight: 4, arbitrary: fc.constant({ on: false, not: false }) },
				fc.record({ on: fc.constant(true), not }),
			),
			target,
			withProto: fc.boolean(),
			withMultiport: fc.boolean(),
			more: fc.array(anyMatch, { maxLength: 2 }),
		})
		.chain(({ withProto, withMultiport, more, ...fields }) => {
			const own = withProto && fields.proto in byProto ? fc.tuple(byProto[fields.proto]) : fc.constant([]);
			const ports = withMultiport && fields.proto > 1 ? fc.tuple(multiport) : fc.constant([]);
			return fc.tuple(own, ports).map(([a, b]) => rule({ ...fields, matches: [...a, ...b, ...more] }));
		});
}
const rules = (level: number) => fc.array(ruleOf(level), { maxLength: 5 });
const packet: fc.Arbitrary<Packet> = fc.record({
	src: addr,
	dst: addr,
	proto: fc.constantFrom(1, 6, 17, 47),
	fragOffset: fc.constantFrom(0, 0, 0, 1, 2),
	ttl: fc.constantFrom(1, 63, 64, 65),
	tos: fc.constantFrom(0, 0x10, 0x12),
	sport: port,
	dport: port,
	tcpFlags: bits,
	tcpOptions: fc.constantFrom([], [2, 4, 5, 180], [1, 1, 1, 0], [3, 3, 7, 8], [1, 3, 3, 7]),
	icmpType: fc.constantFrom(0, 3, 8),
	icmpCode: fc.constantFrom(0, 1, 2),
	payload: fc.constantFrom(40, 40, 100, 0, 3, 4, 8, 19, 20, 22),
	mark: small,
	pktType: fc.constantFrom(0, 1, 2),
	macHi: fc.constant(0x0200),
	macLo: fc.constantFrom(1, 2),
	ct: fc.constantFrom(0, 1, 2),
	ctinfo: fc.constantFrom(0, 1, 2, 3, 4, 7),
	physIn: dev,
	physOut: dev,
});
const CTS: FakeCt[] = [
	{
		status: 0x1c,
		mark: 1,
		proto: 6,
		src: [ADDRS[0], ADDRS[1]],
		dst: [ADDRS[1], ADDRS[3]],
		sport: [1000, 80],
		dport: [80, 1000],
		expiresIn: 5.5e9,
	},
	{
		status: 0x2a,
		mark: 2,
		proto: 17,
		src: [ADDRS[3], ADDRS[2]],
		dst: [ADDRS[2], ADDRS[3]],
		sport: [53, 1],
		dport: [1, 53],
		expiresIn: 120e9,
	},
];

it("counts, marks and judges as the naive reading does", () => {
	fc.assert(
		fc.property(
			fc.record({ FORWARD: rules(0), A: rules(1), B: rules(2), C: rules(3) }),
			fc.boolean(),
			fc.array(fc.record({ p: packet, inDev: dev, outDev: dev }), { minLength: 1, maxLength: 8 }),
			(chains, drop, packets) => {
				const w = new World();
				w.cts.push(...CTS);
				w.addrType = (a, d) => (a === ADDRS[0] ? 2 : a === -1 ? 3 : d >= 0 ? 4 : 1);
				const t = w.table("filter");
				t.edit((d) => {
					for (const name of CHAINS) d.newChain(name);
					for (const [name, list] of Object.entries(chains)) for (const r of list) d.append(name, r);
					d.setPolicy("FORWARD", drop ? "DROP" : "ACCEPT");
				});
				const want = new Map<string, [number, number]>();
				for (const { p: raw, inDev, outDev } of packets) {
					const p = {
						...raw,
						ctinfo: raw.ct === 0 && raw.ctinfo !== 7 ? 0 : raw.ct !== 0 && raw.ctinfo === 7 ? 0 : raw.ctinfo,
					};
					const expected = naive(t, NF_INET_FORWARD, p, w, inDev, outDev);
					for (const key of expected.counted) {
						const [n, b] = want.get(key) ?? [0, 0];
						want.set(key, [n + 1, b + 20 + p.payload]);
					}
					const f = w.frame(p);
					expect(t.run(NF_INET_FORWARD, f, inDev, outDev)).toBe(expected.verdict);
					expect(w.core.pool.mark[f]).toBe(expected.mark);
					w.free(f);
				}
				for (const c of t.chains) {
					c.entries.forEach((e, i) => {
						const [n, b] = want.get(`${c.name} ${i + 1}`) ?? [0, 0];
						expect(t.counters(e)).toEqual({ packets: n, bytes: b });
					});
					if (c.hook < 0) continue;
					const [n, b] = want.get(c.name) ?? [0, 0];
					expect(t.counters(c)).toEqual({ packets: n, bytes: b });
				}
			},
		),
		{ numRuns: 2000 },
	);
});
