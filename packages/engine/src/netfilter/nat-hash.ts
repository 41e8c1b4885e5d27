/**
 * Which address of a NAT range a connection gets. The kernel hashes without a secret here, so the choice is the same on every
 * machine, and ours is the kernel's (net/netfilter/nf_nat_core.c, find_best_ips_proto).
 *
 * The hash is Bob Jenkins' lookup3 `hashword` (public domain, 2006), as Linux's jhash2 uses it, over the four words of
 * union nf_inet_addr as a little-endian machine reads them: the IPv4 address and three zeros, or the IPv6 address.
 */
const JHASH_INITVAL = 0xdeadbeef | 0;

function rol(x: number, k: number): number {
	return (x << k) | (x >>> (32 - k));
}
function swap32(x: number): number {
	return ((x & 0xff) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}

/** jhash2 of four words. */
export function jhash4(w0: number, w1: number, w2: number, w3: number, initval: number): number {
	let a = (JHASH_INITVAL + (4 << 2) + initval) | 0;
	let b = (a + w1) | 0;
	let c = (a + w2) | 0;
	a = (a + w0) | 0;
	// __jhash_mix
	a = (a - c) | 0;
	a ^= rol(c, 4);
	c = (c + b) | 0;
	b = (b - a) | 0;
	b ^= rol(a, 6);
	a = (a + c) | 0;
	c = (c - b) | 0;
	c ^= rol(b, 8);
	b = (b + a) | 0;
	a = (a - c) | 0;
	a ^= rol(c, 16);
	c = (c + b) | 0;
	b = (b - a) | 0;
	b ^= rol(a, 19);
	a = (a + c) | 0;
	c = (c - b) | 0;
	c ^= rol(b, 4);
	b = (b + a) | 0;
	// __jhash_final
	a = (a + w3) | 0;
	c ^= b;
	c = (c - rol(b, 14)) | 0;
	a ^= c;
	a = (a - rol(c, 11)) | 0;
	b ^= a;
	b = (b - rol(a, 25)) | 0;
	c ^= b;
	c = (c - rol(b, 16)) | 0;
	a ^= c;
	a = (a - rol(c, 4)) | 0;
	b ^= a;
	b = (b - rol(a, 14)) | 0;
	c ^= b;
	c = (c - rol(b, 24)) | 0;
	return c;
}
/** reciprocal_scale: the high half of the 64-bit product, in two steps to stay exact. `span` is unsigned. */
function scale(hash: number, span: number): number {
	const high = Math.floor(((hash & 0xffff) * span) / 0x1_0000);
	return Math.floor(((hash >>> 16) * span + high) / 0x1_0000);
}

/** The address of `[min, max]` for a connection from `src` to `dst`; all in host order. */
export function pickAddress(src: number, dst: number, min: number, max: number, persistent: boolean): number {
	const hash = jhash4(swap32(src), 0, 0, 0, persistent ? 0 : swap32(dst));
	return (min + scale(hash, ((max >>> 0) - (min >>> 0) + 1) % 0x1_0000_0000)) | 0;
}

/**
 * The same for IPv6: `src`, `dst`, `min` and `max` are handles, whose addresses are `words[4h..4h+4)`. Words below the first that is
 * not its maximum are drawn from all numbers. `destination`: it is `dst` that is replaced, word by word, while it is hashed.
 */
export function pickAddress6(
	words: Int32Array,
	src: number,
	dst: number,
	min: number,
	max: number,
	persistent: boolean,
	destination: boolean,
	out: Int32Array,
): void {
	const word = (handle: number, i: number): number => swap32(words[4 * handle + i]);
	let hash = jhash4(word(src, 0), word(src, 1), word(src, 2), word(src, 3), persistent ? 0 : word(dst, 3));
	let full = false;
	for (let i = 0; i < 4; i++) {
		const from = full ? 0 : words[4 * min + i] >>> 0;
		const to = words[4 * max + i];
		const span = full ? 0xffff_ffff : ((to >>> 0) - from + 1) % 0x1_0000_0000;
		out[i] = from + scale(hash, span < 0 ? span + 0x1_0000_0000 : span);
		if (out[i] !== to) full = true;
		if (!persistent) hash ^= swap32(destination ? out[i] : words[4 * dst + i]);
	}
}
