import { describe, expect, it } from "vitest";
import { rule, type TableName, type Target } from "../../src/netfilter/rule.ts";
import { HOOK_NAMES, IP_CT_UNTRACKED, NF_ACCEPT, NF_DROP } from "../../src/netfilter/types.ts";
import * as ipv4 from "../../src/wire/ipv4.ts";
import * as tcp from "../../src/wire/tcp.ts";
import { type FakeCt, type Packet, PLAIN, World } from "./rule-frames.ts";

const CT: FakeCt = {
	status: 0,
	mark: 0x50,
	proto: 17,
	src: [1, 2],
	dst: [2, 1],
	sport: [1, 2],
	dport: [2, 1],
	expiresIn: 0,
};
/** One rule with the target at the hook; the frame before and behind it, and the verdict. */
function pass(table: TableName, hook: number, target: Target, p: Partial<Packet> = {}, proto = 0) {
	const w = new World();
	w.cts.push({ ...CT });
	const t = w.table(table);
	const matches =
		target.type === "TCPMSS" ? [{ type: "tcp" as const, flags: { mask: 2, comp: 2, not: false } }] : [];
	t.edit((d) => d.append(HOOK_NAMES[hook], rule({ target, proto, matches })));
	const f = w.frame({ ...PLAIN, ...p });
	const { pool } = w.core;
	ipv4.setChecksum(pool.view, pool.nh[f]);
	const verdict = t.run(hook, f, 1, 2);
	return { w, f, pool, nh: pool.nh[f], verdict, view: pool.view, policy: t.counters(t.chains[0]).packets };
}

describe("marks", () => {
	// mark = (mark & ~mask) ^ value (xt_mark)
	it("MARK", () => {
		expect(pass("mangle", 0, { type: "MARK", value: 0x3, mask: 0xf }, { mark: 0x1f }).pool.mark[0]).toBe(
			0x13,
		);
		expect(pass("filter", 1, { type: "MARK", value: 0x1, mask: 0 }, { mark: 0x3 }).pool.mark[0]).toBe(0x2);
	});
	it("CONNMARK", () => {
		const connmark = (mode: "set" | "save" | "restore", ctMask: number, nfMask: number, ct = 1) => {
			const r = pass("mangle", 0, { type: "CONNMARK", mode, mark: 0x3, ctMask, nfMask }, { mark: 0xa7, ct });
			return [r.pool.mark[r.f], r.w.cts[0].mark];
		};
		expect(connmark("set", 0xf0, -1)).toEqual([0xa7, 0x03]);
		expect(connmark("save", -1, -1)).toEqual([0xa7, 0xa7]);
		expect(connmark("save", 0x0f, 0x0f)).toEqual([0xa7, 0x57]);
		expect(connmark("restore", -1, -1)).toEqual([0x50, 0x50]);
		expect(connmark("restore", 0xf0, 0xf0)).toEqual([0x57, 0x50]);
		expect(connmark("save", -1, -1, 0)).toEqual([0xa7, 0x50]);
	});
});

it("NOTRACK marks only what has no connection yet", () => {
	const target: Target = { type: "CT", notrack: true, alias: true };
	const fresh = pass("raw", 0, target);
	expect(fresh.pool.ctinfo[fresh.f]).toBe(IP_CT_UNTRACKED);
	const tracked = pass("raw", 0, target, { ct: 1, ctinfo: 3 });
	expect(tracked.pool.ctinfo[tracked.f]).toBe(3);
});

it("TTL, TOS and DSCP change the header and mend its checksum (RFC 1624)", () => {
	const ttl = (mode: "set" | "dec" | "inc", value: number, was = 64) => {
		const r = pass("mangle", 0, { type: "TTL", mode, value }, { ttl: was });
		expect(ipv4.check(r.view, r.nh, r.nh + 60)).toBe(ipv4.OK);
		expect(r.verdict).toBe(NF_ACCEPT);
		return r.view.getUint8(r.nh + 8);
	};
	expect([ttl("set", 1), ttl("dec", 3), ttl("inc", 3), ttl("dec", 5, 2), ttl("inc", 9, 250)]).toEqual([
		1, 61, 67, 0, 255,
	]);
	const tos = (target: Target) => {
		const r = pass("mangle", 0, target, { tos: 0x13 });
		expect(ipv4.check(r.view, r.nh, r.nh + 60)).toBe(ipv4.OK);
		return r.view.getUint8(r.nh + 1);
	};
	expect(tos({ type: "TOS", value: 0x08, mask: 0xff })).toBe(0x08);
	expect(tos({ type: "TOS", value: 0x01, mask: 0 })).toBe(0x12);
	// the ECN bits stay (RFC 3168 §5)
	expect(tos({ type: "DSCP", dscp: 46 })).toBe(0xbb);
});

