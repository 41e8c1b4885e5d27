import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NetDevice } from "../../src/device/netdev.ts";
import { prefixMask } from "../../src/ip/address.ts";
import { EACCES, EHOSTUNREACH, EINVAL, ENETUNREACH } from "../../src/ip/errno.ts";
import { FibTable, type Route } from "../../src/ip/fib.ts";
import {
	ANY_FLOW,
	Fib,
	type FibRule,
	FR_ACT_BLACKHOLE,
	FR_ACT_PROHIBIT,
	FR_ACT_TO_TBL,
	FR_ACT_UNREACHABLE,
	RT_TABLE_DEFAULT,
	RT_TABLE_LOCAL,
	RT_TABLE_MAIN,
} from "../../src/ip/fib-rules.ts";
import {
	RTN_BLACKHOLE,
	RTN_LOCAL,
	RTN_PROHIBIT,
	RTN_THROW,
	RTN_UNICAST,
	RTN_UNREACHABLE,
} from "../../src/netfilter/types.ts";
import { ip } from "../wire/bytes.ts";

const DEVICES = [1, 2, 3].map((id) => ({ id, name: `eth${id}` }) as unknown as NetDevice);

function makeRoute(fields: Partial<Route>): Route {
	return {
		dst: 0,
		prefixLen: 0,
		tos: 0,
		metric: 0,
		type: RTN_UNICAST,
		scope: 0,
		protocol: 3,
		prefsrc: 0,
		table: RT_TABLE_MAIN,
		dev: DEVICES[0],
		gw: 0,
		onlink: false,
		nhScope: 253,
		exceptions: null,
		mtu: 0,
		mtuLock: false,
		dead: false,
		...fields,
	};
}

/** Kept in order of adding, newest of equals first; found by looking at all of them. */
class NaiveTable {
	routes: Route[] = [];
	insert(r: Route, append: boolean): void {
		if (append) this.routes.push(r);
		else this.routes.unshift(r);
	}
	lookup(addr: number, tos: number, oif: number, scope: number): Route | undefined {
		let best: Route | undefined;
		for (const r of this.routes) {
			const shift = 32 - r.prefixLen;
			if (r.prefixLen > 0 && addr >>> shift !== r.dst >>> shift) continue;
			if (r.tos !== 0 && r.tos !== (tos & 0x1c)) continue;
			if (r.scope < scope || r.dead) continue;
			if (oif >= 0 && r.dev !== null && r.dev.id !== oif) continue;
			const better =
				best === undefined ||
				r.prefixLen > best.prefixLen ||
				(r.prefixLen === best.prefixLen &&
					(r.tos > best.tos || (r.tos === best.tos && r.metric < best.metric)));
			if (better) best = r;
		}
		return best;
	}
}

/** Addresses of a few neighbourhoods, so that prefixes nest, and anything else. */
const addr = fc.oneof(
	fc
		.tuple(
			fc.constantFrom(ip("10.1.2.0"), ip("10.1.3.128"), ip("192.168.255.0"), ip("255.255.255.0"), 0),
			fc.nat(255),
		)
		.map(([a, b]) => a | b),
	fc.integer(),
);
const routeFields = fc.record({
	at: addr,
	prefixLen: fc.oneof(fc.constantFrom(0, 8, 15, 16, 17, 23, 24, 25, 31, 32), fc.nat(32)),
	tos: fc.constantFrom(0, 0, 0, 0x04, 0x10, 0x1c),
	metric: fc.constantFrom(0, 0, 100, 200),
	scope: fc.constantFrom(0, 0, 253, 254),
	dev: fc.nat(3),
	dead: fc.constantFrom(false, false, false, true),
	append: fc.boolean(),
});
type Fields = typeof routeFields extends fc.Arbitrary<infer T> ? T : never;
function routeOf(f: Fields): Route {
	const dev = f.dev === 3 ? null : DEVICES[f.dev];
	const type = dev === null ? RTN_UNREACHABLE : RTN_UNICAST;
	const dst = f.at & prefixMask(f.prefixLen);
	return makeRoute({ ...f, dst, dev, type });
}
const query = fc.record({
	addr,
	near: fc.nat(1000),
	tos: fc.constantFrom(0, 0x04, 0x10, 0x1f, 0xff),
	oif: fc.constantFrom(-1, -1, 1, 2),
	scope: fc.constantFrom(0, 0, 253),
});

