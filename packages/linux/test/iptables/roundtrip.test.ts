/** Rules of both families survive being printed and read again. */
import {
	type AddrMask,
	type Match,
	type Rule,
	rule,
	rule6,
	ruleKey,
	type Target,
} from "@hookline/engine/netfilter/rule";
import {
	NF_NAT_RANGE_MAP_IPS,
	NF_NAT_RANGE_PERSISTENT,
	NF_NAT_RANGE_PROTO_SPECIFIED,
} from "@hookline/engine/netfilter/types";
import type { In6 } from "@hookline/engine/ring/in6";
import fc from "fast-check";
import { expect, it } from "vitest";
import { mask6 } from "../../src/address6-text.ts";
import { printRule } from "../../src/iptables/print.ts";
import { compareAddresses, maskedAddress, prefixMask } from "../../src/iptables/values.ts";
import { model, run } from "./model.ts";

const u8 = fc.integer({ min: 0, max: 255 });
const u16 = fc.integer({ min: 0, max: 0xffff });
const u32 = fc.integer({ min: 0, max: 0xffff_ffff });
const word = fc.oneof(fc.constant(0), fc.constant(-1), fc.integer());
const in6: fc.Arbitrary<In6> = fc.tuple(word, word, word, word);
const not = fc.boolean();
const addr = (family: 4 | 6) => (family === 4 ? word : in6);
const masked = (family: 4 | 6): fc.Arbitrary<AddrMask> =>
	fc
		.tuple(addr(family), fc.integer({ min: 0, max: family === 4 ? 32 : 128 }), not)
		.map(([a, length, inverted]) => {
			const mask = family === 4 ? prefixMask(length) : mask6(length);
			return { addr: maskedAddress(a, mask), mask, not: inverted };
		});
const range = <T>(
	numbers: fc.Arbitrary<number>,
	make: (r: { min: number; max: number; not: boolean }) => T,
) =>
	fc
		.tuple(numbers, numbers, not)
		.map(([a, b, n]) => make({ min: Math.min(a, b), max: Math.max(a, b), not: n }));
const value = fc.record({ value: u32, not });
const maybe = <T>(a: fc.Arbitrary<T>) => fc.option(a, { nil: undefined });
/** Without the fields that are undefined, as the parser leaves them out. */
const tidy = <T extends object>(o: T): T =>
	Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as T;
/** All ids are printed as none. */
const ids = maybe(range(u32, (r) => r).filter((r) => r.min !== 0 || r.max !== 0xffff_ffff));
const addrRange = (family: 4 | 6) =>
	fc.tuple(addr(family), addr(family), not).map(([x, y, n]) => {
		const [a, b] = family === 4 ? [(x as number) >>> 0, (y as number) >>> 0] : [x, y];
		return compareAddresses(a, b) <= 0 ? { min: a, max: b, not: n } : { min: b, max: a, not: n };
	});

