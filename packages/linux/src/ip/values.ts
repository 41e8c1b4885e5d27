/** Values on a command line, read as iproute2's utils do, with its complaints. A word that is not known yet gives a harmless value. */
import { isIpv6 } from "../address-text.ts";
import { type Mac, macOfBytes } from "../mac-text.ts";
import { parseNumber } from "./names.ts";
import { badArgument, fail, kernelError, noDevice, UNKNOWN, unsupported } from "./words.ts";

export interface PrefixValue {
	/** Signed, host order. */
	readonly addr: number;
	readonly length: number;
	/** The length was written. */
	readonly given: boolean;
	/** `default`, `any` or `all` */
	readonly any: boolean;
}
/** AF_UNSPEC, AF_INET (`-4`), AF_INET6 (`-6`) */
export type Family = 0 | 4 | 6;

/** One to four numbers with dots, missing ones zero (get_addr_ipv4). */
export function looseAddress(text: string): number | undefined {
	const parts = text.split(".");
	if (parts.length > 4) return undefined;
	let addr = 0;
	for (let i = 0; i < 4; i++) {
		const byte = i < parts.length ? parseNumber(parts[i] as string, 255) : 0;
		if (byte === undefined) return undefined;
		addr = (addr << 8) | byte;
	}
	return addr;
}
function familyName(family: Family): string {
	return family === 4 ? "inet" : family === 6 ? "inet6" : "any valid";
}
const IPV6 = "IPv6";

/** get_addr */
export function addressValue(word: string, family: Family = 4): number {
	if (word === UNKNOWN) return 0x0a000001;
	if (family !== 4 && isIpv6(word)) return unsupported(IPV6);
	if (word === "default" || word === "any" || word === "all") {
		if (family === 6) unsupported(IPV6);
		return 0;
	}
	const addr = family === 6 ? undefined : looseAddress(word);
	if (addr === undefined)
		return fail(1, `Error: ${familyName(family)} address is expected rather than "${word}".`);
	return addr;
}
/** get_prefix */
export function prefixValue(word: string, family: Family = 0): PrefixValue {
	if (word === UNKNOWN) return { addr: 0x0a000000, length: 8, given: true, any: false };
	if (family !== 4 && isIpv6(word)) return unsupported(IPV6);
	if (word === "default" || word === "any" || word === "all") {
		if (family === 6) unsupported(IPV6);
		return { addr: 0, length: 0, given: false, any: true };
	}
	const slash = word.indexOf("/");
	const addr = family === 6 ? undefined : looseAddress(slash < 0 ? word : word.slice(0, slash));
	const length = slash < 0 ? 32 : prefixLength(word.slice(slash + 1));
	if (addr === undefined || length === undefined)
		return fail(1, `Error: ${familyName(family)} prefix is expected rather than "${word}".`);
	return { addr, length, given: slash >= 0, any: false };
}
/** A length, or a netmask whose ones stand first. */
function prefixLength(text: string): number | undefined {
	const number = parseNumber(text, 32);
	if (number !== undefined) return number;
	const mask = text.split(".").length === 4 ? looseAddress(text) : undefined;
	if (mask === undefined) return undefined;
	const zeros = ~mask;
	return (zeros & (zeros + 1)) === 0 ? Math.clz32(zeros) : undefined;
}
export function numberValue(word: string, message: string, max = 0xffffffff, blank = true): number {
	if (word === UNKNOWN) return 0;
	return parseNumber(word, max) ?? badArgument(message, word, blank);
}
/** A value by `parse`, or the complaint. `fallback` stands for a word not known yet. */
export function namedValue(
	word: string,
	parse: (text: string) => number | undefined,
	message: string,
	fallback: number,
	blank = true,
): number {
	if (word === UNKNOWN) return fallback;
	return parse(word) ?? badArgument(message, word, blank);
}
/** ll_addr_a2n, for a device: six bytes. */
export function macValue(word: string): Mac {
	const bytes = macBytes(word);
	if (bytes.length !== 6) return fail(1, `Invalid address length ${bytes.length} - must be 6 bytes`);
	return macOfBytes(bytes);
}
/** ll_addr_a2n, for a neighbour: the kernel refuses what is too short. */
export function neighMacValue(word: string): Mac {
	const bytes = macBytes(word);
	return bytes.length < 6 ? kernelError("Invalid link address") : macOfBytes(bytes);
}
function macBytes(word: string): number[] {
	if (word === UNKNOWN) return [2, 0, 0, 0, 0, 1];
	if (word.includes(".")) {
		const addr = looseAddress(word);
		if (addr === undefined) return fail(1, `"${word}" is invalid lladdr.`);
		return [addr >>> 24, (addr >>> 16) & 255, (addr >>> 8) & 255, addr & 255];
	}
	return word.split(":").map((part) => {
		if (!/^[0-9a-f]+$/i.test(part)) return fail(1, `"${part}" is invalid lladdr.`);
		const byte = Number.parseInt(part, 16);
		return byte > 255 ? fail(1, `"${part}" is invalid lladdr.`) : byte;
	});
}
export function onOffValue(word: string, key: string): boolean {
	if (word === UNKNOWN || word === "on") return true;
	if (word === "off") return false;
	return fail(1, `Error: argument of "${key}" must be "on" or "off", not "${word}"`);
}
/** check_ifname: 1 to 15 characters, no slash and no white space. */
export function isInterfaceName(name: string): boolean {
	return name.length > 0 && name.length < 16 && !/[/\s]/.test(name);
}
/** The device of this name; `Cannot find device` when there is none. The tool asks the kernel for it, who looks at its link then. */
export function deviceValue<T extends { readonly linkWatch: { sync(): void } }>(
	ns: { device(name: string): T | undefined },
	name: string,
): T {
	const dev = ns.device(name) ?? noDevice(name);
	dev.linkWatch.sync();
	return dev;
}
