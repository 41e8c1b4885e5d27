import type { PcapngOption } from "./pcapng-option.ts";

/** Where packets of a capture come from: a classic pcap has exactly one, a pcapng one per Interface Description Block. */
export interface CaptureInterface {
	/** Index in the reader's `interfaces`, counted through the whole file. */
	readonly id: number;
	/** Number of the pcapng section, from 0. */
	readonly section: number;
	/** The interface number that the section's own blocks use. */
	readonly idInSection: number;
	/** LINKTYPE_ value, see linktype.ts. */
	readonly linkType: number;
	/** Most bytes kept of a packet; 0 = no limit. */
	readonly snapLen: number;
	/** Unit of the stamps, as if_tsresol writes it: `n` = 10^-n s, `0x80 | n` = 2^-n s. Classic pcap has 6 or 9. */
	readonly tsresol: number;
	/** Seconds to add to every stamp (if_tsoffset). */
	readonly tsoffset: bigint;
	/** True if a stamp is (seconds, units) as in classic pcap; false if (high, low) of one 64-bit count as in pcapng. */
	readonly split: boolean;
	/** Byte order of the file or section. */
	readonly littleEndian: boolean;
	/** Bytes of frame check sequence at the end of every packet, if the file says so. */
	readonly fcsLength: number | undefined;
	/** if_name */
	readonly name: string | undefined;
	/** if_description */
	readonly description: string | undefined;
	/** All options as they stand in the file (multi-byte integers in the section's byte order). */
	readonly options: readonly PcapngOption[];
}

/** One captured packet. */
export interface CaptureRecord {
	/** Index in the reader's `interfaces`. */
	readonly interfaceId: number;
	readonly iface: CaptureInterface;
	readonly linkType: number;
	/** False for a pcapng Simple Packet Block, which has no stamp; tsHigh and tsLow are then 0. */
	readonly hasTimestamp: boolean;
	/** The raw stamp: seconds (classic pcap) or the upper 32 bits of the count (pcapng). Unsigned. See timestamp.ts. */
	readonly tsHigh: number;
	/** The raw stamp: µs or ns, also when out of range (classic pcap), or the lower 32 bits (pcapng). Unsigned. */
	readonly tsLow: number;
	/** The bytes kept. A view: it holds on to the chunk that it came in, `slice()` to let go. */
	readonly data: Uint8Array;
	/** Length on the wire; data.length if nothing was cut. */
	readonly origLen: number;
	/** epb_flags, 0 if absent. */
	readonly flags: number;
	/** The first opt_comment. */
	readonly comment: string | undefined;
	readonly options: readonly PcapngOption[];
	/** Offset in the file of the record's header or block. */
	readonly offset: number;
}

/** Direction from epb_flags bits 0-1 (pcapng draft, section 4.3.1): 01 = inbound, 10 = outbound. */
export function direction(record: CaptureRecord): "in" | "out" | undefined {
	const bits = record.flags & 3;
	return bits === 1 ? "in" : bits === 2 ? "out" : undefined;
}
