/** Draws packets that routers look at closely: from where they should not come, to nowhere, with source routes, redirects, narrow paths. */
import type { Draw } from "./draw.ts";
import { destination, header, hop, packet, type Shot, udpFlow, type Weighted } from "./flows.ts";
import { addressBytes, ethernet, icmp, ip4, join, tcp, udp } from "./frames.ts";
import type { DrawnLab, End } from "./lab.ts";

export const POLICY_EPISODES: Weighted = [
	[16, chosen],
	[12, spoofed],
	[6, localNet],
	[6, broadcasts],
	[4, sourceRouted],
	[8, redirected],
	[8, narrow],
	[8, asksRouter],
];

function someone(draw: Draw, lab: DrawnLab): string {
	return draw.chance(60) ? draw.pick(lab.ends).ip : draw.pick(lab.targets).ip;
}
/** With what rules choose by: TOS, protocol, ports. */
function chosen(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from).ip;
	const tos = draw.pick([0, 0, 0x10, 0x08, 0x04, 0x1c, 0x11, 0xb8]);
	const sport = draw.pick([1000, 4000, 53, 5000]);
	const dport = draw.pick([53, 80, 443, 9]);
	const kind = draw.below(4);
	const h = (protocol: number) => ({ ...header(draw, from.ip, to, protocol), tos });
	if (kind < 2)
		return [packet(draw, lab, from, h(17), udp(from.ip, to, sport, dport, draw.bytes(draw.int(0, 30))))];
	if (kind === 2) {
		const fields = { sport, dport, seq: 1000, ack: 0, flags: 2 };
		return [packet(draw, lab, from, h(6), tcp(from.ip, to, fields, new Uint8Array(0)))];
	}
	return [packet(draw, lab, from, h(1), icmp(8, 0, (sport << 16) | 1, draw.bytes(16)))];
}
/** From an address of another link, of the router, of nobody. */
function spoofed(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const src = draw.pick([
		draw.pick(lab.ends).ip,
		draw.pick(lab.ends).ip,
		draw.pick(lab.targets).ip,
		"10.66.1.1",
		"198.51.100.1",
		"0.0.0.0",
		"255.255.255.255",
		"240.1.1.1",
		"224.0.0.5",
		from.ip.replace(/\d+$/, "255"),
		from.ip.replace(/\d+$/, "0"),
		from.ip.replace(/\d+$/, "200"),
	]);
	const to = destination(draw, lab, from).ip;
	const protocol = draw.pick([1, 17]);
	const body =
		protocol === 1
			? icmp(8, 0, 0x70001, draw.bytes(8))
			: udp(src, to, 1000, draw.pick([53, 80]), draw.bytes(8));
	return [packet(draw, lab, from, header(draw, src, to, protocol), body)];
}
function localNet(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const src = draw.chance(60) ? from.ip : "127.0.0.1";
	const to =
		src === "127.0.0.1" && draw.chance(60) ? someone(draw, lab) : draw.pick(["127.0.0.1", "127.5.0.1"]);
	const body = draw.chance(50)
		? icmp(8, 0, 0x80001, draw.bytes(8))
		: udp(src, to, 1000, draw.pick([53, 80]), draw.bytes(8));
	return [packet(draw, lab, from, header(draw, src, to, body[0] === 8 ? 1 : 17), body)];
}
/** To the broadcast address of a link, near or far, in a frame for one or for all. */
function broadcasts(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const dst = draw.pick([
		draw.pick(lab.ends).ip.replace(/\d+$/, "255"),
		draw.pick(lab.ends).ip.replace(/\d+$/, "0"),
		"255.255.255.255",
		"224.0.0.1",
		"10.66.1.1",
		someone(draw, lab),
	]);
	const mac = draw.chance(50) ? (from.gateway ?? from.mac) : "ff:ff:ff:ff:ff:ff";
	const ping = draw.chance(60);
	const src = draw.chance(85) ? from.ip : "0.0.0.0";
	const body = ping ? icmp(8, 0, 0x90001, draw.bytes(8)) : udp(src, dst, 68, 67, draw.bytes(8));
	return [
		{ end: from, bytes: ethernet(mac, from.mac, 0x0800, ip4(header(draw, src, dst, ping ? 1 : 17), body)) },
	];
}
function sourceRouted(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from).ip;
	const pointer = draw.pick([4, 4, 8]);
	const options = join(
		Uint8Array.of(draw.pick([131, 137]), 7, pointer),
		addressBytes(someone(draw, lab)),
		Uint8Array.of(0),
	);
	const body = draw.chance(50)
		? icmp(8, 0, 0xa0001, draw.bytes(8))
		: udp(from.ip, to, 1000, 53, draw.bytes(8));
	return [packet(draw, lab, from, { ...header(draw, from.ip, to, body[0] === 8 ? 1 : 17), options }, body)];
}
/** "Go by …" to an end that answers or to the router, about a packet of its own, then a question that it answers along its route. */
function redirected(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const near = lab.ends.filter((e) => e.link === from.link && e !== from);
	const victim = near.find((e) => e.answers) ?? near[0];
	const router = from.ip.replace(/\d+$/, "1");
	const [to, mac] =
		victim !== undefined && draw.chance(60) ? [victim.ip, victim.mac] : [router, from.gateway!];
	const far = someone(draw, lab);
	const better = draw.pick([from.ip, from.ip, draw.pick(lab.ends).ip, "10.77.0.1"]);
	const rest = [...addressBytes(better)].reduce((n, b) => n * 256 + b, 0);
	const quoted = ip4({ src: to, dst: far, protocol: 17 }, udp(to, far, 1000, 53, draw.bytes(8)));
	const src = draw.pick([router, from.ip, draw.pick(lab.ends).ip]);
	const body = icmp(5, draw.pick([1, 1, 0, 2]), rest, quoted);
	const bytes = ethernet(mac, from.mac, 0x0800, ip4(header(draw, src, to, 1), body));
	const asker: End | undefined = lab.ends.find((e) => e.ip === far);
	const out: Shot[] = [{ end: from, bytes }];
	if (asker !== undefined)
		out.push(packet(draw, lab, asker, header(draw, asker.ip, to, 1), icmp(8, 0, 0xb0001, draw.bytes(8))));
	return out;
}
/** Large packets with and without DF, and word of a narrow path about them; the far end's answers are as large. */
function narrow(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = destination(draw, lab, from);
	const length = draw.pick([1472, 1472, 1300, 1000, 600]);
	const h = { ...header(draw, from.ip, to.ip, 1), fragment: draw.chance(60) ? 0x4000 : 0, ttl: 64 };
	const out = [packet(draw, lab, from, h, icmp(8, 0, 0xc0001, draw.bytes(length)))];
	const quoted = ip4({ src: to.ip, dst: from.ip, protocol: 1 }, icmp(0, 0, 0xc0001, draw.bytes(8)));
	const error = icmp(3, 4, draw.pick([0, 68, 552, 800, 1280, 1400, 2000]), quoted);
	if (draw.chance(60)) {
		out.push(packet(draw, lab, from, header(draw, from.ip, to.ip, 1), error));
		out.push(packet(draw, lab, from, { ...h, id: 99 }, icmp(8, 0, 0xc0002, draw.bytes(length))));
	}
	return out;
}
/** To the router itself, from near or far. */
function asksRouter(draw: Draw, lab: DrawnLab): Shot[] {
	const from = draw.pick(lab.ends);
	const to = draw.pick(lab.targets).ip;
	const h = header(draw, from.ip, to, 1);
	if (draw.chance(30)) return udpFlow(draw, { ...lab, ends: [from], targets: [{ ip: to, ports: [53, 80] }] });
	const mac = hop(draw, lab, from, to);
	const bytes = ethernet(mac, from.mac, 0x0800, ip4(h, icmp(8, 0, 0xd0001, draw.bytes(draw.int(0, 56)))));
	return [{ end: from, bytes }];
}
