/** Draws what is sent through a lab: flows with their answers, errors about packets, fragments, broken and odd frames. */
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
	type Weighted,
} from "./flows.ts";
import { arp, ethernet, fixHeader, fragments, icmp, ip4, join, tagged, udp, viewOf } from "./frames.ts";
import { type DrawnLab, sixView } from "./lab.ts";
import { EPISODES6 } from "./traffic6.ts";

const EPISODES: Weighted = [
	[24, udpFlow],
	[20, tcpFlow],
	[10, ping],
	[8, errorAbout],
	[8, fragmented],
	[6, arpTalk],
	[6, flood],
	[8, odd],
	[8, mutated],
	[4, clash],
];

/** About `count` frames; episodes are dealt into each other as real traffic is. */
export function drawTraffic(draw: Draw, lab: DrawnLab, count: number): Shot[] {
	const queues: Shot[][] = [];
	let total = 0;
	const four = [...EPISODES, ...(lab.episodes ?? [])];
	const six = lab.ipv6 ? sixView(lab) : undefined;
	while (total < count) {
		const shots =
			lab.special !== undefined && draw.chance(lab.special.percent)
				? drawEpisode(draw, lab.special.episodes)(draw, six ?? lab)
				: six !== undefined && draw.chance(lab.dual === true ? 75 : 100)
					? drawEpisode(draw, EPISODES6)(draw, six)
					: drawEpisode(draw, four)(draw, lab);
		const kept = lab.unicast === true ? shots.filter(({ bytes }) => (bytes[0]! & 1) === 0) : shots;
		queues.push(kept);
		total += kept.length;
	}
	const out: Shot[] = [];
	let open = queues.splice(0, 3);
	while (open.length > 0) {
		const queue = draw.pick(open);
		const shot = queue.shift();
		if (shot !== undefined) out.push(shot);
		if (queue.length === 0) {
			open = open.filter((q) => q !== queue);
			const next = queues.shift();
			if (next !== undefined) open.push(next);
		}
	}
	return out;
}

