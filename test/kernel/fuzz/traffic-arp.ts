/** Draws ARP, right and wrong, as RFC 826 and RFC 5227 have it and as they do not. */
import type { Draw } from "./draw.ts";
import type { Shot, Weighted } from "./flows.ts";
import { arp, ethernet, join, macBytes, tagged, viewOf } from "./frames.ts";
import { type DrawnLab, type End, macOf } from "./lab.ts";

const ALL = "ff:ff:ff:ff:ff:ff";
const NONE = "00:00:00:00:00:00";

export const ARP_EPISODES: Weighted = [
	[18, question],
	[14, unasked],
	[8, probe],
	[14, anything],
	[12, answers],
];

/** An address of the lab. */
function someone(draw: Draw, lab: DrawnLab): string {
	return draw.chance(45) || lab.targets.length === 0 ? draw.pick(lab.ends).ip : draw.pick(lab.targets).ip;
}
/** An address as nobody should have it. */
function strange(draw: Draw, lab: DrawnLab): string {
	const ip = someone(draw, lab);
	return draw.pick([
		"0.0.0.0",
		"127.0.0.1",
		"224.0.0.1",
		"255.255.255.255",
		"240.0.0.1",
		"192.0.2.9",
		ip.replace(/\d+$/, "255"),
		ip.replace(/\d+$/, "0"),
		ip.replace(/\d+$/, "200"),
	]);
}
function send(draw: Draw, end: End, dst: string, packet: Uint8Array): Shot {
	let bytes = ethernet(dst, end.mac, 0x0806, packet);
	if (draw.chance(30)) bytes = join(bytes, new Uint8Array(60 - bytes.length));
	return { end, bytes };
}
/** Who has …? From its own address, another's, or one of another network; to all, or to a MAC that is known. */
function question(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const spa = draw.chance(65) ? from.ip : draw.chance(70) ? someone(draw, lab) : strange(draw, lab);
	const tpa = draw.chance(85) ? someone(draw, lab) : strange(draw, lab);
	const dst = draw.chance(75) ? ALL : (from.gateway ?? ALL);
	return [send(draw, from, dst, arp(1, from.mac, spa, NONE, tpa))];
}
/** Gratuitous, as a request or a reply, sometimes for an address that is another's. */
function unasked(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const ip = draw.chance(55) ? from.ip : draw.chance(80) ? someone(draw, lab) : strange(draw, lab);
	const mac = draw.chance(80) ? from.mac : draw.pick([draw.pick(lab.ends).mac, macOf(0x444)]);
	const op = draw.int(1, 2);
	const tha = op === 1 ? NONE : draw.pick([mac, ALL, NONE]);
	return [send(draw, from, draw.chance(85) ? ALL : (from.gateway ?? ALL), arp(op, mac, ip, tha, ip))];
}
/** Is it free (RFC 5227)? */
function probe(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const dst = draw.chance(85) ? ALL : (from.gateway ?? ALL);
	return [send(draw, from, dst, arp(draw.chance(90) ? 1 : 2, from.mac, "0.0.0.0", NONE, someone(draw, lab)))];
}
/** What an end says when it is asked, asked or not, and again with another MAC. */
function answers(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = from.gateway ?? draw.pick(lab.ends).mac;
	const out: Shot[] = [];
	for (let i = draw.int(1, 2); i > 0; i--) {
		const mac = draw.chance(75) ? from.mac : macOf(0x444);
		const ip = draw.chance(80) ? from.ip : someone(draw, lab);
		const dst = draw.chance(85) ? to : ALL;
		out.push(send(draw, from, dst, arp(2, mac, ip, to, someone(draw, lab))));
	}
	return out;
}
/** A field or two that are not what they should be. */
function anything(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const ip = (): string => (draw.chance(70) ? someone(draw, lab) : strange(draw, lab));
	const packet = arp(draw.int(1, 2), from.mac, from.ip, NONE, someone(draw, lab));
	const v = viewOf(packet);
	let dst = draw.chance(70) ? ALL : draw.pick([from.gateway ?? ALL, macOf(0x444), "01:00:5e:00:00:01"]);
	let frame: ((f: Uint8Array) => Uint8Array) | undefined;
	for (let i = draw.int(1, 2); i > 0; i--) {
		const how = draw.below(12);
		if (how === 0) v.setUint16(0, draw.pick([6, 7, 0, 256]));
		else if (how === 1) v.setUint16(2, draw.pick([0x86dd, 0, 0x0806]));
		else if (how === 2) packet[4] = draw.pick([0, 5, 8]);
		else if (how === 3) packet[5] = draw.pick([0, 16, 5]);
		else if (how === 4) v.setUint16(6, draw.pick([0, 3, 4, 8, 9, 10, 0x200]));
		else if (how === 5)
			packet.set(macBytes(draw.pick([ALL, NONE, "01:00:5e:01:02:03", draw.pick(lab.ends).mac])), 8);
		else if (how === 6) packet.set(ip().split(".").map(Number), 14);
		else if (how === 7) packet.set(macBytes(draw.pick([ALL, from.mac, from.gateway ?? ALL])), 18);
		else if (how === 8) packet.set(ip().split(".").map(Number), 24);
		else if (how === 9) dst = draw.pick(["00:00:00:00:00:00", draw.pick(lab.ends).mac, dst]);
		else if (how === 10) frame = (f) => f.slice(0, draw.int(15, f.length - 1));
		else frame = (f) => tagged(f, draw.pick([0, 5, 0x2000]));
	}
	const shot = send(draw, from, dst, packet);
	return [frame === undefined ? shot : { ...shot, bytes: frame(shot.bytes) }];
}
