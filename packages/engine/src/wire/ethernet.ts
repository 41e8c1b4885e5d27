/** Ethernet II (IEEE 802.3 §3.2.6) and the 802.1Q tag (IEEE 802.1Q §9.6). Offsets are from the destination MAC. */

export const ETH_HLEN = 14;
export const ETH_ALEN = 6;
export const VLAN_HLEN = 4;
/** Smallest EtherType; below it the field is an 802.3 length. */
export const ETH_P_802_3_MIN = 0x0600;
export const ETH_P_IP = 0x0800;
export const ETH_P_ARP = 0x0806;
export const ETH_P_8021Q = 0x8100;
export const ETH_P_IPV6 = 0x86dd;
export const ETH_P_8021AD = 0x88a8;
export const ETH_P_LOOPBACK = 0x9000;

export const DST = 0;
export const SRC = 6;
export const TYPE = 12;

/** High 16 bits of the MAC at `o`. */
export function macHi(view: DataView, o: number): number {
	return view.getUint16(o);
}
/** Low 32 bits of the MAC at `o`, signed. */
export function macLo(view: DataView, o: number): number {
	return view.getInt32(o + 2);
}
export function setMac(view: DataView, o: number, hi: number, lo: number): void {
	view.setUint16(o, hi);
	view.setInt32(o + 2, lo);
}
/** EtherType of the frame at `o` (the tag's, when tagged). */
export function etherType(view: DataView, o: number): number {
	return view.getUint16(o + TYPE);
}
/** Write a whole header at `o`. */
export function emit(
	view: DataView,
	o: number,
	dstHi: number,
	dstLo: number,
	srcHi: number,
	srcLo: number,
	type: number,
): void {
	setMac(view, o, dstHi, dstLo);
	setMac(view, o + SRC, srcHi, srcLo);
	view.setUint16(o + TYPE, type);
}
/** Write the header of an answer at `o` to the frame at `to`: its MACs turned round. */
export function emitReply(view: DataView, o: number, to: number, type: number): void {
	const hi = view.getUint16(to + SRC);
	const lo = view.getInt32(to + SRC + 2);
	emit(view, o, hi, lo, view.getUint16(to), view.getInt32(to + 2), type);
}
/** The I/G bit: multicast or broadcast. */
export function isMulticastMac(hi: number): boolean {
	return (hi & 0x0100) !== 0;
}
export function isBroadcastMac(hi: number, lo: number): boolean {
	return hi === 0xffff && lo === -1;
}
export function isZeroMac(hi: number, lo: number): boolean {
	return hi === 0 && lo === 0;
}
