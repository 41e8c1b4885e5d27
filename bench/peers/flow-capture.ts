/** The sender's frames as a capture: one of each flow, in the order in which the sender takes them. */
import { checksum, pseudoSum4 } from "@hookline/engine/wire/checksum";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import * as udp from "@hookline/engine/wire/udp";
import type { Path } from "../throughput/labs.ts";

/** Where the senders live, by the path's name: the MAC of the container's device. */
const SOURCE_MAC: Readonly<Record<Path["name"], string>> = {
	bridge: "02:42:ac:11:00:02",
	nat: "02:42:ac:11:00:02",
	vxlan: "02:42:0a:00:00:02",
};
const GLOBAL = 24;
const RECORD = 16;

/** A whole pcap file (microseconds, little-endian, Ethernet); `length` in bytes from the destination MAC on. */
export function framesAsPcap(path: Path, length: number, flows: number): Uint8Array {
	const bytes = new Uint8Array(GLOBAL + flows * (RECORD + length));
	const view = new DataView(bytes.buffer);
	view.setUint32(0, 0xa1b2c3d4, true);
	view.setUint16(4, 2, true);
	view.setUint16(6, 4, true);
	view.setUint32(16, 65_535, true);
	view.setUint32(20, 1, true);
	for (let i = 0; i < flows; i++) {
		const at = GLOBAL + i * (RECORD + length);
		view.setUint32(at + 8, length, true);
		view.setUint32(at + 12, length, true);
		frame(view, at + RECORD, path, length, i);
	}
	return bytes;
}
/** The frame of flow `i`, written at `o`. */
function frame(view: DataView, o: number, path: Path, length: number, i: number): void {
	setMac(view, o, path.dstMac);
	setMac(view, o + 6, SOURCE_MAC[path.name]);
	view.setUint16(o + 12, 0x0800);
	const total = length - 14;
	ipv4.emit(view, o + 14, 0, total, 0, 0, 64, ipv4.IPPROTO_UDP, address(path.srcIp), address(path.dstIp));
	udp.emit(view, o + 34, 1024 + (i % 50_000), 5000 + Math.floor(i / 50_000), total - 20);
	const pseudo = pseudoSum4(view, o + 26, ipv4.IPPROTO_UDP, total - 20);
	view.setUint16(o + 40, checksum(view, o + 34, o + length, pseudo) || 0xffff);
}
function setMac(view: DataView, at: number, mac: string): void {
	mac.split(":").forEach((h, k) => {
		view.setUint8(at + k, Number.parseInt(h, 16));
	});
}
function address(ip: string): number {
	return ip.split(".").reduce((a, p) => (a << 8) | Number(p), 0);
}
