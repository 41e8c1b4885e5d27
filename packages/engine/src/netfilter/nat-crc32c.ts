/** SCTP's checksum: CRC32c, reflected (RFC 9260 appendix A). */
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
