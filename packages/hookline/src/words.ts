/** Units of time, addresses as text, and packets described in words. */
import { pseudoSum4, sum } from "@hookline/engine/wire/checksum";
import * as icmp from "@hookline/engine/wire/icmp";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import * as tcp from "@hookline/engine/wire/tcp";
import * as udp from "@hookline/engine/wire/udp";
import { formatAddress } from "@hookline/linux/address-text";
import { formatMac } from "@hookline/linux/mac-text";

/** Nanoseconds in one of each. */
export const ns = 1;
export const us = 1e3;
export const ms = 1e6;
export const seconds = 1e9;

/** "10.0.0.1" as a signed 32-bit integer. Throws on anything else. */
export function parseAddress(text: string): number {
	const parts = text.split(".");
	const ok = parts.length === 4 && parts.every((p) => /^\d{1,3}$/.test(p) && Number(p) <= 255);
	if (!ok) throw new Error(`"${text}" is not an IPv4 address`);
	return parts.reduce((a, p) => (a << 8) | Number(p), 0);
}
/** A signed 32-bit address, host order, as dotted text. */
export const addressText: (addr: number) => string = formatAddress;
/** A MAC, upper 16 and lower 32 bits, with colons. */
export const macText: (hi: number, lo: number) => string = formatMac;

const WORDS =
	/^(udp|tcp|icmp)\s+(\d+\.\d+\.\d+\.\d+)(?::(\d+))?\s*>\s*(\d+\.\d+\.\d+\.\d+)(?::(\d+))?((?:\s+[a-z]+(?:=\d+)?)*)$/;

/**
 * An IPv4 packet from words, without an Ethernet header: `udp 10.0.0.2:5000 > 192.168.0.10:80`,
 * `tcp A:P > A:P [syn|ack|fin|rst …]`, `icmp A > A`; also `ttl=N`, `len=N` (payload bytes), `df`. Throws with what was expected.
 */
export function parsePacketWords(text: string): Uint8Array {
	const m = WORDS.exec(text.trim());
	if (m === null)
		throw new Error(
			`"${text}" is no packet: expected e.g. "udp 10.0.0.2:5000 > 192.168.0.10:80", "tcp A:P > A:P syn", "icmp A > A"`,
		);
	const [, protocol, src, sport, dst, dport, rest] = m;
	if (protocol !== "icmp" && (sport === undefined || dport === undefined))
		throw new Error(`"${text}": ${protocol} needs a port on both sides`);
	const options = new Map(
		rest
			.trim()
			.split(/\s+/)
			.filter(Boolean)
			.map((w) => w.split("=") as [string, string | undefined]),
	);
	const known = ["ttl", "len", "df", "syn", "ack", "fin", "rst", "psh"];
	for (const w of options.keys())
		if (!known.includes(w)) throw new Error(`"${text}": "${w}" is not one of ${known.join(" ")}`);
	const wholeNumber = (name: string, otherwise: number, most: number): number => {
		const word = options.has(name) ? options.get(name) : String(otherwise);
		const value = Number(word);
		if (word === undefined || !Number.isInteger(value) || value > most)
			throw new Error(`"${text}": ${name} is a whole number of 0..${most}`);
		return value;
	};
	const header = protocol === "tcp" ? tcp.TCP_HLEN : 8;
	const payload = wholeNumber("len", 4, 65535 - ipv4.IP_HLEN - header);
	const ttl = wholeNumber("ttl", 64, 255);
	const bytes = new Uint8Array(ipv4.IP_HLEN + header + payload);
	const view = new DataView(bytes.buffer);
	const number =
		protocol === "tcp" ? ipv4.IPPROTO_TCP : protocol === "udp" ? ipv4.IPPROTO_UDP : ipv4.IPPROTO_ICMP;
	const df = options.has("df") ? ipv4.IP_DF : 0;
	ipv4.emit(view, 0, 0, bytes.length, 1, df, ttl, number, parseAddress(src), parseAddress(dst));
	const th = ipv4.IP_HLEN;
	if (protocol === "icmp") {
		icmp.emit(view, th, icmp.ECHO, 0, 0x00010001);
		icmp.setChecksum(view, th, bytes.length);
		return bytes;
	}
	const sp = Number(sport);
	const dp = Number(dport);
	if (sp > 65535 || dp > 65535) throw new Error(`"${text}": a port is at most 65535`);
	let at = th + udp.CHECK;
	if (protocol === "udp") udp.emit(view, th, sp, dp, header + payload);
	else {
		const bit = (w: string, b: number) => (options.has(w) ? b : 0);
		const flags =
			bit("syn", tcp.SYN) |
			bit("ack", tcp.ACK) |
			bit("fin", tcp.FIN) |
			bit("rst", tcp.RST) |
			bit("psh", tcp.PSH);
		tcp.emit(view, th, sp, dp, 1, options.has("ack") ? 1 : 0, flags || tcp.SYN, 65535);
		at = th + tcp.CHECK;
	}
	const s = sum(view, th, bytes.length, pseudoSum4(view, ipv4.SADDR, number, bytes.length - th));
	view.setUint16(at, ~s & 0xffff || 0xffff);
	return bytes;
}
