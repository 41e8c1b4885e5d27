/**
 * When are two frames the same? Byte for byte, but for the few fields that a kernel draws at random and that a case's random.json
 * names for that very frame: an IP identification, a port or ICMP id that NAT chose after a clash. The outer UDP source port of
 * VXLAN may always differ. A checksum that covers an excused field must be right where the golden one is.
 */
import { pseudoSum4, sum } from "@hookline/engine/wire/checksum";
import * as ipv4 from "@hookline/engine/wire/ipv4";

export type RandomFields = Readonly<Record<string, Readonly<Record<string, readonly string[]>>>>;

interface Parsed {
	readonly version: 4 | 6;
	readonly ip: number;
	readonly l4: number;
	readonly end: number;
	readonly protocol: number;
	readonly first: boolean;
	readonly fragment: boolean;
	/** IPv6: where the identifications of its fragment headers stand. */
	readonly ids: readonly number[];
}
/** `to` is the byte behind; a port and an ICMP id say where their IP header is. */
type Field = readonly [name: string, from: number, to: number, ip?: number];

const CHECK_AT: Readonly<Record<number, number>> = { 1: 2, 6: 16, 17: 6, 58: 2 };

function viewOf(b: Uint8Array): DataView {
	return new DataView(b.buffer, b.byteOffset, b.length);
}
function parse(b: Uint8Array, base = 0): Parsed | null {
	const v = viewOf(b);
	let o = base + 14;
	if (b.length < o) return null;
	let type = v.getUint16(o - 2);
	while ((type === 0x8100 || type === 0x88a8) && b.length >= o + 4) {
		type = v.getUint16(o + 2);
		o += 4;
	}
	if (type === 0x86dd) return parse6(b, o);
	if (type !== 0x0800 || b.length < o + 20 || b[o] >> 4 !== 4) return null;
	const hlen = (b[o] & 15) * 4;
	const total = v.getUint16(o + 2);
	if (hlen < 20 || total < hlen || b.length < o + total) return null;
	const word = v.getUint16(o + 6);
	return {
		version: 4,
		ip: o,
		l4: o + hlen,
		end: o + total,
		protocol: b[o + 9],
		first: (word & 0x1fff) === 0,
		fragment: (word & 0x3fff) !== 0,
		ids: [],
	};
}
function parse6(b: Uint8Array, o: number): Parsed | null {
	if (b.length < o + 40 || b[o] >> 4 !== 6) return null;
	const v = viewOf(b);
	const end = o + 40 + v.getUint16(o + 4);
	if (b.length < end) return null;
	let protocol = b[o + 6];
	let l4 = o + 40;
	let first = true;
	const ids: number[] = [];
	// what stands behind the header of a later fragment is data
	while (first && [0, 43, 44, 51, 60].includes(protocol) && l4 + 8 <= end) {
		if (protocol === 44) {
			ids.push(l4 + 4);
			first = (v.getUint16(l4 + 2) & 0xfff8) === 0;
		}
		// an authentication header counts in words of four bytes (RFC 4302)
		const length = protocol === 44 ? 8 : protocol === 51 ? 8 + 4 * b[l4 + 1] : 8 + 8 * b[l4 + 1];
		protocol = b[l4];
		l4 += length;
	}
	return { version: 6, ip: o, l4, end, protocol, first, fragment: ids.length > 0, ids };
}
function isVxlan(b: Uint8Array, p: Parsed): boolean {
	if (p.protocol !== 17 || !p.first || p.end - p.l4 < 16) return false;
	const port = viewOf(b).getUint16(p.l4 + 2);
	return port === 4789 || port === 8472;
}
/** Fields of the packet at `q` that an ICMP error quotes up to `end`. */
function quoted4(b: Uint8Array, q: number, end: number, prefix: string): Field[] {
	const r: Field[] = [
		[`${prefix}ip.id`, q + 4, q + 6],
		[`${prefix}ip.csum`, q + 10, q + 12],
	];
	const later = (viewOf(b).getUint16(q + 6) & 0x1fff) !== 0;
	const at = q + (b[q] & 15) * 4;
	if (!later && at + 8 <= end) r.push(...quotedTransport(b, at, end, b[q + 9], q, prefix));
	return r;
}
/** Of the transport header at `at`, the packet's IP header being at `ip`. */
function quotedTransport(
	b: Uint8Array,
	at: number,
	end: number,
	protocol: number,
	ip: number,
	prefix: string,
): Field[] {
	const echo =
		(protocol === 58 && (b[at] === 128 || b[at] === 129)) || (protocol === 1 && (b[at] === 0 || b[at] === 8));
	const r: Field[] = [];
	if (echo) r.push([`${prefix}icmp.id`, at + 4, at + 6, ip]);
	else if (protocol === 6 || protocol === 17)
		r.push([`${prefix}sport`, at, at + 2, ip], [`${prefix}dport`, at + 2, at + 4, ip]);
	else return r;
	const c = at + CHECK_AT[protocol];
	if (c + 2 <= end) r.push([`${prefix}l4.csum`, c, c + 2]);
	return r;
}
/** Fields of the packet at `q` that an ICMPv6 error quotes up to `end`. */
function quoted6(b: Uint8Array, q: number, end: number, prefix: string): Field[] {
	const r: Field[] = [];
	if (q + 48 > end) return r;
	let at = q + 40;
	let next = b[q + 6];
	while ([0, 43, 44, 51, 60].includes(next) && at + 16 <= end) {
		const fragment = next === 44;
		if (fragment) {
			r.push([`${prefix}ip6.fragid`, at + 4, at + 8]);
			if ((viewOf(b).getUint16(at + 2) & 0xfff8) !== 0) return r;
		}
		const authentication = next === 51;
		next = b[at];
		at += fragment ? 8 : authentication ? 8 + 4 * b[at + 1] : 8 + 8 * b[at + 1];
	}
	if (at + 8 <= end) r.push(...quotedTransport(b, at, end, next, q, prefix));
	return r;
}
/** Where the packet starts that a redirect's options from `at` on quote, -1 none (RFC 4861 §4.6.3). */
function redirected(b: Uint8Array, at: number, end: number): number {
	while (at + 8 <= end && b[at + 1] !== 0) {
		if (b[at] === 4) return at + 8;
		at += 8 * b[at + 1];
	}
	return -1;
}
/** The fields of a frame that a kernel may draw at random. */
export function fields(b: Uint8Array, base = 0, prefix = ""): Field[] {
	const p = parse(b, base);
	if (p === null) return [];
	const r: Field[] = [];
	if (p.version === 4)
		r.push([`${prefix}ip.id`, p.ip + 4, p.ip + 6], [`${prefix}ip.csum`, p.ip + 10, p.ip + 12]);
	else {
		for (const at of p.ids) r.push([`${prefix}ip6.fragid`, at, at + 4]);
		r.push([`${prefix}ip6.flow`, p.ip + 1, p.ip + 4]);
	}
	if (!p.first || p.l4 + 8 > p.end) return r;
	if (p.protocol === 6 || p.protocol === 17) {
		const c = p.l4 + CHECK_AT[p.protocol];
		r.push(
			[`${prefix}sport`, p.l4, p.l4 + 2, p.ip],
			[`${prefix}dport`, p.l4 + 2, p.l4 + 4, p.ip],
			[`${prefix}l4.csum`, c, c + 2],
		);
	} else if (p.protocol === 58) {
		r.push([`${prefix}l4.csum`, p.l4 + 2, p.l4 + 4]);
		if (b[p.l4] === 128 || b[p.l4] === 129) r.push([`${prefix}icmp.id`, p.l4 + 4, p.l4 + 6, p.ip]);
		else if (b[p.l4] < 128) r.push(...quoted6(b, p.l4 + 8, p.end, `${prefix}quoted.`));
		else if (b[p.l4] === 137) {
			const at = redirected(b, p.l4 + 40, p.end);
			if (at >= 0) r.push(...quoted6(b, at, p.end, `${prefix}quoted.`));
		}
	} else if (p.protocol === 1) {
		const t = b[p.l4];
		r.push([`${prefix}l4.csum`, p.l4 + 2, p.l4 + 4]);
		if (t === 0 || t === 8) r.push([`${prefix}icmp.id`, p.l4 + 4, p.l4 + 6, p.ip]);
		else if ([3, 4, 5, 11, 12].includes(t) && p.l4 + 36 <= p.end)
			r.push(...quoted4(b, p.l4 + 8, p.end, `${prefix}quoted.`));
	}
	if (isVxlan(b, p) && prefix === "" && p.l4 + 30 <= p.end)
		r.push(...fields(b.subarray(0, p.end), p.l4 + 16, "inner."));
	return r;
}
/** Which checksums of a frame are right. */
function sums(b: Uint8Array, base = 0): string {
	const p = parse(b, base);
	if (p === null) return "-";
	const v = viewOf(b);
	const header = p.version === 6 || sum(v, p.ip, p.l4, 0) === 0xffff;
	let l4 = "none";
	if (
		!p.fragment &&
		CHECK_AT[p.protocol] !== undefined &&
		p.end - p.l4 >= 8 &&
		!(p.protocol === 17 && v.getUint16(p.l4 + 6) === 0)
	) {
		// the pseudo header: addresses, protocol, length (RFC 791, RFC 8200 section 8.1); ICMP has none
		const start =
			p.version === 6
				? sum(v, p.ip + 8, p.ip + 40, p.protocol + p.end - p.l4)
				: p.protocol === 1
					? 0
					: pseudoSum4(v, p.ip + ipv4.SADDR, p.protocol, p.end - p.l4);
		l4 = String(sum(v, p.l4, p.end, start) === 0xffff);
	}
	const inner = isVxlan(b, p) && base === 0 ? sums(b.subarray(0, p.end), p.l4 + 16) : "";
	return `${header} ${l4} ${inner}`;
}

