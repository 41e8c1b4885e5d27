/**
 * Draws what shows how hosts translate: answers to what a packet became on the way, errors about it, clashes of source ports,
 * every protocol that conntrack knows, datagrams longer than the way is wide, and ones that die on it.
 */
import { sctpChecksum } from "@hookline/engine/netfilter/sctp";
import type { Draw } from "./draw.ts";
import { destination, header, hop, packet, type Shot, size, type Weighted } from "./flows.ts";
import {
	ethernet,
	fixHeader,
	fragments,
	type IpHeader,
	icmp,
	ip4,
	isSix,
	join,
	tcp,
	udp,
	viewOf,
} from "./frames.ts";
import { fragments6, icmp6, ip6 } from "./frames6.ts";
import type { DrawnLab, End } from "./lab.ts";

export const NAT_EPISODES: Weighted = [
	[22, translated],
	[16, clashes],
	[16, quoted],
	[14, long],
	[10, dying],
	[10, others],
	[8, again],
];

type Kind = "udp" | "tcp" | "icmp";

/** A packet of one flow, from the side that begins it or (`back`) from the other. */
function part(
	draw: Draw,
	kind: Kind,
	src: string,
	dst: string,
	a: number,
	b: number,
	back: boolean,
	n: number,
	length: number,
): { protocol: number; bytes: Uint8Array } {
	const data = draw.bytes(length);
	if (kind === "udp")
		return { protocol: 17, bytes: back ? udp(src, dst, b, a, data) : udp(src, dst, a, b, data) };
	if (kind === "tcp") {
		const flags = back ? [0x12, 0x10, 0x11, 0x14][Math.min(n, 3)] : [2, 0x10, 0x18, 0x11][Math.min(n, 3)];
		const seq = (back ? 9000 : 1000) + n;
		const ports = back ? { sport: b, dport: a } : { sport: a, dport: b };
		return {
			protocol: 6,
			bytes: tcp(
				src,
				dst,
				{ ...ports, seq, ack: (back ? 1001 : 9000) + n, flags: flags as number },
				n === 0 ? new Uint8Array() : data,
			),
		};
	}
	const rest = (a << 16) | (n + 1);
	if (isSix(src)) return { protocol: 58, bytes: icmp6(src, dst, back ? 129 : 128, 0, rest, data) };
	return { protocol: 1, bytes: icmp(back ? 0 : 8, 0, rest, data) };
}
function ports(draw: Draw): number {
	return draw.pick([4000, 4000, 999, 520, 1000, 5353, draw.int(1024, 65535)]);
}
function kindOf(draw: Draw): Kind {
	return draw.pick(["udp", "udp", "tcp", "tcp", "icmp"]);
}
/** The addresses that a far end may see a flow come from: its own link's neighbours of it, and the ranges. */
function seenAs(draw: Draw, lab: DrawnLab, from: End): string {
	return draw.chance(20) || lab.targets.length === 0 ? from.ip : draw.pick(lab.targets).ip;
}

