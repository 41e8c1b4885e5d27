import { describe, expect, test } from "vitest";
import { l4sumOk } from "../../src/frame/l4sum.ts";
import { FramePool, L4SUM_BAD, L4SUM_UNKNOWN, L4SUM_VALID } from "../../src/frame/pool.ts";
import { DNS, hex, PING, SYN, VXLAN_ARP } from "../wire/bytes.ts";

function load(bytes: Uint8Array): { pool: FramePool; f: number } {
	const pool = new FramePool({ small: 2, big: 0, debug: true });
	const f = pool.inject(bytes.length);
	pool.bytes.set(bytes, pool.off[f]);
	pool.nh[f] = pool.off[f] + 14;
	pool.th[f] = pool.nh[f] + 20;
	return { pool, f };
}

describe("l4sumOk", () => {
	const captured: [string, Uint8Array][] = [
		["UDP", DNS],
		["TCP", SYN],
		["ICMP", PING],
	];
	for (const [name, bytes] of captured) {
		test(`${name}: right as captured, known afterwards`, () => {
			const { pool, f } = load(bytes);
			expect(pool.l4sum[f]).toBe(L4SUM_UNKNOWN);
			expect(l4sumOk(pool, f)).toBe(true);
			expect(pool.l4sum[f]).toBe(L4SUM_VALID);
		});
		test(`${name}: every single flipped bit of the segment is found`, () => {
			for (let bit = 34 * 8; bit < bytes.length * 8; bit++) {
				const { pool, f } = load(bytes);
				pool.bytes[pool.off[f] + (bit >> 3)] ^= 0x80 >> (bit & 7);
				expect(l4sumOk(pool, f), `bit ${bit}`).toBe(false);
				expect(pool.l4sum[f]).toBe(L4SUM_BAD);
			}
		});
		test(`${name}: bytes behind the datagram do not count`, () => {
			const padded = new Uint8Array(bytes.length + 7).fill(0xa5);
			padded.set(bytes);
			const { pool, f } = load(padded);
			expect(l4sumOk(pool, f)).toBe(true);
		});
	}
	test("what is known is not computed again", () => {
		const { pool, f } = load(DNS);
		pool.bytes[pool.off[f] + 60] ^= 1;
		pool.l4sum[f] = L4SUM_VALID;
		expect(l4sumOk(pool, f)).toBe(true);
		pool.l4sum[f] = L4SUM_BAD;
		pool.bytes[pool.off[f] + 60] ^= 1;
		expect(l4sumOk(pool, f)).toBe(false);
	});
	test("a UDP checksum of 0 means none (RFC 768)", () => {
		const { pool, f } = load(VXLAN_ARP);
		expect(l4sumOk(pool, f)).toBe(true);
	});
	test("other protocols have nothing to check", () => {
		const gre = hex(
			"001122334466 001122334455 0800 4500001c00000000402f0000 0a000001 0a000002 0000080000000000",
		);
		const { pool, f } = load(gre);
		expect(l4sumOk(pool, f)).toBe(true);
	});
});
