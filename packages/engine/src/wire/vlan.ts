/** The 802.1Q tag that follows the source MAC: TPID, then TCI (priority 3, DEI 1, VID 12), then the real EtherType. */
import { ETH_P_8021AD, ETH_P_8021Q } from "./ethernet.ts";

export const TCI = 14;
export const INNER_TYPE = 16;

export function isVlanType(type: number): boolean {
	return type === ETH_P_8021Q || type === ETH_P_8021AD;
}
export function vid(tci: number): number {
	return tci & 0x0fff;
}
/** A tagged frame whose tag is whole. */
export function check(length: number): boolean {
	return length >= 18;
}
export function getTci(view: DataView, o: number): number {
	return view.getUint16(o + TCI);
}
export function getInnerType(view: DataView, o: number): number {
	return view.getUint16(o + INNER_TYPE);
}
/** Write a tag at the frame start `o`; the MACs are in place already. */
export function emit(view: DataView, o: number, tpid: number, tci: number, innerType: number): void {
	view.setUint16(o + 12, tpid);
	view.setUint16(o + TCI, tci);
	view.setUint16(o + INNER_TYPE, innerType);
}
