/** ARP for IPv4 over Ethernet (RFC 826). Offsets are from the ARP header. */
import { setMac } from "./ethernet.ts";

export const ARP_LEN = 28;
export const HTYPE = 0;
export const PTYPE = 2;
export const HLEN = 4;
export const PLEN = 5;
export const OP = 6;
export const SHA = 8;
export const SPA = 14;
export const THA = 18;
export const TPA = 24;
export const ARPOP_REQUEST = 1;
export const ARPOP_REPLY = 2;
export const ARPHRD_ETHER = 1;
/** 802.2: taken for Ethernet on reception (arp_rcv). */
export const ARPHRD_IEEE802 = 6;

/** Whole, and IPv4 over Ethernet. */
export function check(view: DataView, o: number, end: number): boolean {
	return (
		o + ARP_LEN <= end &&
		(view.getUint16(o + HTYPE) === ARPHRD_ETHER || view.getUint16(o + HTYPE) === ARPHRD_IEEE802) &&
		view.getUint16(o + PTYPE) === 0x0800 &&
		view.getUint8(o + HLEN) === 6 &&
		view.getUint8(o + PLEN) === 4
	);
}
/** Write a whole packet. Addresses: IPv4 as 32-bit integers, MACs as (hi16, lo32). */
export function emit(
	view: DataView,
	o: number,
	op: number,
	shaHi: number,
	shaLo: number,
	spa: number,
	thaHi: number,
	thaLo: number,
	tpa: number,
): void {
	view.setUint16(o + HTYPE, ARPHRD_ETHER);
	view.setUint16(o + PTYPE, 0x0800);
	view.setUint16(o + HLEN, 0x0604);
	view.setUint16(o + OP, op);
	setMac(view, o + SHA, shaHi, shaLo);
	view.setInt32(o + SPA, spa);
	setMac(view, o + THA, thaHi, thaLo);
	view.setInt32(o + TPA, tpa);
}
