/** Draws frames by their MACs: to stations, groups and nobody, from stations that move, with tags, of any type. */
import type { Draw } from "./draw.ts";
import type { Shot, Weighted } from "./flows.ts";
import { arp, ethernet, icmp, ip4, tagged, udp } from "./frames.ts";
import { type DrawnLab, type End, macOf } from "./lab.ts";

export const STATION_EPISODES: Weighted = [
	[26, stations],
	[12, groups],
	[8, moved],
	[8, withTag],
	[8, asked],
];

const ALL = "ff:ff:ff:ff:ff:ff";
const GROUPS = [
	ALL,
	ALL,
	"01:00:5e:00:00:01",
	"01:00:5e:01:02:03",
	"01:00:5e:00:00:fb",
	"33:33:00:00:00:01",
	"01:80:c2:00:00:00",
	"01:80:c2:00:00:01",
	"01:80:c2:00:00:02",
	"01:80:c2:00:00:03",
	"01:80:c2:00:00:0e",
	"01:80:c2:00:00:20",
	"03:00:00:00:00:01",
];

/** Any payload for a MAC. */
function body(draw: Draw, from: End, to: string): readonly [type: number, Uint8Array] {
	const h = { src: from.ip, dst: to, ttl: draw.pick([1, 64]), id: draw.below(65536) };
	const kind = draw.below(6);
	if (kind < 2)
		return [0x0800, ip4({ ...h, protocol: 17 }, udp(from.ip, to, 4000, 53, draw.bytes(draw.int(0, 40))))];
	if (kind === 2) return [0x0800, ip4({ ...h, protocol: 1 }, icmp(8, 0, 0x10001, draw.bytes(16)))];
	if (kind === 3)
		return [0x0800, ip4({ ...h, protocol: 1, fragment: 0x4000 }, icmp(8, 0, 0x10002, draw.bytes(1400)))];
	if (kind === 4) return [0x88b5, draw.bytes(draw.int(1, 60))];
	return [0x0806, arp(draw.int(1, 2), from.mac, from.ip, "00:00:00:00:00:00", to)];
}
/** Somebody's MAC: an end's, a device's in between, nobody's. */
function station(draw: Draw, lab: DrawnLab): string {
	return draw.chance(70)
		? draw.pick(lab.ends).mac
		: draw.pick([macOf(0x500), macOf(0x100), macOf(0x901), macOf(0x501), macOf(0x777), "00:00:00:00:00:00"]);
}
function stations(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const out: Shot[] = [];
	for (let i = draw.int(1, 2); i > 0; i--) {
		const to = draw.pick(lab.ends);
		const dst = draw.chance(60) ? to.mac : station(draw, lab);
		const [type, payload] = body(draw, from, to.ip);
		out.push({ end: from, bytes: ethernet(dst, from.mac, type, payload) });
	}
	return out;
}
function groups(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const ip = draw.pick(["255.255.255.255", "224.0.0.1", "239.1.2.3", "10.1.0.255", draw.pick(lab.ends).ip]);
	const [type, payload] = body(draw, from, ip);
	return [{ end: from, bytes: ethernet(draw.pick(GROUPS), from.mac, type, payload) }];
}
/** A frame from a MAC that is elsewhere, and one back to it. */
function moved(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const src = draw.chance(70)
		? draw.pick(lab.ends).mac
		: draw.pick([macOf(0x500), macOf(0x100), macOf(0x501), macOf(0x777), ALL, "00:00:00:00:00:00"]);
	const to = draw.pick(lab.ends);
	const [type, payload] = body(draw, from, to.ip);
	const out: Shot[] = [{ end: from, bytes: ethernet(draw.chance(70) ? to.mac : ALL, src, type, payload) }];
	if (draw.chance(60)) {
		const [kind, answer] = body(draw, to, from.ip);
		out.push({ end: to, bytes: ethernet(src, to.mac, kind, answer) });
	}
	return out;
}
function withTag(draw: Draw, lab: DrawnLab): Shot[] {
	const tci = draw.pick([0, 1, 5, 0x2000, 0xe005, 4095]);
	return draw
		.pick([stations, groups])(draw, lab)
		.map((shot) => {
			let bytes = tagged(shot.bytes, tci);
			if (draw.chance(10)) bytes = tagged(bytes, 7);
			return { ...shot, bytes };
		});
}
/** A ping to an end that may answer. */
function asked(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = draw.pick(lab.ends);
	const packet = ip4(
		{ src: from.ip, dst: to.ip, protocol: 1 },
		icmp(8, 0, 0x20001, draw.bytes(draw.int(0, 1472))),
	);
	return [{ end: from, bytes: ethernet(to.mac, from.mac, 0x0800, packet) }];
}
