/** Frames for random walks: mostly right ones of a few flows, and among them all that may send a packet of a known flow the long way. */
import type { Draw } from "../kernel/fuzz/draw.ts";
import { ethernet, fixHeader, icmp, ip4, join, tagged, tcp, udp } from "../kernel/fuzz/frames.ts";

/** Between whom a burst's frames go. */
export interface Ends {
	readonly dst: string;
	readonly src: string;
	/** Addresses of most packets, the others have any. */
	readonly saddr: string;
	readonly daddr: string;
}
const UDP = 17;
const ACK = 0x10;
const DF = 0x4000;
/** Where in a frame without a tag. */
const ETHERTYPE = 12;
const TOS = 15;
const ID = 18;
const FRAGMENT = 20;
const PROTOCOL = 23;
const HEADER_SUM = 24;
const UDP_LENGTH = 38;
const UDP_SUM = 40;

type Change = (d: Draw, frame: Uint8Array) => Uint8Array;

/** The header's checksum stays right. */
function header(change: (d: Draw, frame: Uint8Array) => void): Change {
	return (d, frame) => {
		change(d, frame);
		fixHeader(frame);
		return frame;
	};
}
/** Nothing else is adapted. */
function bytes(change: (frame: Uint8Array) => void): Change {
	return (_, frame) => {
		change(frame);
		return frame;
	};
}
function ofUdp(change: (frame: Uint8Array) => void): Change {
	return bytes((frame) => {
		if (frame[PROTOCOL] === UDP) change(frame);
	});
}
const CHANGES: readonly Change[] = [
	header((d, f) => f.fill(d.pick([1, 2, 3, 0x10, 0xb8, 0xff]), TOS, TOS + 1)),
	header((d, f) => f.set(d.bytes(2), ID)),
	header((_, f) => f.set([0x20, 0], FRAGMENT)),
	bytes((f) => f.fill(f[HEADER_SUM]! ^ 1, HEADER_SUM, HEADER_SUM + 1)),
	bytes((f) => f.fill(f.at(-1)! ^ 0x55, f.length - 1)),
	bytes((f) => f.set([0x86, 0xdd], ETHERTYPE)),
	ofUdp((f) => f.set([0, 0], UDP_SUM)),
	ofUdp((f) => f.fill(f[UDP_LENGTH + 1]! ^ 1, UDP_LENGTH + 1, UDP_LENGTH + 2)),
	(d, f) => join(f, new Uint8Array(Math.max(0, 60 + d.below(10) - f.length))),
	(d, f) => f.slice(0, Math.max(14, f.length - d.below(10))),
	(d, f) => tagged(f, d.below(3)),
];

/** A burst; some packets come several times, because flows of which addresses and ports count are known only then. */
export function drawFrames(d: Draw, ends: Ends, longest: number): Uint8Array[] {
	const frames: Uint8Array[] = [];
	for (let left = d.int(1, 12); left > 0; left--) {
		const packet = drawPacket(d, ends, longest);
		for (let times = d.chance(60) ? 1 : d.int(2, 5); times > 0; times--) {
			const frame = ethernet(ends.dst, ends.src, 0x0800, packet);
			frames.push(d.chance(20) ? d.pick(CHANGES)(d, frame) : frame);
		}
	}
	return frames;
}
function drawPacket(d: Draw, ends: Ends, longest: number): Uint8Array {
	const stranger = (): string => `10.${d.below(3)}.${d.below(256)}.${d.int(1, 250)}`;
	const src = d.chance(75) ? ends.saddr : stranger();
	const dst = d.chance(75) ? ends.daddr : stranger();
	const data = new Uint8Array(d.below(d.chance(60) ? 60 : longest)).fill(d.below(256));
	const ttl = d.chance(85) ? 64 : d.int(1, 3);
	const packet = (protocol: number, segment: Uint8Array): Uint8Array =>
		ip4({ src, dst, protocol, ttl, fragment: d.chance(20) ? DF : 0 }, segment);
	if (d.chance(75)) return packet(UDP, udp(src, dst, drawPort(d), drawPort(d), data));
	if (d.chance(20)) return packet(1, icmp(8, 0, d.below(4), data));
	const flags = d.chance(70) ? ACK : 0;
	return packet(6, tcp(src, dst, { sport: drawPort(d), dport: drawPort(d), seq: 1, ack: 1, flags }, data));
}
/** Ports of rules and of tunnels, few others, or any. */
function drawPort(d: Draw): number {
	if (d.chance(10)) return 4789;
	if (d.chance(30)) return 53;
	return d.chance(60) ? d.pick([1000, 33000, 50000]) : d.int(1, 65535);
}
