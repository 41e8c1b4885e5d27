import { CaptureError } from "./error.ts";
import type { Input } from "./input.ts";
import {
	PCAP_HEADER_LENGTH,
	PCAP_RECORD_HEADER_LENGTH,
	type PcapHeader,
	readPcapHeader,
} from "./pcap-header.ts";
import { NO_OPTIONS } from "./pcapng-option.ts";
import type { CaptureInterface, CaptureRecord } from "./record.ts";

/** Largest packet that libpcap itself writes (its MAXIMUM_SNAPLEN); files hold larger ones only if their header says so. */
export const MAXIMUM_SNAPLEN = 262_144;

/** Takes classic pcap apart. Reads nothing until a header or record is there in full. */
export class PcapDecoder {
	header: PcapHeader | undefined;
	readonly #interfaces: CaptureInterface[];
	readonly #maxRecord: number;
	#limit = 0;

	/** `maxRecord` is in bytes and bounds memory whatever the file's own snapLen claims. */
	constructor(interfaces: CaptureInterface[], maxRecord: number) {
		this.#interfaces = interfaces;
		this.#maxRecord = maxRecord;
	}

	/** The next record, undefined if more bytes are needed. Throws CaptureError on damage. */
	next(input: Input): CaptureRecord | undefined {
		if (this.header === undefined && !this.#readHeader(input)) return undefined;
		const { littleEndian } = this.header!;
		const { view, pos } = input;
		if (input.length < PCAP_RECORD_HEADER_LENGTH) return undefined;
		const inclLen = view.getUint32(pos + 8, littleEndian);
		if (inclLen > this.#limit) {
			throw new CaptureError(input.offset, `record claims ${inclLen} bytes; expected at most ${this.#limit}`);
		}
		const size = PCAP_RECORD_HEADER_LENGTH + inclLen;
		if (input.length < size) return undefined;
		const iface = this.#interfaces[0]!;
		const record: CaptureRecord = {
			interfaceId: 0,
			iface,
			linkType: iface.linkType,
			hasTimestamp: true,
			tsHigh: view.getUint32(pos, littleEndian),
			tsLow: view.getUint32(pos + 4, littleEndian),
			data: input.bytes.subarray(pos + PCAP_RECORD_HEADER_LENGTH, pos + size),
			origLen: view.getUint32(pos + 12, littleEndian),
			flags: 0,
			comment: undefined,
			options: NO_OPTIONS,
			offset: input.offset,
		};
		input.pos += size;
		return record;
	}

	/** What the unread bytes are the beginning of, for the message when the file ends here. */
	expected(input: Input): string {
		if (this.header === undefined) return `a pcap file header of ${PCAP_HEADER_LENGTH} bytes`;
		if (input.length < PCAP_RECORD_HEADER_LENGTH)
			return `a record header of ${PCAP_RECORD_HEADER_LENGTH} bytes`;
		const inclLen = input.view.getUint32(input.pos + 8, this.header.littleEndian);
		return `a record of ${PCAP_RECORD_HEADER_LENGTH} + ${inclLen} bytes`;
	}

	#readHeader(input: Input): boolean {
		if (input.length < PCAP_HEADER_LENGTH) return false;
		const header = readPcapHeader(input.view, input.pos, input.offset);
		// Writers are known to keep more than their snapLen says, so the format's own maximum is allowed to all.
		this.#limit = Math.min(Math.max(header.snapLen, MAXIMUM_SNAPLEN), this.#maxRecord);
		this.#interfaces.push({
			id: 0,
			section: 0,
			idInSection: 0,
			linkType: header.linkType,
			snapLen: header.snapLen,
			tsresol: header.nanoseconds ? 9 : 6,
			tsoffset: 0n,
			split: true,
			littleEndian: header.littleEndian,
			fcsLength: header.fcsLength,
			name: undefined,
			description: undefined,
			options: NO_OPTIONS,
		});
		this.header = header;
		input.pos += PCAP_HEADER_LENGTH;
		return true;
	}
}
