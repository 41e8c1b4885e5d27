/** What a packet looks like at the end of its way, where that is not into a tunnel or out of one. */
import { F_DADDR, F_DELTAS, F_PORTS, F_SADDR, W_MAC, W_TOS, W_TTL } from "./words.ts";

/** Link addresses, and what of the IP and transport headers changes. */
export function rewrite(
	view: DataView,
	words: Int32Array,
	r: number,
	wayWords: Int32Array,
	w: number,
	o: number,
): void {
	view.setInt32(o, wayWords[w + W_MAC]);
	view.setInt32(o + 4, wayWords[w + W_MAC + 1]);
	view.setInt32(o + 8, wayWords[w + W_MAC + 2]);
	const deltas = words[r + F_DELTAS];
	if (deltas === 0) return;
	view.setUint8(o + 15, wayWords[w + W_TOS]);
	view.setUint16(o + 22, wayWords[w + W_TTL]);
	view.setUint16(o + 24, added(view.getUint16(o + 24), deltas >>> 16));
	view.setInt32(o + 26, words[r + F_SADDR]);
	view.setInt32(o + 30, words[r + F_DADDR]);
	view.setInt32(o + 34, words[r + F_PORTS]);
	const l4 = deltas & 0xffff;
	if (l4 === 0) return;
	if (view.getUint8(o + 23) === 17) {
		// UDP: 0 means "no checksum" and stays; a sum of 0 is sent as 0xffff (RFC 768)
		const check = view.getUint16(o + 40);
		if (check !== 0) view.setUint16(o + 40, added(check, l4) || 0xffff);
	} else view.setUint16(o + 50, added(view.getUint16(o + 50), l4));
}
/** The checksum `check` after `delta` was added to what it covers (RFC 1624 eqn. 3). */
function added(check: number, delta: number): number {
	const s = (~check & 0xffff) + delta;
	return ~((s & 0xffff) + (s >>> 16)) & 0xffff;
}