describe("FibTable", () => {
	for (const [name, min, max] of [
		["linear", 0, 14],
		["around the threshold of 16 prefixes", 12, 24],
		["multi-level", 40, 90],
	] as const)
		test(`equals a linear scan: ${name}`, () => {
			fc.assert(
				fc.property(
					fc.array(routeFields, { minLength: min, maxLength: max, size: "max" }),
					fc.array(query, { minLength: 20, maxLength: 20 }),
					fc.array(fc.nat(1000), { maxLength: 12 }),
					(fields, queries, removals) => {
						const table = new FibTable(RT_TABLE_MAIN);
						const model = new NaiveTable();
						const compare = (): void => {
							for (const q of queries) {
								// half of the questions are about an address that some route is for
								const near = model.routes[q.near % (2 * model.routes.length)];
								const a = near === undefined ? q.addr : near.dst | (q.addr & ~prefixMask(near.prefixLen));
								expect(table.lookup(a, q.tos, q.oif, q.scope)).toBe(model.lookup(a, q.tos, q.oif, q.scope));
							}
						};
						for (const f of fields) {
							const r = routeOf(f);
							table.insert(r, f.append);
							model.insert(r, f.append);
						}
						compare();
						for (const n of removals) {
							const victim = model.routes[n % model.routes.length];
							if (victim === undefined) break;
							table.remove(victim);
							model.routes = model.routes.filter((r) => r !== victim);
						}
						compare();
						table.removeIf((r) => r.dev === DEVICES[1]);
						model.routes = model.routes.filter((r) => r.dev !== DEVICES[1]);
						compare();
					},
				),
				{ numRuns: name === "multi-level" ? 15 : 60 },
			);
		});
	test("a route that dies after the table was built is skipped, back to a shorter prefix", () => {
		const table = new FibTable(RT_TABLE_MAIN);
		const wide = makeRoute({ dst: ip("10.0.0.0"), prefixLen: 8 });
		const narrow = makeRoute({ dst: ip("10.1.0.0"), prefixLen: 16 });
		table.insert(wide);
		table.insert(narrow);
		expect(table.lookup(ip("10.1.2.3"), 0, -1, 0)).toBe(narrow);
		narrow.dead = true;
		expect(table.lookup(ip("10.1.2.3"), 0, -1, 0)).toBe(wide);
		wide.dead = true;
		expect(table.lookup(ip("10.1.2.3"), 0, -1, 0)).toBeUndefined();
	});
	test("printed order: longest prefix first, then TOS down, metric up, newest of equals first", () => {
		const table = new FibTable(RT_TABLE_MAIN);
		const r = (prefixLen: number, metric: number, tos: number, gw: number): Route =>
			makeRoute({ prefixLen, metric, tos, gw });
		table.insert(r(0, 100, 0, 1));
		table.insert(r(0, 0, 0, 2));
		table.insert(r(0, 0, 0, 3));
		table.insert(r(0, 0, 0, 4), true);
		table.insert(r(0, 50, 0x10, 5));
		table.insert(r(8, 9, 0, 6));
		expect(table.routes.map((x) => x.gw)).toEqual([6, 5, 3, 2, 4, 1]);
	});
});

