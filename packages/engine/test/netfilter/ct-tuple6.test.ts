/** Tuples of IPv6 packets: which are read, and how they are turned round (nf_conntrack_proto_icmpv6.c, RFC 4443, RFC 8200). */
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import {
	invertible,
	invertPorts,
	KEY_IPV6,
	keyNetns,
	netnsKey,
	T_DST,
	T_KEY,
	T_PORTS,
	T_SRC,
} from "../../src/netfilter/ct-tuple.ts";
import { readTuple6 } from "../../src/netfilter/ct-tuple6.ts";
import { In6Table } from "../../src/ring/in6.ts";
import { BAD_HEADER, Ipv6Walk, NO_HEADER } from "../../src/wire/ipv6-ext.ts";

/** Bytes of hexadecimal words. */
function bytes(hex: string): DataView {
	return new DataView(Uint8Array.from(hex.match(/[0-9a-f]{2}/g) ?? [], (b) => Number.parseInt(b, 16)).buffer);
}
const A = "fd00000a000000000000000000000001";
const B = "fd00000b000000000000000000000001";
const header = (next: string, payload: string) =>
	`60000000${(payload.length / 2).toString(16).padStart(4, "0")}${next}40${A}${B}${payload}`;

function read(hex: string): { tuple: Int32Array; in6: In6Table } | null {
	const view = bytes(hex);
	const in6 = new In6Table();
	const tuple = new Int32Array(4);
	return readTuple6(in6, view, 0, view.byteLength, netnsKey(5), tuple) ? { tuple, in6 } : null;
}

describe("a tuple", () => {
	it("has handles for addresses, ports, and the namespace and family in its key", () => {
		const seen = read(header("11", "03e80035000cabcd61626364"));
		if (seen === null) throw new Error("not read");
		const { tuple, in6 } = seen;
		expect(in6.get(tuple[T_SRC])).toEqual([0xfd00000a | 0, 0, 0, 1]);
		expect(in6.get(tuple[T_DST])).toEqual([0xfd00000b | 0, 0, 0, 1]);
		expect(tuple[T_PORTS]).toBe((1000 << 16) | 53);
		expect(tuple[T_KEY]).toBe(netnsKey(5) | KEY_IPV6 | 17);
		expect(keyNetns(tuple[T_KEY])).toBe(5);
	});
	it("is found behind extension headers, and in a first fragment", () => {
		const udp = "03e80035000cabcd61626364";
		const ports = (hex: string) => read(hex)?.tuple[T_PORTS];
		expect(ports(header("00", `3c00010400000000${"11"}00010400000000${udp}`))).toBe((1000 << 16) | 53);
		expect(ports(header("2c", `1100000100000007${udp}`))).toBe((1000 << 16) | 53);
		expect(ports(header("33", `110400000000000100000001${"00".repeat(12)}${udp}`))).toBe((1000 << 16) | 53);
	});
	it("is not found in a later fragment, without a next header, or in what is cut off", () => {
		expect(read(header("2c", "1100000900000007aaaaaaaa"))).toBeNull();
		expect(read(header("3b", ""))).toBeNull();
		expect(read(header("3c", "3b00010400000000"))).toBeNull();
		expect(read(header("11", "03e8"))).toBeNull();
		expect(read(header("3c", "11"))).toBeNull();
		expect(read(header("3a", "80000000"))).toBeNull();
	});
	it("of ICMPv6 is turned round for echo and node information only", () => {
		const port = (type: number) => (7 << 16) | (type << 8);
		for (const [there, back] of [
			[128, 129],
			[139, 140],
		]) {
			expect(invertPorts(port(there), 58)).toBe(port(back));
			expect(invertPorts(port(back), 58)).toBe(port(there));
		}
		for (const type of [1, 2, 3, 4, 130, 133, 135, 136, 137, 143])
			expect(invertible(port(type), 58)).toBe(false);
		expect(read(header("3a", "8000aaaa00070001"))?.tuple[T_PORTS]).toBe(port(128));
	});
});

/** Of a routing header ipv6_find_hdr reads four bytes, ipv6_skip_exthdr two. */
function endsInRoutingHeader(b: Uint8Array): boolean {
	let o = 40;
	for (let kind = b[6]; [0, 43, 44, 51, 60].includes(kind) && o + 2 <= b.length; ) {
		if (kind === 43 && o + 4 > b.length) return true;
		const length = kind === 44 ? 8 : kind === 51 ? (b[o + 1] + 2) * 4 : (b[o + 1] + 1) * 8;
		kind = b[o];
		o += length;
	}
	return false;
}

describe("the walks", () => {
	it("end at the same header, whatever the bytes are, and never run away", () => {
		fc.assert(
			fc.property(
				fc.uint8Array({ minLength: 40, maxLength: 120 }),
				fc.constantFrom(0, 6, 17, 43, 44, 51, 58, 59, 60),
				(b, next) => {
					b[6] = next;
					const view = new DataView(b.buffer, b.byteOffset, b.length);
					const walk = new Ipv6Walk();
					const o = walk.skipFrom(view, 0, b.length);
					const { next: kind, frag } = walk;
					const found = walk.findHeader(view, 0, b.length, -1);
					// "no next header" ends one walk and is what the other one finds
					if (o < 0 || (frag & 0xfff8) !== 0) return;
					const cut = endsInRoutingHeader(b);
					expect([found, walk.next]).toEqual(cut ? [BAD_HEADER, walk.next] : [o, kind]);
					expect(walk.findHeader(view, 0, b.length, 200)).toBe(cut ? BAD_HEADER : NO_HEADER);
				},
			),
			{ numRuns: 2000 },
		);
	});
});
