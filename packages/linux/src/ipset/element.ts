/** Elements of sets as words: `10.0.0.0/8`, `10.0.0.1-10.0.0.9`, `10.0.0.1,udp:5000-5002`. */
import { type HashSet, SET_EXTRA, SET_KEY, type SetType } from "@hookline/engine/netfilter/set-hash";
import { formatAddress } from "../address-text.ts";
import { formatAddress6, parseAddress6 } from "../address6-text.ts";
import { ICMP_TYPES, protocolName, protocolNumber, servicePort } from "../iptables/names.ts";
import { parseAddress } from "../iptables/values.ts";

/** The tool refuses: its text after `ipset v7.17: `, and its exit status. */
export class SetToolError extends Error {
	readonly status: number;
	constructor(message: string, status = 1) {
		super(message);
		this.name = "SetToolError";
		this.status = status;
	}
}
const syntax = (text: string): SetToolError => new SetToolError(`Syntax error: ${text}`);

export function parseNumber(text: string, min: number, max: number): number {
	if (!/^-?(0[xX][0-9a-fA-F]+|\d+)$/.test(text)) throw syntax(`'${text}' is invalid as number`);
	const n = Number(text);
	if (n < min || n > max) throw syntax(`'${text}' is out of range ${min}-${max}`);
	return n;
}

/** Addresses from `from` to `to`; IPv4 unsigned. */
interface Addresses {
	readonly from: number;
	readonly to: number;
	/** The prefix length that was written, the address's own without one. */
	readonly length: number;
	/** IPv6: one address. */
	readonly words: Int32Array | undefined;
	readonly range: boolean;
}
function address4(text: string): number {
	const addr = text === "localhost" ? 0x7f000001 : parseAddress(text);
	if (addr === undefined) throw syntax(`cannot parse ${text}: resolving to IPv4 address failed`);
	return addr >>> 0;
}
function parseAddresses(text: string, family: 4 | 6, type: SetType): Addresses {
	if (family === 6) {
		const [host, prefix] = text.replace(/^\[(.*)\]/, "$1").split("/");
		if (host.includes("-")) throw syntax(`IP address or IP/cidr must be specified: ${text}`);
		if (prefix !== undefined && type !== "hash:net")
			throw syntax(`plain IP address must be supplied: ${text}`);
		const addr = parseAddress6(host);
		if (addr === undefined) throw syntax(`cannot parse ${host}: resolving to IPv6 address failed`);
		const length = prefix === undefined ? 128 : parseNumber(prefix, 0, 128);
		return { from: 0, to: 0, length, words: Int32Array.from(addr), range: false };
	}
	const slash = text.indexOf("/");
	const dash = text.indexOf("-");
	if (slash >= 0) {
		const addr = address4(text.slice(0, slash));
		const length = parseNumber(text.slice(slash + 1), 0, 32);
		if (length === 0) throw new SetToolError("The value of the CIDR parameter of the IP address is invalid");
		const size = 2 ** (32 - length);
		const from = addr - (addr % size);
		return { from, to: from + size - 1, length, words: undefined, range: false };
	}
	const a = address4(dash < 0 ? text : text.slice(0, dash));
	const b = dash < 0 ? a : address4(text.slice(dash + 1));
	return { from: Math.min(a, b), to: Math.max(a, b), length: 32, words: undefined, range: dash >= 0 };
}

