/** IPv4 addresses and prefixes as text. In numbers an address is a signed 32-bit integer in host order, as in the engine. */
import { Address4, Address6 } from "ip-address";

export interface Prefix {
	readonly addr: number;
	/** 0..32 */
	readonly length: number;
}

/** Four decimal numbers with dots; undefined when the text is not exactly that. */
export function parseAddress(text: string): number | undefined {
	if (text.includes("/") || !Address4.isValid(text)) return undefined;
	return Number(new Address4(text).bigInt()) | 0;
}
/** `A.B.C.D/LENGTH`, or `A.B.C.D`, which means /32. Host bits stay. */
export function parsePrefix(text: string): Prefix | undefined {
	const [head = "", tail, more] = text.split("/");
	const addr = parseAddress(head);
	if (addr === undefined || more !== undefined) return undefined;
	if (tail === undefined) return { addr, length: 32 };
	return /^\d{1,2}$/.test(tail) && Number(tail) <= 32 ? { addr, length: Number(tail) } : undefined;
}
/** Is the text an IPv6 address, with or without a prefix length? */
export function isIpv6(text: string): boolean {
	return text.includes(":") && Address6.isValid(text);
}
export function formatAddress(addr: number): string {
	return `${addr >>> 24}.${(addr >>> 16) & 255}.${(addr >>> 8) & 255}.${addr & 255}`;
}
