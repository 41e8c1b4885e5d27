import { expect, it } from "vitest";
import { XtError } from "../../src/netfilter/chain.ts";
import { type Rule, rule, type Target } from "../../src/netfilter/rule.ts";
import type { XtTable } from "../../src/netfilter/table.ts";
import {
	NF_ACCEPT,
	NF_DROP,
	NF_INET_FORWARD,
	NF_INET_LOCAL_IN,
	NF_INET_PRE_ROUTING,
} from "../../src/netfilter/types.ts";
import { T_POLICY, T_RULE } from "../../src/trace/kinds.ts";
import { ROW } from "../../src/trace/trace.ts";
import { PLAIN, World } from "./rule-frames.ts";

const to = (target: Target, more: Partial<Rule> = {}) => rule({ ...more, target });
const jump = (chain: string): Target => ({ type: "jump", chain, goto: false });
const ACCEPT: Target = { type: "ACCEPT" };
const DROP: Target = { type: "DROP" };

/** What the change is refused with: "verb errno". */
function refusal(change: () => void): string {
	try {
		change();
	} catch (e) {
		if (e instanceof XtError) return `${e.verb} ${e.errno}`;
		throw e;
	}
	return "fine";
}
function names(t: XtTable): string[] {
	return t.chains.map((c) => c.name);
}

it("has the hooks of the kernel's tables", () => {
	const w = new World();
	expect(names(w.table("raw"))).toEqual(["PREROUTING", "OUTPUT"]);
	expect(names(w.table("mangle"))).toEqual(["PREROUTING", "INPUT", "FORWARD", "OUTPUT", "POSTROUTING"]);
	expect(names(w.table("nat"))).toEqual(["PREROUTING", "INPUT", "OUTPUT", "POSTROUTING"]);
	expect(names(w.table("filter"))).toEqual(["INPUT", "FORWARD", "OUTPUT"]);
	expect(names(w.table("security"))).toEqual(["INPUT", "FORWARD", "OUTPUT"]);
	expect(w.table("filter").hookMask).toBe(0b01110);
	expect(w.table("nat").hookMask).toBe(0b11011);
});

it("keeps user chains sorted behind the base chains", () => {
	const t = new World().table("filter");
	t.edit((d) => {
		for (const name of ["b", "a", "Z"]) d.newChain(name);
	});
	t.edit((d) => d.rename("a", "c"));
	expect(names(t)).toEqual(["INPUT", "FORWARD", "OUTPUT", "Z", "b", "c"]);
});

it("refuses what libiptc refuses", () => {
	const t = new World().table("filter");
	t.edit((d) => {
		d.newChain("A");
		d.append("INPUT", to(jump("A")));
		d.append("A", to(ACCEPT));
	});
	const edit = (change: Parameters<XtTable["edit"]>[0]) => refusal(() => t.edit(change));
	expect(edit((d) => d.append("X", to(DROP)))).toBe("append ENOENT");
	expect(edit((d) => d.newChain("A"))).toBe("newChain EEXIST");
	expect(edit((d) => d.newChain("RETURN"))).toBe("newChain EEXIST");
	expect(edit((d) => d.deleteChain("A"))).toBe("deleteChain EMLINK");
	expect(edit((d) => d.deleteChain("INPUT"))).toBe("deleteChain EINVAL");
	expect(edit((d) => d.insert("INPUT", to(DROP), 3))).toBe("insert E2BIG");
	expect(edit((d) => d.insert("INPUT", to(DROP), 2))).toBe("fine");
	expect(edit((d) => d.replace("INPUT", 3, to(DROP)))).toBe("replace E2BIG");
	expect(edit((d) => d.deleteNumber("INPUT", 3))).toBe("deleteNum E2BIG");
	expect(edit((d) => d.zeroNumber("INPUT", 3))).toBe("zeroNum E2BIG");
	expect(edit((d) => d.delete("INPUT", to(ACCEPT)))).toBe("delete ENOENT");
	expect(edit((d) => d.check("INPUT", to(DROP)))).toBe("fine");
	expect(edit((d) => d.setPolicy("A", "DROP"))).toBe("policy ENOENT");
	expect(edit((d) => d.setPolicy("INPUT", "RETURN"))).toBe("policy EINVAL");
	expect(edit((d) => d.rename("A", "INPUT"))).toBe("rename EEXIST");
	expect(edit((d) => d.rename("INPUT", "B"))).toBe("rename ENOENT");
	expect(
		edit((d) => {
			d.delete("INPUT", to(jump("A")));
			d.deleteChain("A");
		}),
	).toBe("deleteChain ENOTEMPTY");
	// a refused change leaves nothing behind
	expect(t.chains.map((c) => `${c.name} ${c.entries.length}`)).toEqual([
		"INPUT 2",
		"FORWARD 0",
		"OUTPUT 0",
		"A 1",
	]);
});

