import { CaptureError } from "./error.ts";

/*
 * The classic pcap file (draft-ietf-opsawg-pcap):
 *
 *   0  magic a1b2c3d4 (µs) or a1b23c4d (ns), in the writer's byte order, which is that of every field below
 *   4  version major (2), minor (4)            16 bits each
 *   8  thiszone, sigfigs                       32 bits each; zero, but kept
 *  16  snapLen
 *  20  network: low 16 bits LINKTYPE_, bit 26 "FCS length is known", bits 28-31 FCS length in 16-bit words
 *  24  records: seconds, µs or ns, bytes kept, bytes on the wire, the bytes kept (no padding)
 */
export const PCAP_HEADER_LENGTH = 24;
export const PCAP_RECORD_HEADER_LENGTH = 16;
export const PCAP_MAGIC_US = 0xa1b2c3d4;
export const PCAP_MAGIC_NS = 0xa1b23c4d;

/** Every field of a classic pcap's header: writing it gives the same 24 bytes. */
export interface PcapHeader {
	readonly format: "pcap";
	readonly littleEndian: boolean;
	/** Sub-second field in ns (magic a1b23c4d) rather than µs. */
	readonly nanoseconds: boolean;
	readonly versionMajor: number;
	readonly versionMinor: number;
	/** Signed 32 bits; nobody uses it. */
	readonly thiszone: number;
	readonly sigfigs: number;
	readonly snapLen: number;
	/** The whole last word; `linkType` and `fcsLength` are parts of it. */
	readonly network: number;
	readonly linkType: number;
	/** Bytes of FCS at the end of each packet, if the file says. */
	readonly fcsLength: number | undefined;
}

/** FCS length in bytes from the network word, undefined if bit 26 does not declare it. */
export function fcsLengthOf(network: number): number | undefined {
	return network & 0x04000000 ? (network >>> 28) * 2 : undefined;
}

/** Reads the 24 bytes at `pos`. Throws CaptureError if they are not a pcap 2.4 header. */
export function readPcapHeader(view: DataView, pos: number, offset: number): PcapHeader {
	const big = view.getUint32(pos, false);
	const littleEndian = big !== PCAP_MAGIC_US && big !== PCAP_MAGIC_NS;
	const magic = view.getUint32(pos, littleEndian);
	const versionMajor = view.getUint16(pos + 4, littleEndian);
	const versionMinor = view.getUint16(pos + 6, littleEndian);
	if (versionMajor !== 2 || versionMinor !== 4) {
		throw new CaptureError(offset, `pcap version ${versionMajor}.${versionMinor}; expected 2.4`);
	}
	const network = view.getUint32(pos + 20, littleEndian);
	return {
		format: "pcap",
		littleEndian,
		nanoseconds: magic === PCAP_MAGIC_NS,
		versionMajor,
		versionMinor,
		thiszone: view.getInt32(pos + 8, littleEndian),
		sigfigs: view.getUint32(pos + 12, littleEndian),
		snapLen: view.getUint32(pos + 16, littleEndian),
		network,
		linkType: network & 0xffff,
		fcsLength: fcsLengthOf(network),
	};
}

/** The header's 24 bytes. */
export function writePcapHeader(header: PcapHeader): Uint8Array {
	const bytes = new Uint8Array(PCAP_HEADER_LENGTH);
	const view = new DataView(bytes.buffer);
	const le = header.littleEndian;
	view.setUint32(0, header.nanoseconds ? PCAP_MAGIC_NS : PCAP_MAGIC_US, le);
	view.setUint16(4, header.versionMajor, le);
	view.setUint16(6, header.versionMinor, le);
	view.setInt32(8, header.thiszone, le);
	view.setUint32(12, header.sigfigs, le);
	view.setUint32(16, header.snapLen, le);
	view.setUint32(20, header.network, le);
	return bytes;
}
