/** UDP (RFC 768). Offsets are from the UDP header. */
export const UDP_HLEN = 8;
export const SPORT = 0;
export const DPORT = 2;
export const LEN = 4;
export const CHECK = 6;

/** Whole header, and a length field that fits what is there. */
export function check(view: DataView, o: number, end: number): boolean {
	if (o + UDP_HLEN > end) return false;
	const length = view.getUint16(o + LEN);
	return length >= UDP_HLEN && o + length <= end;
}
/** Write the header; the checksum is left 0 ("none"). */
export function emit(view: DataView, o: number, sport: number, dport: number, length: number): void {
	view.setUint16(o + SPORT, sport);
	view.setUint16(o + DPORT, dport);
	view.setUint16(o + LEN, length);
	view.setUint16(o + CHECK, 0);
}