describe("Fib", () => {
	const look = (fib: Fib, to: string): number => fib.lookup(ip(to), 0, 0, 0, null, -1, "");

	test("without rules of one's own a longer prefix of main beats local; a rule parts them (kernel 6.18: ip route get)", () => {
		const fib = new Fib();
		fib.local.insert(
			makeRoute({ dst: ip("10.1.0.0"), prefixLen: 16, type: RTN_LOCAL, table: RT_TABLE_LOCAL }),
		);
		fib.main.insert(makeRoute({ dst: ip("10.1.2.0"), prefixLen: 24 }));
		expect(look(fib, "10.1.2.3")).toBe(0);
		expect(fib.type).toBe(RTN_UNICAST);
		expect(look(fib, "10.1.3.3")).toBe(0);
		expect(fib.type).toBe(RTN_LOCAL);
		const own: FibRule = { ...fib.rules[0], pref: 100, table: 100, mark: 7, markMask: -1 };
		fib.addRule(own);
		expect(look(fib, "10.1.2.3")).toBe(0);
		expect(fib.type).toBe(RTN_LOCAL);
		fib.removeRule(own);
		expect(look(fib, "10.1.2.3")).toBe(0);
		expect(fib.type).toBe(RTN_LOCAL);
	});
	test("of equal prefixes the local table's comes first", () => {
		const fib = new Fib();
		fib.main.insert(makeRoute({ dst: ip("10.1.0.0"), prefixLen: 16 }));
		fib.local.insert(
			makeRoute({ dst: ip("10.1.0.0"), prefixLen: 16, type: RTN_LOCAL, table: RT_TABLE_LOCAL }),
		);
		expect(look(fib, "10.1.2.3")).toBe(0);
		expect(fib.type).toBe(RTN_LOCAL);
	});
	test("the default table is asked last, also when main throws (kernel 6.18: ip route get)", () => {
		const fib = new Fib();
		fib
			.table(RT_TABLE_DEFAULT)
			.insert(makeRoute({ dst: ip("10.5.0.0"), prefixLen: 16, table: RT_TABLE_DEFAULT, gw: 5 }));
		expect(look(fib, "10.5.1.1")).toBe(0);
		expect(fib.route?.gw).toBe(5);
		fib.main.insert(makeRoute({ dst: ip("10.5.0.0"), prefixLen: 16, type: RTN_THROW, dev: null }));
		expect(look(fib, "10.5.1.1")).toBe(0);
		expect(fib.route?.gw).toBe(5);
		fib.main.insert(makeRoute({ dst: ip("10.6.0.0"), prefixLen: 16, type: RTN_THROW, dev: null }));
		expect(look(fib, "10.6.1.1")).toBe(ENETUNREACH);
	});
	test("routes that lead nowhere give their errno (fib_props)", () => {
		for (const [type, errno] of [
			[RTN_UNREACHABLE, EHOSTUNREACH],
			[RTN_PROHIBIT, EACCES],
			[RTN_BLACKHOLE, EINVAL],
		]) {
			const fib = new Fib();
			fib.main.insert(makeRoute({ dst: ip("10.7.0.0"), prefixLen: 16, type, dev: null }));
			expect(look(fib, "10.7.1.1")).toBe(errno);
			expect(look(fib, "10.8.1.1")).toBe(ENETUNREACH);
		}
	});

	const ruleFields = fc.record({
		pref: fc.nat(40000),
		action: fc.constantFrom(
			FR_ACT_TO_TBL,
			FR_ACT_TO_TBL,
			FR_ACT_TO_TBL,
			FR_ACT_UNREACHABLE,
			FR_ACT_PROHIBIT,
			FR_ACT_BLACKHOLE,
		),
		table: fc.constantFrom(RT_TABLE_MAIN, 100, 101, 102),
		src: addr,
		srcLen: fc.constantFrom(0, 0, 8, 24, 32),
		dst: addr,
		dstLen: fc.constantFrom(0, 0, 8, 24, 32),
		tos: fc.constantFrom(0, 0, 0x10),
		mark: fc.constantFrom(0, 1, 0x80000001 | 0),
		markMask: fc.constantFrom(0, 0, -1, 1),
		iif: fc.constantFrom("", "", "eth1", "lo"),
		oif: fc.constantFrom("", "", "eth2"),
		invert: fc.constantFrom(false, false, true),
		protocol: fc.constant(3),
	});
	test("policy rules equal a naive walk", () => {
		fc.assert(
			fc.property(
				fc.array(ruleFields, { maxLength: 8 }),
				fc.array(fc.tuple(routeFields, fc.constantFrom(RT_TABLE_MAIN, 100, 101), fc.boolean()), {
					maxLength: 20,
				}),
				fc.array(
					fc.record({
						to: addr,
						from: addr,
						tos: fc.constantFrom(0, 0x10),
						mark: fc.constantFrom(0, 1, 0x80000001 | 0),
						iif: fc.constantFrom(null, 0, 1),
						oif: fc.constantFrom(-1, 2),
					}),
					{ minLength: 10, maxLength: 10 },
				),
				(rules, routes, questions) => {
					const fib = new Fib();
					const tables = new Map<number, NaiveTable>();
					for (const [f, id, thrown] of routes) {
						const r = thrown ? { ...routeOf(f), type: RTN_THROW, dev: null } : routeOf(f);
						fib.table(id).insert(r, f.append);
						if (!tables.has(id)) tables.set(id, new NaiveTable());
						tables.get(id)?.insert(r, f.append);
					}
					const order = [...fib.rules];
					for (const r of rules) {
						const rule = { ...r, ...ANY_FLOW };
						fib.addRule(rule);
						order.push(rule);
					}
					// stable: of equal preference the one that was added first
					order.sort((a, b) => a.pref - b.pref);
					expect(fib.rules).toEqual(order);
					fib.custom = true;
					for (const q of questions) {
						const iif = q.iif === null ? null : DEVICES[q.iif];
						const oifName = q.oif < 0 ? "" : "eth2";
						let errno = ENETUNREACH;
						let found: Route | undefined;
						for (const r of order) {
							const bits = (a: number, b: number, n: number): boolean =>
								n === 0 || a >>> (32 - n) === b >>> (32 - n);
							const name = iif === null ? "lo" : iif.name;
							const hit =
								bits(q.from, r.src, r.srcLen) &&
								bits(q.to, r.dst, r.dstLen) &&
								(r.tos === 0 || r.tos === q.tos) &&
								(q.mark & r.markMask) === (r.mark & r.markMask) &&
								["", name].includes(r.iif) &&
								["", oifName].includes(r.oif);
							if (hit === r.invert) continue;
							if (r.action === FR_ACT_UNREACHABLE) errno = ENETUNREACH;
							else if (r.action === FR_ACT_PROHIBIT) errno = EACCES;
							else if (r.action === FR_ACT_BLACKHOLE) errno = EINVAL;
							else {
								found = tables.get(r.table)?.lookup(q.to, q.tos, q.oif, 0);
								if (found === undefined || found.type === RTN_THROW) {
									found = undefined;
									continue;
								}
								errno = found.type === RTN_UNREACHABLE ? EHOSTUNREACH : 0;
							}
							break;
						}
						expect(fib.lookup(q.to, q.from, q.tos, q.mark, iif, q.oif, oifName)).toBe(errno);
						if (found !== undefined) expect(fib.route).toBe(found);
					}
				},
			),
			{ numRuns: 150 },
		);
	});
});
