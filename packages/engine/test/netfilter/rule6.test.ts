/** Rules of IPv6, compiled and walked, against the same rules read naively from their objects. */
import fc from "fast-check";
import { expect, it } from "vitest";
import { type In6, type Match, type Rule, rule6 } from "../../src/netfilter/rule.ts";
import { XtTable6 } from "../../src/netfilter/table6.ts";
import { NF_ACCEPT, NF_INET_FORWARD } from "../../src/netfilter/types.ts";
import * as ipv6 from "../../src/wire/ipv6.ts";
import { DEVICES, World } from "./rule-frames.ts";

interface Packet {
	readonly src: In6;
	readonly dst: In6;
	/** Destination options in front of the transport. */
	readonly options: number;
	/** Offset in bytes of a fragment, -1: none. */
	readonly fragment: number;
	readonly proto: number;
	readonly sport: number;
	readonly dport: number;
	readonly hops: number;
	readonly tclass: number;
	readonly payload: number;
	readonly inDev: number;
	readonly outDev: number;
}
const small = fc.constantFrom(0, 1, 2);
const address: fc.Arbitrary<In6> = fc.tuple(fc.constant(0xfd000000 | 0), small, fc.constant(0), small);
const packets: fc.Arbitrary<Packet> = fc.record({
	src: address,
	dst: address,
	options: small,
	fragment: fc.constantFrom(-1, -1, -1, 0, 8, 64),
	proto: fc.constantFrom(6, 17, 58, 253),
	sport: fc.constantFrom(1, 53, 0x8000),
	dport: fc.constantFrom(1, 53, 80),
	hops: fc.constantFrom(1, 64, 255),
	tclass: fc.constantFrom(0, 0x28),
	payload: fc.constantFrom(20, 24, 60),
	inDev: fc.constantFrom(1, 3),
	outDev: fc.constantFrom(2, 3),
});
const range = fc
	.tuple(fc.constantFrom(0, 1, 53), fc.constantFrom(1, 60, 200), fc.boolean())
	.map(([min, max, not]) => ({ min, max: Math.max(min, max), not }));
const masks: readonly In6[] = [
	[0, 0, 0, 0],
	[-1, 0, 0, 0],
	[-1, -1, 0, 0],
	[-1, -1, -1, -1],
];
const spec = fc.record({ addr: address, mask: fc.constantFrom(...masks), not: fc.boolean() });
const iface = fc.record({ name: fc.constantFrom("", "eth+", "eth0", "veth12"), not: fc.boolean() });
const anywhere: fc.Arbitrary<Match> = fc.oneof(
	fc.record({
		type: fc.constant("hl" as const),
		op: fc.constantFrom("eq" as const, "ne" as const, "lt" as const, "gt" as const),
		hopLimit: fc.constantFrom(1, 64),
	}),
	range.map((r) => ({ type: "length" as const, ...r })),
	fc.record({
		type: fc.constant("tos" as const),
		value: fc.constantFrom(0, 0x28),
		mask: fc.constant(0xff),
		not: fc.boolean(),
	}),
	fc.tuple(address, address, fc.boolean()).map(([min, max, not]) => ({
		type: "iprange" as const,
		src: { min, max, not },
	})),
);
function l4(proto: number): fc.Arbitrary<Match | null> {
	if (proto === 6 || proto === 17)
		return fc.oneof(
			fc.record({
				type: fc.constant(proto === 6 ? ("tcp" as const) : ("udp" as const)),
				sport: range,
				dport: range,
			}),
			fc.boolean().map((not) => ({
				type: "multiport" as const,
				which: "either" as const,
				ports: [{ min: 53, max: 90, range: true }],
				not,
			})),
		);
	if (proto !== 58) return fc.constant(null);
	return fc
		.boolean()
		.map((not) => ({ type: "icmp6" as const, icmpType: 128, minCode: 0, maxCode: 255, not }));
}
const rules: fc.Arbitrary<Rule> = fc.constantFrom(0, 6, 17, 58).chain((proto) =>
	fc
		.record({
			src: spec,
			dst: spec,
			in: iface,
			out: iface,
			protoNot: proto === 0 ? fc.constant(false) : fc.boolean(),
			l4: fc.option(l4(proto)),
			other: fc.option(anywhere),
		})
		.map(({ l4, other, ...r }) =>
			rule6({
				...r,
				proto,
				// the kernel takes a transport's match only behind that transport
				matches: [r.protoNot ? null : l4, other].filter((m) => m !== null),
			}),
		),
);

const under = (a: In6, b: In6, mask: In6) => a.every((w, i) => ((w ^ b[i]) & mask[i]) === 0);
const inside = (r: { min: number; max: number; not: boolean }, n: number) =>
	(n >= r.min && n <= r.max) !== r.not;
