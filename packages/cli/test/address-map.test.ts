/** `--map`: addresses change, checksums follow, a wrong checksum stays wrong. */
import { readFileSync } from "node:fs";
import { pseudoSum4, sum } from "@hookline/engine/wire/checksum";
import { readCapture } from "@hookline/pcap";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { UsageError } from "../src/errors.ts";
import { AddressMap } from "../src/replay/address-map.ts";

const NH = 14;
const CAPTURES = new URL("../../../test/captures/", import.meta.url);

/** RFC 1071 from its definition, 16 bits at a time, apart from the code under test. */
function onesSum(bytes: Uint8Array): number {
	let s = 0;
	for (let i = 0; i < bytes.length; i += 2) s += (bytes[i] << 8) | (bytes[i + 1] ?? 0);
	while (s > 0xffff) s = (s & 0xffff) + (s >>> 16);
	return s;
}
const words = (...w: number[]): Uint8Array => Uint8Array.from(w.flatMap((x) => [x >> 8, x & 255]));
/** 0xffff when the packet at `nh` has a right header checksum. */
const headerSum = (f: Uint8Array, nh: number): number => onesSum(f.subarray(nh, nh + 20));
/** 0xffff when the transport checksum of the 20-byte-header packet at `nh` is right. */
function transportSum(f: Uint8Array, nh: number, end: number): number {
	const pseudo = [...f.subarray(nh + 12, nh + 20), 0, f[nh + 9], ...words(end - nh - 20)];
	return onesSum(Uint8Array.from([...pseudo, ...f.subarray(nh + 20, end)]));
}

function packet(protocol: number, src: number, dst: number, payload: Uint8Array): Uint8Array {
	const hlen = protocol === 6 ? 20 : 8;
	const p = new Uint8Array(20 + hlen + payload.length);
	const v = new DataView(p.buffer);
	v.setUint16(0, 0x4500);
	v.setUint16(2, p.length);
	v.setUint16(8, (64 << 8) | protocol);
	v.setUint32(12, src);
	v.setUint32(16, dst);
	v.setUint16(10, ~onesSum(p.subarray(0, 20)) & 0xffff);
	p.set(payload, 20 + hlen);
	v.setUint32(20, 0x1234_0050);
	if (protocol === 17) v.setUint16(24, 8 + payload.length);
	else v.setUint16(32, 0x5010);
	const at = protocol === 6 ? 36 : 26;
	v.setUint16(at, ~transportSum(p, 0, p.length) & 0xffff || 0xffff);
	return p;
}
function frame(p: Uint8Array): Uint8Array {
	const f = new Uint8Array(NH + p.length);
	f[12] = 8;
	f.set(p, NH);
	return f;
}
const text = (a: number): string => [a >>> 24, (a >>> 16) & 255, (a >>> 8) & 255, a & 255].join(".");
const address = fc.integer({ min: 0, max: 0xffffffff });

