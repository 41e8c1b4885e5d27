/** IPv6 addresses as text: inet_pton and inet_ntop of glibc. */
import type { In6 } from "@hookline/engine/netfilter/rule";

/** inet_pton; undefined for what is no address. */
export function parseIn6(text: string): In6 | undefined {
	let head = text;
	// a dotted quad may stand for the last 32 bits
	const dotted = /^(.*:)(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
	if (dotted !== null) {
		const bytes = dotted.slice(2);
		if (bytes.some((b) => Number(b) > 255 || (b.length > 1 && b[0] === "0"))) return undefined;
		const [a, b, c, d] = bytes.map(Number);
		head = `${dotted[1]}${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`;
	}
	const halves = head.split("::");
	if (halves.length > 2) return undefined;
	const groups = halves.map((half) => (half === "" ? [] : half.split(":")));
	if (groups.flat().some((g) => !/^[0-9a-fA-F]{1,4}$/.test(g))) return undefined;
	const [left, right = []] = groups;
	const missing = 8 - left.length - right.length;
	if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined;
	const w = [...left, ...new Array<string>(missing).fill("0"), ...right].map((g) => Number.parseInt(g, 16));
	return [(w[0] << 16) | w[1], (w[2] << 16) | w[3], (w[4] << 16) | w[5], (w[6] << 16) | w[7]];
}
/** inet_ntop: the first of the longest runs of zeros becomes `::`; mapped and compatible IPv4 addresses end in a dotted quad. */
export function printIn6(addr: In6): string {
	const w = addr.flatMap((x) => [x >>> 16, x & 0xffff]);
	let base = -1;
	let length = 1;
	for (let i = 0; i < 8; i++) {
		let n = 0;
		while (i + n < 8 && w[i + n] === 0) n++;
		if (n > length) {
			base = i;
			length = n;
		}
		i += n;
	}
	const groups = w.map((g) => g.toString(16));
	if (base < 0) return groups.join(":");
	if (base === 0 && (length === 6 || (length === 5 && w[5] === 0xffff))) {
		const quad = [w[6] >> 8, w[6] & 255, w[7] >> 8, w[7] & 255].join(".");
		return `${length === 5 ? "::ffff:" : "::"}${quad}`;
	}
	return `${groups.slice(0, base).join(":")}::${groups.slice(base + length).join(":")}`;
}
export function in6PrefixMask(length: number): In6 {
	const word = (at: number): number => {
		const bits = Math.min(32, Math.max(0, length - at));
		return bits === 0 ? 0 : -1 << (32 - bits);
	};
	return [word(0), word(32), word(64), word(96)];
}
/** Length of a contiguous mask, -1 for any other. */
export function in6MaskLength(mask: In6): number {
	for (let n = 0; n <= 128; n++) if (in6PrefixMask(n).every((w, i) => w === mask[i])) return n;
	return -1;
}
export function in6And(a: In6, m: In6): In6 {
	return [a[0] & m[0], a[1] & m[1], a[2] & m[2], a[3] & m[3]];
}
/** As unsigned numbers: negative, 0 or positive. */
export function in6Compare(a: In6, b: In6): number {
	for (let i = 0; i < 4; i++) if (a[i] !== b[i]) return a[i] >>> 0 < b[i] >>> 0 ? -1 : 1;
	return 0;
}
