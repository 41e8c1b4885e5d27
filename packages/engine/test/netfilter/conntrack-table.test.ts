/** The connection table against the plainest model: a Map from tuple to connection and expiry. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { CtNet, TO_UDP } from "../../src/netfilter/ct-sysctl.ts";
import { C_REPLY, C_STATUS, CtTable, REC } from "../../src/netfilter/ct-table.ts";
import { IPS_CONFIRMED } from "../../src/netfilter/types.ts";

interface Entry {
	ct: number;
	tuples: string[];
	expires: number;
}

const op = fc.oneof(
	{ weight: 5, arbitrary: fc.record({ do: fc.constant("add" as const), n: fc.nat(400) }) },
	{ weight: 5, arbitrary: fc.record({ do: fc.constant("find" as const), n: fc.nat(400) }) },
	{ weight: 2, arbitrary: fc.record({ do: fc.constant("delete" as const), n: fc.nat(400) }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("wait" as const), n: fc.nat(20) }) },
	{ weight: 1, arbitrary: fc.record({ do: fc.constant("refresh" as const), n: fc.nat(400) }) },
);

/** Few addresses and ports, so that tuples meet; the reply tuple is not always the mirror. */
function tuplesOf(n: number): number[] {
	const key = (((n >> 3) & 1) << 8) | 17;
	return [n & 7, 100 + (n >> 5), ((n % 11) << 16) | 53, key, 100 + (n >> 5), n & 7, (53 << 16) | (n % 13)];
}
const name = (a: number[]) => a.join(",");

describe("connection table", () => {
	it("finds what a map finds, over random operations", () => {
		fc.assert(
			fc.property(fc.array(op, { maxLength: 600 }), (ops) => {
				const clock = new Float64Array(1);
				const t = new CtTable(clock);
				const net = new CtNet(0);
				t.nets.push(net, new CtNet(1));
				net.set("nf_conntrack_udp_timeout", 30);
				const model = new Map<string, Entry>();
				const alive = (e: Entry | undefined) => e !== undefined && e.expires > clock[0];
				for (const { do: what, n } of ops) {
					const [src, dst, ports, key, rsrc, rdst, rports] = tuplesOf(n);
					const original = name([src, dst, ports, key]);
					const reply = name([rsrc, rdst, rports, key]);
					const found = t.find(src, dst, ports, key);
					const expected = model.get(original);
					expect(found >> 1).toBe(alive(expected) ? expected!.ct : 0);
					if (what === "wait") clock[0] += n * 1e9;
					else if (what === "delete" && found !== 0) {
						const entry = expected!;
						t.remove(found >> 1);
						for (const tuple of entry.tuples) model.delete(tuple);
					} else if (what === "refresh" && found !== 0) {
						t.refresh(found >> 1, net, TO_UDP);
						expected!.expires = clock[0] + 30e9;
					} else if (what === "add") {
						const clash = t.find(rsrc, rdst, rports, key);
						expect(clash >> 1).toBe(alive(model.get(reply)) ? model.get(reply)!.ct : 0);
						if (found !== 0 || clash !== 0 || original === reply) continue;
						const ct = t.alloc(t.nets[key >> 8]!);
						expect(ct).toBeGreaterThan(0);
						const b = ct * REC;
						t.rec.set([src, dst, ports, key], b);
						t.rec.set([rsrc, rdst, rports], b + C_REPLY);
						t.rec[b + C_STATUS] = IPS_CONFIRMED;
						t.refresh(ct, net, TO_UDP);
						t.insert(ct);
						t.put(ct);
						const entry = { ct, tuples: [original, reply], expires: clock[0] + 30e9 };
						model.set(original, entry);
						model.set(reply, entry);
					}
				}
				t.sweep(t.top);
				const living = new Set([...model.values()].filter(alive).map((e) => e.ct));
				expect(t.hashed).toBe(living.size);
				expect(t.used).toBe(living.size);
				expect(t.nets[0]!.count + t.nets[1]!.count).toBe(living.size);
			}),
			{ numRuns: 150 },
		);
	});

	it("grows, and finds both directions of everything afterwards", () => {
		const t = new CtTable(new Float64Array(1));
		const net = new CtNet(0);
		t.nets.push(net);
		for (let i = 0; i < 20_000; i++) {
			const ct = t.alloc(net);
			const b = ct * REC;
			t.rec.set([i, 7, 53, 17, 7, i, 53 << 16], b);
			t.rec[b + C_STATUS] = IPS_CONFIRMED;
			t.refresh(ct, net, TO_UDP);
			t.bySource.add(ct, i >> 1, 0, 17);
			t.insert(ct);
			t.put(ct);
		}
		for (let i = 0; i < 20_000; i++) {
			expect(t.find(i, 7, 53, 17)).toBe((i + 1) * 2);
			expect(t.find(7, i, 53 << 16, 17)).toBe((i + 1) * 2 + 1);
			// newest first: the odd one of each pair was added later
			if (i % 2 === 1) {
				const chain: number[] = [];
				for (let c = t.bySource.first(i >> 1, 0, 17); c !== 0; c = t.bySource.next[c]) chain.push(c);
				expect(chain.indexOf(i + 1)).toBeGreaterThanOrEqual(0);
				expect(chain.indexOf(i + 1)).toBeLessThan(chain.indexOf(i));
			}
		}
	});
});