function drawEpisode(draw: Draw, list: Weighted): Episode {
	let at = draw.below(list.reduce((n, [w]) => n + w, 0));
	return list.find(([w]) => {
		at -= w;
		return at < 0;
	})?.[1] as Episode;
}
function ping(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const id = draw.pick([1, 7, 4000, draw.below(65536)]);
	const data = draw.bytes(size(draw));
	const out: Shot[] = [];
	for (let seq = 1; seq <= draw.int(1, 3); seq++) {
		const rest = (id << 16) | seq;
		out.push(packet(draw, lab, from, header(draw, from.ip, to.ip, 1), icmp(8, 0, rest, data)));
		if (to.end !== undefined && !to.end.answers && draw.chance(70))
			out.push(packet(draw, lab, to.end, header(draw, to.ip, from.ip, 1), icmp(0, 0, rest, data)));
	}
	return out;
}
/** A flow's packet, and what a router or the far end says about it: rightly quoted, or nearly. */
function errorAbout(draw: Draw, lab: DrawnLab): Shot[] {
	const [first, second] = draw.chance(60) ? udpFlow(draw, lab) : tcpFlow(draw, lab);
	if (first === undefined) return [];
	const about = second !== undefined && draw.chance(30) ? second : first;
	const out = second === undefined ? [first] : [first, second];
	const quote = about.bytes.subarray(14, 14 + draw.pick([20, 28, 28, 40, 128, 548])).slice();
	if (draw.chance(12)) quote[draw.below(quote.length)]! ^= 1 << draw.below(8);
	const [type, code, rest] = draw.pick([
		[3, 3, 0],
		[3, 1, 0],
		[3, 4, draw.pick([576, 1280, 1400, 68, 0])],
		[3, 13, 0],
		[11, 0, 0],
		[11, 1, 0],
		[12, 0, 0x0a000000],
		[5, 1, 0x0a000001],
		[4, 0, 0],
	] as const);
	const at = draw.pick(lab.ends.filter((e) => e !== about.end));
	if (at === undefined) return out;
	const dst = [...quote.subarray(12, 16)].join(".");
	const message = icmp(type, code, rest, quote);
	return [...out, packet(draw, lab, at, header(draw, at.ip, dst, 1), message)];
}
function fragmented(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const data = draw.bytes(draw.pick([600, 1480, 2000, 3000]));
	const h = { ...header(draw, from.ip, to.ip, 17), fragment: draw.chance(10) ? 0x4000 : 0 };
	const whole = ip4(h, udp(from.ip, to.ip, draw.int(1024, 65535), to.port, data));
	let parts = fragments(whole, draw.pick([400, 1024, 1480, 1480, 8 * draw.int(40, 180)]));
	const trick = draw.below(12);
	if (trick === 0) parts = [...parts].reverse();
	else if (trick === 1) parts = [...parts, draw.pick(parts)];
	else if (trick === 2) parts = parts.filter((_, i) => i !== draw.below(parts.length));
	else if (trick === 3) parts = draw.some(parts, parts.length).toSorted((a, b) => (a[7] ?? 0) - (b[7] ?? 0));
	else if (trick === 4) {
		// overlaps the one before
		const p = parts[parts.length - 1] as Uint8Array;
		const v = viewOf(p);
		v.setUint16(6, Math.max(0, v.getUint16(6) - 1));
	}
	const mac = hop(draw, lab, from, to.ip);
	return parts.map((p) => {
		const frame = ethernet(mac, from.mac, 0x0800, p);
		fixHeader(frame);
		return { end: from, bytes: frame };
	});
}
function arpTalk(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const all = "ff:ff:ff:ff:ff:ff";
	const none = "00:00:00:00:00:00";
	const op = draw.below(5);
	if (op < 3)
		return [{ end: from, bytes: ethernet(all, from.mac, 0x0806, arp(1, from.mac, from.ip, none, to.ip)) }];
	if (op === 3) {
		// gratuitous, either kind
		const kind = draw.pick([1, 2]);
		return [
			{ end: from, bytes: ethernet(all, from.mac, 0x0806, arp(kind, from.mac, from.ip, none, from.ip)) },
		];
	}
	const mac = hop(draw, lab, from, to.ip);
	return [{ end: from, bytes: ethernet(mac, from.mac, 0x0806, arp(2, from.mac, from.ip, mac, to.ip)) }];
}
/** Broadcast, multicast and unknown destinations. */
function flood(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const mac = draw.pick(["ff:ff:ff:ff:ff:ff", "01:00:5e:01:02:03", "02:00:00:00:77:77", "01:00:5e:00:00:fb"]);
	const dst = draw.pick(["255.255.255.255", "239.1.2.3", "10.9.9.9", "224.0.0.251", draw.pick(lab.ends).ip]);
	const h = { ...header(draw, from.ip, dst, 17), ttl: draw.pick([1, 64]) };
	return [
		{
			end: from,
			bytes: ethernet(mac, from.mac, 0x0800, ip4(h, udp(from.ip, dst, 68, 6767, draw.bytes(20)))),
		},
	];
}
/** Right, but rare. */
function odd(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const kind = draw.below(7);
	const h = header(draw, from.ip, to.ip, 17);
	const data = udp(from.ip, to.ip, 1000, to.port, draw.bytes(24));
	if (kind === 0) {
		const shot = packet(draw, lab, from, h, data);
		return [{ ...shot, bytes: tagged(shot.bytes, draw.pick([0, 5, 0x2000, 0x2005])) }];
	}
	if (kind === 1) return [packet(draw, lab, from, { ...h, options: Uint8Array.of(1, 1, 1, 0) }, data)];
	if (kind === 2)
		return [
			packet(draw, lab, from, { ...h, options: Uint8Array.of(7, 11, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0) }, data),
		];
	if (kind === 3)
		return [packet(draw, lab, from, { ...h, protocol: draw.pick([2, 4, 47, 50, 51, 89, 103, 253]) }, data)];
	if (kind === 4) {
		// not from its own address
		const src = draw.pick(["10.200.0.1", "127.0.0.1", "0.0.0.0", "224.0.0.1", "255.255.255.255", to.ip]);
		return [packet(draw, lab, from, { ...h, src }, udp(src, to.ip, 1000, to.port, draw.bytes(8)))];
	}
	// no time stamp requests: their answer tells the time of day
	if (kind === 5)
		return [
			packet(
				draw,
				lab,
				from,
				{ ...h, protocol: 1 },
				icmp(draw.pick([15, 17, 0, 9, 40]), 0, 77, draw.bytes(12)),
			),
		];
	return [
		{
			end: from,
			bytes: ethernet(draw.pick(lab.ends).mac, from.mac, 0x88b5, draw.bytes(46)),
		},
	];
}
/** A frame of another episode with something broken, with or without a mended header checksum. */
function mutated(draw: Draw, lab: DrawnLab): Shot[] {
	const shots = draw.pick([udpFlow, tcpFlow, ping, fragmented])(draw, lab);
	const victim = draw.below(shots.length);
	return shots.map((shot, i) => {
		if (i !== victim || shot.bytes.length < 42) return shot;
		let bytes: Uint8Array = shot.bytes.slice();
		const how = draw.below(5);
		if (how === 0) bytes = bytes.slice(0, draw.int(15, bytes.length - 1));
		else if (how === 1) bytes = join(bytes, draw.bytes(draw.int(1, 20)));
		else {
			const at = how === 2 ? draw.int(14, 33) : draw.int(34, Math.min(bytes.length - 1, 60));
			bytes[at]! ^= 1 << draw.below(8);
			if (draw.chance(60)) fixHeader(bytes);
		}
		return { ...shot, bytes };
	});
}
