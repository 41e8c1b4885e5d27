/** A capture of any size, written as it is made: UDP over IPv4, 1,000 flows, a frame each 10 µs (pcap, ns; draft-ietf-opsawg-pcap). */
import { closeSync, openSync, writeSync } from "node:fs";
import { mac, udp4 } from "../throughput/scenarios/packets.ts";
import { ip } from "../throughput/source.ts";

const MAGIC_NS = 0xa1b23c4d;
const HEADER = 24;
const RECORD_HEADER = 16;
const ETHERNET = 1;
const FLOWS = 1000;
const SPACING_NS = 10_000;
const FRAME = 1000;

/** Write a capture of `bytes` bytes at least into a file or FIFO; returns how many frames it has. */
export function writeCapture(path: string, bytes: number): number {
	const record = RECORD_HEADER + FRAME;
	const chunk = new Uint8Array(FLOWS * record);
	const view = new DataView(chunk.buffer);
	for (let f = 0; f < FLOWS; f++) {
		const o = f * record;
		view.setUint32(o + 8, FRAME, true);
		view.setUint32(o + 12, FRAME, true);
		const ends = { srcMac: mac("02:42:ac:11:00:02"), dstMac: mac("02:42:00:00:00:01"), ttl: 64 };
		const ips = { src: ip("172.17.0.2"), dst: ip("192.168.205.11") };
		chunk.set(udp4(FRAME, { ...ends, ...ips, sport: 1024 + f, dport: 5000 }), o + RECORD_HEADER);
	}
	const fd = openSync(path, "w");
	try {
		const header = new DataView(new ArrayBuffer(HEADER));
		header.setUint32(0, MAGIC_NS, true);
		header.setUint16(4, 2, true);
		header.setUint16(6, 4, true);
		header.setUint32(16, 65_535, true);
		header.setUint32(20, ETHERNET, true);
		writeAll(fd, new Uint8Array(header.buffer));
		const chunks = Math.ceil((bytes - HEADER) / chunk.length);
		for (let k = 0; k < chunks; k++) {
			for (let f = 0; f < FLOWS; f++) {
				const ns = (k * FLOWS + f) * SPACING_NS;
				view.setUint32(f * record, Math.floor(ns / 1e9), true);
				view.setUint32(f * record + 4, ns % 1e9, true);
			}
			writeAll(fd, chunk);
		}
		return chunks * FLOWS;
	} finally {
		closeSync(fd);
	}
}
function writeAll(fd: number, bytes: Uint8Array): void {
	for (let done = 0; done < bytes.length; ) done += writeSync(fd, bytes, done);
}
