/** TCP (RFC 9293 §3.1). Offsets are from the TCP header. */
export const TCP_HLEN = 20;
export const SPORT = 0;
export const DPORT = 2;
export const SEQ = 4;
export const ACK_SEQ = 8;
export const DATA_OFFSET = 12;
export const FLAGS = 13;
export const WINDOW = 14;
export const CHECK = 16;
export const URG_PTR = 18;

export const FIN = 1;
export const SYN = 2;
export const RST = 4;
export const PSH = 8;
export const ACK = 16;
export const URG = 32;
export const ECE = 64;
export const CWR = 128;

export const OPT_EOL = 0;
export const OPT_NOP = 1;
export const OPT_MSS = 2;
export const OPT_WINDOW = 3;
export const OPT_SACK_PERM = 4;
export const OPT_SACK = 5;
export const OPT_TIMESTAMP = 8;

/** Header length in bytes, from the data offset. */
export function headerLength(view: DataView, o: number): number {
	return (view.getUint8(o + DATA_OFFSET) >> 4) << 2;
}
export function check(view: DataView, o: number, end: number): boolean {
	if (o + TCP_HLEN > end) return false;
	const hlen = headerLength(view, o);
	return hlen >= TCP_HLEN && o + hlen <= end;
}
/** Write a 20-byte header; the checksum is left 0. */
export function emit(
	view: DataView,
	o: number,
	sport: number,
	dport: number,
	seq: number,
	ack: number,
	flags: number,
	window: number,
): void {
	view.setUint16(o + SPORT, sport);
	view.setUint16(o + DPORT, dport);
	view.setInt32(o + SEQ, seq);
	view.setInt32(o + ACK_SEQ, ack);
	view.setUint16(o + DATA_OFFSET, 0x5000 | flags);
	view.setUint16(o + WINDOW, window);
	view.setUint16(o + CHECK, 0);
	view.setUint16(o + URG_PTR, 0);
}