it("REJECT answers and drops", () => {
	const r = pass("filter", 2, { type: "REJECT", how: 3 });
	expect(r.verdict).toBe(NF_DROP);
	expect(r.w.calls).toEqual([["reject", r.f, 2, 3]]);
});

describe("NAT", () => {
	const range = { flags: 3, minAddr: 10, maxAddr: 20, minPort: 80, maxPort: 90, basePort: 0 };
	it("hands ranges to the NAT core", () => {
		const dnat = pass("nat", 0, { type: "DNAT", ...range }, { ct: 1, ctinfo: 2 });
		expect(dnat.w.calls).toEqual([["setup", dnat.f, 1, 1, 3, 10, 20, 80, 90, 0]]);
		const snat = pass("nat", 4, { type: "SNAT", ...range }, { ct: 1, ctinfo: 2 });
		expect(snat.w.calls).toEqual([["setup", snat.f, 1, 0, 3, 10, 20, 80, 90, 0]]);
		const masq = pass(
			"nat",
			4,
			{ type: "MASQUERADE", flags: 2, minPort: 5, maxPort: 6 },
			{ ct: 1, ctinfo: 2 },
		);
		expect(masq.w.calls).toEqual([["masquerade", masq.f, 1, 2, 2, 5, 6]]);
		const redirect = pass(
			"nat",
			0,
			{ type: "REDIRECT", flags: 2, minPort: 5, maxPort: 6 },
			{ ct: 1, ctinfo: 2 },
		);
		expect(redirect.w.calls).toEqual([["redirect", redirect.f, 1, 0, 1, 2, 5, 6]]);
	});
	it("NETMAP keeps the host bits of the address it changes", () => {
		const target: Target = { type: "NETMAP", addr: 0x0a060000, mask: 0xffffff00 | 0 };
		const pre = pass("nat", 0, target, { ct: 1, dst: 0x0a050007 });
		expect(pre.w.calls).toEqual([["setup", pre.f, 1, 1, 1, 0x0a060007, 0x0a060007, 0, 0, 0]]);
		const post = pass("nat", 4, target, { ct: 1, src: 0x0a050009 });
		expect(post.w.calls).toEqual([["setup", post.f, 1, 0, 1, 0x0a060009, 0x0a060009, 0, 0, 0]]);
	});
});

it("TCPMSS lowers the option, never raises it, and updates the checksum", () => {
	const mss = (limit: number, tcpOptions: readonly number[], right = true) => {
		const w = new World();
		const t = w.table("mangle");
		const matches = [{ type: "tcp" as const, flags: { mask: 2, comp: 2, not: false } }];
		t.edit((d) => d.append("FORWARD", rule({ proto: 6, matches, target: { type: "TCPMSS", mss: limit } })));
		const f = w.frame({ ...PLAIN, proto: 6, payload: 20 + tcpOptions.length, tcpOptions });
		const { view, nh } = w.core.pool;
		const th = nh[f] + 20;
		const length = 20 + tcpOptions.length;
		let sum = 0;
		for (let i = 0; i < length; i += 2) sum += view.getUint16(th + i);
		while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
		view.setUint16(th + tcp.CHECK, ~sum & 0xffff);
		expect(t.run(2, f, 1, 2)).toBe(NF_ACCEPT);
		let after = 0;
		for (let i = 0; i < length; i += 2) after += view.getUint16(th + i);
		while (after > 0xffff) after = (after & 0xffff) + (after >>> 16);
		expect(after === 0xffff).toBe(right);
		return Array.from(w.core.pool.bytes.slice(th + 20, th + length));
	};
	expect(mss(1400, [2, 4, 0x05, 0xb4])).toEqual([2, 4, 0x05, 0x78]);
	expect(mss(1400, [2, 4, 0x02, 0x18])).toEqual([2, 4, 0x02, 0x18]);
	// recorded: at an odd offset the kernel updates the checksum as if the offset were even
	expect(mss(1400, [1, 2, 4, 0x05, 0xb4, 1, 1, 0], false)).toEqual([1, 2, 4, 0x05, 0x78, 1, 1, 0]);
});
