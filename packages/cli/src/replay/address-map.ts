/**
 * `--map OLD=NEW`: IPv4 addresses of a frame rewritten in place, wherever they stand: IP source and destination, ARP sender and
 * target, the packet that an ICMP error quotes. Checksums are mended by the difference (RFC 1624), so a wrong one stays wrong.
 */
import { prefixMask } from "@hookline/engine/ip/address";
import * as arp from "@hookline/engine/wire/arp";
import { update16, update32 } from "@hookline/engine/wire/checksum";
import { ETH_P_ARP, ETH_P_IP } from "@hookline/engine/wire/ethernet";
import * as icmp from "@hookline/engine/wire/icmp";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import { UsageError } from "../errors.ts";
import { networkHeader } from "./frame-header.ts";

interface MapRule {
	readonly from: number;
	readonly to: number;
	readonly mask: number;
}

/** Where a transport checksum that covers the pseudo header stands, by protocol. */
const PSEUDO_CHECK: Readonly<Record<number, number>> = {
	[ipv4.IPPROTO_TCP]: 16,
	[ipv4.IPPROTO_UDP]: 6,
	[ipv4.IPPROTO_UDPLITE]: 6,
	[ipv4.IPPROTO_DCCP]: 6,
};
/** ICMP types that quote a packet (RFC 792): unreachable, source quench, redirect, time exceeded, parameter problem. */
const ERRORS = [3, 4, 5, 11, 12];

export class AddressMap {
	private readonly rules: readonly MapRule[];

	/** `OLD=NEW` each, addresses or prefixes of one length; the first that fits an address is taken. Throws UsageError. */
	constructor(rules: readonly string[]) {
		this.rules = rules.map(parseRule);
	}
	get empty(): boolean {
		return this.rules.length === 0;
	}
	/** What an address becomes. */
	address(addr: number): number {
		for (const r of this.rules)
			if (((addr ^ r.from) & r.mask) === 0) return (r.to & r.mask) | (addr & ~r.mask);
		return addr;
	}
	/** Rewrite an Ethernet frame in place. Whatever is cut short or malformed is left as far as it cannot be told. */
	apply(frame: Uint8Array): void {
		if (this.rules.length === 0) return;
		const view = new DataView(frame.buffer, frame.byteOffset, frame.length);
		const { type, nh } = networkHeader(view);
		if (type === ETH_P_IP) this.packet(view, nh, frame.length, null);
		else if (type === ETH_P_ARP && arp.check(view, nh, frame.length)) {
			view.setInt32(nh + arp.SPA, this.address(view.getInt32(nh + arp.SPA)));
			view.setInt32(nh + arp.TPA, this.address(view.getInt32(nh + arp.TPA)));
		}
	}
	/** The IPv4 packet at `nh`, whose bytes end at `end` at the latest; `outer` is told of every word that changes. */
	private packet(view: DataView, nh: number, end: number, outer: Cover | null): void {
		if (nh + ipv4.IP_HLEN > end || view.getUint8(nh) >> 4 !== 4) return;
		const hlen = ipv4.headerLength(view, nh);
		if (hlen < ipv4.IP_HLEN) return;
		const th = nh + hlen;
		const stop = Math.min(end, nh + view.getUint16(nh + ipv4.TOT_LEN));
		const protocol = view.getUint8(nh + ipv4.PROTO);
		const first = (view.getUint16(nh + ipv4.FRAG_OFF) & ipv4.IP_OFFSET) === 0;
		const at = first ? PSEUDO_CHECK[protocol] : undefined;
		const check = at !== undefined && th + at + 2 <= stop ? th + at : -1;
		for (const field of [nh + ipv4.SADDR, nh + ipv4.DADDR]) {
			const was = view.getInt32(field);
			const is = this.address(was);
			if (is === was) continue;
			view.setInt32(field, is);
			outer?.changed32(was, is);
			mend(view, nh + ipv4.CHECK, was, is, false, outer);
			if (check >= 0) mend(view, check, was, is, protocol !== ipv4.IPPROTO_TCP, outer);
		}
		if (outer !== null || protocol !== ipv4.IPPROTO_ICMP || !first || th + 8 > stop) return;
		if (ERRORS.includes(view.getUint8(th))) this.packet(view, th + 8, stop, new Cover(view, th + icmp.CHECK));
	}
}

/** A checksum over bytes that change: it follows each change. */
class Cover {
	private readonly view: DataView;
	private readonly at: number;

	constructor(view: DataView, at: number) {
		this.view = view;
		this.at = at;
	}
	changed32(was: number, is: number): void {
		this.view.setUint16(this.at, update32(this.view.getUint16(this.at), was, is));
	}
	changed16(was: number, is: number): void {
		this.view.setUint16(this.at, update16(this.view.getUint16(this.at), was, is));
	}
}

/** `zeroMeansNone`: 0 says that there is no checksum, and a sum that comes out 0 is written 0xffff (RFC 768). */
function mend(
	view: DataView,
	at: number,
	was: number,
	is: number,
	zeroMeansNone: boolean,
	outer: Cover | null,
): void {
	const old = view.getUint16(at);
	if (zeroMeansNone && old === 0) return;
	const sum = update32(old, was, is);
	const next = zeroMeansNone && sum === 0 ? 0xffff : sum;
	view.setUint16(at, next);
	outer?.changed16(old, next);
}

function parseRule(text: string): MapRule {
	const [from, to, more] = text.split("=");
	const a = parsePrefix(from);
	const b = parsePrefix(to ?? "");
	if (a === undefined || b === undefined || more !== undefined || a.length !== b.length)
		throw new UsageError(`--map ${text}: expected OLD=NEW, two IPv4 addresses or two prefixes of one length`);
	const mask = prefixMask(a.length);
	if (((a.addr | b.addr) & ~mask) !== 0)
		throw new UsageError(`--map ${text}: an address bit behind the prefix is set`);
	return { from: a.addr, to: b.addr, mask };
}

function parsePrefix(text: string): { addr: number; length: number } | undefined {
	const m = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})(?:\/(\d{1,2}))?$/.exec(text);
	if (m === null) return undefined;
	const bytes = m.slice(1, 5).map(Number);
	const length = m[5] === undefined ? 32 : Number(m[5]);
	if (bytes.some((b) => b > 255) || length > 32) return undefined;
	return { addr: bytes.reduce((a, b) => (a << 8) | b, 0), length };
}
