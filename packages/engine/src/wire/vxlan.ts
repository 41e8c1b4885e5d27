/** VXLAN (RFC 7348 §5). Offsets are from the VXLAN header, which follows UDP. */
export const VXLAN_HLEN = 8;
export const FLAGS = 0;
export const VNI = 4;
export const PORT = 4789;
/** Only the I flag; everything else in the word must be zero when sent. */
export const FLAG_I = 0x08000000;
/** IPv4 + UDP + VXLAN: what an inner frame grows by, the inner Ethernet header aside. */
export const ENCAP = 36;
/** IPv4 + UDP + VXLAN + inner Ethernet: how much smaller the inner MTU is. */
export const MTU_OVERHEAD = 50;

/** A whole header at `o`. */
export function check(o: number, end: number): boolean {
	return o + VXLAN_HLEN <= end;
}
export function vni(view: DataView, o: number): number {
	return view.getInt32(o + VNI) >>> 8;
}
export function emit(view: DataView, o: number, id: number): void {
	view.setInt32(o + FLAGS, FLAG_I);
	view.setInt32(o + VNI, id << 8);
}
