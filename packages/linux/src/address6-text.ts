/** IPv6 addresses and prefixes as text. In numbers an address is four signed 32-bit words in network order, as in the engine. */
import type { In6 } from "@hookline/engine/ring/in6";
import { Address6 } from "ip-address";

export interface Prefix6 {
	readonly addr: In6;
	/** 0..128 */
	readonly length: number;
}

/** What inet_pton takes: no zone, no prefix length; undefined for anything else. */
export function parseAddress6(text: string): In6 | undefined {
	if (!/^[0-9a-f:.]+$/i.test(text) || !Address6.isValid(text)) return undefined;
	const value = new Address6(text).bigInt();
	const word = (shift: bigint): number => Number((value >> shift) & 0xffffffffn) | 0;
	return [word(96n), word(64n), word(32n), word(0n)];
}
/** `ADDRESS/LENGTH`, or `ADDRESS`, which means /128. Host bits stay. */
export function parsePrefix6(text: string): Prefix6 | undefined {
	const [head = "", tail, more] = text.split("/");
	const addr = parseAddress6(head);
	if (addr === undefined || more !== undefined) return undefined;
	if (tail === undefined) return { addr, length: 128 };
	return /^\d{1,3}$/.test(tail) && Number(tail) <= 128 ? { addr, length: Number(tail) } : undefined;
}
/**
 * The text of inet_ntop: the first longest run of two or more zero groups is `::` (RFC 5952 §4.2); the last two groups of a
 * mapped or compatible IPv4 address are written with dots.
 */
export function formatAddress6(addr: In6): string {
	const groups = addr.flatMap((w) => [(w >>> 16) & 0xffff, w & 0xffff]);
	let start = -1;
	let best = 1;
	for (let i = 0; i < 8; i++) {
		let end = i;
		while (end < 8 && groups[end] === 0) end++;
		if (end - i > best) {
			start = i;
			best = end - i;
		}
		if (end > i) i = end;
	}
	const dotted = start === 0 && (best === 6 || (best === 5 && groups[5] === 0xffff));
	const hex = (from: number, to: number): string =>
		groups
			.slice(from, to)
			.map((g) => g.toString(16))
			.join(":");
	const w = addr[3];
	const v4 = `${w >>> 24}.${(w >>> 16) & 255}.${(w >>> 8) & 255}.${w & 255}`;
	if (dotted) return best === 5 ? `::ffff:${v4}` : `::${v4}`;
	return start < 0 ? hex(0, 8) : `${hex(0, start)}::${hex(start + best, 8)}`;
}
/** The mask of a prefix length, 0..128. */
export function mask6(length: number): In6 {
	const word = (i: number): number => {
		const bits = Math.min(32, Math.max(0, length - 32 * i));
		return bits === 0 ? 0 : (-1 << (32 - bits)) | 0;
	};
	return [word(0), word(1), word(2), word(3)];
}
/** Are `a` and `b` equal in their first `length` bits? */
export function samePrefix6(a: In6, b: In6, length: number): boolean {
	const mask = mask6(length);
	return a.every((w, i) => ((w ^ b[i]!) & mask[i]!) === 0);
}
