import fc from "fast-check";
import { describe, expect, test } from "vitest";
import type { NetDevice } from "../../src/device/netdev.ts";
import { ENETUNREACH } from "../../src/ip/errno.ts";
import { RT_TABLE_LOCAL, RT_TABLE_MAIN } from "../../src/ip/fib-rules.ts";
import { type Fib6Host, FibTable6, type Route6 } from "../../src/ip6/fib6.ts";
import { Fib6, Flow6 } from "../../src/ip6/fib6-rules.ts";
import { maskWord, prefixOf } from "../../src/ip6/kinds.ts";
import { RTN_LOCAL, RTN_THROW, RTN_UNICAST } from "../../src/netfilter/types.ts";
import type { In6 } from "../../src/ring/in6.ts";
import { in6 } from "./lab6.ts";

const DEVICES = [1, 2, 3].map((id) => ({ id, name: `eth${id}` }) as unknown as NetDevice);
const DEAF = 7;
const host: Fib6Host = {
	clock: new Float64Array(1),
	linkDown: () => false,
	gatewayFailed: (r) => r.gw === DEAF,
};

function route(fields: Partial<Route6> & { dst: In6; prefixLen: number }): Route6 {
	return {
		metric: 1024,
		type: RTN_UNICAST,
		protocol: 3,
		prefsrc: 0,
		table: RT_TABLE_MAIN,
		dev: DEVICES[0] as NetDevice,
		gw: 0,
		onlink: false,
		mtu: 0,
		mtuLock: false,
		hopLimit: 0,
		expires: 0,
		pref: 0,
		...fields,
		...{ dst: prefixOf(fields.dst, fields.prefixLen) },
	};
}
function covers(r: Route6, a: In6): boolean {
	return [0, 1, 2, 3].every((i) => ((r.dst[i] ^ a[i]) & maskWord(r.prefixLen, i)) === 0);
}
/** RFC 4861 §5.2 and Linux's order, by looking at every route: longest prefix, lowest metric, own device, first added. */
function naive(
	routes: readonly Route6[],
	a: In6,
	oif: number,
	strict: boolean,
	reachable: boolean,
): Route6 | undefined {
	const of = (avoid: boolean) => {
		let best: Route6 | undefined;
		for (const r of routes) {
			if (!covers(r, a) || (strict && oif >= 0 && r.dev.id !== oif) || (avoid && r.gw === DEAF)) continue;
			const better =
				best === undefined ||
				r.prefixLen > best.prefixLen ||
				(r.prefixLen === best.prefixLen &&
					(r.metric < best.metric ||
						(r.metric === best.metric && oif >= 0 && r.dev.id === oif && best.dev.id !== oif)));
			if (better) best = r;
		}
		return best;
	};
	return (reachable ? of(true) : undefined) ?? of(false);
}

const word = fc.constantFrom(0, 1, -1, 0x20010db8, 0x80000000 | 0, 0x00010001, 0x7fffffff);
const addr = fc.tuple(word, word, word, word) as fc.Arbitrary<In6>;
const prefixLen = fc.oneof(
	fc.constantFrom(0, 8, 31, 32, 33, 48, 63, 64, 65, 96, 127, 128),
	fc.integer({ min: 0, max: 128 }),
);

describe("FibTable6", () => {
	test("finds what looking at every route finds, while routes come and go", () => {
		const step = fc.record({
			dst: addr,
			prefixLen,
			metric: fc.constantFrom(1, 256, 1024),
			dev: fc.constantFrom(...DEVICES),
			gw: fc.constantFrom(0, 5, DEAF),
			remove: fc.boolean(),
			ask: addr,
			oif: fc.constantFrom(-1, 1, 2, 3),
			strict: fc.boolean(),
			reachable: fc.boolean(),
		});
		fc.assert(
			fc.property(fc.array(step, { minLength: 1, maxLength: 40 }), (steps) => {
				const table = new FibTable6(RT_TABLE_MAIN, host);
				let all: Route6[] = [];
				const w = new Int32Array(8);
				for (const s of steps) {
					if (s.remove && all.length > 0) {
						const gone = all[s.metric % all.length] as Route6;
						all = all.filter((r) => r !== gone);
						table.remove(gone);
					} else {
						const r = route({ dst: s.dst, prefixLen: s.prefixLen, metric: s.metric, dev: s.dev, gw: s.gw });
						all.push(r);
						table.insert(r);
					}
					for (const a of [s.ask, s.dst]) {
						w.set(a, 4);
						const strict = s.strict && s.oif >= 0;
						expect(table.lookup(w, 4, s.oif, strict, s.reachable)).toBe(
							naive(all, a, s.oif, strict, s.reachable),
						);
					}
				}
				expect(new Set(table.list())).toEqual(new Set(all));
			}),
		);
	});
	test("lists what is more specific before what covers it, else by address", () => {
		const table = new FibTable6(RT_TABLE_MAIN, host);
		const texts = [
			"::/0",
			"2001:db8::/32",
			"fe80::/64",
			"2001:db8:a::/48",
			"2001:db8:a::1/128",
			"2001:db8:9::/48",
		];
		for (const t of texts) {
			const [a, n] = t.split("/") as [string, string];
			table.insert(route({ dst: in6(a), prefixLen: Number(n) }));
		}
		const order = table
			.list()
			.map((r) =>
				texts.find(
					(t) =>
						Number(t.split("/")[1]) === r.prefixLen &&
						covers(r, in6(t.split("/")[0] as string)) &&
						in6(t.split("/")[0] as string).every((x, i) => x === r.dst[i]),
				),
			);
		// as `ip -6 route show` prints them on Linux 6.18
		expect(order).toEqual([
			"2001:db8:9::/48",
			"2001:db8:a::1/128",
			"2001:db8:a::/48",
			"2001:db8::/32",
			"fe80::/64",
			"::/0",
		]);
	});
	test("a route whose time is over is none", () => {
		const table = new FibTable6(RT_TABLE_MAIN, host);
		table.insert(route({ dst: in6("2001:db8::"), prefixLen: 32, expires: 5e9 }));
		const w = new Int32Array(in6("2001:db8::1"));
		host.clock[0] = 4e9;
		expect(table.lookup(w, 0, -1, false, false)).toBeDefined();
		host.clock[0] = 6e9;
		expect(table.lookup(w, 0, -1, false, false)).toBeUndefined();
		host.clock[0] = 0;
	});
});

describe("Fib6", () => {
	test("the local table comes before main, even with a shorter prefix; throw goes on to the next table", () => {
		const fib = new Fib6(host);
		const flow = new Flow6();
		flow.setDestination(in6("2001:db8::1"));
		expect(fib.lookup(flow, -1, false, false)).toBe(ENETUNREACH);
		const far = route({ dst: in6("2001:db8::1"), prefixLen: 128 });
		fib.main.insert(far);
		expect(fib.lookup(flow, -1, false, false)).toBe(0);
		expect(fib.route).toBe(far);
		const local = route({ dst: in6("2001::"), prefixLen: 16, type: RTN_LOCAL, table: RT_TABLE_LOCAL });
		fib.local.insert(local);
		expect(fib.lookup(flow, -1, false, false)).toBe(0);
		expect(fib.route).toBe(local);
		fib.local.insert(
			route({ dst: in6("2001:db8::"), prefixLen: 32, type: RTN_THROW, table: RT_TABLE_LOCAL }),
		);
		expect(fib.lookup(flow, -1, false, false)).toBe(0);
		expect(fib.route).toBe(far);
	});
});
