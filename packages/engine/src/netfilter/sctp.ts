/** What is known of SCTP: its checksum, CRC32c reflected (RFC 9260 appendix A), which conntrack checks and NAT renews. */
const TABLE: Int32Array = new Int32Array(256);
for (let i = 0; i < 256; i++) {
	let c = i;
	for (let k = 0; k < 8; k++) c = (c & 1) !== 0 ? (c >>> 1) ^ 0x82f63b78 : c >>> 1;
	TABLE[i] = c;
}

/** Checksum of the SCTP packet `[th, end)`, its own field at +8 taken as zero; the header stores it little-endian. */
export function sctpChecksum(view: DataView, th: number, end: number): number {
	let c = -1;
	for (let i = th; i < end; i++) {
		const byte = i >= th + 8 && i < th + 12 ? 0 : view.getUint8(i);
		c = (c >>> 8) ^ TABLE[(c ^ byte) & 0xff];
	}
	return ~c;
}

const COMMON_HEADER = 12;

/** Is the header whole and the checksum right (nf_conntrack_proto_sctp.c, sctp_error)? */
export function sctpChecksumOk(view: DataView, th: number, end: number): boolean {
	return end - th >= COMMON_HEADER && view.getInt32(th + 8, true) === sctpChecksum(view, th, end);
}