it("refuses loops that a hook reaches, and only those", () => {
	const t = new World().table("filter");
	expect(
		refusal(() =>
			t.edit((d) => {
				d.newChain("A");
				d.append("A", to({ type: "jump", chain: "A", goto: true }));
			}),
		),
	).toBe("fine");
	expect(refusal(() => t.edit((d) => d.append("INPUT", to(jump("A")))))).toBe("commit ELOOP");
	// behind an unconditional verdict nothing is reached
	expect(
		refusal(() =>
			t.edit((d) => {
				d.append("INPUT", to(ACCEPT));
				d.append("INPUT", to(jump("A")));
			}),
		),
	).toBe("fine");
	expect(refusal(() => t.edit((d) => d.deleteNumber("INPUT", 1)))).toBe("commit ELOOP");
});

it("refuses targets and matches where the kernel does", () => {
	const w = new World();
	const tables = {
		raw: w.table("raw"),
		mangle: w.table("mangle"),
		nat: w.table("nat"),
		filter: w.table("filter"),
	};
	const put = (name: keyof typeof tables, chain: string, r: Rule) =>
		refusal(() => tables[name].edit((d) => d.append(chain, r)));
	const dnat: Target = {
		type: "DNAT",
		flags: 1,
		minAddr: 1,
		maxAddr: 1,
		minPort: 0,
		maxPort: 0,
		basePort: 0,
	};
	expect(put("filter", "INPUT", to(dnat))).toBe("commit EINVAL");
	expect(put("nat", "INPUT", to(dnat))).toBe("commit EINVAL");
	expect(put("nat", "PREROUTING", to(dnat))).toBe("fine");
	expect(put("nat", "OUTPUT", to(dnat))).toBe("fine");
	expect(put("nat", "INPUT", to({ ...dnat, type: "SNAT" }))).toBe("fine");
	expect(put("nat", "OUTPUT", to({ type: "MASQUERADE", flags: 0, minPort: 0, maxPort: 0 }))).toBe(
		"commit EINVAL",
	);
	expect(put("mangle", "FORWARD", to({ type: "REJECT", how: 3 }))).toBe("commit EINVAL");
	expect(put("filter", "FORWARD", to({ type: "REJECT", how: 7 }))).toBe("commit EINVAL");
	expect(put("filter", "FORWARD", to({ type: "REJECT", how: 7 }, { proto: 6 }))).toBe("fine");
	expect(put("filter", "FORWARD", to({ type: "TTL", mode: "set", value: 1 }))).toBe("commit EINVAL");
	expect(put("mangle", "FORWARD", to({ type: "CT", notrack: true, alias: false }))).toBe("commit EINVAL");
	expect(put("filter", "INPUT", rule({ matches: [{ type: "udp" }], proto: 6 }))).toBe("commit EINVAL");
	expect(put("filter", "INPUT", rule({ matches: [{ type: "tcp" }], proto: 6, protoNot: true }))).toBe(
		"commit EINVAL",
	);
	// by way of a user chain: the hook that reaches it counts
	tables.nat.edit((d) => {
		d.newChain("N");
		d.append("N", to(dnat));
	});
	expect(put("nat", "POSTROUTING", to(jump("N")))).toBe("commit EINVAL");
	expect(put("nat", "PREROUTING", to(jump("N")))).toBe("fine");
});

