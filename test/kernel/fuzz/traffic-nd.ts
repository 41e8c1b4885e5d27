/** Draws neighbour and router discovery, right and broken (RFC 4861). */
import type { Draw } from "./draw.ts";
import { destination, type Shot } from "./flows.ts";
import { addressBytes, ethernet, join } from "./frames.ts";
import { groupMac, icmp6, ip6, lladdr, mtuOption, prefixInformation, solicitedNode } from "./frames6.ts";
import type { DrawnLab, End } from "./lab.ts";

const NONE = new Uint8Array(0);

function message(
	draw: Draw,
	from: End,
	mac: string,
	src: string,
	dst: string,
	[type, rest, body]: readonly [number, number, Uint8Array],
): Shot {
	const packet = icmp6(src, dst, type, draw.chance(4) ? 1 : 0, rest, body);
	if (draw.chance(4)) packet[3]! ^= 1;
	const hops = draw.chance(6) ? draw.pick([64, 254, 1]) : 255;
	return { end: from, bytes: ethernet(mac, from.mac, 0x86dd, ip6({ src, dst, next: 58, hops }, packet)) };
}
function sourceOf(draw: Draw, from: End): string {
	return draw.chance(25) ? (from.local6 ?? from.ip) : from.ip;
}
/** Solicitations and advertisements between the ends of a link and its router. */
export function neighbourTalk(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const near = lab.ends.filter((e) => e.link === from.link && e !== from);
	const target = draw.pick([
		destination(draw, lab, from).ip,
		from.gateway === undefined || draw.chance(50) ? (draw.pick(near)?.ip ?? "2001:db8:1::1") : "fe80::1",
		...lab.targets.map((t) => t.ip),
	]);
	const src = sourceOf(draw, from);
	const mac = near.find((e) => e.ip === target)?.mac ?? from.gateway ?? draw.pick(lab.ends).mac;
	const option = draw.pick([
		lladdr(1, from.mac),
		lladdr(1, from.mac),
		lladdr(1, from.mac),
		NONE,
		lladdr(2, from.mac),
		join(Uint8Array.of(200, 1, 0, 0, 0, 0, 0, 0), lladdr(1, from.mac)),
		Uint8Array.of(1, 0, 2, 0, 0, 0, 0, 1),
		lladdr(1, "02:00:00:00:44:44"),
	]);
	const body = join(addressBytes(target), option);
	const kind = draw.below(10);
	if (kind < 5) {
		const group = solicitedNode(target);
		return [message(draw, from, groupMac(group), src, group, [135, 0, body])];
	}
	if (kind === 5) return [message(draw, from, mac, src, target, [135, 0, body])];
	if (kind === 6) {
		// duplicate address detection of someone
		const group = solicitedNode(target);
		return [message(draw, from, groupMac(group), "::", group, [135, 0, addressBytes(target)])];
	}
	const flags = draw.pick([0x60, 0x40, 0x20, 0, 0xe0, 0xa0]) * 0x1000000;
	const about = draw.chance(80) ? src : target;
	const own = join(
		addressBytes(about),
		draw.pick([lladdr(2, from.mac), lladdr(2, from.mac), NONE, lladdr(2, "02:00:00:00:44:44")]),
	);
	if (kind < 9) {
		const dst = draw.pick(near)?.ip ?? "fe80::1";
		return [message(draw, from, near.find((e) => e.ip === dst)?.mac ?? mac, src, dst, [136, flags, own])];
	}
	return [message(draw, from, groupMac("ff02::1"), src, "ff02::1", [136, flags, own])];
}
/** Router solicitations and advertisements, redirects. */
export function routerTalk(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const src = draw.chance(85) ? (from.local6 ?? from.ip) : from.ip;
	const near = lab.ends.filter((e) => e.link === from.link && e !== from);
	const all = groupMac("ff02::1");
	const kind = draw.below(5);
	if (kind === 0)
		return [
			message(draw, from, groupMac("ff02::2"), draw.chance(20) ? "::" : src, "ff02::2", [
				133,
				0,
				draw.chance(60) ? lladdr(1, from.mac) : NONE,
			]),
		];
	if (kind < 3) {
		const rest = ((draw.pick([0, 64, 33]) << 24) | draw.pick([0, 1800])) >>> 0;
		const parts = [draw.bytes(0), new Uint8Array(8)];
		if (draw.chance(70)) parts.push(lladdr(1, from.mac));
		if (draw.chance(50)) parts.push(mtuOption(draw.pick([1400, 1280, 1000, 9000])));
		if (draw.chance(60))
			parts.push(
				prefixInformation(draw.pick(["2001:db8:55::", "2001:db8:1::"]), draw.pick([0xc0, 0x80, 0x40, 0])),
			);
		return [message(draw, from, all, src, "ff02::1", [134, rest, join(...parts)])];
	}
	const to = near.find((e) => e.answers) ?? near[0];
	if (to === undefined) return [];
	// to an address elsewhere go by another neighbour, or: it is on the link
	const far = draw.pick([...lab.targets.map((t) => t.ip), "2001:db8:7777::1"]);
	const better = draw.pick([from.local6 ?? from.ip, far, "fe80::77"]);
	const quoted = ip6({ src: to.ip, dst: far, next: 59 }, NONE);
	const body = join(
		addressBytes(better),
		addressBytes(far),
		lladdr(2, from.mac),
		Uint8Array.of(4, 6, 0, 0, 0, 0, 0, 0),
		quoted,
	);
	const spoofed = draw.chance(50) ? "fe80::1" : src;
	return [message(draw, from, to.mac, spoofed, to.ip, [137, 0, body])];
}
