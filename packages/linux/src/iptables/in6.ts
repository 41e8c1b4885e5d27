/** Masks and order of IPv6 addresses. */
import type { In6 } from "@hookline/engine/ring/in6";
import { mask6 } from "../address6-text.ts";

/** Length of a contiguous mask, -1 for any other. */
export function in6MaskLength(mask: In6): number {
	for (let n = 0; n <= 128; n++) if (in6Compare(mask6(n), mask) === 0) return n;
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
