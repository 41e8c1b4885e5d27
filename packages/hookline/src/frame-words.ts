/** A frame in a few words: `udp 10.0.0.2:5000 > 192.168.0.10:80 ttl 64`. */
import * as arp from "@hookline/engine/wire/arp";
import * as eth from "@hookline/engine/wire/ethernet";
import * as ipv4 from "@hookline/engine/wire/ipv4";
import { icmpText } from "@hookline/scenario/print-values";
import { addressText, macText } from "./words.ts";

const TCP_FLAGS: readonly (readonly [number, string])[] = [
	[0x02, "syn"],
	[0x10, "ack"],
	[0x01, "fin"],
	[0x04, "rst"],
	[0x08, "psh"],
];

/** The packet inside a frame (from the destination MAC on). Never throws: what is cut short or unknown is said so. */
export function frameWords(bytes: Uint8Array): string {
	if (bytes.length < eth.ETH_HLEN) return "a cut frame";
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	let type = view.getUint16(eth.TYPE);
	let o = eth.ETH_HLEN;
	let tag = "";
	if (type === eth.ETH_P_8021Q && bytes.length >= o + eth.VLAN_HLEN) {
		tag = `vlan ${view.getUint16(o) & 0x0fff} `;
		type = view.getUint16(o + 2);
		o += eth.VLAN_HLEN;
	}
	if (type === eth.ETH_P_IP) return tag + packetWords(view, o);
	if (type === eth.ETH_P_ARP && bytes.length >= o + 28) return tag + arpWords(view, o);
	if (type < eth.ETH_P_802_3_MIN) return `${tag}802.3`;
	return `${tag}ethertype 0x${type.toString(16).padStart(4, "0")}`;
}
/** `SOURCE-MAC > DESTINATION-MAC` of a frame of at least 14 bytes. */
export function macWords(bytes: Uint8Array): string {
	const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
	const mac = (o: number) => macText(view.getUint16(o), view.getInt32(o + 2));
	return `${mac(eth.SRC)} > ${mac(eth.DST)}`;
}
function arpWords(view: DataView, o: number): string {
	const op = view.getUint16(o + arp.OP);
	const sender = addressText(view.getInt32(o + arp.SPA));
	const target = addressText(view.getInt32(o + arp.TPA));
	if (op === arp.ARPOP_REQUEST) return `arp who-has ${target} tell ${sender}`;
	if (op === arp.ARPOP_REPLY)
		return `arp ${sender} is-at ${macText(view.getUint16(o + arp.SHA), view.getInt32(o + arp.SHA + 2))}`;
	return `arp operation ${op}`;
}
function packetWords(view: DataView, o: number): string {
	if (view.byteLength < o + ipv4.IP_HLEN) return "ip, cut";
	const source = addressText(view.getInt32(o + ipv4.SADDR));
	const destination = addressText(view.getInt32(o + ipv4.DADDR));
	const protocol = view.getUint8(o + ipv4.PROTO);
	const th = o + ipv4.headerLength(view, o);
	const ttl = ` ttl ${view.getUint8(o + ipv4.TTL)}`;
	const offset = (view.getUint16(o + ipv4.FRAG_OFF) & ipv4.IP_OFFSET) << 3;
	if (offset !== 0) return `ip ${source} > ${destination} protocol ${protocol} fragment at ${offset}${ttl}`;
	const fragment = (view.getUint16(o + ipv4.FRAG_OFF) & ipv4.IP_MF) !== 0 ? " first fragment" : "";
	const rest = view.byteLength - th;
	if (protocol === ipv4.IPPROTO_ICMP && rest >= 2)
		return `icmp ${source} > ${destination} ${icmpText(view.getUint8(th), view.getUint8(th + 1))}${fragment}${ttl}`;
	const ports = () => `${source}:${view.getUint16(th)} > ${destination}:${view.getUint16(th + 2)}`;
	if (protocol === ipv4.IPPROTO_UDP && rest >= 4) return `udp ${ports()}${fragment}${ttl}`;
	if (protocol === ipv4.IPPROTO_TCP && rest >= 14) {
		const bits = view.getUint8(th + 13);
		const flags = TCP_FLAGS.filter(([bit]) => (bits & bit) !== 0).map(([, name]) => ` ${name}`);
		return `tcp ${ports()}${flags.join("")}${fragment}${ttl}`;
	}
	return `ip ${source} > ${destination} protocol ${protocol}${fragment}${ttl}`;
}
