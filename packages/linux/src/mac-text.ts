/** MAC addresses as text. In numbers a MAC is its upper 16 bits and its lower 32 bits (signed), as in the engine. */
export interface Mac {
	readonly hi: number;
	readonly lo: number;
}

/** Six hexadecimal numbers of one or two digits with colons; undefined when the text is not exactly that. */
export function parseMac(text: string): Mac | undefined {
	if (!/^[0-9a-f]{1,2}(:[0-9a-f]{1,2}){5}$/i.test(text)) return undefined;
	return macOfBytes(text.split(":").map((byte) => Number.parseInt(byte, 16)));
}
/** `bytes` are six, in the order of the wire. */
export function macOfBytes(bytes: readonly number[]): Mac {
	const [a = 0, b = 0, c = 0, d = 0, e = 0, f = 0] = bytes;
	return { hi: (a << 8) | b, lo: (c << 24) | (d << 16) | (e << 8) | f };
}
/** Lower case, two digits a byte. */
export function formatMac(hi: number, lo: number): string {
	const bytes = [hi >>> 8, hi & 255, lo >>> 24, (lo >>> 16) & 255, (lo >>> 8) & 255, lo & 255];
	return bytes.map((byte) => byte.toString(16).padStart(2, "0")).join(":");
}
/** May a device have it: neither multicast nor all zeros (is_valid_ether_addr)? */
export function isUnicast({ hi, lo }: Mac): boolean {
	return (hi & 0x0100) === 0 && (hi !== 0 || lo !== 0);
}
