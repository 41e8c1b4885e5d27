import { describe, expect, test } from "vitest";
import type { NetDevice } from "../../src/device/netdev.ts";
import { IFA_F_DADFAILED, IFA_F_TENTATIVE } from "../../src/ip6/inet6-device.ts";
import { vethPair } from "../device/lab.ts";
import { address6, handle, in6, machine6 } from "./lab6.ts";

const SECOND = 1e9;

/** Two hosts on a wire, the first detects duplicates; every frame that it sends. */
function pair() {
	const m = machine6();
	const other = m.addNetns("other");
	m.root.ip6.conf.set("default", "accept_dad", 1);
	m.root.ip6.conf.set("default", "dad_transmits", 1);
	const [dev, far] = vethPair(m, m.root, "v0", other, "v1");
	const sent: { time: number; bytes: Uint8Array }[] = [];
	dev.addTap((f, direction) => {
		const { pool } = m.core;
		if (direction === 1)
			sent.push({ time: m.core.clock[0], bytes: pool.bytes.slice(pool.off[f], pool.off[f] + pool.len[f]) });
	});
	return { m, other, dev: dev as NetDevice, far: far as NetDevice, sent };
}

describe("duplicate address detection (RFC 4862 §5.4)", () => {
	test("a tentative address asks for itself from :: and is used when nobody answers", () => {
		const { m, dev, sent } = pair();
		address6(m.root, dev, "2001:db8::1/64");
		const a = m.root.ip6.addr.onDevice(dev.id, handle(m.root, "2001:db8::1"));
		expect((a?.flags ?? 0) & IFA_F_TENTATIVE).not.toBe(0);
		expect(m.root.ip6.addr.isOwn(handle(m.root, "2001:db8::1"), -1)).toBe(false);
		m.core.runUntil(3 * SECOND);
		expect((a?.flags ?? 0) & IFA_F_TENTATIVE).toBe(0);
		expect(m.root.ip6.addr.isOwn(handle(m.root, "2001:db8::1"), -1)).toBe(true);
		expect(sent.length).toBe(1);
		const view = new DataView((sent[0] as { bytes: Uint8Array }).bytes.buffer);
		// to the solicited-node group, hop limit 255, source ::, target the address, nonce option (RFC 7527)
		expect(view.getUint16(0)).toBe(0x3333);
		expect(view.getInt32(2)).toBe(0xff000001 | 0);
		expect(view.getUint8(14 + 7)).toBe(255);
		expect([0, 4, 8, 12].map((i) => view.getInt32(14 + 8 + i))).toEqual([0, 0, 0, 0]);
		expect(view.getUint8(54)).toBe(135);
		expect([0, 4, 8, 12].map((i) => view.getInt32(54 + 8 + i))).toEqual([...in6("2001:db8::1")]);
		expect(view.getUint16(54 + 24)).toBe((14 << 8) | 1);
	});
	test("an address that somebody has fails", () => {
		const { m, other, dev, far } = pair();
		address6(other, far, "2001:db8::1/64");
		address6(m.root, dev, "2001:db8::1/64");
		m.core.runUntil(3 * SECOND);
		const a = m.root.ip6.addr.onDevice(dev.id, handle(m.root, "2001:db8::1"));
		expect((a?.flags ?? 0) & (IFA_F_DADFAILED | IFA_F_TENTATIVE)).toBe(IFA_F_DADFAILED | IFA_F_TENTATIVE);
		expect(m.root.ip6.addr.isOwn(handle(m.root, "2001:db8::1"), -1)).toBe(false);
	});
	test("nodad and accept_dad=0 do not ask", () => {
		const { m, other, dev, far, sent } = pair();
		m.root.ip6.addr.add(dev, { addr: handle(m.root, "2001:db8::1"), prefixLen: 64, flags: 2 });
		address6(other, far, "2001:db8::2/64");
		m.core.runUntil(3 * SECOND);
		expect(sent).toEqual([]);
		expect(m.root.ip6.addr.isOwn(handle(m.root, "2001:db8::1"), -1)).toBe(true);
	});
	test("a lifetime ends in virtual time: deprecated, then gone", () => {
		const { m, other, far } = pair();
		other.ip6.addr.add(far, {
			addr: handle(other, "2001:db8::9"),
			prefixLen: 64,
			preferredLft: 2,
			validLft: 5,
		});
		const a = other.ip6.addr.onDevice(far.id, handle(other, "2001:db8::9"));
		m.core.runUntil(1.9 * SECOND);
		expect((a?.flags ?? 0) & 0x20).toBe(0);
		m.core.runUntil(2 * SECOND);
		expect((a?.flags ?? 0) & 0x20).toBe(0x20);
		m.core.runUntil(5 * SECOND);
		expect(other.ip6.addr.onDevice(far.id, handle(other, "2001:db8::9"))).toBeUndefined();
	});
});
