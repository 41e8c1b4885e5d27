/** Draws what is sent through a lab with IPv6, besides flows: errors, fragments, extension headers, discovery, broken and odd packets. */
import type { Draw } from "./draw.ts";
import {
	clash,
	destination,
	type Episode,
	header,
	hop,
	packet,
	type Shot,
	size,
	tcpFlow,
	udpFlow,
} from "./flows.ts";
import { ethernet, join, tagged, udp, viewOf } from "./frames.ts";
import { extension, fragmentHeader, fragments6, groupMac, type Ip6Header, icmp6, ip6 } from "./frames6.ts";
import type { DrawnLab, End } from "./lab.ts";
import { neighbourTalk, routerTalk } from "./traffic-nd.ts";

export const EPISODES6: readonly (readonly [weight: number, Episode])[] = [
	[20, udpFlow],
	[16, tcpFlow],
	[12, ping6],
	[10, errorAbout6],
	[12, fragmented6],
	[14, extended],
	[12, neighbourTalk],
	[5, routerTalk],
	[6, multicast],
	[9, odd6],
	[8, mutated6],
	[4, clash],
];

function frame6(draw: Draw, lab: DrawnLab, from: End, h: Ip6Header, payload: Uint8Array): Shot {
	const mac = h.dst.startsWith("ff") ? groupMac(h.dst) : hop(draw, lab, from, h.dst);
	return { end: from, bytes: ethernet(mac, from.mac, 0x86dd, ip6(h, payload)) };
}
function head(draw: Draw, src: string, dst: string, next: number): Ip6Header {
	return {
		src,
		dst,
		next,
		hops: draw.chance(8) ? draw.pick([0, 1, 2, 255]) : draw.pick([64, 64, 255, 128]),
		tclass: draw.chance(15) ? draw.below(256) : 0,
		flow: draw.chance(20) ? draw.below(1 << 20) : 0,
	};
}

function ping6(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const id = draw.pick([1, 7, 4000, draw.below(65536)]);
	const data = draw.bytes(size(draw));
	const out: Shot[] = [];
	for (let seq = draw.int(1, 3); seq > 0; seq--) {
		const rest = (id << 16) | seq;
		out.push(
			frame6(draw, lab, from, head(draw, from.ip, to.ip, 58), icmp6(from.ip, to.ip, 128, 0, rest, data)),
		);
		if (to.end !== undefined && !to.end.answers && draw.chance(70))
			out.push(
				frame6(draw, lab, to.end, head(draw, to.ip, from.ip, 58), icmp6(to.ip, from.ip, 129, 0, rest, data)),
			);
	}
	return out;
}
/** A flow's packet, and what a router or the far end says about it: rightly quoted, or nearly. */
function errorAbout6(draw: Draw, lab: DrawnLab): Shot[] {
	const [first, second] = draw.pick([udpFlow, udpFlow, tcpFlow, ping6])(draw, lab);
	if (first === undefined) return [];
	const about = second !== undefined && draw.chance(30) ? second : first;
	const out = second === undefined ? [first] : [first, second];
	const quote = about.bytes.subarray(14, 14 + draw.pick([40, 47, 48, 48, 60, 128, 1232])).slice();
	if (draw.chance(12)) quote[draw.below(quote.length)]! ^= 1 << draw.below(8);
	const [type, code, rest] = draw.pick([
		[1, draw.int(0, 7), 0],
		[1, 4, 0],
		[2, 0, draw.pick([1280, 1300, 1400, 1500, 600, 0])],
		[2, 0, 1280],
		[3, draw.below(2), 0],
		[4, draw.below(3), draw.pick([0, 6, 40, 1000])],
		[draw.pick([0, 5, 100, 127]), 0, 0],
		[draw.pick([140, 144, 200, 255]), 0, 0],
	] as const);
	const at = draw.pick(lab.ends.filter((e) => e !== about.end));
	if (at === undefined) return out;
	const dst = text(quote.subarray(8, 24));
	const message = icmp6(at.ip, dst, type, code, rest, quote);
	return [...out, frame6(draw, lab, at, head(draw, at.ip, dst, 58), message)];
}
function text(b: Uint8Array): string {
	const v = viewOf(b);
	return Array.from({ length: 8 }, (_, i) => v.getUint16(2 * i).toString(16)).join(":");
}
function fragmented6(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const echo = draw.chance(40);
	const data = draw.bytes(draw.pick([0, 100, 600, 1400, 2000, 3000]));
	const whole = echo
		? icmp6(from.ip, to.ip, 128, 0, 0x70001, data)
		: udp(from.ip, to.ip, draw.int(1024, 65535), to.port, data);
	const h = head(draw, from.ip, to.ip, echo ? 58 : 17);
	const id = draw.below(0x7fffffff);
	const parts = fragments6(h, whole, draw.pick([8, 400, 1024, 1448, 1448, 1232, 8 * draw.int(40, 180)]), id);
	if (parts.length > 40) parts.splice(40);
	const last = parts[parts.length - 1] as Uint8Array;
	let sent = parts;
	const trick = draw.below(14);
	if (trick === 0) sent = [...parts].reverse();
	else if (trick === 1) sent = [...parts, draw.pick(parts)];
	else if (trick === 2) sent = parts.filter((_, i) => i !== draw.below(parts.length));
	else if (trick === 3) sent = [draw.pick(parts), ...parts];
	else if (trick === 4 || trick === 5) {
		// overlaps the one before, or leaves a hole
		const word = viewOf(last).getUint16(42);
		viewOf(last).setUint16(42, Math.max(0, word + (trick === 4 ? -8 : 8)));
	} else if (trick === 6) {
		// a first fragment whose length is no multiple of 8, or reserved bits
		const first = parts[0] as Uint8Array;
		if (draw.chance(50))
			sent = [ip6({ ...h, next: 44 }, first.subarray(40, first.length - 3)), ...parts.slice(1)];
		else first[draw.pick([41, 43])]! |= 6;
	} else if (trick === 7) {
		// another next header in a later fragment
		last[40] = 59;
	} else if (trick === 8) {
		// ends beyond 65535
		const far = ip6({ ...h, next: 44 }, join(fragmentHeader(h.next, 0xfff8, id), draw.bytes(16)));
		sent = [parts[0] as Uint8Array, far];
	}
	const mac = hop(draw, lab, from, to.ip);
	return sent.map((p) => ({ end: from, bytes: ethernet(mac, from.mac, 0x86dd, p) }));
}