it("counts IP total lengths, keeps rule counters over a change, and forgets the policy's", () => {
	const w = new World();
	const t = w.table("filter");
	t.edit((d) => d.append("FORWARD", rule()));
	const f = w.frame({ ...PLAIN, payload: 100 });
	t.run(NF_INET_FORWARD, f, 1, 2);
	t.run(NF_INET_FORWARD, f, 1, 2);
	const forward = () => t.chains[1];
	expect(t.counters(forward().entries[0])).toEqual({ packets: 2, bytes: 240 });
	expect(t.counters(forward())).toEqual({ packets: 2, bytes: 240 });
	t.edit((d) => {
		d.newChain("A");
		d.insert("FORWARD", to(jump("A")), 1, 7, 9);
	});
	expect(t.counters(forward().entries[1])).toEqual({ packets: 2, bytes: 240 });
	expect(t.counters(forward())).toEqual({ packets: 0, bytes: 0 });
	t.edit((d) => d.rename("A", "B"));
	expect(t.counters(forward().entries[0])).toEqual({ packets: 7, bytes: 9 });
	t.edit((d) => d.zeroNumber("FORWARD", 1));
	expect(t.counters(forward().entries[0])).toEqual({ packets: 0, bytes: 0 });
	t.edit((d) => d.setPolicy("FORWARD", "DROP", { packets: 3, bytes: 4 }));
	expect(t.counters(forward())).toEqual({ packets: 3, bytes: 4 });
	expect(t.run(NF_INET_FORWARD, f, 1, 2)).toBe(NF_DROP);
	t.edit((d) => d.zero());
	expect(t.counters(forward().entries[1])).toEqual({ packets: 0, bytes: 0 });
	w.free(f);
});

it("tells how many parts of its rules need connections", () => {
	const w = new World();
	const t = w.table("nat");
	const deltas: number[] = [];
	t.onConntrackUsers = (n) => deltas.push(n);
	const state = { type: "conntrack" as const, state: { mask: 8, not: false } };
	t.edit((d) =>
		d.append(
			"POSTROUTING",
			to({ type: "MASQUERADE", flags: 0, minPort: 0, maxPort: 0 }, { matches: [state] }),
		),
	);
	t.edit((d) => d.append("POSTROUTING", rule()));
	t.edit((d) => d.flush());
	expect(deltas).toEqual([2, -2]);
});

it("fits wildcards to names that appear later, and follows renamed devices", () => {
	const w = new World();
	const t = w.table("filter");
	t.edit((d) => {
		d.append("INPUT", to(DROP, { in: { name: "tap+", not: false } }));
		d.append("INPUT", to(DROP, { in: { name: "wan", not: false } }));
	});
	const f = w.frame(PLAIN);
	w.core.nameIdOf[9] = w.core.nameId("eth9");
	expect(t.run(NF_INET_LOCAL_IN, f, 9, -1)).toBe(NF_ACCEPT);
	w.core.nameIdOf[9] = w.core.nameId("tap9");
	expect(t.run(NF_INET_LOCAL_IN, f, 9, -1)).toBe(NF_DROP);
	w.core.nameIdOf[9] = w.core.nameId("wan");
	expect(t.run(NF_INET_LOCAL_IN, f, 9, -1)).toBe(NF_DROP);
	expect(t.run(NF_INET_LOCAL_IN, f, -1, -1)).toBe(NF_ACCEPT);
	w.free(f);
});

it("records rules and policies while tracing", () => {
	const w = new World();
	const t = w.table("raw");
	t.edit((d) => {
		d.newChain("A");
		d.append("PREROUTING", to(jump("A")));
		d.append("A", rule());
		d.append("A", to({ type: "RETURN" }));
		d.append("PREROUTING", to(DROP, { proto: 6 }));
	});
	const f = w.frame(PLAIN);
	w.core.trace.start();
	t.run(NF_INET_PRE_ROUTING, f, 1, -1);
	const { rows, length } = w.core.trace;
	const records = Array.from({ length }, (_x, i) => Array.from(rows.slice(i * ROW, i * ROW + ROW)));
	w.core.trace.stop();
	// table raw 0; chains PREROUTING 0, OUTPUT 1, A 2
	expect(records.map((r) => [r[0], ...r.slice(4)])).toEqual([
		[T_RULE, 0, 0, 1, 4],
		[T_RULE, 0, 2, 1, 5],
		[T_RULE, 0, 2, 2, 3],
		[T_POLICY, 0, 0, 0, 1],
	]);
	w.free(f);
});