describe("AddressMap", () => {
	it("mends header and transport checksums of TCP and UDP", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(6, 17),
				address,
				address,
				address,
				fc.uint8Array({ maxLength: 64 }),
				(protocol, src, dst, to, payload) => {
					const f = frame(packet(protocol, src, dst, payload));
					new AddressMap([`${text(src)}=${text(to)}`]).apply(f);
					expect(new DataView(f.buffer).getUint32(NH + 12)).toBe(to);
					expect(headerSum(f, NH)).toBe(0xffff);
					expect(transportSum(f, NH, f.length)).toBe(0xffff);
				},
			),
		);
	});
	it("keeps a wrong checksum wrong by the same difference", () => {
		fc.assert(
			fc.property(
				fc.constantFrom(6, 17),
				address,
				address,
				address,
				fc.integer({ min: 1, max: 0xfffe }),
				(protocol, src, dst, to, error) => {
					const f = frame(packet(protocol, src, dst, words(1, 2, 3)));
					const v = new DataView(f.buffer);
					const at = NH + 20 + (protocol === 6 ? 16 : 6);
					const wrong = v.getUint16(at) ^ error;
					fc.pre(!(protocol === 17 && wrong === 0));
					v.setUint16(at, wrong);
					const off = transportSum(f, NH, f.length);
					fc.pre(off !== 0xffff && off !== 0);
					new AddressMap([`${text(dst)}=${text(to)}`]).apply(f);
					expect(transportSum(f, NH, f.length)).toBe(off);
				},
			),
		);
	});
	it("rewrites the packet that an ICMP error quotes, and all three checksums", () => {
		fc.assert(
			fc.property(fc.constantFrom(6, 17), address, address, address, (protocol, src, dst, to) => {
				const quoted = packet(protocol, src, dst, words(7, 8, 9));
				const p = new Uint8Array(28 + quoted.length);
				const v = new DataView(p.buffer);
				p[0] = 0x45;
				v.setUint16(2, p.length);
				v.setUint16(8, 0x4001);
				v.setUint32(12, dst);
				v.setUint32(16, src);
				v.setUint16(10, ~onesSum(p.subarray(0, 20)) & 0xffff);
				p[20] = 3;
				p[21] = 3;
				p.set(quoted, 28);
				v.setUint16(22, ~onesSum(p.subarray(20)) & 0xffff);
				const f = frame(p);
				new AddressMap([`${text(src)}=${text(to)}`]).apply(f);
				const out = new DataView(f.buffer);
				expect(out.getUint32(NH + 16)).toBe(to);
				expect(out.getUint32(NH + 28 + 12)).toBe(to);
				expect(headerSum(f, NH)).toBe(0xffff);
				expect(headerSum(f, NH + 28)).toBe(0xffff);
				expect(transportSum(f, NH + 28, f.length)).toBe(0xffff);
				expect(onesSum(f.subarray(NH + 20))).toBe(0xffff);
			}),
		);
	});
	it("keeps every checksum of a real session as good as it was, there and back", () => {
		const { records } = readCapture(readFileSync(new URL("zeek-ipv4.pcap", CAPTURES)));
		expect(records).toHaveLength(95);
		const there = new AddressMap(["141.142.0.0/16=10.9.0.0/16", "199.233.217.249=172.17.0.2"]);
		const back = new AddressMap(["10.9.0.0/16=141.142.0.0/16", "172.17.0.2=199.233.217.249"]);
		for (const { data } of records) {
			const f = data.slice();
			const v = new DataView(f.buffer);
			const end = NH + v.getUint16(NH + 2);
			const check = (): number => sum(v, NH + 20, end, pseudoSum4(v, NH + 12, 6, end - NH - 20));
			const was = check();
			there.apply(f);
			expect(f).not.toEqual(data);
			expect(check()).toBe(was);
			back.apply(f);
			expect(f).toEqual(data.slice());
		}
	});
	it("leaves a UDP checksum of 0 alone", () => {
		const f = frame(packet(17, 0x0a000001, 0x0a000002, words(5)));
		new DataView(f.buffer).setUint16(NH + 26, 0);
		new AddressMap(["10.0.0.0/8=11.0.0.0/8"]).apply(f);
		expect(new DataView(f.buffer).getUint16(NH + 26)).toBe(0);
		expect(headerSum(f, NH)).toBe(0xffff);
	});
	it("rewrites ARP sender and target", () => {
		const { records } = readCapture(readFileSync(new URL("zeek-arp-who-has.pcap", CAPTURES)));
		const f = records[0].data.slice();
		const v = new DataView(f.buffer);
		const [spa, tpa] = [v.getUint32(NH + 14), v.getUint32(NH + 24)];
		new AddressMap([`${text(spa)}=1.2.3.4`, `${text(tpa)}=5.6.7.8`]).apply(f);
		expect([...f.subarray(NH + 14, NH + 18)]).toEqual([1, 2, 3, 4]);
		expect([...f.subarray(NH + 24, NH + 28)]).toEqual([5, 6, 7, 8]);
	});
	it("never throws and never changes a frame's length, whatever the bytes", () => {
		const map = new AddressMap(["0.0.0.0/1=128.0.0.0/1"]);
		fc.assert(
			fc.property(
				fc.uint8Array({ maxLength: 80 }),
				fc.constantFrom(0x0800, 0x0806, 0x8100),
				(bytes, type) => {
					const f = bytes.slice();
					if (f.length >= 16) f.set(words(type), 12);
					if (f.length >= 15 && type === 0x0800) f[14] = 0x45;
					map.apply(f);
					expect(f).toHaveLength(bytes.length);
				},
			),
		);
	});
	it.each([
		"10.0.0.1",
		"10.0.0.1=10.0.0.256",
		"10.0.0.0/8=10.0.0.0/16",
		"10.0.0.1/8=11.0.0.0/8",
		"a=b",
		"1.1.1.1=2.2.2.2=3.3.3.3",
		"1.1.1.0/33=2.2.2.0/33",
	])("refuses %s", (rule) => {
		expect(() => new AddressMap([rule])).toThrow(UsageError);
	});
});