/** Packets from an end, and answers to the address and port that they may have become. */
function translated(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const far = to.end ?? draw.pick(lab.ends.filter((e) => e !== from));
	const kind = kindOf(draw);
	const sport = ports(draw);
	const out: Shot[] = [];
	const public_ = seenAs(draw, lab, from);
	for (let n = 0; n < draw.int(1, 4); n++) {
		const forth = part(draw, kind, from.ip, to.ip, sport, to.port, false, n, size(draw));
		out.push(packet(draw, lab, from, header(draw, from.ip, to.ip, forth.protocol), forth.bytes));
		if (far === undefined || draw.chance(35)) continue;
		const dst = draw.chance(70) ? public_ : seenAs(draw, lab, from);
		const src = draw.chance(75) ? far.ip : to.ip;
		const back = part(draw, kind, src, dst, sport, to.port, true, n, size(draw));
		out.push(packet(draw, lab, far, header(draw, src, dst, back.protocol), back.bytes));
	}
	return out;
}
/** Ends that use one source port towards one destination, or towards several. */
function clashes(draw: Draw, lab: DrawnLab): Shot[] {
	const first = draw.pick(lab.ends);
	const to = destination(draw, lab, first);
	const other = destination(draw, lab, first);
	const kind = kindOf(draw);
	const sport = ports(draw);
	const out: Shot[] = [];
	for (let n = draw.int(2, 5); n > 0; n--) {
		const from = draw.pick(lab.ends);
		const dst = draw.chance(75) ? to : other;
		if (from.ip === dst.ip) continue;
		const p = part(draw, kind, from.ip, dst.ip, sport, dst.port, false, 0, 8);
		out.push(packet(draw, lab, from, header(draw, from.ip, dst.ip, p.protocol), p.bytes));
	}
	return out;
}
/** A packet, and an error from anywhere that quotes it as it was or as it may have been there. */
function quoted(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const kind = kindOf(draw);
	const sport = ports(draw);
	const length = draw.pick([0, 8, 100, 600, 1400]);
	const forth = part(draw, kind, from.ip, to.ip, sport, to.port, false, 0, length);
	const out = [
		packet(draw, lab, from, { ...header(draw, from.ip, to.ip, forth.protocol), ttl: 64 }, forth.bytes),
	];
	const teller = draw.pick(lab.ends.filter((e) => e !== from));
	if (teller === undefined) return out;
	const tells = draw.int(1, 2);
	for (let i = 0; i < tells; i++) {
		const src = seenAs(draw, lab, from);
		const dst = draw.chance(60) ? to.ip : seenAs(draw, lab, from);
		const about = part(draw, kind, src, dst, sport, to.port, false, 0, length);
		const head: IpHeader = { src, dst, protocol: about.protocol, ttl: draw.int(1, 63), fragment: 0x4000 };
		if (isSix(src)) {
			const [type, code, rest] = draw.pick([
				[1, 4, 0],
				[1, 0, 0],
				[1, 3, 0],
				[2, 0, 1280],
				[3, 0, 0],
				[4, 1, 6],
			] as const);
			const quote = ip6({ src, dst, next: about.protocol, hops: head.ttl as number }, about.bytes).subarray(
				0,
				draw.pick([48, 60, 1232]),
			);
			const speaker = draw.chance(70) ? teller.ip : draw.pick(lab.targets).ip;
			out.push(
				packet(
					draw,
					lab,
					teller,
					header(draw, speaker, src, 58),
					icmp6(speaker, src, type, code, rest, quote),
				),
			);
			continue;
		}
		const [type, code, rest] = draw.pick([
			[3, 3, 0],
			[3, 1, 0],
			[3, 4, draw.pick([576, 1006, 1280])],
			[3, 10, 0],
			[11, 0, 0],
			[12, 0, 0x14000000],
		] as const);
		const quote = ip4(head, about.bytes).subarray(0, draw.pick([28, 28, 40, 128, 548]));
		const speaker = draw.chance(70) ? teller.ip : draw.pick(lab.targets).ip;
		out.push(packet(draw, lab, teller, header(draw, speaker, src, 1), icmp(type, code, rest, quote)));
	}
	return out;
}
/** Longer than a link on the way: with and without DF, whole and in fragments. */
function long(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const kind = draw.pick(["udp", "udp", "tcp", "icmp"] as const);
	const sport = ports(draw);
	const length = draw.pick([540, 560, 980, 1000, 1252, 1300, 1380, 1440, 1460, 1472]);
	const n = kind === "tcp" ? 1 : 0;
	const p = part(
		draw,
		kind,
		from.ip,
		to.ip,
		sport,
		to.port,
		false,
		n,
		Math.min(length, kind === "tcp" || isSix(from.ip) ? 1440 : 1472),
	);
	const h = { ...header(draw, from.ip, to.ip, p.protocol), ttl: 64, fragment: draw.chance(50) ? 0x4000 : 0 };
	const out: Shot[] = [];
	if (kind === "tcp") {
		const syn = part(draw, kind, from.ip, to.ip, sport, to.port, false, 0, 0);
		out.push(packet(draw, lab, from, h, syn.bytes));
	}
	if (kind !== "tcp" && draw.chance(40)) {
		const more = part(
			draw,
			kind,
			from.ip,
			to.ip,
			sport,
			to.port,
			false,
			0,
			draw.pick([1480, 2000, 2960, 3001]),
		);
		return [...out, ...cut(draw, lab, from, h, more.bytes)];
	}
	for (let i = draw.int(1, 3); i > 0; i--)
		out.push(packet(draw, lab, from, { ...h, id: draw.below(65536) }, p.bytes));
	return out;
}
function cut(draw: Draw, lab: DrawnLab, from: End, h: IpHeader, payload: Uint8Array): Shot[] {
	const mac = hop(draw, lab, from, h.dst);
	const at = draw.pick([400, 552, 976, 1024, 1256, 1376, 1448, 1448]);
	if (isSix(h.dst)) {
		const head = { src: h.src, dst: h.dst, next: h.protocol, hops: h.ttl ?? 64 };
		return fragments6(head, payload, at, draw.below(0x7fffffff)).map((p) => ({
			end: from,
			bytes: ethernet(mac, from.mac, 0x86dd, p),
		}));
	}
	return fragments(ip4({ ...h, fragment: draw.chance(15) ? 0x4000 : 0 }, payload), at).map((p) => {
		const frame = ethernet(mac, from.mac, 0x0800, p);
		fixHeader(frame);
		return { end: from, bytes: frame };
	});
}
/** As traceroute does: one TTL after the other. */
function dying(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const kind = kindOf(draw);
	const sport = ports(draw);
	const out: Shot[] = [];
	const most = draw.int(1, 4);
	for (let ttl = 1; ttl <= most; ttl++) {
		const p = part(draw, kind, from.ip, to.ip, sport, to.port, false, 0, draw.pick([4, 32, 600]));
		out.push(packet(draw, lab, from, { ...header(draw, from.ip, to.ip, p.protocol), ttl }, p.bytes));
	}
	return out;
}
/** Protocols besides the three, which have ports or have none. */
function others(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const protocol = draw.pick([47, 47, 50, 51, 132, 132, 136, 253, 4, 103]);
	const sport = ports(draw);
	const make = (src: string, dst: string, a: number, b: number, back: boolean): Uint8Array => {
		const data = draw.bytes(draw.pick([16, 40, 100]));
		if (protocol === 136) {
			// UDP-Lite: its length is what the checksum covers, 0 for all
			const whole = udp(src, dst, a, b, data);
			viewOf(whole).setUint16(4, 0);
			return whole;
		}
		if (protocol === 47) {
			// version 0, or PPTP's version 1 with a call id
			const v1 = draw.chance(50);
			return join(
				v1 ? Uint8Array.of(0x30, 0x01, 0x88, 0x0b, 0, 8, a >> 8, a & 255) : Uint8Array.of(0, 0, 8, 0),
				data,
			);
		}
		if (protocol !== 132) return data;
		const vtag = back ? 0x1234 : draw.pick([0, 0, 0x1234]);
		const chunk =
			vtag === 0
				? join(
						Uint8Array.of(1, 0, 0, 20),
						Uint8Array.of(0, 0, 0x12, 0x34, 0, 1, 0, 0, 0, 2, 0, 2, 0, 0, 0, 1),
					)
				: draw.pick([
						Uint8Array.of(10, 0, 0, 8, 1, 2, 3, 4),
						Uint8Array.of(2, 0, 0, 20, 0, 0, 0x55, 0x55, 0, 1, 0, 0, 0, 2, 0, 2, 0, 0, 0, 1),
						Uint8Array.of(6, 0, 0, 4),
						Uint8Array.of(11, 0, 0, 4),
					]);
		const b_ = new Uint8Array(12 + chunk.length);
		const v = viewOf(b_);
		v.setUint16(0, a);
		v.setUint16(2, b);
		v.setUint32(4, vtag);
		b_.set(chunk, 12);
		v.setInt32(8, sctpChecksum(v, 0, b_.length), true);
		return b_;
	};
	const out = [
		packet(
			draw,
			lab,
			from,
			header(draw, from.ip, to.ip, protocol),
			make(from.ip, to.ip, sport, to.port, false),
		),
	];
	if (to.end !== undefined && draw.chance(60)) {
		const dst = seenAs(draw, lab, from);
		out.push(
			packet(draw, lab, to.end, header(draw, to.ip, dst, protocol), make(to.ip, dst, to.port, sport, true)),
		);
	}
	if (draw.chance(40))
		out.push(
			packet(
				draw,
				lab,
				from,
				header(draw, from.ip, to.ip, protocol),
				make(from.ip, to.ip, sport, to.port, false),
			),
		);
	return out;
}
/** The same packet several times, also after its answer: what is tracked already goes the same way. */
function again(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const p = part(draw, kindOf(draw), from.ip, to.ip, ports(draw), to.port, false, 0, draw.pick([0, 8, 100]));
	const h = header(draw, from.ip, to.ip, p.protocol);
	return Array.from({ length: draw.int(2, 4) }, () =>
		packet(draw, lab, from, { ...h, id: draw.below(65536) }, p.bytes),
	);
}