const compare = (a: In6, b: In6) => {
	const i = a.findIndex((w, k) => w !== b[k]);
	return i < 0 ? 0 : (a[i] >>> 0) - (b[i] >>> 0);
};
function named(s: { name: string; not: boolean }, dev: number): boolean {
	if (s.name === "") return true;
	const fits = s.name.endsWith("+") ? DEVICES[dev].startsWith(s.name.slice(0, -1)) : DEVICES[dev] === s.name;
	return fits !== s.not;
}
function naive(r: Rule, p: Packet): boolean {
	const { src, dst } = r;
	if (under(p.src, src.addr as In6, src.mask as In6) === src.not) return false;
	if (under(p.dst, dst.addr as In6, dst.mask as In6) === dst.not) return false;
	if (!named(r.in, p.inDev) || !named(r.out, p.outDev)) return false;
	if (r.proto !== 0 && (p.proto === r.proto) === r.protoNot) return false;
	return r.matches.every((m) => matches(m, p));
}
function length(p: Packet): number {
	return 40 + 8 * p.options + (p.fragment >= 0 ? 8 : 0) + p.payload;
}
function matches(m: Match, p: Packet): boolean {
	const later = p.fragment > 0;
	switch (m.type) {
		case "tcp":
		case "udp":
			return !later && inside(m.sport ?? ALL, p.sport) && inside(m.dport ?? ALL, p.dport);
		case "multiport":
			return (
				!later && m.ports.some((r) => [p.sport, p.dport].some((n) => n >= r.min && n <= r.max)) !== m.not
			);
		case "icmp6":
			return !later && (p.sport >> 8 === m.icmpType) !== m.not;
		case "hl":
			return {
				eq: p.hops === m.hopLimit,
				ne: p.hops !== m.hopLimit,
				lt: p.hops < m.hopLimit,
				gt: p.hops > m.hopLimit,
			}[m.op];
		case "length":
			return inside(m, length(p));
		case "tos":
			return ((p.tclass & m.mask) === m.value) !== m.not;
		case "iprange": {
			const s = m.src;
			if (s === undefined) return true;
			return (compare(p.src, s.min as In6) >= 0 && compare(p.src, s.max as In6) <= 0) !== s.not;
		}
		default:
			throw new Error(m.type);
	}
}
const ALL = { min: 0, max: 0xffff, not: false };

function frame(w: World, p: Packet): number {
	const { pool } = w.core;
	const total = length(p);
	const f = pool.inject(14 + total);
	const nh = pool.off[f] + 14;
	const { view } = pool;
	pool.bytes.fill(0, pool.off[f], nh + total);
	view.setUint16(nh - 2, 0x86dd);
	const kinds = [...new Array<number>(p.options).fill(60), ...(p.fragment >= 0 ? [44] : []), p.proto];
	ipv6.emit(view, nh, p.tclass, 0, total - 40, kinds[0], p.hops, Int32Array.from([...p.src, ...p.dst]), 0, 4);
	kinds.slice(0, -1).forEach((kind, i) => {
		view.setUint8(nh + 40 + 8 * i, kinds[i + 1]);
		if (kind === 44) view.setUint16(nh + 42 + 8 * i, p.fragment | 1);
	});
	const th = nh + total - p.payload;
	view.setUint16(th, p.sport);
	view.setUint16(th + 2, p.dport);
	pool.nh[f] = nh;
	pool.th[f] = th;
	return f;
}

it("count the packets that the naive reading counts", () => {
	fc.assert(
		fc.property(
			fc.array(rules, { minLength: 1, maxLength: 6 }),
			fc.array(packets, { minLength: 1, maxLength: 6 }),
			(rs, ps) => {
				const w = new World();
				const table = new XtTable6("filter", w.core, w.host, w.ct, w.nat, w.lists, 6);
				table.edit((d) => {
					for (const r of rs) d.append("FORWARD", r);
				});
				const expected = rs.map(() => ({ packets: 0, bytes: 0 }));
				for (const p of ps) {
					const f = frame(w, p);
					expect(table.run(NF_INET_FORWARD, f, p.inDev, p.outDev)).toBe(NF_ACCEPT);
					w.free(f);
					rs.forEach((r, i) => {
						if (!naive(r, p)) return;
						expected[i].packets++;
						expected[i].bytes += length(p);
					});
				}
				const chain = table.chains.find((c) => c.name === "FORWARD");
				expect(chain?.entries.map((e) => table.counters(e))).toEqual(expected);
			},
		),
		{ numRuns: 300 },
	);
});