/** Options for hop-by-hop and destination headers: every action of an unknown one, known ones right and wrong. */
function options(draw: Draw): Uint8Array {
	return draw.pick([
		Uint8Array.of(),
		Uint8Array.of(1, 0),
		Uint8Array.of(0, 0, 0, 0, 0, 0),
		Uint8Array.of(1, 2, 0, 9),
		Uint8Array.of(1, 12, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0),
		Uint8Array.of(5, 2, 0, 0),
		Uint8Array.of(5, 4, 0, 0, 0, 0),
		Uint8Array.of(0x1e, 2, 1, 2),
		Uint8Array.of(0x3e, 4, 1, 2, 3, 4),
		Uint8Array.of(0x5e, 2, 1, 2),
		Uint8Array.of(0x9e, 2, 1, 2),
		Uint8Array.of(0xde, 2, 1, 2),
		Uint8Array.of(0xde, 0),
		Uint8Array.of(0x9e, 200),
		Uint8Array.of(4, 1, 3),
		Uint8Array.of(0xc2, 4, 0, 1, 0, 0),
		Uint8Array.of(0xc2, 4, 0, 0, 0, 0),
		Uint8Array.of(0xc9, 16, ...new Uint8Array(16).fill(0x20)),
		Uint8Array.of(0x31, 2, 0, 0),
		Uint8Array.of(...Array.from({ length: 10 }, () => [0x1e, 0]).flat()),
	]);
}
/** Extension headers in front of something plain. */
function extended(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const dst = draw.chance(10) ? "ff02::1" : to.ip;
	const inner = draw.pick([17, 58, 17, 58, 6, 59, 253]);
	let next: number = inner;
	let payload: Uint8Array =
		inner === 17
			? udp(from.ip, dst, 5000, to.port, draw.bytes(20))
			: inner === 58
				? icmp6(from.ip, dst, 128, 0, 0x70007, draw.bytes(20))
				: draw.bytes(24);
	for (let n = draw.pick([1, 1, 1, 2, 3]); n > 0; n--) {
		const kind = draw.pick([0, 0, 60, 60, 43, 44, 51, 135]);
		if (kind === 44) payload = join(fragmentHeader(next, 0, draw.below(99999)), payload);
		else if (kind === 43) {
			// segments left, then reserved; the addresses of the type that has them
			const type = draw.pick([0, 2, 3, 4, 253]);
			const hops = draw.chance(60) ? new Uint8Array(16).fill(0x20) : new Uint8Array(0);
			payload = join(
				extension(next, join(Uint8Array.of(type, draw.pick([0, 0, 1, 2, 9]), 0, 0, 0, 0), hops)),
				payload,
			);
		} else if (kind === 51) payload = join(Uint8Array.of(next, 4), new Uint8Array(22), payload);
		else payload = join(extension(next, options(draw)), payload);
		next = kind;
	}
	if (draw.chance(6)) payload = payload.subarray(0, draw.int(1, payload.length));
	if (draw.chance(4)) payload[1] = draw.pick([255, 20]);
	return [frame6(draw, lab, from, head(draw, from.ip, dst, next), payload)];
}
function multicast(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const dst = draw.pick([
		"ff02::1",
		"ff02::2",
		"ff02::fb",
		"ff01::1",
		"ff05::2",
		"ff0e::1234",
		"ff02::1:ff00:1",
		"ff00::1",
	]);
	const src = draw.chance(40) && from.local6 !== undefined ? from.local6 : from.ip;
	if (draw.chance(50))
		return [
			frame6(draw, lab, from, head(draw, src, dst, 58), icmp6(src, dst, 128, 0, 0x90001, draw.bytes(16))),
		];
	return [
		frame6(
			draw,
			lab,
			from,
			head(draw, src, dst, 17),
			udp(src, dst, 5353, draw.pick([5353, 80]), draw.bytes(16)),
		),
	];
}
/** Right, but rare. */
function odd6(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const kind = draw.below(8);
	const data = draw.bytes(24);
	if (kind === 0) {
		const shot = packet(
			draw,
			lab,
			from,
			header(draw, from.ip, to.ip, 17),
			udp(from.ip, to.ip, 1000, to.port, data),
		);
		return [{ ...shot, bytes: tagged(shot.bytes, draw.pick([0, 5, 0x2000])) }];
	}
	if (kind === 1)
		return [
			frame6(
				draw,
				lab,
				from,
				head(draw, from.ip, to.ip, draw.pick([4, 41, 47, 50, 59, 89, 103, 132, 136, 253])),
				data,
			),
		];
	if (kind === 2 || kind === 3) {
		// not from or to where it may be
		const src = draw.pick([
			"::1",
			"::",
			"ff02::1",
			"2001:db8:200::1",
			"fe80::77",
			"::ffff:1.2.3.4",
			"fec0::1",
			to.ip,
		]);
		return [frame6(draw, lab, from, head(draw, src, to.ip, 17), udp(src, to.ip, 1000, to.port, data))];
	}
	if (kind === 4) {
		const dst = draw.pick(["::1", "::", "fe80::99", "::ffff:10.1.0.1", "fec0::1"]);
		return [frame6(draw, lab, from, head(draw, from.ip, dst, 17), udp(from.ip, dst, 1000, 80, data))];
	}
	if (kind === 5 || kind === 6) {
		// from one link-local address to another
		const src = from.local6 ?? from.ip;
		const near = draw.pick(lab.ends.filter((e) => e.link === from.link));
		const router = from.gateway !== undefined && draw.chance(70);
		const dst = router ? "fe80::1" : (near.local6 ?? near.ip);
		const mac = router ? from.gateway : near.mac;
		const payload = draw.chance(50) ? icmp6(src, dst, 128, 0, 0x50001, data) : udp(src, dst, 1000, 80, data);
		const h = head(draw, src, dst, payload[0] === 128 ? 58 : 17);
		return [{ end: from, bytes: ethernet(mac ?? near.mac, from.mac, 0x86dd, ip6(h, payload)) }];
	}
	// UDP without a checksum
	const bare = udp(from.ip, to.ip, 1000, to.port, data);
	viewOf(bare).setUint16(6, 0);
	return [frame6(draw, lab, from, head(draw, from.ip, to.ip, 17), bare)];
}
/** A frame of another episode with something broken. */
function mutated6(draw: Draw, lab: DrawnLab): Shot[] {
	const shots = draw.pick([udpFlow, tcpFlow, ping6, fragmented6, extended, neighbourTalk])(draw, lab);
	const victim = draw.below(shots.length);
	return shots.map((shot, i) => {
		if (i !== victim || shot.bytes.length < 60) return shot;
		let bytes: Uint8Array = shot.bytes.slice();
		const how = draw.below(5);
		if (how === 0) bytes = bytes.slice(0, draw.int(15, bytes.length - 1));
		else if (how === 1) bytes = join(bytes, draw.bytes(draw.int(1, 20)));
		else {
			const at = how === 2 ? draw.int(14, 53) : draw.int(54, Math.min(bytes.length - 1, 100));
			bytes[at]! ^= 1 << draw.below(8);
			// MLD queries are answered after a random delay
			if (bytes[54] === 130) bytes[54] = 128;
		}
		return { ...shot, bytes };
	});
}
