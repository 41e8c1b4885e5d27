/** Values of options: how the tool reads addresses, masks, ports and numbers, what it says when it cannot, and how it prints them. */
import { type In6, type IpAddr, isAnyMask } from "@hookline/engine/netfilter/rule";
import type { NfFamily } from "@hookline/engine/netfilter/types";
import { formatAddress } from "../address-text.ts";
import { formatAddress6, mask6, parseAddress6 } from "../address6-text.ts";
import { in6And, in6Compare, in6MaskLength } from "./in6.ts";
import { protocolNumber, servicePort } from "./names.ts";

/** The tool gives up: the text after `iptables v1.8.9 (legacy): `, exit status 2 unless said otherwise. */
export class ToolError extends Error {
	readonly status: number;
	/** The text stands alone, without the tool's name in front. */
	readonly bare: boolean;
	constructor(message: string, status = 2, bare = false) {
		super(message);
		this.name = "ToolError";
		this.status = status;
		this.bare = bare;
	}
}
/** A thing that iptables has and this emulation does not. */
export class Unsupported extends Error {
	constructor(what: string) {
		super(`${what} is not supported`);
		this.name = "Unsupported";
	}
}

/** strtoul with base 0 over the whole text, within [min, max]; undefined when it is not that. */
export function toInteger(text: string, min: number, max: number): number | undefined {
	const t = text.trimStart();
	let value: number;
	if (/^0[xX][0-9a-fA-F]+$/.test(t)) value = Number.parseInt(t, 16);
	else if (/^0[0-7]+$/.test(t)) value = Number.parseInt(t, 8);
	else if (/^\+?(0|[1-9][0-9]*)$/.test(t)) value = Number.parseInt(t, 10);
	else return undefined;
	return value >= min && value <= max ? value : undefined;
}

/** Dotted quad, signed; undefined when it is none. */
export function parseAddress(text: string): number | undefined {
	const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(text);
	if (m === null) return undefined;
	let addr = 0;
	for (let i = 1; i <= 4; i++) {
		const b = Number(m[i]);
		if (b > 255 || (m[i].length > 1 && m[i][0] === "0")) return undefined;
		addr = (addr << 8) | b;
	}
	return addr;
}
/** inet_aton: one to four numbers, the last of which fills all bytes that are left. */
export function inetAton(text: string): number | undefined {
	const parts = text.split(".");
	if (parts.length > 4) return undefined;
	let addr = 0;
	for (let i = 0; i < parts.length; i++) {
		const last = i === parts.length - 1;
		const n = toInteger(parts[i], 0, last ? 2 ** (8 * (5 - parts.length)) - 1 : 255);
		if (n === undefined || /[\s+]/.test(parts[i])) return undefined;
		addr += last ? n : n * 2 ** (8 * (3 - i));
	}
	return addr | 0;
}
/** The tool also takes 1, 2 or 3 numbers for the first bytes. */
function parsePartialAddress(text: string): number | undefined {
	const parts = text.split(".");
	if (parts.length > 4) return undefined;
	let addr = 0;
	for (let i = 0; i < 4; i++) {
		const part = parts[i] ?? "0";
		const b = toInteger(part, 0, 255);
		if (b === undefined || /\s/.test(part)) return undefined;
		addr = (addr << 8) | b;
	}
	return addr;
}

