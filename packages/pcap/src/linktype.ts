/** LINKTYPE_ values (tcpdump.org/linktypes.html, and draft-ietf-opsawg-pcaplinktype) under the names used there. */
export const LINKTYPE = {
	NULL: 0,
	ETHERNET: 1,
	AX25: 3,
	IEEE802_5: 6,
	ARCNET_BSD: 7,
	SLIP: 8,
	PPP: 9,
	FDDI: 10,
	/** DLT_RAW as most systems number it; some old files carry it in place of RAW. */
	RAW_DLT: 12,
	/** DLT_RAW as OpenBSD numbers it. */
	RAW_OPENBSD: 14,
	PPP_HDLC: 50,
	PPP_ETHER: 51,
	ATM_RFC1483: 100,
	RAW: 101,
	C_HDLC: 104,
	IEEE802_11: 105,
	FRELAY: 107,
	LOOP: 108,
	LINUX_SLL: 113,
	PFLOG: 117,
	IEEE802_11_PRISM: 119,
	IEEE802_11_RADIOTAP: 127,
	LINUX_IRDA: 144,
	USER0: 147,
	DOCSIS: 143,
	USB_LINUX: 189,
	PPI: 192,
	IEEE802_15_4_WITHFCS: 195,
	SITA: 196,
	BLUETOOTH_HCI_H4_WITH_PHDR: 201,
	IPMB_LINUX: 209,
	USB_LINUX_MMAPPED: 220,
	CAN_SOCKETCAN: 227,
	IPV4: 228,
	IPV6: 229,
	IEEE802_15_4_NOFCS: 230,
	DBUS: 231,
	NFLOG: 239,
	NETANALYZER: 240,
	NFC_LLCP: 245,
	USBPCAP: 249,
	NETLINK: 253,
	BLUETOOTH_LINUX_MONITOR: 254,
	VPP_DISPATCH: 280,
	ETHERNET_MPACKET: 274,
	LINUX_SLL2: 276,
} as const;

const NAMES = new Map<number, string>(Object.entries(LINKTYPE).map(([name, value]) => [value, name]));
// Both are raw IP to whoever reads a message.
NAMES.set(LINKTYPE.RAW_DLT, "RAW").set(LINKTYPE.RAW_OPENBSD, "RAW");

/** `"113 (LINUX_SLL)"`, or `"4711 (unknown)"`: for messages. */
export function linkTypeName(linkType: number): string {
	return `${linkType} (${NAMES.get(linkType) ?? "unknown"})`;
}
