/**
 * Which address of a NAT range a connection gets. The kernel hashes without a secret here, so the choice is the same on every
 * machine, and ours is the kernel's (net/netfilter/nf_nat_core.c, find_best_ips_proto).
 *
 * The hash is Bob Jenkins' lookup3 `hashword` (public domain, 2006), as Linux's jhash2 uses it, over the four words of
 * union nf_inet_addr: the IPv4 address in network order as a little-endian machine reads it, then three zeros.
 */
const JHASH_INITVAL = 0xdeadbeef | 0;

function rol(x: number, k: number): number {
	return (x << k) | (x >>> (32 - k));
}
function swap32(x: number): number {
	return ((x & 0xff) << 24) | ((x & 0xff00) << 8) | ((x >>> 8) & 0xff00) | (x >>> 24);
}

/** jhash2 of [word, 0, 0, 0]. */
export function jhashAddress(word: number, initval: number): number {
	let a = (JHASH_INITVAL + (4 << 2) + initval) | 0;
	let b = a;
	let c = a;
	a = (a + word) | 0;
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
	// __jhash_final; the fourth word is 0
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

/** The address of `[min, max]` for a connection from `src` to `dst`; all in host order. */
export function pickAddress(src: number, dst: number, min: number, max: number, persistent: boolean): number {
	const hash = jhashAddress(swap32(src), persistent ? 0 : swap32(dst)) >>> 0;
	const span = ((max >>> 0) - (min >>> 0) + 1) % 0x1_0000_0000;
	// reciprocal_scale: the high half of a 64-bit product, in two steps to stay exact
	const high = Math.floor(((hash & 0xffff) * span) / 0x1_0000);
	return (min + Math.floor(((hash >>> 16) * span + high) / 0x1_0000)) | 0;
}
