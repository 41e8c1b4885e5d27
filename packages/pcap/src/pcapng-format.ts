// Numbers of the pcapng draft (draft-ietf-opsawg-pcapng): block types (section 11.1) and option codes (3.5, 4.1-4.6).

/** Block types. */
export const BLOCK = {
	interfaceDescription: 0x00000001,
	/** The Packet Block, obsolete but still met. */
	packet: 0x00000002,
	simplePacket: 0x00000003,
	nameResolution: 0x00000004,
	interfaceStatistics: 0x00000005,
	enhancedPacket: 0x00000006,
	/** Custom Block that may be copied into a changed file. */
	custom: 0x00000bad,
	/** Custom Block that must not be copied. */
	customNoCopy: 0x40000bad,
	/** Reads the same in both byte orders. */
	sectionHeader: 0x0a0d0d0a,
} as const;

/** Option codes; below 2988 a code means something only together with its block. */
export const OPT = {
	endOfOpt: 0,
	comment: 1,
	shbHardware: 2,
	shbOs: 3,
	shbUserAppl: 4,
	ifName: 2,
	ifDescription: 3,
	ifSpeed: 8,
	ifTsresol: 9,
	ifFilter: 11,
	ifOs: 12,
	ifFcslen: 13,
	ifTsoffset: 14,
	epbFlags: 2,
	epbHash: 3,
	epbDropcount: 4,
	epbPacketid: 5,
	epbQueue: 6,
	epbVerdict: 7,
	isbStarttime: 2,
	isbEndtime: 3,
	isbIfrecv: 4,
	isbIfdrop: 5,
	isbFilteraccept: 6,
	isbOsdrop: 7,
	isbUsrdeliv: 8,
	customText: 2988,
	customBinary: 2989,
	customTextNoCopy: 19372,
	customBinaryNoCopy: 19373,
} as const;

/** Section Header Block's byte-order magic, as read in the section's own order. */
export const BYTE_ORDER_MAGIC = 0x1a2b3c4d;

/** `length` rounded up to the 32-bit boundary that every field of variable length is padded to. */
export function padded(length: number): number {
	return Math.ceil(length / 4) * 4;
}
