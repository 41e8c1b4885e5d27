/**
 * The Internet checksum (RFC 1071) and its incremental update (RFC 1624).
 *
 * All sums are taken over big-endian 16-bit words, as the headers store them, so no byte order is involved anywhere else.
 */

/** Fold a sum of 16-bit words to 16 bits, end-around carry included. */
export function fold(sum: number): number {
	let s = (sum & 0xffff) + (sum >>> 16);
	s = (s & 0xffff) + (s >>> 16);
	return s & 0xffff;
}

/**
 * Unfolded ones'-complement sum of bytes `[from, to)`, added to `start` (a folded 16-bit sum).
 * An odd last byte counts as the high half of a word (RFC 1071 §4.1). Exact up to 65,535 bytes: 32,768 words of at most
 * 0xffff stay below 2³¹.
 */
export function sum(view: DataView, from: number, to: number, start: number): number {
	let s = start;
	let i = from;
	const last = to - 1;
	for (const four = to - 7; i < four; i += 8) {
		const a = view.getInt32(i);
		const b = view.getInt32(i + 4);
		s += (a >>> 16) + (a & 0xffff) + (b >>> 16) + (b & 0xffff);
	}
	for (; i < last; i += 2) s += view.getUint16(i);
	if (i === last) s += view.getUint8(i) << 8;
	return fold(s);
}

/** Checksum field value (already complemented) of bytes `[from, to)`, with `start` added first. */
export function checksum(view: DataView, from: number, to: number, start = 0): number {
	return ~sum(view, from, to, start) & 0xffff;
}

/**
 * Sum of the IPv4 pseudo header (RFC 768, RFC 9293 §3.1): addresses, protocol, transport length in bytes.
 * `addresses` is the offset of the source address; the destination follows it.
 */
export function pseudoSum4(view: DataView, addresses: number, protocol: number, length: number): number {
	const a = view.getInt32(addresses);
	const b = view.getInt32(addresses + 4);
	return fold((a >>> 16) + (a & 0xffff) + (b >>> 16) + (b & 0xffff) + protocol + length);
}

/** The field `check` after one 16-bit word changed from `was` to `is` (RFC 1624 eqn. 3). */
export function update16(check: number, was: number, is: number): number {
	return ~fold((~check & 0xffff) + (~was & 0xffff) + is) & 0xffff;
}

/** The field `check` after one 32-bit word changed from `was` to `is` (RFC 1624 eqn. 3, twice). */
export function update32(check: number, was: number, is: number): number {
	return (
		~fold((~check & 0xffff) + (~(was >>> 16) & 0xffff) + (~was & 0xffff) + (is >>> 16) + (is & 0xffff)) &
		0xffff
	);
}
