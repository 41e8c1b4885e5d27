/** Bytes from hex text, and the frames of real captures that the codec tests read. Source files: test/captures. */

export function hex(text: string): Uint8Array {
	return Uint8Array.from(text.replace(/\s/g, "").match(/../g) ?? [], (byte) => Number.parseInt(byte, 16));
}
export function toHex(bytes: Uint8Array): string {
	return Array.from(bytes, (b) => b.toString(16).padStart(2, "0")).join("");
}
export function viewOf(bytes: Uint8Array): DataView {
	return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
/** An IPv4 address as the engine keeps it: a signed 32-bit integer in host order. */
export function ip(text: string): number {
	return text.split(".").reduce((a, byte) => (a << 8) | Number(byte), 0);
}

/** zeek-arp-who-has.pcap, frame 1: who has 10.0.0.1? Tell 10.0.0.2. */
export const ARP_REQUEST: Uint8Array = hex(
	"ffffffffffff 7831c1c63fc2 0806 0001 0800 06 04 0001 7831c1c63fc2 0a000002 000000000000 0a000001",
);
/** zeek-arp-who-has.pcap, frame 2 (with its padding): 10.0.0.1 is at f8:ed:a5:c0:a4:f1. */
export const ARP_REPLY: Uint8Array = hex(
	"7831c1c63fc2 f8eda5c0a4f1 0806 0001 0800 06 04 0002 f8eda5c0a4f1 0a000001 7831c1c63fc2 0a000002 0000000000000000000000001f0b60ce",
);
/** zeek-icmp-ping.pcap, frame 1: 10.0.0.1 > 74.125.225.99 echo request, id 0x881c, seq 0. */
export const PING: Uint8Array = hex(`0010db000000 c8bcc8000000 0800
	4500 0054 14e7 0000 40 01 2fe1 0a000001 4a7de163
	08 00 6909 881c 0000 4f85e043000eebff08090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f3031323334353637`);
/** tcpdump-dns_udp.pcap, frame 1: 192.168.1.11:43966 > 213.87.249.18:53 with EDNS cookie. */
export const DNS: Uint8Array = hex(`001122334466 001122334455 0800
	4500 0054 59cd 0000 40 11 94ae c0a8010b d157f912
	abbe 0035 0040 7824 593401200001000000000001037777770774637064756d70036f72670000010001000029100000000000000c000a000842f5d00996f90b13`);
/** tcpdump-vxlan.pcap, frame 3: VNI 100 with an ARP request inside. */
export const VXLAN_ARP: Uint8Array = hex(`00163e0871cf 36dc851eb340 0800
	4500 004e d2c1 4000 40 11 5189 c0a8cb01 c0a8ca01
	cb86 12b5 003a 0000
	08000000 00006400
	003088010002 00163e37f604 0806 0001080006040002 00163e37f604 c0a8cb03 003088010002 c0a8cb05`);
/** snabb-telnet-cooked.pcap, frame 1: SYN with MSS, SACK permitted, time stamps, window scale. */
export const SYN: Uint8Array = hex(`0000c09fa097 00a0cc3bbffa 0800
	4510 003c 463c 4000 40 06 731c c0a80002 c0a80001
	060e 0017 99c5a0ec 00000000 a0 02 7d78 e0a3 0000 020405b40402080a009c27240000000001030300`);