export function printAddress(addr: IpAddr): string {
	return typeof addr === "number" ? formatAddress(addr) : formatAddress6(addr);
}
export function prefixMask(length: number): number {
	return length === 0 ? 0 : -1 << (32 - length);
}
/** Length of a contiguous mask, -1 for any other. */
export function maskLength(mask: IpAddr): number {
	if (typeof mask !== "number") return in6MaskLength(mask);
	for (let n = 0; n <= 32; n++) if (prefixMask(n) === mask) return n;
	return -1;
}
/** The mask of a single address. */
export function isHostMask(mask: IpAddr): boolean {
	return typeof mask === "number" ? mask === -1 : mask.every((w) => w === -1);
}
/** Order of two addresses of one family, as unsigned numbers: negative, 0 or positive. */
export function compareAddresses(a: IpAddr, b: IpAddr): number {
	if (typeof a === "number" || typeof b === "number") return ((a as number) >>> 0) - ((b as number) >>> 0);
	return in6Compare(a, b);
}
/** The mask part as `iptables-save` writes it. */
export function printMask(mask: IpAddr): string {
	const n = maskLength(mask);
	return n < 0 ? `/${printAddress(mask)}` : `/${n}`;
}
function parseMask(text: string): number {
	if (text.includes(".")) {
		const mask = parseAddress(text);
		if (mask !== undefined) return mask;
	} else {
		const n = toInteger(text, 0, 32);
		if (n !== undefined) return prefixMask(n);
	}
	throw new ToolError(`invalid mask \`${text}' specified`);
}
function parseMask6(text: string): In6 {
	const mask = parseAddress6(text);
	if (mask !== undefined) return mask;
	const n = toInteger(text, 0, 128);
	if (n === undefined) throw new ToolError(`invalid mask \`${text}' specified`);
	return mask6(n);
}
/** The text of an address of the family, as inet_pton reads it; undefined when it is none. */
export function parseIp(text: string, family: NfFamily): IpAddr | undefined {
	return family === 4 ? parseAddress(text) : parseAddress6(text);
}
/** The mask of a prefix length. */
export function familyMask(family: NfFamily, length: number): IpAddr {
	return family === 4 ? prefixMask(length) : mask6(length);
}
export function maskedAddress(addr: IpAddr, mask: IpAddr): IpAddr {
	if (typeof addr === "number" || typeof mask === "number") return (addr as number) & (mask as number);
	return in6And(addr, mask);
}
/** /etc/hosts and /etc/networks of a Debian system; networks come first. */
const HOSTS: ReadonlyMap<string, number> = new Map([
	["default", 0],
	["loopback", 0x7f000000],
	["link-local", 0xa9fe0000 | 0],
	["localhost", 0x7f000001],
]);
/** The name that `-L` prints in place of an address. */
export function hostName(addr: IpAddr): string | undefined {
	for (const [name, a] of HOSTS) if (a === addr) return name;
	return undefined;
}

/** `-s` and `-d`: a list of addresses, networks and masks (xtables_ipparse_multiple); the address comes back masked. */
export function parseHosts(text: string, family: NfFamily): { addr: IpAddr; mask: IpAddr }[] {
	return text.split(",").map((word) => {
		const item = word.trimStart();
		const slash = item.indexOf("/");
		const host = slash < 0 ? item : item.slice(0, slash);
		const tail = slash < 0 ? undefined : item.slice(slash + 1);
		if (tail === undefined)
			return { addr: parseHost(host, family), mask: familyMask(family, family === 4 ? 32 : 128) };
		const mask = family === 4 ? parseMask(tail) : parseMask6(tail);
		// under a mask of nothing the tool does not look at the address
		const addr = isAnyMask(mask) ? mask : parseHost(host, family);
		return { addr: maskedAddress(addr, mask), mask };
	});
}
function parseHost(host: string, family: NfFamily): IpAddr {
	const addr = family === 4 ? (parsePartialAddress(host) ?? HOSTS.get(host)) : parseAddress6(host);
	if (addr === undefined) throw new ToolError(`host/network \`${host}' not found`);
	return addr;
}

export function parseProtocol(text: string): number {
	const n = toInteger(text, 0, 255);
	if (n !== undefined) return n;
	const known = protocolNumber(text);
	if (known === undefined) throw new ToolError(`unknown protocol "${text}" specified`);
	return known;
}
/** A port number or a service name of `proto`. */
export function parsePort(text: string, proto?: string): number {
	const port = toInteger(text, 0, 0xffff) ?? servicePort(text, proto);
	if (port === undefined) throw new ToolError(`invalid port/service \`${text}' specified`);
	return port;
}
/** `a`, `a:b`, `a:`, `:b`. */
export function parsePortRange(text: string, proto: string): { min: number; max: number } {
	const colon = text.indexOf(":");
	if (colon < 0) {
		const port = parsePort(text, proto);
		return { min: port, max: port };
	}
	const low = text.slice(0, colon);
	const high = text.slice(colon + 1);
	const min = low === "" ? 0 : parsePort(low, proto);
	const max = high === "" ? 0xffff : parsePort(high, proto);
	if (min > max) throw new ToolError("invalid portrange (min > max)");
	return { min, max };
}
export function hex(value: number): string {
	return `0x${(value >>> 0).toString(16)}`;
}
/** A text as xtables_save_string writes it: bare when it is one plain word, else in double quotes. */
export function quote(text: string): string {
	if (/^[A-Za-z0-9_-]+$/.test(text)) return text;
	return `"${text.replace(/["\\']/g, (c) => `\\${c}`)}"`;
}
