/** Kinds and scopes of addresses that are known by handle or as four words (net/ipv6/addrconf_core.c; RFC 4291, RFC 6724). */
import { RT_SCOPE_HOST, RT_SCOPE_LINK, RT_SCOPE_SITE, RT_SCOPE_UNIVERSE } from "../ip/address.ts";
import type { In6 } from "../ring/in6.ts";

export const ANY: In6 = [0, 0, 0, 0];
export const LOOPBACK: In6 = [0, 0, 0, 1];
export const LINKLOCAL_ALLNODES: In6 = [0xff020000 | 0, 0, 0, 1];
export const LINKLOCAL_ALLROUTERS: In6 = [0xff020000 | 0, 0, 0, 2];
export const INTERFACELOCAL_ALLNODES: In6 = [0xff010000 | 0, 0, 0, 1];
export const INTERFACELOCAL_ALLROUTERS: In6 = [0xff010000 | 0, 0, 0, 2];
export const SITELOCAL_ALLROUTERS: In6 = [0xff050000 | 0, 0, 0, 2];

/** Scopes as multicast addresses number them. */
export const SCOPE_NODELOCAL = 1;
export const SCOPE_LINKLOCAL = 2;
export const SCOPE_SITELOCAL = 5;
export const SCOPE_GLOBAL = 14;

export function isAny(a: In6): boolean {
	return (a[0] | a[1] | a[2] | a[3]) === 0;
}
export function isLoopback(a: In6): boolean {
	return (a[0] | a[1] | a[2]) === 0 && a[3] === 1;
}
export function isMulticast(a: In6): boolean {
	return a[0] >>> 24 === 0xff;
}
/** fe80::/10 */
export function isLinkLocal(a: In6): boolean {
	return a[0] >>> 22 === 0xfe80 >> 6;
}
/** rt6_need_strict: the device must be the one given, or the address means nothing. */
export function needsStrict(a: In6): boolean {
	return isMulticast(a) || isLinkLocal(a) || isLoopback(a);
}
/** ipv6_addr_src_scope; -1 for `::`. */
export function scopeOf(a: In6): number {
	if (isMulticast(a)) return (a[0] >>> 16) & 0x0f;
	if (isLinkLocal(a) || isLoopback(a)) return SCOPE_LINKLOCAL;
	if (a[0] >>> 22 === 0xfec0 >> 6) return SCOPE_SITELOCAL;
	return isAny(a) ? -1 : SCOPE_GLOBAL;
}
/** Mask of the word `i` (0..3) of a prefix of `length` bits. */
export function maskWord(length: number, i: number): number {
	const bits = Math.min(32, Math.max(0, length - 32 * i));
	return bits === 0 ? 0 : (-1 << (32 - bits)) | 0;
}
/** The first `length` bits (ipv6_addr_prefix). */
export function prefixOf(a: In6, length: number): In6 {
	return [
		a[0] & maskWord(length, 0),
		a[1] & maskWord(length, 1),
		a[2] & maskWord(length, 2),
		a[3] & maskWord(length, 3),
	];
}
export function samePrefix(a: In6, b: In6, length: number): boolean {
	for (let i = 0; i < 4; i++) if (((a[i] ^ b[i]) & maskWord(length, i)) !== 0) return false;
	return true;
}
/** Bits that two addresses have in common from the left (ipv6_addr_diff). */
export function commonBits(a: In6, b: In6): number {
	for (let i = 0; i < 4; i++) {
		const x = a[i] ^ b[i];
		if (x !== 0) return 32 * i + Math.clz32(x);
	}
	return 128;
}
/** ff02::1:ffXX:XXXX (RFC 4291 §2.7.1, addrconf_addr_solict_mult). */
export function solicitedNode(a: In6): In6 {
	return [0xff020000 | 0, 0, 1, 0xff000000 | (a[3] & 0xffffff)];
}
/** Low 32 bits of the Ethernet group of a multicast address; the high 16 are 0x3333 (RFC 2464 §7). */
export function multicastMacLo(a: In6): number {
	return a[3];
}
/** The link-local address of a MAC (RFC 2464 §4, modified EUI-64; addrconf_ifid_eui48). */
export function eui64(prefix: In6, macHi: number, macLo: number): In6 {
	return [
		prefix[0],
		prefix[1],
		((macHi ^ 0x0200) << 16) | ((macLo >>> 16) & 0xff00) | 0xff | 0,
		0xfe000000 | (macLo & 0xffffff) | 0,
	];
}

/** rt_scope: the scope as `ip addr` prints it, of scopeOf()'s. */
export function rtScope(scope: number, loopback: boolean): number {
	if (loopback || scope === 1) return RT_SCOPE_HOST;
	if (scope === 2) return RT_SCOPE_LINK;
	return scope === 5 ? RT_SCOPE_SITE : RT_SCOPE_UNIVERSE;
}
