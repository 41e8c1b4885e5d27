/** What stands at which hook, and in which order. */
import { describe, expect, it } from "vitest";
import { DELIVERED } from "../../src/frame/delivery.ts";
import {
	HOOK_NAMES,
	NF_ACCEPT,
	NF_DROP,
	NF_INET_FORWARD,
	NF_INET_LOCAL_OUT,
	NF_INET_PRE_ROUTING,
	NF_STOLEN,
} from "../../src/netfilter/types.ts";
import { T_CT, T_HOOK } from "../../src/trace/kinds.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import { type Bench, bench, ip, runner, udpPacket } from "./nf-bench.ts";

const ALL = 0b11111;
const map = (t: Bench) => Object.fromEntries(HOOK_NAMES.map((name, hook) => [name, t.nf.list(hook)]));
const send = (t: Bench) => udpPacket(t.pool, ip("10.0.0.1"), 1, ip("10.0.0.2"), 2);

describe("the list", () => {
	it("is empty without tables and without rules that need connections", () => {
		const t = bench();
		expect([...t.nf.active]).toEqual([0, 0, 0, 0, 0]);
		const f = send(t);
		expect(t.nf.hook(NF_INET_PRE_ROUTING, f, 1, -1)).toBe(f);
	});
	it("is in Linux's order when everything is there", () => {
		const t = bench();
		for (const name of ["raw", "mangle", "nat", "filter", "security"] as const)
			t.nf.setTable(
				name,
				runner(ALL, () => NF_ACCEPT),
			);
		expect(t.nf.list(NF_INET_PRE_ROUTING)).toEqual(["raw", "mangle"]);
		t.nf.ctGet();
		expect(map(t)).toEqual({
			PREROUTING: ["defrag", "raw", "conntrack", "mangle", "nat"],
			INPUT: ["mangle", "filter", "security", "nat", "confirm"],
			FORWARD: ["mangle", "filter", "security"],
			OUTPUT: ["defrag", "raw", "conntrack", "mangle", "nat", "filter", "security"],
			POSTROUTING: ["mangle", "nat", "confirm"],
		});
		t.nf.ctPut();
		expect(t.nf.tracking).toBe(false);
		expect(() => t.nf.ctPut()).toThrow();
	});
	it("has only the hooks that a table has chains for", () => {
		const t = bench();
		t.nf.setTable(
			"filter",
			runner(1 << NF_INET_FORWARD, () => NF_ACCEPT),
		);
		expect([...t.nf.active]).toEqual([0, 0, 1, 0, 0]);
		t.nf.setTable("filter", null);
		expect([...t.nf.active]).toEqual([0, 0, 0, 0, 0]);
	});
});

describe("a hook", () => {
	it("drops with Linux's reason, or leaves a stolen frame alone", () => {
		const t = bench();
		let verdict = NF_DROP;
		t.nf.setTable(
			"filter",
			runner(ALL, () => verdict),
		);
		expect(t.nf.hook(NF_INET_FORWARD, send(t), 1, 2)).toBe(-1);
		expect(t.pool.inUse).toBe(0);
		expect(t.pool.droppedTotal).toBe(1);
		verdict = NF_STOLEN;
		const f = send(t);
		expect(t.nf.hook(NF_INET_FORWARD, f, 1, 2)).toBe(-1);
		expect(t.pool.inUse).toBe(1);
		t.pool.deliver(f, DELIVERED.sink);
	});
	it("routes a local packet again when mangle changed what the route depends on", () => {
		const t = bench();
		let change = (_f: number) => {};
		t.nf.setTable(
			"mangle",
			runner(ALL, (_h, f) => {
				change(f);
				return NF_ACCEPT;
			}),
		);
		const out = () => t.pool.deliver(t.nf.hook(NF_INET_LOCAL_OUT, send(t), -1, 1), DELIVERED.sink);
		out();
		expect(t.host.reroutes).toBe(0);
		change = (f) => {
			t.pool.mark[f] = 7;
		};
		out();
		expect(t.host.reroutes).toBe(1);
		change = (f) => t.pool.view.setUint8(t.pool.nh[f] + ipv4.TOS, 8);
		out();
		expect(t.host.reroutes).toBe(2);
		t.nf.hook(NF_INET_PRE_ROUTING, send(t), 1, -1);
		expect(t.host.reroutes).toBe(2);
	});
	it("is seen by the trace", () => {
		const t = bench();
		t.nf.ctGet();
		t.core.trace.start();
		t.pool.deliver(t.nf.hook(NF_INET_PRE_ROUTING, send(t), 1, -1), DELIVERED.sink);
		const kinds = Array.from({ length: t.core.trace.length }, (_, i) => t.core.trace.rows[i * 8]);
		expect(kinds).toContain(T_HOOK);
		expect(kinds).toContain(T_CT);
	});
});
