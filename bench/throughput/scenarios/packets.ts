/** Whole frames with valid checksums, every byte written and summed from scratch: what goes in, and what has to come out. */
import { checksum, pseudoSum4 } from "@hookline/engine/wire/checksum";
import * as eth from "@hookline/engine/wire/ethernet";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import * as ipv6 from "@hookline/engine/wire/ipv6";
import * as tcp from "@hookline/engine/wire/tcp";
import * as udp from "@hookline/engine/wire/udp";

/** High 16 and low 32 bits. */
export interface Mac {
	readonly hi: number;
	readonly lo: number;
}
export function mac(text: string): Mac {
	const n = Number.parseInt(text.replaceAll(":", ""), 16);
	return { hi: Math.floor(n / 2 ** 32), lo: n | 0 };
}
/** `02:42:BB:…` for the container of this number: the last four bytes. */
export function macText(number: number): string {
	const hex = (0x1_0000_0000 + number).toString(16).slice(1);
	return `02:42:${hex.slice(0, 2)}:${hex.slice(2, 4)}:${hex.slice(4, 6)}:${hex.slice(6)}`;
}
export function ipText(address: number): string {
	return [24, 16, 8, 0].map((shift) => (address >>> shift) & 255).join(".");
}

export interface LinkEnds {
	readonly srcMac: Mac;
	readonly dstMac: Mac;
	readonly sport: number;
	readonly dport: number;
	readonly ttl: number;
}
export interface Ends extends LinkEnds {
	readonly src: number;
	readonly dst: number;
}
export interface Ends6 extends LinkEnds {
	/** Four words each. */
	readonly src: readonly number[];
	readonly dst: readonly number[];
}
export interface Segment extends Ends {
	readonly seq: number;
	readonly ack: number;
	readonly flags: number;
	readonly window: number;
}

/** Bytes of Ethernet and IPv4 header. */
export const IP_END = 34;
/** Options of a SYN: MSS 1460, SACK permitted, window scale 7. */
const SYN_OPTIONS = [2, 4, 0x05, 0xb4, 4, 2, 1, 3, 3, 7, 0, 0];

/** Payload: no two neighbouring words are alike, so that a sum sees when bytes move. */
function fill(bytes: Uint8Array, from: number): void {
	for (let i = from; i < bytes.length; i++) bytes[i] = (i - from) * 131 + 7;
}
function begin(length: number, e: LinkEnds, type: number): DataView {
	const view = new DataView(new ArrayBuffer(length));
	eth.setMac(view, eth.DST, e.dstMac.hi, e.dstMac.lo);
	eth.setMac(view, eth.SRC, e.srcMac.hi, e.srcMac.lo);
	view.setUint16(eth.TYPE, type);
	return view;
}
const bytesOf = (view: DataView): Uint8Array => new Uint8Array(view.buffer);

/** UDP over IPv4; `length` from the destination MAC on. */
export function udp4(length: number, e: Ends): Uint8Array {
	const view = begin(length, e, eth.ETH_P_IP);
	const bytes = bytesOf(view);
	fill(bytes, IP_END + udp.UDP_HLEN);
	ipv4.emit(view, eth.ETH_HLEN, 0, length - 14, 0, 0, e.ttl, ipv4.IPPROTO_UDP, e.src, e.dst);
	udp.emit(view, IP_END, e.sport, e.dport, length - IP_END);
	const pseudo = pseudoSum4(view, 26, ipv4.IPPROTO_UDP, length - IP_END);
	view.setUint16(IP_END + udp.CHECK, checksum(view, IP_END, length, pseudo) || 0xffff);
	return bytes;
}
/** UDP over IPv6; `length` at least 62. */
export function udp6(length: number, e: Ends6): Uint8Array {
	const view = begin(length, e, eth.ETH_P_IPV6);
	const bytes = bytesOf(view);
	const th = eth.ETH_HLEN + ipv6.IP6_HLEN;
	fill(bytes, th + udp.UDP_HLEN);
	const words = Int32Array.from([...e.src, ...e.dst]);
	ipv6.emit(view, eth.ETH_HLEN, 0, 0, length - th, ipv4.IPPROTO_UDP, e.ttl, words, 0, 4);
	udp.emit(view, th, e.sport, e.dport, length - th);
	const pseudo = ipv6.pseudoSum6(view, eth.ETH_HLEN + 8, ipv4.IPPROTO_UDP, length - th);
	view.setUint16(th + udp.CHECK, checksum(view, th, length, pseudo) || 0xffff);
	return bytes;
}
/** A TCP segment, `length` at least 54. A SYN has options instead of a payload, and its own length. */
export function tcp4(length: number, e: Segment): Uint8Array {
	const syn = (e.flags & tcp.SYN) !== 0;
	const bare = IP_END + tcp.TCP_HLEN;
	const total = syn ? bare + SYN_OPTIONS.length : length;
	const view = begin(total, e, eth.ETH_P_IP);
	const bytes = bytesOf(view);
	if (syn) bytes.set(SYN_OPTIONS, bare);
	else fill(bytes, bare);
	ipv4.emit(view, eth.ETH_HLEN, 0, total - 14, 0, 0x4000, e.ttl, ipv4.IPPROTO_TCP, e.src, e.dst);
	tcp.emit(view, IP_END, e.sport, e.dport, e.seq, e.ack, e.flags, e.window);
	if (syn) view.setUint8(IP_END + tcp.DATA_OFFSET, ((tcp.TCP_HLEN + SYN_OPTIONS.length) / 4) << 4);
	const pseudo = pseudoSum4(view, 26, ipv4.IPPROTO_TCP, total - IP_END);
	view.setUint16(IP_END + tcp.CHECK, checksum(view, IP_END, total, pseudo));
	return bytes;
}
/** The three fragments of one UDP datagram. `length`: of a fragment's frame, at most; they have multiples of 8 bytes. */
export function fragments4(length: number, e: Ends, id: number): [Uint8Array, Uint8Array, Uint8Array] {
	const part = Math.floor((length - IP_END) / 8) * 8;
	const whole = udp4(IP_END + 3 * part, e);
	const cut = (k: number): Uint8Array => {
		const view = begin(IP_END + part, e, eth.ETH_P_IP);
		const word = ((k * part) >> 3) | (k < 2 ? ipv4.IP_MF : 0);
		ipv4.emit(view, eth.ETH_HLEN, 0, 20 + part, id, word, e.ttl, ipv4.IPPROTO_UDP, e.src, e.dst);
		const bytes = bytesOf(view);
		bytes.set(whole.subarray(IP_END + k * part, IP_END + (k + 1) * part), IP_END);
		return bytes;
	};
	return [cut(0), cut(1), cut(2)];
}