/** Protocol, and first and last port. */
function parsePorts(text: string, family: 4 | 6): { proto: number; from: number; to: number } {
	const colon = text.indexOf(":");
	const word = colon < 0 ? "tcp" : text.slice(0, colon);
	const rest = colon < 0 ? text : text.slice(colon + 1);
	const proto = /^\d+$/.test(word) ? Number(word) : word === "icmpv6" ? 58 : protocolNumber(word);
	if (proto === undefined || proto > 255) throw syntax(`cannot parse '${word}' as a protocol`);
	if (proto === 1 || proto === 58) {
		if ((proto === 1) !== (family === 4))
			throw syntax(
				`Protocol ${proto === 1 ? "ICMP" : "ICMPv6"} can be used with family inet${proto === 1 ? "" : "6"} only`,
			);
		const known = icmpTypes(proto).find(
			(t) => t.name === rest || (rest === "ping" && t.name === "echo-request"),
		);
		const m = /^(\d+)\/(\d+)$/.exec(rest);
		if (known === undefined && m === null)
			throw new SetToolError(`Cannot parse ${rest} as an ${proto === 1 ? "ICMP" : "ICMPv6"} type/code.`);
		const port =
			known !== undefined ? (known.type << 8) | known.code : (Number(m?.[1]) << 8) | Number(m?.[2]);
		return { proto, from: port, to: port };
	}
	if (![6, 17, 132, 136].includes(proto)) {
		if (rest !== "0") throw syntax(`Protocol ${word} can be used with pseudo port value 0 only.`);
		return { proto, from: 0, to: 0 };
	}
	const name = protocolName(proto);
	const one = (t: string): number => {
		if (/^\d+$/.test(t) && Number(t) <= 0xffff) return Number(t);
		const port = /^\d/.test(t) ? undefined : servicePort(t, name);
		if (port !== undefined) return port;
		const first = /^\d+$/.test(t) ? `'${t}' is out of range 0-65535` : `'${t}' is invalid as number`;
		throw syntax(
			`${first}\nSyntax error: '${name}' is invalid as number\ncannot parse '${t}' as a ${name} port`,
		);
	};
	const dash = rest.indexOf("-", 1);
	const a = one(dash < 0 ? rest : rest.slice(0, dash));
	const b = dash < 0 ? a : one(rest.slice(dash + 1));
	return { proto, from: Math.min(a, b), to: Math.max(a, b) };
}
function icmpTypes(proto: number): { name: string; type: number; code: number }[] {
	if (proto === 58)
		return [
			{ name: "echo-request", type: 128, code: 0 },
			{ name: "echo-reply", type: 129, code: 0 },
		];
	return ICMP_TYPES.map((t) => ({ name: t.name, type: t.type, code: t.min })).filter((t) => t.type !== 255);
}

/** All keys that a word stands for; `test`: a range stands for its first address. */
export function* parseElement(text: string, set: HashSet, test: boolean): Generator<Int32Array> {
	const { type, family, netmask } = set.options;
	const parts = text.split(",");
	if (type !== "hash:ip,port" && parts.length > 1)
		throw syntax(`Elem separator in ${text}, but settype ${type} supports none.`);
	if (type === "hash:ip,port" && parts.length > 2)
		throw syntax(`Two elem separators in ${text}, but settype ${type} supports one.`);
	if (type === "hash:ip,port" && parts.length < 2) throw syntax(`Second element is missing from ${text}.`);
	const a = parseAddresses(parts[0], family, type);
	const p = type === "hash:ip,port" ? parsePorts(parts[1], family) : undefined;
	const key = new Int32Array(SET_KEY);
	if (type === "hash:net") {
		if (a.words !== undefined) {
			key.set(a.words);
			set.mask(key, a.length);
			key[SET_EXTRA] = a.length;
			yield key;
			return;
		}
		// the fewest networks that cover the range
		for (let from = a.from; from <= a.to; ) {
			let length = 32;
			while (length > 1 && from % 2 ** (33 - length) === 0 && from + 2 ** (33 - length) - 1 <= a.to) length--;
			key[0] = from | 0;
			key[SET_EXTRA] = length;
			yield key;
			if (test) return;
			from += 2 ** (32 - length);
		}
		return;
	}
	const step = netmask !== undefined && family === 4 ? 2 ** (32 - netmask) : 1;
	for (let addr = a.from - (a.from % step); addr <= a.to; addr += step) {
		for (let port = p?.from ?? 0; port <= (p?.to ?? 0); port++) {
			if (a.words !== undefined) key.set(a.words);
			else key[0] = addr | 0;
			if (netmask !== undefined) set.mask(key, netmask);
			key[SET_EXTRA] = p === undefined ? 0 : (p.proto << 16) | port;
			if (type === "hash:ip" && (key[0] | key[1] | key[2] | key[3]) === 0)
				throw new SetToolError("Null-valued element, cannot be stored in a hash type of set");
			yield key;
			if (test) return;
		}
	}
}

/** An element as the tool prints it. */
export function formatElement(key: Int32Array, set: HashSet): string {
	const { type, family } = set.options;
	const addr = family === 4 ? formatAddress(key[0]) : formatAddress6([key[0], key[1], key[2], key[3]]);
	const extra = key[SET_EXTRA];
	if (type === "hash:ip") return addr;
	if (type === "hash:net") return extra === set.hostLength ? addr : `${addr}/${extra}`;
	const proto = extra >>> 16;
	const port = extra & 0xffff;
	if (proto !== 1 && proto !== 58) return `${addr},${protocolName(proto)}:${port}`;
	const known = icmpTypes(proto).find((t) => ((t.type << 8) | t.code) === port);
	return `${addr},${proto === 1 ? "icmp" : "ipv6-icmp"}:${known?.name ?? `${port >> 8}/${port & 255}`}`;
}
