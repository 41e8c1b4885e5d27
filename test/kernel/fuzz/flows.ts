/** Draws what both families of addresses have: packets between ends, flows of UDP and TCP with their answers, clashes of ports. */
import type { Draw } from "./draw.ts";
import { ethernet, type IpHeader, ip4, isSix, join, tcp, udp, viewOf } from "./frames.ts";
import { type Ip6Header, ip6 } from "./frames6.ts";
import type { DrawnLab, End } from "./lab.ts";

/** A frame that leaves an end. */
export interface Shot {
	readonly end: End;
	readonly bytes: Uint8Array;
}
/** One frame or several that belong together, in order. */
export type Episode = (draw: Draw, lab: DrawnLab) => Shot[];
export type Weighted = readonly (readonly [weight: number, Episode])[];

const SYN = 2;
const RST = 4;
const PSH = 8;
const ACK = 16;
const FIN = 1;

/** Someone to send to: an end, or an address of the lab. */
export function destination(draw: Draw, lab: DrawnLab, from: End): { ip: string; port: number; end?: End } {
	const others = lab.ends.filter((e) => e !== from);
	if (lab.targets.length > 0 && draw.chance(others.length === 0 ? 100 : 45)) {
		const t = draw.pick(lab.targets);
		return {
			ip: t.ip,
			port: t.ports.length > 0 && draw.chance(80) ? draw.pick(t.ports) : draw.int(1, 65535),
		};
	}
	const end = draw.pick(others);
	return { ip: end.ip, port: draw.pick([53, 80, 8080, 4000, 4000, 9, 443]), end };
}
/** The MAC that a packet for `ip` is sent to. */
export function hop(draw: Draw, lab: DrawnLab, from: End, ip: string): string {
	const near = lab.ends.find((e) => e.ip === ip && e.link === from.link);
	if (near !== undefined) return near.mac;
	if (draw.chance(3)) return draw.pick(lab.ends).mac;
	return from.gateway ?? draw.pick(lab.ends).mac;
}
export function packet(draw: Draw, lab: DrawnLab, from: End, h: IpHeader, payload: Uint8Array): Shot {
	const mac = hop(draw, lab, from, h.dst);
	let frame = isSix(h.dst)
		? ethernet(mac, from.mac, 0x86dd, ip6(sixOf(h), payload))
		: ethernet(mac, from.mac, 0x0800, ip4(h, payload));
	if (frame.length < 60 && draw.chance(30)) frame = join(frame, new Uint8Array(60 - frame.length));
	return { end: from, bytes: frame };
}
/** What an IPv6 header has of it. */
function sixOf(h: IpHeader): Ip6Header {
	return { src: h.src, dst: h.dst, next: h.protocol, hops: h.ttl ?? 64, tclass: h.tos ?? 0 };
}
export function ttl(draw: Draw): number {
	return draw.chance(6) ? draw.int(0, 3) : draw.pick([64, 64, 64, 128, 255, 32]);
}
export function header(draw: Draw, src: string, dst: string, protocol: number): IpHeader {
	return {
		src,
		dst,
		protocol,
		ttl: ttl(draw),
		tos: draw.chance(15) ? draw.below(256) : 0,
		id: draw.below(65536),
		fragment: draw.chance(40) ? 0x4000 : 0,
	};
}
export function size(draw: Draw): number {
	return draw.chance(12) ? draw.int(1200, 1472) : draw.pick([0, 1, 7, 18, 32, 100, 512]);
}

export function udpFlow(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const sport = draw.pick([1000, 4000, 4001, 5353, draw.int(1024, 65535)]);
	const out: Shot[] = [];
	for (let i = draw.int(1, 4); i > 0; i--) {
		const data = draw.bytes(size(draw));
		const forth = udp(from.ip, to.ip, sport, to.port, data);
		if (draw.chance(5)) viewOf(forth).setUint16(6, 0);
		out.push(packet(draw, lab, from, header(draw, from.ip, to.ip, 17), forth));
		if (to.end !== undefined && draw.chance(60))
			out.push(
				packet(
					draw,
					lab,
					to.end,
					header(draw, to.ip, from.ip, 17),
					udp(to.ip, from.ip, to.port, sport, data),
				),
			);
	}
	return out;
}
export function tcpFlow(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const sport = draw.pick([1000, 4000, 40000, draw.int(1024, 65535)]);
	let a = draw.below(0x7fffffff);
	let b = draw.below(0x7fffffff);
	const out: Shot[] = [];
	const mss = Uint8Array.from([2, 4, 5, 0xb4, 1, 3, 3, 7, 4, 2, 1, 1]);
	const forth = (flags: number, length: number, options?: Uint8Array): void => {
		const fields = { sport, dport: to.port, seq: a, ack: (flags & ACK) !== 0 ? b : 0, flags };
		const seg = tcp(
			from.ip,
			to.ip,
			options === undefined ? fields : { ...fields, options },
			draw.bytes(length),
		);
		out.push(packet(draw, lab, from, header(draw, from.ip, to.ip, 6), seg));
		a += length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
	};
	const back = (flags: number, length: number, options?: Uint8Array): void => {
		if (to.end === undefined) return;
		const fields = { sport: to.port, dport: sport, seq: b, ack: (flags & ACK) !== 0 ? a : 0, flags };
		const seg = tcp(
			to.ip,
			from.ip,
			options === undefined ? fields : { ...fields, options },
			draw.bytes(length),
		);
		out.push(packet(draw, lab, to.end, header(draw, to.ip, from.ip, 6), seg));
		b += length + ((flags & (SYN | FIN)) !== 0 ? 1 : 0);
	};
	if (draw.chance(85)) forth(SYN, 0, draw.chance(70) ? mss : undefined);
	if (draw.chance(10)) {
		a--;
		forth(SYN, 0, mss);
	}
	if (draw.chance(85)) back(SYN | ACK, 0, draw.chance(70) ? mss : undefined);
	if (draw.chance(85)) forth(ACK, 0);
	for (let i = draw.below(4); i > 0; i--) {
		if (draw.chance(8)) a += draw.pick([1, -1, 1000, 100000, -100000, 0x7000000]);
		if (draw.chance(50)) forth(ACK | PSH, size(draw));
		else back(ACK | PSH, size(draw));
	}
	const end = draw.below(5);
	if (end === 0) forth(RST, 0);
	else if (end === 1) back(RST | ACK, 0);
	else if (end === 2) {
		forth(FIN | ACK, 0);
		back(FIN | ACK, 0);
		forth(ACK, 0);
	} else if (end === 3) forth(draw.below(64), 0);
	return out;
}
/** Several ends use the same source port towards one destination: what NAT must tell apart. */
export function clash(draw: Draw, lab: DrawnLab): Shot[] {
	const first = draw.pick(lab.ends);
	const to = destination(draw, lab, first);
	const sport = draw.pick([4000, 999, 520]);
	return draw
		.some(lab.ends, draw.int(2, 4))
		.filter((e) => e.ip !== to.ip)
		.map((e) =>
			packet(draw, lab, e, header(draw, e.ip, to.ip, 17), udp(e.ip, to.ip, sport, to.port, draw.bytes(8))),
		);
}
