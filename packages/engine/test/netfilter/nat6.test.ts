/** Translation of IPv6: sums stay right (or wrong) under any change, and addresses of a range are the kernel's choice. */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { pickAddress6 } from "../../src/netfilter/nat-hash.ts";
import { manipPacket6 } from "../../src/netfilter/nat-rewrite6.ts";
import { NF_NAT_MANIP_DST, NF_NAT_MANIP_SRC } from "../../src/netfilter/types.ts";
import { In6Table } from "../../src/ring/in6.ts";
import { checksum, sum } from "../../src/wire/checksum.ts";
import * as ipv6 from "../../src/wire/ipv6.ts";

const word = fc.integer({ min: -0x8000_0000, max: 0x7fff_ffff });
const address = fc.tuple(word, word, word, word);
const PROTOCOLS = [
	{ protocol: ipv6.NEXTHDR_UDP, check: 6, least: 8 },
	{ protocol: ipv6.NEXTHDR_TCP, check: 16, least: 20 },
	{ protocol: ipv6.NEXTHDR_ICMP, check: 2, least: 8 },
];

describe("manipPacket6", () => {
	it("keeps a transport checksum right, behind whatever extension headers, and puts the address in", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(...PROTOCOLS),
				fc.uint8Array({ minLength: 20, maxLength: 60 }),
				address,
				address,
				address,
				fc.integer({ min: 0, max: 0xffff }),
				fc.boolean(),
				fc.integer({ min: 0, max: 2 }),
				(kind, body, src, dst, other, port, source, extensions) => {
					const th = ipv6.IP6_HLEN + 8 * extensions;
					const end = th + body.length;
					const view = new DataView(new ArrayBuffer(end));
					new Uint8Array(view.buffer).set(body, th);
					if (kind.protocol === ipv6.NEXTHDR_ICMP) view.setUint8(th, 128 + (body[0] & 1));
					const first = extensions > 0 ? ipv6.NEXTHDR_DEST : kind.protocol;
					const words = Int32Array.from([...src, ...dst]);
					ipv6.emit(view, 0, 0, 0, end - ipv6.IP6_HLEN, first, 64, words, 0, 4);
					for (let i = 0; i < extensions; i++)
						view.setUint8(ipv6.IP6_HLEN + 8 * i, i < extensions - 1 ? ipv6.NEXTHDR_DEST : kind.protocol);
					view.setUint16(th + kind.check, 0);
					const whole = () => ipv6.pseudoSum6(view, ipv6.SADDR, kind.protocol, body.length);
					const right = checksum(view, th, end, whole());
					view.setUint16(th + kind.check, kind.protocol === ipv6.NEXTHDR_UDP && right === 0 ? 0xffff : right);
					const in6 = new In6Table();
					const handle = in6.intern(...other);
					const manip = source ? NF_NAT_MANIP_SRC : NF_NAT_MANIP_DST;
					expect(manipPacket6(in6, view, 0, end, kind.protocol, manip, handle, port)).toBe(true);
					expect(in6.equals(handle, view, source ? ipv6.SADDR : ipv6.DADDR)).toBe(true);
					expect(sum(view, th, end, whole())).toBe(0xffff);
					const at = kind.protocol === ipv6.NEXTHDR_ICMP ? th + 4 : source ? th : th + 2;
					expect(view.getUint16(at)).toBe(port);
				},
			),
		);
	});
	it("gives a later fragment the address only, and refuses a packet that is too short", () => {
		const view = new DataView(new ArrayBuffer(64));
		const words = new Int32Array(8);
		ipv6.emit(view, 0, 0, 0, 24, ipv6.NEXTHDR_FRAGMENT, 64, words, 0, 4);
		view.setUint8(40, ipv6.NEXTHDR_UDP);
		view.setUint16(42, 8);
		const in6 = new In6Table();
		const handle = in6.intern(1, 2, 3, 4);
		const before = new Uint8Array(view.buffer).slice(40);
		expect(manipPacket6(in6, view, 0, 64, ipv6.NEXTHDR_UDP, NF_NAT_MANIP_SRC, handle, 9)).toBe(true);
		expect(new Uint8Array(view.buffer).slice(40)).toEqual(before);
		expect(in6.equals(handle, view, ipv6.SADDR)).toBe(true);
		ipv6.emit(view, 0, 0, 0, 7, ipv6.NEXTHDR_UDP, 64, words, 0, 4);
		expect(manipPacket6(in6, view, 0, 47, ipv6.NEXTHDR_UDP, NF_NAT_MANIP_SRC, handle, 9)).toBe(false);
	});
});

describe("pickAddress6", () => {
	it("stays within the range, word by word", () => {
		fc.assert(
			fc.property(address, address, address, address, fc.boolean(), fc.boolean(), (s, d, a, b, keep, dst) => {
				const in6 = new In6Table();
				const [min, max] = lower(a, b) ? [a, b] : [b, a];
				const [hs, hd, lo, hi] = [s, d, min, max].map((x) => in6.intern(...x));
				const out = new Int32Array(4);
				pickAddress6(in6.words, hs, hd, lo, hi, keep, dst, out);
				// below the first word the kernel draws from all numbers, so only that one is sure to be inside
				expect(out[0] >>> 0).toBeGreaterThanOrEqual(min[0] >>> 0);
				expect(out[0] >>> 0).toBeLessThanOrEqual(max[0] >>> 0);
			}),
		);
	});
});
function lower(a: readonly number[], b: readonly number[]): boolean {
	for (let i = 0; i < 4; i++) if (a[i] !== b[i]) return a[i] >>> 0 < b[i] >>> 0;
	return true;
}
