/** Where the network header of an Ethernet frame is, behind tags. */
import { isVlanType } from "@hookline/engine/wire/vlan";

/** `type` is the EtherType behind up to two tags, -1 for a frame too short to have one; `nh` the offset behind it. */
export function networkHeader(view: DataView): { type: number; nh: number } {
	let nh = 14;
	for (let tags = 0; ; tags++) {
		if (view.byteLength < nh) return { type: -1, nh };
		const type = view.getUint16(nh - 2);
		if (tags === 2 || !isVlanType(type)) return { type, nh };
		nh += 4;
	}
}
