import { LINKTYPE, linkTypeName } from "./linktype.ts";
import { MAXIMUM_SNAPLEN } from "./pcap-decoder.ts";
import { fcsLengthOf, PCAP_RECORD_HEADER_LENGTH, type PcapHeader, writePcapHeader } from "./pcap-header.ts";
import type { CaptureRecord } from "./record.ts";
import { timestampNs } from "./timestamp.ts";

/** Takes the file's bytes in order; each array is new and the sink's to keep. */
export type Sink = (bytes: Uint8Array) => void;

export interface PcapWriterOptions {
	/** Default LINKTYPE_ETHERNET. */
	readonly linkType?: number;
	/** The header's last word with its FCS bits, in place of `linkType`. */
	readonly network?: number;
	/** Stamps in ns (magic a1b23c4d), default, or µs. */
	readonly nanoseconds?: boolean;
	/** Default true. */
	readonly littleEndian?: boolean;
	/** Default 262,144. `writePacket` cuts packets to it; 0 = no limit. */
	readonly snapLen?: number;
	readonly thiszone?: number;
	readonly sigfigs?: number;
	/** Nanoseconds since 1970 at which a stamp given as a number counts 0. Default 0n. */
	readonly epochNs?: bigint;
}

/** A packet to write. */
export interface Packet {
	/** A bigint: ns since 1970. A number: ns since the writer's `epochNs`, a whole one. */
	readonly timestampNs: number | bigint;
	readonly data: Uint8Array;
	/** Length on the wire, default data.length. */
	readonly origLen?: number;
}

/**
 * Writes classic pcap. The header goes to the sink at once, then one array a packet.
 * Given the header that a CaptureReader read, and all its records by `writeRecord`, it writes the same bytes again.
 */
export class PcapWriter {
	readonly header: PcapHeader;
	readonly #sink: Sink;
	readonly #epochNs: bigint;
	readonly #epochSeconds: number;
	readonly #epochRest: number;

	constructor(sink: Sink, options: PcapWriterOptions = {}) {
		const network = options.network ?? options.linkType ?? LINKTYPE.ETHERNET;
		if (options.network === undefined && network > 0xffff) {
			throw new RangeError(`link type ${network}; expected at most 65535`);
		}
		this.header = {
			format: "pcap",
			littleEndian: options.littleEndian ?? true,
			nanoseconds: options.nanoseconds ?? true,
			versionMajor: 2,
			versionMinor: 4,
			thiszone: options.thiszone ?? 0,
			sigfigs: options.sigfigs ?? 0,
			snapLen: options.snapLen ?? MAXIMUM_SNAPLEN,
			network,
			linkType: network & 0xffff,
			fcsLength: fcsLengthOf(network),
		};
		this.#sink = sink;
		this.#epochNs = options.epochNs ?? 0n;
		this.#epochSeconds = Number(this.#epochNs / 1_000_000_000n);
		this.#epochRest = Number(this.#epochNs % 1_000_000_000n);
		sink(writePcapHeader(this.header));
	}

	/** Throws RangeError for a time that 32 bits of seconds do not hold (before 1970, after 2106-02-07). */
	writePacket(packet: Packet): void {
		const { snapLen } = this.header;
		const { timestampNs: ns, data } = packet;
		const kept = snapLen > 0 && data.length > snapLen ? data.subarray(0, snapLen) : data;
		const origLen = packet.origLen ?? data.length;
		if (typeof ns === "bigint") {
			this.#writeAt(ns, kept, origLen);
			return;
		}
		if (!Number.isSafeInteger(ns))
			throw new RangeError(`timestamp ${ns} ns; expected a whole number below 2^53`);
		// Seconds and rest apart, so that no bigint is made for a packet.
		const seconds = Math.floor(ns / 1e9);
		const rest = ns - seconds * 1e9 + this.#epochRest;
		const carry = rest >= 1e9 ? 1 : 0;
		this.#write(this.#epochSeconds + seconds + carry, this.#unit(rest - carry * 1e9), kept, origLen);
	}

	/**
	 * Writes a record as read: raw stamp and all, if it is of a pcap in the same unit, else its time converted (a
	 * record without a stamp gets the epoch). Never cuts. Throws TypeError if its link type is not this file's.
	 */
	writeRecord(record: CaptureRecord): void {
		if (record.linkType !== this.header.linkType) {
			throw new TypeError(
				`record of link type ${linkTypeName(record.linkType)}; expected ${linkTypeName(this.header.linkType)}, the file's`,
			);
		}
		const { iface, data, origLen } = record;
		if (iface.split && (iface.tsresol === 9) === this.header.nanoseconds) {
			this.#write(record.tsHigh, record.tsLow, data, origLen);
			return;
		}
		this.#writeAt(record.hasTimestamp ? timestampNs(record) : this.#epochNs, data, origLen);
	}

	#writeAt(ns: bigint, data: Uint8Array, origLen: number): void {
		if (ns < 0n) throw new RangeError(`timestamp ${ns} ns; expected 1970 or later`);
		this.#write(Number(ns / 1_000_000_000n), this.#unit(Number(ns % 1_000_000_000n)), data, origLen);
	}

	#unit(ns: number): number {
		return this.header.nanoseconds ? ns : Math.floor(ns / 1000);
	}

	#write(seconds: number, fraction: number, data: Uint8Array, origLen: number): void {
		if (seconds < 0 || seconds > 0xffffffff) {
			throw new RangeError(`timestamp ${seconds} s; expected 0 to 4294967295, what pcap's 32 bits hold`);
		}
		const bytes = new Uint8Array(PCAP_RECORD_HEADER_LENGTH + data.length);
		const view = new DataView(bytes.buffer);
		const le = this.header.littleEndian;
		view.setUint32(0, seconds, le);
		view.setUint32(4, fraction, le);
		view.setUint32(8, data.length, le);
		view.setUint32(12, origLen, le);
		bytes.set(data, PCAP_RECORD_HEADER_LENGTH);
		this.#sink(bytes);
	}
}