/**
 * Between whom a drawn port or id counts, whichever way the packet goes: another peer's connection may have been given the same
 * one. `other`: the port at the far end, if that was not drawn too.
 */
function between(b: Uint8Array, name: string, ip: number, other: string): string {
	const [at, n, protocol] = b[ip] >> 4 === 6 ? [ip + 8, 16, b[ip + 6]] : [ip + 12, 4, b[ip + 9]];
	const ends = [hex(b.subarray(at, at + n)), hex(b.subarray(at + n, at + 2 * n))];
	if (name.endsWith("dport")) ends.reverse();
	else if (name.endsWith("id")) ends.sort();
	return [protocol, ...ends, other].join(" ");
}

/** Compares the frames of one case; a random port must be replaced by one and the same other everywhere between the same two. */
export class Comparer {
	private readonly random: RandomFields;
	private readonly forward: Map<string, string> = new Map();
	private readonly back: Map<string, string> = new Map();

	constructor(random: RandomFields) {
		this.random = random;
	}
	/** `port` is `NETNS.DEV.rx|tx`, `index` the golden frame's number at it. */
	same(port: string, index: number, golden: Uint8Array, other: Uint8Array): boolean {
		if (equal(golden, other)) return true;
		if (golden.length !== other.length) return false;
		const names = new Set(this.random[port]?.[String(index)] ?? []);
		const p = parse(golden);
		const vx = p !== null && isVxlan(golden, p);
		if (vx) names.add("sport");
		for (const f of [...names]) {
			const prefix = f.slice(0, f.lastIndexOf(".") + 1);
			if (f.endsWith("ip.id")) names.add(`${f.slice(0, -2)}csum`);
			else if (/(^|\.)[sd]port$/.test(f) || f.endsWith("icmp.id"))
				names.add(`${prefix.replace("icmp.", "")}l4.csum`);
			if (/^(quoted|inner)\./.test(f)) names.add("l4.csum");
		}
		if (names.size === 0) return false;
		const a = golden.slice();
		const b = other.slice();
		const pairs: [string, string][] = [];
		for (const [name, from, to, ip] of fields(golden)) {
			if (!names.has(name)) continue;
			const g = hex(golden.subarray(from, to));
			const o = hex(other.subarray(from, to));
			if (ip !== undefined && !(vx && name === "sport")) {
				const source = name.endsWith("sport");
				const far = name.replace(/[sd]port$/, source ? "dport" : "sport");
				const at = source ? to : from - 2;
				const drawn = far === name || names.has(far);
				const who = between(golden, name, ip, drawn ? "" : hex(golden.subarray(at, at + 2)));
				pairs.push([`${who} ${g}`, `${who} ${o}`]);
			}
			if (name.endsWith("l4.csum") && (g === "0000") !== (o === "0000")) return false;
			a.fill(0, from, to);
			b.fill(0, from, to);
		}
		if (!equal(a, b) || sums(golden) !== sums(other)) return false;
		for (const [g, o] of pairs)
			if ((this.forward.get(g) ?? o) !== o || (this.back.get(o) ?? g) !== g) return false;
		for (const [g, o] of pairs) {
			this.forward.set(g, o);
			this.back.set(o, g);
		}
		return true;
	}
}

export function equal(a: Uint8Array, b: Uint8Array): boolean {
	return a.length === b.length && a.every((x, i) => x === b[i]);
}
export function hex(b: Uint8Array): string {
	return [...b].map((x) => x.toString(16).padStart(2, "0")).join("");
}