const either = (family: 4 | 6): fc.Arbitrary<Match>[] => [
	fc
		.record({ src: maybe(addrRange(family)), dst: addrRange(family) })
		.map((m) => tidy({ type: "iprange" as const, ...m })),
	fc
		.record({ origSrc: maybe(addrMaskOf(family)), replDst: addrMaskOf(family) })
		.map((m) => tidy({ type: "conntrack" as const, ...m })),
	fc.record({ mark: fc.integer(), mask: fc.integer(), not }).map((m) => ({ type: "mark" as const, ...m })),
];
/** Host bits stay, and a mask is a prefix. */
function addrMaskOf(family: 4 | 6): fc.Arbitrary<AddrMask> {
	return fc
		.tuple(addr(family), fc.integer({ min: 0, max: family === 4 ? 32 : 128 }), not)
		.map(([a, length, n]) => ({
			addr: a,
			mask: family === 4 ? prefixMask(length) : mask6(length),
			not: n,
		}));
}
const only6: fc.Arbitrary<Match>[] = [
	fc
		.record({ op: fc.constantFrom("eq" as const, "ne" as const, "lt" as const, "gt" as const), hopLimit: u8 })
		.map((m) => ({ type: "hl" as const, ...m })),
	fc
		.record({ id: ids, length: maybe(value), reserved: not, first: not, more: not })
		.map((m) => tidy({ type: "frag" as const, ...m, last: false })),
	fc
		.record({
			segsLeft: ids,
			length: maybe(value),
			reserved: not,
			addrs: fc.array(in6, { maxLength: 16 }),
			notStrict: not,
		})
		.map((m) =>
			tidy({
				type: "rt" as const,
				rtType: { value: 0, not: false },
				...m,
				notStrict: m.notStrict && m.addrs.length > 0,
			}),
		),
	fc
		.record({ headers: fc.integer({ min: 1, max: 255 }), not, soft: not })
		.map((m) => ({ type: "ipv6header" as const, ...m })),
	fc
		.record({
			type: fc.constantFrom("hbh" as const, "dst" as const),
			length: maybe(value),
			options: fc.array(
				fc.record({
					kind: fc.integer({ min: 1, max: 255 }),
					length: maybe(fc.integer({ min: 0, max: 254 })),
				}),
				{ maxLength: 16 },
			),
		})
		.map(tidy),
];
const proto6: fc.Arbitrary<{ proto: number; match: Match }> = fc.oneof(
	fc.record({ icmpType: u8, code: maybe(u8), not }).map(({ icmpType, code, not: n }) => ({
		proto: 58,
		match: { type: "icmp6" as const, icmpType, minCode: code ?? 0, maxCode: code ?? 255, not: n },
	})),
	range(u8, (r) => ({ proto: 135, match: { type: "mh" as const, ...r } })).filter(
		({ match: m }) => m.min !== 0 || m.max !== 255,
	),
);
const natTarget = (family: 4 | 6): fc.Arbitrary<Target> =>
	fc.tuple(addrRange(family), u16, u16, not, not).map(([r, p, q, persistent, ports]) => {
		const signed = (a: typeof r.min) => (typeof a === "number" ? a | 0 : a);
		return {
			type: "DNAT" as const,
			flags:
				NF_NAT_RANGE_MAP_IPS |
				(ports ? NF_NAT_RANGE_PROTO_SPECIFIED : 0) |
				(persistent ? NF_NAT_RANGE_PERSISTENT : 0),
			minAddr: signed(r.min),
			maxAddr: signed(r.max),
			minPort: ports ? Math.min(p, q) : 0,
			maxPort: ports ? Math.max(p, q) : 0,
			basePort: 0,
		};
	});
const base = (family: 4 | 6, r: Partial<Rule>): Rule => (family === 4 ? rule : rule6)(r);
const filterRule = (family: 4 | 6): fc.Arbitrary<Rule> =>
	fc
		.record({
			src: masked(family),
			dst: masked(family),
			matches: fc.array(fc.oneof(...either(family), ...(family === 6 ? only6 : [])), { maxLength: 3 }),
			proto: family === 6 ? maybe(proto6) : fc.constant(undefined),
		})
		.map(({ src, dst, matches, proto }) =>
			base(family, {
				src,
				dst,
				proto: proto?.proto ?? 0,
				matches: proto === undefined ? matches : [proto.match, ...matches],
				target: { type: "DROP" },
			}),
		);
const natRule = (family: 4 | 6): fc.Arbitrary<Rule> =>
	natTarget(family).map((target) => base(family, { proto: 6, target }));

function again(family: 4 | 6, table: "filter" | "nat", chain: string, r: Rule): Rule | string {
	const m = model(family);
	const text = `*${table}\n${printRule(chain, r)}\nCOMMIT\n`;
	const done = run(m, [family === 4 ? "iptables-restore" : "ip6tables-restore"], text);
	return (
		m.tables.peek(table)?.chains.find((c) => c.name === chain)?.entries[0]?.rule ?? `${text}${done.text}`
	);
}
for (const family of [4, 6] as const) {
	it(`IPv${family}, filter`, () => {
		fc.assert(
			fc.property(filterRule(family), (r) => {
				const read = again(family, "filter", "FORWARD", r);
				expect(typeof read === "string" ? read : ruleKey(read)).toBe(ruleKey(r));
			}),
		);
	});
	it(`IPv${family}, nat`, () => {
		fc.assert(
			fc.property(natRule(family), (r) => {
				const read = again(family, "nat", "PREROUTING", r);
				expect(typeof read === "string" ? read : ruleKey(read)).toBe(ruleKey(r));
			}),
		);
	});
}
